//! Figures over time. Whole numbers only: the figures are money in minor units.

use std::fmt::Write as _;

use leptos::{ev, html, prelude::*};

use crate::{
    button::{Button, ButtonKind},
    card::Card,
    table::{Column, Table},
    text,
};

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When, in full.
    pub when: String,
    /// When, for the axis.
    pub short: String,
    /// How much; below zero shows as zero.
    pub value: i64,
    /// How much, written.
    pub written: String,
}

const LINES: i64 = 4;
/// Both sides of the drawing, in its own units.
const SIDE: i64 = 1000;

/// The distance between two lines of the grid: a round number of which a few reach above `max`.
fn step(max: i64) -> i64 {
    let least = max.max(1).div_euclid(LINES) + 1;
    let mut power: i64 = 1;
    while power.saturating_mul(10) <= least {
        power = power.saturating_mul(10);
    }
    [1, 2, 5, 10]
        .into_iter()
        .map(|times| power.saturating_mul(times))
        .find(|step| *step >= least)
        .unwrap_or(least)
}

fn place(index: usize, count: usize) -> i64 {
    let (index, last) = (i64::try_from(index).unwrap_or(0), i64::try_from(count).unwrap_or(1).max(2) - 1);
    index * SIDE / last
}

fn height(value: i64, top: i64) -> i64 {
    SIDE - i64::try_from(i128::from(value.max(0)) * i128::from(SIDE) / i128::from(top.max(1))).unwrap_or(SIDE)
}

fn percent(units: i64) -> String {
    format!("{}.{}%", units / 10, units % 10)
}

/// An area over time in a card, which can be read as a table. The last figure is dashed: it is not final yet.
#[component]
pub fn AreaChart(
    /// What it shows.
    #[prop(into)]
    title: String,
    /// A few words beside the heading.
    #[prop(into)]
    note: String,
    /// What the picture says, for those who do not see it.
    #[prop(into)]
    description: String,
    /// What the figures are called in the table.
    columns: [&'static str; 2],
    /// The figures, the oldest first.
    points: Vec<Point>,
    /// Writes a figure on the axis.
    #[prop(into)]
    axis: Callback<i64, String>,
) -> impl IntoView {
    let as_table = RwSignal::new(false);
    let caption = title.clone();
    let name = title.clone();
    let actions = move || {
        view! {
            <Button small=true kind=ButtonKind::Quiet on_press=move |()| as_table.update(|it| *it = !*it)>
                {move || if as_table.get() { text::as_chart() } else { text::as_table() }}
            </Button>
        }
    };
    let body = move || {
        if as_table.get() {
            rows(caption.clone(), columns, &points).into_any()
        } else {
            drawing(name.clone(), description.clone(), points.clone(), axis).into_any()
        }
    };
    view! {
        <Card title note actions>
            {move || body()}
        </Card>
    }
}

fn rows(caption: String, columns: [&'static str; 2], points: &[Point]) -> impl IntoView + use<> {
    let rows = points
        .iter()
        .rev()
        .map(|point| {
            view! {
                <tr>
                    <th scope="row">{point.when.clone()}</th>
                    <td class="r">{point.written.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption columns=vec![Column::text(columns[0]), Column::figures(columns[1])]>
            {rows}
        </Table>
    }
}

fn drawing(
    title: String,
    description: String,
    points: Vec<Point>,
    axis: Callback<i64, String>,
) -> impl IntoView {
    let count = points.len();
    let max = points.iter().map(|point| point.value).max().unwrap_or(0);
    let step = step(max);
    let top = (max.max(1) + step - 1) / step * step;
    let lines: Vec<i64> = (0..=top / step).map(|line| line * step).collect();

    let spots: Vec<(i64, i64)> = points
        .iter()
        .enumerate()
        .map(|(index, point)| (place(index, count), height(point.value, top)))
        .collect();
    let path = |spots: &[(i64, i64)]| {
        let mut text = String::new();
        for (x, y) in spots {
            text.push_str(if text.is_empty() { "M" } else { "L" });
            // Writing to a string does not fail.
            let _ = write!(text, "{x} {y}");
        }
        text
    };
    let area = format!("{}L{SIDE} {SIDE}L0 {SIDE}z", path(&spots));
    let known = path(spots.get(..count.saturating_sub(1)).unwrap_or_default());
    let estimate = path(spots.get(count.saturating_sub(2)..).unwrap_or_default());
    let grid =
        lines.iter().fold(String::new(), |text, line| format!("{text}M0 {}H{SIDE}", height(*line, top)));

    let ticks = lines.iter().rev().map(|line| view! { <span>{axis.run(*line)}</span> }).collect_view();
    let names = points.iter().map(|point| view! { <span>{point.short.clone()}</span> }).collect_view();

    let last = count.saturating_sub(1);
    let at = RwSignal::new(last);
    let plot = NodeRef::<html::Div>::new();
    let on_move = move |event: ev::PointerEvent| {
        let Some(plot) = plot.get_untracked() else { return };
        let bounds = plot.get_bounding_client_rect();
        let share = ((f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0)).clamp(0.0, 1.0);
        // A place on the screen: nothing is lost but parts of pixels.
        let nearest = (0..count).min_by_key(|index| {
            let x = i32::try_from(place(*index, count)).unwrap_or(0);
            let distance = (f64::from(x) / 1000.0 - share).abs();
            distance.to_bits()
        });
        at.set(nearest.unwrap_or(last));
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let next = match event.key().as_str() {
            "ArrowLeft" => at.get_untracked().saturating_sub(1),
            "ArrowRight" => (at.get_untracked() + 1).min(last),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        at.set(next);
    };
    let spot = move || spots.get(at.get()).copied().unwrap_or((SIDE, SIDE));
    let spot = Memo::new(move |_| spot());
    let readout = {
        let points = points.clone();
        move || {
            points.get(at.get()).map(|point| {
                view! {
                    {point.when.clone()}
                    " "
                    <b>{point.written.clone()}</b>
                }
            })
        }
    };
    let label = format!("{title}. {}", text::chart_keys());
    view! {
        <div class="pad">
            <p class="readout" aria-live="polite">
                {readout}
            </p>
            <div class="chart">
                <div class="y" aria-hidden="true">
                    {ticks}
                </div>
                <div
                    class="plot"
                    node_ref=plot
                    tabindex="0"
                    role="group"
                    aria-label=label
                    on:keydown=on_key
                    on:pointermove=on_move
                    on:pointerleave=move |_| at.set(last)
                >
                    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=description.clone()>
                        <title>{title.clone()}</title>
                        <desc>{description.clone()}</desc>
                        <path class="grid" d=grid fill="none" />
                        <path class="area" d=area />
                        <path class="line" d=known />
                        <path class="line estimate" d=estimate />
                    </svg>
                    <span class="at" style:left=move || percent(spot.get().0)></span>
                    <span
                        class="dot"
                        style:left=move || percent(spot.get().0)
                        style:top=move || percent(spot.get().1)
                    ></span>
                </div>
                <div class="x" aria-hidden="true">
                    {names}
                </div>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_round_and_reaches_above() {
        for (max, wanted) in [(0, 1), (3, 1), (4, 2), (47_890_00, 2_000_000), (99, 50), (1_000_000, 500_000)]
        {
            assert_eq!(step(max), wanted, "{max}");
        }
        assert!(step(i64::MAX) > 0);
    }

    #[test]
    fn heights_are_from_the_bottom() {
        assert_eq!(height(0, 100), 1000);
        assert_eq!(height(100, 100), 0);
        assert_eq!(height(-5, 100), 1000);
        assert_eq!(height(i64::MAX, i64::MAX), 0);
    }
}
