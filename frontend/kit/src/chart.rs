//! Figures over time, and what all charts share: the card with its table, the plot with its axes, and the keys that read
//! each value. Whole numbers only: the figures are money in minor units.

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

/// How many colours there are for marks; `chart.css` names them. What is beyond begins anew.
pub(crate) const MARKS: usize = 6;

/// The class of the mark of one of several.
pub(crate) fn mark(index: usize) -> String {
    format!("hue h{}", index % MARKS + 1)
}

const LINES: i64 = 4;
/// Both sides of the drawing, in its own units.
pub(crate) const SIDE: i64 = 1000;

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

pub(crate) fn place(index: usize, count: usize) -> i64 {
    let (index, last) = (i64::try_from(index).unwrap_or(0), i64::try_from(count).unwrap_or(1).max(2) - 1);
    index * SIDE / last
}

/// The middle of a stretch.
fn middle(index: usize, count: usize) -> i64 {
    let (index, count) = (i64::try_from(index).unwrap_or(0), i64::try_from(count).unwrap_or(1).max(1));
    (2 * index + 1) * SIDE / (2 * count)
}

pub(crate) fn height(value: i64, top: i64) -> i64 {
    SIDE - i64::try_from(i128::from(value.max(0)) * i128::from(SIDE) / i128::from(top.max(1))).unwrap_or(SIDE)
}

/// A line through these.
pub(crate) fn path(spots: &[(i64, i64)]) -> String {
    let mut text = String::new();
    for (x, y) in spots {
        text.push_str(if text.is_empty() { "M" } else { "L" });
        // Writing to a string does not fail.
        let _ = write!(text, "{x} {y}");
    }
    text
}

pub(crate) fn percent(units: i64) -> String {
    format!("{}.{}%", units / 10, units % 10)
}

/// The distance between the lines of the grid, and where the drawing ends.
pub(crate) fn scale(max: i64) -> (i64, i64) {
    // Where there is nothing, the line at the bottom is enough.
    if max <= 0 {
        return (2, 1);
    }
    let step = step(max);
    (step, max.saturating_add(step - 1) / step * step)
}

/// Where the arrow keys lead from here.
pub(crate) fn stepped(key: &str, at: usize, last: usize) -> Option<usize> {
    Some(match key {
        "ArrowLeft" | "ArrowUp" => at.saturating_sub(1),
        "ArrowRight" | "ArrowDown" => (at + 1).min(last),
        "Home" => 0,
        "End" => last,
        _ => return None,
    })
}

/// A card that shows the same as a picture and as a table.
#[component]
pub(crate) fn ChartCard(
    title: String,
    note: String,
    #[prop(into)] table: ViewFn,
    #[prop(into)] drawing: ViewFn,
) -> impl IntoView {
    let as_table = RwSignal::new(false);
    let actions = move || {
        view! {
            <Button small=true kind=ButtonKind::Quiet on_press=move |()| as_table.update(|it| *it = !*it)>
                {move || if as_table.get() { text::as_chart() } else { text::as_table() }}
            </Button>
        }
    };
    view! {
        <Card title note actions>
            {move || if as_table.get() { table.run() } else { drawing.run() }}
        </Card>
    }
}

/// A drawing over time with both axes, which is read point by point.
#[component]
pub(crate) fn Plot(
    /// What it shows.
    title: String,
    /// What the picture says.
    description: String,
    /// The steps of the grid and the end of it.
    scale: (i64, i64),
    /// Writes a figure on the axis.
    axis: Callback<i64, String>,
    /// What is written below, from the left to the right.
    names: Vec<String>,
    /// Each name has a stretch of its own; else the first and the last stand at the edges.
    #[prop(optional)]
    stretches: bool,
    /// Which point is read.
    at: RwSignal<usize>,
    /// What is said and written about it.
    readout: ViewFn,
    /// What is drawn.
    marks: AnyView,
    /// What lies above the drawing.
    children: Children,
) -> impl IntoView {
    let (step, top) = scale;
    let last = names.len().saturating_sub(1);
    let lines: Vec<i64> = (0..=top / step).map(|line| line * step).collect();
    let grid =
        lines.iter().fold(String::new(), |text, line| format!("{text}M0 {}H{SIDE}", height(*line, top)));
    let ticks = lines.iter().rev().map(|line| view! { <span>{axis.run(*line)}</span> }).collect_view();
    let count = names.len().max(1);
    let names = names.into_iter().map(|name| view! { <span>{name}</span> }).collect_view();
    let plot = NodeRef::<html::Div>::new();
    let on_move = move |event: ev::PointerEvent| {
        let Some(plot) = plot.get_untracked() else { return };
        let bounds = plot.get_bounding_client_rect();
        let share = ((f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0)).clamp(0.0, 1.0);
        // A place on the screen: nothing is lost but parts of pixels.
        let nearest = (0..count).min_by_key(|index| {
            let x = if stretches { middle(*index, count) } else { place(*index, count) };
            let distance = (f64::from(i32::try_from(x).unwrap_or(0)) / 1000.0 - share).abs();
            distance.to_bits()
        });
        at.set(nearest.unwrap_or(last));
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if let Some(next) = stepped(&event.key(), at.get_untracked(), last) {
            event.prevent_default();
            at.set(next);
        }
    };
    let label = format!("{title}. {}", text::chart_keys());
    view! {
        <p class="readout" aria-live="polite">
            {move || readout.run()}
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
                <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=description>
                    <title>{title}</title>
                    <desc>{description.clone()}</desc>
                    <path class="grid" d=grid fill="none" />
                    {marks}
                </svg>
                {children()}
            </div>
            <div class=if stretches { "x stretches" } else { "x" } aria-hidden="true">
                {names}
            </div>
        </div>
    }
}

/// An area in a card, which can be read as a table. Over time, the last figure is dashed: it is not final yet.
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
    description: Signal<String>,
    /// What the figures are called in the table.
    columns: [&'static str; 2],
    /// The figures, the oldest first.
    #[prop(into)]
    points: Signal<Vec<Point>>,
    /// Writes a figure on the axis.
    #[prop(into)]
    axis: Callback<i64, String>,
    /// Every figure is final; they are not over time, and the table begins with the first.
    #[prop(optional)]
    settled: bool,
) -> impl IntoView {
    let (caption, name) = (title.clone(), title.clone());
    let table = move || points.with(|points| rows(caption.clone(), columns, points, settled));
    let drawing = move || points.with(|points| area(name.clone(), description.get(), points, axis, settled));
    view! { <ChartCard title note table drawing /> }
}

fn rows(
    caption: String,
    columns: [&'static str; 2],
    points: &[Point],
    settled: bool,
) -> impl IntoView + use<> {
    let mut points: Vec<&Point> = points.iter().collect();
    if !settled {
        points.reverse();
    }
    let rows = points
        .into_iter()
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

fn area(
    title: String,
    description: String,
    points: &[Point],
    axis: Callback<i64, String>,
    settled: bool,
) -> impl IntoView + use<> {
    let count = points.len();
    let scale = scale(points.iter().map(|point| point.value).max().unwrap_or(0));
    let spots: Vec<(i64, i64)> = points
        .iter()
        .enumerate()
        .map(|(index, point)| (place(index, count), height(point.value, scale.1)))
        .collect();
    let area = format!("{}L{SIDE} {SIDE}L0 {SIDE}z", path(&spots));
    let (known, estimate) =
        if settled { (count, count) } else { (count.saturating_sub(1), count.saturating_sub(2)) };
    let known = path(spots.get(..known).unwrap_or_default());
    let estimate = path(spots.get(estimate..).unwrap_or_default());
    let names = points.iter().map(|point| point.short.clone()).collect();

    let at = RwSignal::new(count.saturating_sub(1));
    let spot = Memo::new(move |_| spots.get(at.get()).copied().unwrap_or((SIDE, SIDE)));
    let points = points.to_vec();
    let readout = move || {
        points.get(at.get()).map(|point| {
            view! {
                {point.when.clone()}
                " "
                <b>{point.written.clone()}</b>
            }
        })
    };
    let marks = view! {
        <path class="area" d=area />
        <path class="line" d=known />
        <path class="line estimate" d=estimate />
    };
    view! {
        <div class="pad">
            <Plot title description scale axis names at readout=readout.into() marks=marks.into_any()>
                <span class="at" style:left=move || percent(spot.get().0)></span>
                <span
                    class="dot"
                    style:left=move || percent(spot.get().0)
                    style:top=move || percent(spot.get().1)
                ></span>
            </Plot>
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

    #[test]
    fn the_drawing_ends_at_a_line() {
        assert_eq!(scale(99), (50, 100));
        assert_eq!(scale(100), (50, 100));
        assert_eq!(scale(0), (2, 1), "one line, at the bottom");
        let (step, top) = scale(i64::MAX);
        assert!(step > 0 && top >= step);
    }

    #[test]
    fn keys_stay_within_the_points() {
        assert_eq!(stepped("ArrowLeft", 0, 11), Some(0));
        assert_eq!(stepped("ArrowRight", 11, 11), Some(11));
        assert_eq!(stepped("ArrowUp", 5, 11), Some(4));
        assert_eq!(stepped("Home", 5, 11), Some(0));
        assert_eq!(stepped("End", 5, 11), Some(11));
        assert_eq!(stepped("Tab", 5, 11), None);
    }

    #[test]
    fn stretches_have_their_names_in_the_middle() {
        assert_eq!((middle(0, 2), middle(1, 2)), (250, 750));
        assert_eq!(middle(0, 0), 500);
    }

    // Marks have to be seen: WCAG 2.2, 1.4.11.
    #[test]
    fn marks_stand_out_from_the_surfaces() {
        let styles = include_str!("../styles/chart.css");
        let pairs: Vec<_> = styles
            .lines()
            .filter_map(|line| {
                line.trim().strip_prefix("--mark-")?.split_once("light-dark(")?.1.split_once(')')
            })
            .filter_map(|(pair, _)| pair.split_once(", "))
            .collect();
        assert_eq!(pairs.len(), crate::chart::MARKS);
        for (light, dark) in pairs {
            for (mark, surface) in [(light, "#ffffff"), (dark, "#121826")] {
                assert!(domain::brands::contrast(mark, surface).unwrap_or(0.0) >= 3.0, "{mark} on {surface}");
            }
        }
    }
}
