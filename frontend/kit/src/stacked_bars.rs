//! What something was made of, over time.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::{
    chart::{ChartCard, Plot, SIDE, height, mark, percent, scale},
    table::{Column, Table},
    text,
};

/// One of the parts that each bar is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What it is called.
    pub name: &'static str,
    /// How much of it there was, in each bar; below zero shows as zero.
    pub values: Vec<i64>,
}

/// What the bars show.
struct Bars {
    /// When, in full, and when, for the axis.
    when: Vec<(String, String)>,
    series: Vec<Series>,
    written: Callback<i64, String>,
}

impl Bars {
    fn value(&self, series: usize, bar: usize) -> i64 {
        let series = self.series.get(series);
        series.and_then(|series| series.values.get(bar)).copied().unwrap_or_default().max(0)
    }

    fn total(&self, bar: usize) -> i64 {
        (0..self.series.len()).fold(0, |sum: i64, series| sum.saturating_add(self.value(series, bar)))
    }

    fn top(&self) -> i64 {
        (0..self.when.len()).map(|bar| self.total(bar)).max().unwrap_or_default()
    }

    /// The pieces of one part in all bars, as a path.
    fn pieces(&self, series: usize, top: i64) -> String {
        let count = i64::try_from(self.when.len()).unwrap_or(1).max(1);
        let (stretch, width) = (SIDE / count, SIDE * 6 / count / 10);
        let mut text = String::new();
        for bar in 0..self.when.len() {
            let value = self.value(series, bar);
            if value > 0 {
                let below = (0..series).map(|below| self.value(below, bar)).sum::<i64>();
                let (from, to) = (height(below, top), height(below.saturating_add(value), top));
                let x = i64::try_from(bar).unwrap_or(0) * SIDE / count + (stretch - width) / 2;
                // Writing to a string does not fail.
                let _ = write!(text, "M{x} {from}V{to}h{width}V{from}z");
            }
        }
        text
    }
}

/// Bars over time, each of several parts, in a card that can be read as a table. Below stands what each part came to in
/// the bar that is read, so that no colour has to be known by heart.
#[component]
pub fn StackedBars(
    /// What it shows.
    #[prop(into)]
    title: String,
    /// A few words beside the heading.
    #[prop(into)]
    note: String,
    /// What the picture says, for those who do not see it.
    #[prop(into)]
    description: String,
    /// What the bars are called in the table: `Month`.
    per: &'static str,
    /// What all parts together are called in the table: `Total`.
    all: &'static str,
    /// The bars, the oldest first: when, in full, and when, for the axis.
    when: Vec<(String, String)>,
    /// What each is made of, from the bottom to the top.
    series: Vec<Series>,
    /// Writes a figure.
    #[prop(into)]
    written: Callback<i64, String>,
    /// Writes a figure on the axis.
    #[prop(into)]
    axis: Callback<i64, String>,
) -> impl IntoView {
    let bars = StoredValue::new(Bars { when, series, written });
    let (caption, name) = (title.clone(), title.clone());
    let table = move || bars.with_value(|bars| rows(caption.clone(), per, all, bars));
    let drawing = move || drawing(name.clone(), description.clone(), bars, axis);
    view! { <ChartCard title note table drawing /> }
}

fn rows(caption: String, per: &'static str, all: &'static str, bars: &Bars) -> impl IntoView + use<> {
    let columns = std::iter::once(Column::text(per))
        .chain(bars.series.iter().map(|series| Column::figures(series.name)))
        .chain([Column::figures(all)])
        .collect();
    let row = |(bar, (when, _)): (usize, &(String, String))| {
        let values = (0..bars.series.len()).map(|series| bars.value(series, bar)).chain([bars.total(bar)]);
        let cells = values.map(|value| view! { <td class="r">{bars.written.run(value)}</td> });
        view! {
            <tr>
                <th scope="row">{when.clone()}</th>
                {cells.collect_view()}
            </tr>
        }
    };
    let rows = bars.when.iter().enumerate().rev().map(row).collect_view();
    view! { <Table caption columns>{rows}</Table> }
}

fn drawing(
    title: String,
    description: String,
    bars: StoredValue<Bars>,
    axis: Callback<i64, String>,
) -> impl IntoView {
    let (count, scale, names, parts) = bars.with_value(|bars| {
        let names = bars.when.iter().map(|(_, short)| short.clone()).collect::<Vec<_>>();
        (bars.when.len(), scale(bars.top()), names, bars.series.len())
    });
    let at = RwSignal::new(count.saturating_sub(1));
    let marks = (0..parts)
        .map(|series| {
            let pieces = bars.with_value(|bars| bars.pieces(series, scale.1));
            view! { <path class=mark(series) d=pieces /> }
        })
        .collect_view();
    let readout = move || {
        bars.with_value(|bars| {
            let at = at.get();
            let parts = bars
                .series
                .iter()
                .enumerate()
                .map(|(series, part)| text::named(part.name, &bars.written.run(bars.value(series, at))));
            view! {
                {bars.when.get(at).map(|(when, _)| when.clone())}
                " "
                <b>{bars.written.run(bars.total(at))}</b>
                <span class="only-heard">{parts.collect::<Vec<_>>().join(", ")}</span>
            }
        })
    };
    let legend = (0..parts)
        .rev()
        .map(|series| {
            let name = bars.with_value(|bars| bars.series.get(series).map(|it| it.name));
            view! {
                <li>
                    <i class=mark(series)></i>
                    <span class="of">{name}</span>
                    <b>{move || bars.with_value(|bars| bars.written.run(bars.value(series, at.get())))}</b>
                </li>
            }
        })
        .collect_view();
    let side = i64::try_from(count).unwrap_or(1).max(1);
    let left = move || i64::try_from(at.get()).unwrap_or(0) * SIDE / side;
    view! {
        <div class="pad">
            <Plot
                title
                description
                scale
                axis
                names
                stretches=true
                at
                readout=readout.into()
                marks=marks.into_any()
            >
                <span class="stretch" style:left=move || percent(left()) style:width=percent(SIDE / side)></span>
            </Plot>
            // The readout says the same.
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
    fn pieces_stand_on_each_other() {
        let when = vec![(String::new(), String::new()); 2];
        let part = |name, values: &[i64]| Series { name, values: values.to_vec() };
        let owner = Owner::new();
        let bars = owner.with(|| Bars {
            when,
            series: vec![part("a", &[25, -5]), part("b", &[50])],
            written: Callback::new(|value: i64| value.to_string()),
        });
        assert_eq!(bars.top(), 75);
        assert_eq!(bars.total(1), 0, "what is missing or below zero is nothing");
        assert_eq!(bars.pieces(0, 100), "M100 1000V750h300V1000z");
        assert_eq!(bars.pieces(1, 100), "M100 750V250h300V750z");
    }
}
