//! The steps of something that is done one after the other.

use leptos::prelude::*;

use crate::{
    icon::{Icon, icon},
    text,
};

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is; nowhere as long as it cannot be gone to.
    pub href: Option<String>,
    /// What it is called.
    pub label: &'static str,
    /// It lies behind.
    pub done: bool,
    /// It is the one that is shown.
    pub current: bool,
}

/// The steps: which are done, which is the current, which are to come. Those that can be gone to are links.
#[component]
pub fn Stepper(
    /// What the steps lead to, for those who hear the page.
    #[prop(into)]
    label: String,
    /// The steps.
    #[prop(into)]
    steps: Signal<Vec<Step>>,
) -> impl IntoView {
    // Where there is little room, a sentence says the same.
    let short = move || {
        steps.with(|steps| {
            let at = steps.iter().position(|step| step.current).unwrap_or(0);
            let name = steps.get(at).map(|step| step.label);
            view! {
                <b>{text::step_of(&(at + 1).to_string(), &steps.len().to_string())}</b>
                <span class="mut">{name}</span>
            }
        })
    };
    let item = |(at, step): (usize, Step)| {
        let sign = if step.done { icon(Icon::Check, 12).into_any() } else { (at + 1).to_string().into_any() };
        let words = view! {
            <i aria-hidden="true">{sign}</i>
            <span>{step.label}</span>
            {step.done.then(|| view! { <span class="only-heard">{text::done()}</span> })}
        };
        let class = if step.done { "done" } else { "" };
        let current = step.current.then_some("step");
        match step.href {
            Some(href) => {
                view! { <li class=class><a href=href aria-current=current>{words}</a></li> }.into_any()
            }
            None => view! { <li class=class><span class="ahead">{words}</span></li> }.into_any(),
        }
    };
    view! {
        <nav class="steps" aria-label=label>
            <p class="steps-short">{move || short()}</p>
            <ol>{move || steps.get().into_iter().enumerate().map(item).collect_view()}</ol>
        </nav>
    }
}
