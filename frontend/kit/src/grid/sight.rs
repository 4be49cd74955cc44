//! Which rows are on the page.

use client::effect;
use leptos::{ev, html, prelude::*};

use super::rows::GridRows;

/// Rows above and below what is in sight.
const BEYOND: usize = 12;
/// The most rows on the page, however high the window is.
const MOST: usize = 80;
/// Of those beyond what is in sight, as many are drawn at once on either side.
const AT_ONCE: usize = 6;

/// Rows, from the first up to the one behind the last.
pub type Span = (usize, usize);

/// The rows that are in sight, and one of them at least: who has scrolled past them comes back. `top` is where the first
/// of all begins in the window, in pixels from its upper edge.
pub fn sight(top: f64, row: f64, window: f64, total: usize) -> Span {
    let first = whole(-top / row).min(total.saturating_sub(1));
    let end = (whole((window - top) / row) + 1).clamp(first + 1, first + MOST).min(total);
    (first, end)
}

/// The rows that are to be on the page in the end, where these are in sight.
fn around((first, end): Span, total: usize) -> Span {
    let beyond = BEYOND.min(MOST.saturating_sub(end - first) / 2);
    (first.saturating_sub(beyond), (end + beyond).min(total))
}

/// The rows to be on the page next, where these are in sight and those are there now. Those in sight come first, and the
/// ones beyond them a few at a time, as far as they have been read: what is drawn at once is what somebody waits for.
pub fn next((first, end): Span, (from, to): Span, total: usize, read: impl Fn(usize) -> bool) -> Span {
    let (above, below) = around((first, end), total);
    let (from, to) = (from.max(above), to.min(below));
    if from >= end || to <= first {
        return (first, end);
    }
    if from > first || to < end {
        return (from.min(first), to.max(end));
    }
    let more_above = (above..from).rev().take(AT_ONCE).take_while(|at| read(*at)).count();
    let more_below = (to..below).take(AT_ONCE).take_while(|at| read(*at)).count();
    (from - more_above, to + more_below)
}

/// Keeps the rows on the page that are in sight.
#[derive(Clone, Copy)]
pub struct Sight {
    /// The rows on the page.
    pub range: RwSignal<Span>,
    /// How high each of them is.
    pub height: RwSignal<f64>,
    rows: GridRows,
    total: Memo<usize>,
    body: NodeRef<html::Tbody>,
    waiting: StoredValue<bool>,
}

impl Sight {
    /// Of these rows, as many as `total` says, in the body of this table.
    pub fn of(rows: GridRows, total: Memo<usize>, body: NodeRef<html::Tbody>) -> Self {
        let (range, height) = (RwSignal::new((0, 24)), RwSignal::new(57.0));
        let sight = Self { range, height, rows, total, body, waiting: StoredValue::new(false) };
        let scroll = window_event_listener(ev::scroll, move |_| sight.soon());
        let resize = window_event_listener(ev::resize, move |_| sight.soon());
        on_cleanup(move || {
            scroll.remove();
            resize.remove();
        });
        effect(move || {
            total.track();
            rows.rows().track();
            sight.soon();
        });
        sight
    }

    /// Looks where the page is, once for each time it is drawn.
    fn soon(self) {
        if self.waiting.try_get_value() == Some(false) {
            self.waiting.set_value(true);
            request_animation_frame(move || {
                self.waiting.try_set_value(false);
                self.look();
            });
        }
    }

    fn look(self) {
        let Some(body) = self.body.try_get_untracked().flatten() else { return };
        if let Ok(Some(row)) = body.query_selector("tr.row") {
            let found = row.get_bounding_client_rect().height();
            if found > 1.0 && (found - self.height.get_untracked()).abs() > 0.5 {
                self.height.set(found);
            }
        }
        let window = window().inner_height().ok().and_then(|it| it.as_f64()).unwrap_or(900.0);
        let top = body.get_bounding_client_rect().top();
        let (total, before) = (self.total.get_untracked(), self.range.get_untracked());
        let sight = sight(top, self.height.get_untracked(), window, total);
        let rows = self.rows.rows();
        let now = next(sight, before, total, |at| rows.mark(at).is_some());
        if before != now {
            self.range.set(now);
            self.soon();
        }
        rows.see(around(sight, total));
    }
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
    fn what_is_in_sight_follows_from_where_the_page_is() {
        assert_eq!(sight(300.0, 50.0, 900.0, 10_000), (0, 13));
        assert_eq!(sight(-50_000.0, 50.0, 900.0, 10_000), (1000, 1019));
        // At the end, beyond it, and where there is little.
        assert_eq!(sight(-499_500.0, 50.0, 900.0, 10_000), (9990, 10_000));
        assert_eq!(sight(-9_999_999.0, 50.0, 900.0, 10_000), (9999, 10_000));
        assert_eq!(sight(100.0, 50.0, 900.0, 3), (0, 3));
        assert_eq!(sight(100.0, 50.0, 900.0, 0), (0, 0));
        assert_eq!(sight(5_000.0, 50.0, 900.0, 10_000), (0, 1));
        // However high the window is.
        let (first, end) = sight(-50_000.0, 10.0, 9_000.0, 10_000);
        assert_eq!(end - first, MOST);
    }

    /// What is on the page, time after time, until it stays.
    fn until_calm(sight: Span, mut now: Span, (read, total): (usize, usize)) -> Vec<Span> {
        let mut all = Vec::new();
        while all.last() != Some(&now) {
            all.push(now);
            now = next(sight, now, total, |at| at < read);
        }
        all
    }

    #[test]
    fn what_is_in_sight_comes_before_what_is_beyond_it() {
        // From afar: nothing of it is there.
        assert_eq!(
            until_calm((1000, 1019), (0, 25), (10_000, 10_000)),
            [(0, 25), (1000, 1019), (994, 1025), (988, 1031)]
        );
        // A part of it is.
        assert_eq!(until_calm((40, 60), (8, 52), (10_000, 10_000)), [(8, 52), (28, 60), (28, 66), (28, 72)]);
        // All of it is, as where somebody scrolls slowly.
        assert_eq!(until_calm((42, 62), (28, 72), (10_000, 10_000)), [(28, 72), (30, 74)]);
        // At both ends, beyond the last, and where there is nothing.
        assert_eq!(until_calm((0, 13), (0, 24), (10_000, 10_000)), [(0, 24), (0, 25)]);
        assert_eq!(
            until_calm((9990, 10_000), (0, 25), (10_000, 10_000)),
            [(0, 25), (9990, 10_000), (9984, 10_000), (9978, 10_000)]
        );
        assert_eq!(until_calm((49, 50), (30, 50), (50, 50)), [(30, 50), (37, 50)]);
        assert_eq!(until_calm((0, 0), (0, 24), (0, 0)), [(0, 24), (0, 0)]);
        // What has not been read is drawn where it is in sight, and not twice where it is not.
        assert_eq!(until_calm((40, 60), (8, 52), (63, 10_000)), [(8, 52), (28, 60), (28, 63)]);
        assert_eq!(until_calm((200, 220), (8, 52), (100, 10_000)), [(8, 52), (200, 220)]);
        // However high the window is.
        assert_eq!(until_calm((5000, 5080), (0, 24), (10_000, 10_000)).last(), Some(&(5000, 5080)));
    }
}
