//! The main colour, and whether white text can be read on it.

use domain::brands::{contrast, palette};
use kit::{Button, ColorField, Field, Icon, icon};
use leptos::prelude::*;

use super::text;

/// What WCAG asks of text.
const ENOUGH: f64 = 4.5;

/// How white text reads on a colour, and the nearest colour on which it reads well where it does not.
fn checked(color: &str) -> Option<(f64, Option<String>)> {
    let ratio = contrast(color.trim(), "#ffffff")?;
    let better = palette(color.trim())?
        .into_iter()
        .find(|(name, _)| *name == "--brand-ink-light")
        .map(|(_, color)| color)
        .filter(|_| ratio < ENOUGH);
    Some((ratio, better))
}

/// `4.49`, never rounded up to what would be enough.
fn written(ratio: f64) -> String {
    format!("{:.1}", (ratio * 10.0).floor() / 10.0)
}

#[component]
pub fn Primary(field: Field) -> impl IntoView {
    let found = Memo::new(move |_| field.value.with(|color| checked(color)));
    view! {
        <div class="stack-tight">
            <ColorField field label=text::primary_color() hint=text::primary_color_hint() />
            <div aria-live="polite">
                {move || {
                    found
                        .get()
                        .map(|(ratio, better)| match better {
                            None => {
                                view! {
                                    <p class="contrast ok">
                                        {icon(Icon::Check, 16)} <span>{text::contrast_good(&written(ratio))}</span>
                                    </p>
                                }
                                    .into_any()
                            }
                            Some(better) => view! { <Mend field ratio better /> }.into_any(),
                        })
                }}
            </div>
        </div>
    }
}

#[component]
fn Mend(field: Field, ratio: f64, better: String) -> impl IntoView {
    let words = text::contrast_bad(&written(ratio), &better);
    let label = text::use_color(&better);
    view! {
        <div class="contrast bad">
            {icon(Icon::Warning, 16)} <span>{words}</span>
            <Button small=true on_press=move |()| field.value.set(better.clone())>
                {label}
            </Button>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_can_be_read() {
        for color in ["#4ade80", "#ffff00", "#ffffff", "#f59e0b"] {
            let (_, better) = checked(color).unwrap();
            let (ratio, again) = checked(&better.unwrap()).unwrap();
            assert!(ratio >= ENOUGH && again.is_none(), "{color}");
        }
        assert_eq!(checked("#0b2a5b").unwrap().1, None);
        assert_eq!(checked("red"), None);
        assert_eq!(written(4.499), "4.4");
    }
}
