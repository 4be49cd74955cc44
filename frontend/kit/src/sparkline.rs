//! How something has gone, no larger than a word. It stands beside the figure that it leads to; who wants to read each
//! value finds a chart on the page about it.

use leptos::prelude::*;

use crate::chart::{SIDE, path, percent, place};

/// From the lowest to the highest, whatever they are; what does not move runs through the middle.
fn spots(values: &[i64]) -> Vec<(i64, i64)> {
    let low = values.iter().copied().min().unwrap_or_default();
    let span = i128::from(values.iter().copied().max().unwrap_or_default()) - i128::from(low);
    let height = |value: i64| {
        if span == 0 {
            return SIDE / 2;
        }
        let above = (i128::from(value) - i128::from(low)) * i128::from(SIDE) / span;
        SIDE - i64::try_from(above).unwrap_or(SIDE)
    };
    values.iter().enumerate().map(|(at, value)| (place(at, values.len()), height(*value))).collect()
}

/// A line without axes. It takes no focus: in a table there would be one more stop in every row.
#[component]
pub fn Sparkline(
    /// What it shows, in a few words.
    #[prop(into)]
    title: String,
    /// How it has gone, for those who do not see it: `from 12 to 40 within a year`.
    #[prop(into)]
    description: String,
    /// The figures, the oldest first.
    values: Vec<i64>,
) -> impl IntoView {
    let spots = spots(&values);
    let end = spots.last().copied();
    let label = format!("{title}: {description}");
    view! {
        <span class="spark">
            <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=label>
                <title>{title}</title>
                <desc>{description}</desc>
                <path class="line" d=path(&spots) />
            </svg>
            {end.map(|(x, y)| view! { <span class="dot" style:left=percent(x) style:top=percent(y)></span> })}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fills_its_place() {
        assert_eq!(spots(&[5, 10, 15]), [(0, 1000), (500, 500), (1000, 0)]);
        assert_eq!(spots(&[-10, 10]), [(0, 1000), (1000, 0)]);
        assert_eq!(spots(&[7, 7]), [(0, 500), (1000, 500)]);
        assert_eq!(spots(&[7]), [(0, 500)]);
        assert_eq!(spots(&[i64::MIN, i64::MAX]), [(0, 1000), (1000, 0)]);
        assert!(spots(&[]).is_empty());
    }
}
