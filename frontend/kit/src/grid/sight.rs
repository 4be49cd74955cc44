//! Which rows are on the page.

/// Rows above and below what is in sight.
const BEYOND: usize = 12;
/// The most rows on the page, however high the window is.
const MOST: usize = 80;

/// The rows to be on the page, from the first up to the one behind the last. `top` is where the first of all begins in
/// the window, in pixels from its upper edge.
pub fn sight(top: f64, row: f64, window: f64, total: usize) -> (usize, usize) {
    let above = whole(-top / row).min(total);
    let first = above.saturating_sub(BEYOND);
    let end = (whole((window - top) / row) + 1 + BEYOND).max(above).min(first + MOST).min(total);
    (first.min(end), end)
}

#[allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a page"
)]
fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}

/// As high as so many rows.
#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "rows of a page")]
pub fn height(rows: usize, row: f64) -> f64 {
    rows as f64 * row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_sight_is_on_the_page() {
        assert_eq!(sight(300.0, 50.0, 900.0, 10_000), (0, 25));
        assert_eq!(sight(-50_000.0, 50.0, 900.0, 10_000), (988, 1031));
        // At the end, beyond it, and where there is little.
        assert_eq!(sight(-499_500.0, 50.0, 900.0, 10_000), (9978, 10_000));
        assert_eq!(sight(-9_999_999.0, 50.0, 900.0, 10_000), (9988, 10_000));
        assert_eq!(sight(100.0, 50.0, 900.0, 3), (0, 3));
        assert_eq!(sight(100.0, 50.0, 900.0, 0), (0, 0));
        assert_eq!(sight(5_000.0, 50.0, 900.0, 10_000), (0, 13));
        // However high the window is.
        let (first, end) = sight(-50_000.0, 10.0, 9_000.0, 10_000);
        assert_eq!(end - first, MOST);
    }
}
