//! What something is made of.

use leptos::{ev, prelude::*};

use crate::{
    chart::{ChartCard, mark, stepped},
    table::{Column, Table},
    text,
};

/// One of the parts of a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// What it is called.
    pub name: String,
    /// How much it is; below zero shows as zero.
    pub value: i64,
    /// How much it is, written.
    pub written: String,
}

/// Where each slice begins and ends, in thousandths of the round.
fn round(values: &[i64]) -> Vec<(i64, i64)> {
    let whole = values.iter().map(|value| i128::from((*value).max(0))).sum::<i128>().max(1);
    let mut sum = 0_i128;
    values
        .iter()
        .map(|value| {
            let from = sum * 1000 / whole;
            sum += i128::from((*value).max(0));
            let place = |at: i128| i64::try_from(at).unwrap_or(1000);
            (place(from), place(sum * 1000 / whole))
        })
        .collect()
}

/// A share of the whole in percent; what is there is never nothing.
fn share(value: i64, whole: i64) -> String {
    let percent = (i128::from(value.max(0)) * 200 / i128::from(whole.max(1)) + 1) / 2;
    if percent == 0 && value > 0 { text::share("< 1") } else { text::share(&percent.to_string()) }
}

/// A ring of a few parts in a card that can be read as a table. Beside it stands each part with its figure.
#[component]
pub fn Donut(
    /// What it shows.
    #[prop(into)]
    title: String,
    /// A few words beside the heading.
    #[prop(into)]
    note: String,
    /// What the picture says, for those who do not see it.
    #[prop(into)]
    description: String,
    /// What the parts, their figures and their shares are called in the table.
    columns: [&'static str; 3],
    /// What all parts together are called, and how much they are.
    whole: (&'static str, String),
    /// The parts, the largest first. More than six are hard to tell apart: the rest is one more.
    slices: Vec<Slice>,
) -> impl IntoView {
    let sum = slices.iter().fold(0_i64, |sum, slice| sum.saturating_add(slice.value.max(0)));
    let slices = StoredValue::new(slices);
    let whole = StoredValue::new(whole);
    let (caption, name) = (title.clone(), title.clone());
    let table = move || rows(caption.clone(), columns, slices, sum);
    let drawing = move || drawing(name.clone(), description.clone(), whole, slices, sum);
    view! { <ChartCard title note table drawing /> }
}

fn rows(
    caption: String,
    columns: [&'static str; 3],
    slices: StoredValue<Vec<Slice>>,
    sum: i64,
) -> impl IntoView {
    let row = move |slice: Slice| {
        view! {
            <tr>
                <th scope="row">{slice.name}</th>
                <td class="r">{slice.written}</td>
                <td class="r">{share(slice.value, sum)}</td>
            </tr>
        }
    };
    let [name, figure, part] = columns;
    let columns = vec![Column::text(name), Column::figures(figure), Column::figures(part)];
    view! {
        <Table caption columns>
            {slices.get_value().into_iter().map(row).collect_view()}
        </Table>
    }
}

fn drawing(
    title: String,
    description: String,
    whole: StoredValue<(&'static str, String)>,
    slices: StoredValue<Vec<Slice>>,
    sum: i64,
) -> impl IntoView {
    let count = slices.with_value(Vec::len);
    // The whole first, then each part.
    let at = RwSignal::new(0_usize);
    let values = slices.with_value(|slices| slices.iter().map(|slice| slice.value).collect::<Vec<_>>());
    let ring = round(&values)
        .into_iter()
        .enumerate()
        .map(|(index, (from, to))| {
            let length = to - from;
            // A gap between two, where there is room for one.
            let drawn = if (12..1000).contains(&length) { length - 5 } else { length };
            view! {
                <circle
                    class=mark(index)
                    class:at=move || at.get() == index + 1
                    cx="50"
                    cy="50"
                    r="41"
                    stroke-width="15"
                    pathLength="1000"
                    stroke-dasharray=format!("{drawn} {}", 1000 - drawn)
                    stroke-dashoffset=(-from).to_string()
                    transform="rotate(-90 50 50)"
                    on:pointerenter=move |_| at.set(index + 1)
                />
            }
        })
        .collect_view();
    let readout = move || {
        let part = at.get().checked_sub(1).and_then(|at| slices.with_value(|slices| slices.get(at).cloned()));
        let (name, written, share) = match part {
            Some(slice) => (slice.name, slice.written, Some(share(slice.value, sum))),
            None => whole.with_value(|(name, written)| ((*name).to_owned(), written.clone(), None)),
        };
        view! {
            <b>{written}</b>
            <span>{name}</span>
            <span>{share}</span>
        }
    };
    let legend = slices
        .get_value()
        .into_iter()
        .enumerate()
        .map(|(index, slice)| {
            view! {
                <li class:at=move || at.get() == index + 1 on:pointerenter=move |_| at.set(index + 1)>
                    <i class=mark(index)></i>
                    <span class="of">{slice.name}</span>
                    <b>{slice.written}</b>
                    <span class="dim">{share(slice.value, sum)}</span>
                </li>
            }
        })
        .collect_view();
    let on_key = move |event: ev::KeyboardEvent| {
        if let Some(next) = stepped(&event.key(), at.get_untracked(), count) {
            event.prevent_default();
            at.set(next);
        }
    };
    let label = format!("{title}. {}", text::chart_keys());
    view! {
        <div class="pad donut" on:pointerleave=move |_| at.set(0)>
            <div class="ring" tabindex="0" role="group" aria-label=label on:keydown=on_key>
                <svg viewBox="0 0 100 100" role="img" aria-label=description>
                    <title>{title}</title>
                    <desc>{description.clone()}</desc>
                    <circle class="ring-bed" cx="50" cy="50" r="41" stroke-width="15" />
                    {ring}
                </svg>
                <p class="readout" aria-live="polite">
                    {readout}
                </p>
            </div>
            // The readout and the table say the same.
            <ul class="legend" aria-hidden="true">
                {legend}
            </ul>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_is_closed() {
        assert_eq!(round(&[1, 1, 1]), [(0, 333), (333, 666), (666, 1000)]);
        assert_eq!(round(&[0, -3]), [(0, 0), (0, 0)]);
        assert_eq!(round(&[i64::MAX, i64::MAX]), [(0, 500), (500, 1000)]);
    }
}
