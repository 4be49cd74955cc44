//! The one place that reads the system's clock.

/// Milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "a stand-alone program plays an outside system, which has a clock of its own"
)]
pub(crate) fn now_millis() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// Seconds since 1970, the unit of every time in Stripe's API.
pub(crate) fn now() -> i64 {
    now_millis().div_euclid(1000)
}
