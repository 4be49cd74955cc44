//! What is used of what was agreed.

use client::format;
use contract::usage::{UsageFigure, counted};
use domain::{
    limits::{Limits, share},
    metrics::CountsAs,
};
use kit::Meter;
use leptos::prelude::*;
use rust_decimal::Decimal;

use crate::text;

/// A limit, or a figure that counts against none.
struct Gauge {
    label: String,
    used: Decimal,
    unit: String,
    allowed: Option<i32>,
}

impl Gauge {
    fn is_over(&self) -> bool {
        self.allowed.is_some_and(|allowed| self.used > Decimal::from(allowed))
    }
}

/// Several metrics may feed one limit; what feeds none stands for itself.
fn gauges(figures: &[UsageFigure], limits: Limits) -> Vec<Gauge> {
    let of = |what: CountsAs, label: &str, allowed: Option<i32>| {
        let used = counted(figures, what)?;
        let unit = match what {
            // The label says it.
            CountsAs::Machines => String::new(),
            CountsAs::StorageGb => "GB".to_owned(),
        };
        let shown = allowed.is_some() || !used.is_zero();
        shown.then(|| Gauge { label: label.to_owned(), used, unit, allowed })
    };
    let others = figures.iter().filter(|figure| figure.counts_as.is_none() && figure.events > 0);
    let others = others.map(|figure| Gauge {
        label: figure.name.clone(),
        used: figure.quantity,
        unit: figure.unit.clone(),
        allowed: None,
    });
    [
        of(CountsAs::Machines, text::machines(), limits.max_machines),
        of(CountsAs::StorageGb, text::storage(), limits.storage_gb),
    ]
    .into_iter()
    .flatten()
    .chain(others)
    .collect()
}

/// Whether more is used than was agreed.
pub fn is_over(figures: &[UsageFigure], limits: Limits) -> bool {
    gauges(figures, limits).iter().any(Gauge::is_over)
}

/// The figures of a month, those with a limit as bars; only those, where the others stand elsewhere. Nothing, where
/// there are none.
pub fn meters(figures: &[UsageFigure], limits: Limits, only_limited: bool) -> Option<impl IntoView + use<>> {
    let mut gauges = gauges(figures, limits);
    gauges.retain(|gauge| gauge.allowed.is_some() || !only_limited);
    let meter = |gauge: Gauge| {
        let percent = gauge.allowed.and_then(|allowed| share(gauge.used, allowed));
        let unit = |number: String| {
            if gauge.unit.is_empty() { number } else { text::figure(&number, &gauge.unit) }
        };
        let used = format::quantity(gauge.used);
        view! {
            <Meter
                label=gauge.label.clone()
                used=if gauge.allowed.is_some() { used } else { unit(used) }
                allowed=gauge.allowed.map(|allowed| unit(format::whole(i64::from(allowed))))
                percent=percent.unwrap_or(0)
                note=percent
                    .map(|percent| {
                        let share = percent.to_string();
                        if percent > 100 { text::over_share(&share) } else { text::share(&share) }
                    })
            />
        }
    };
    (!gauges.is_empty())
        .then(|| view! { <div class="meters">{gauges.into_iter().map(meter).collect_view()}</div> })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(metric: &str, quantity: i64, counts_as: Option<CountsAs>) -> UsageFigure {
        UsageFigure {
            metric: metric.to_owned(),
            name: metric.to_owned(),
            unit: "unit".to_owned(),
            quantity: quantity.into(),
            events: quantity,
            counts_as,
        }
    }

    #[test]
    fn a_limit_takes_all_that_counts_against_it() {
        let figures = [
            figure("a", 60, Some(CountsAs::Machines)),
            figure("b", 41, Some(CountsAs::Machines)),
            figure("c", 0, Some(CountsAs::StorageGb)),
        ];
        let limits = |max_machines| Limits { max_machines: Some(max_machines), ..Limits::default() };
        assert!(is_over(&figures, limits(100)));
        assert!(!is_over(&figures, limits(101)));
        assert!(!is_over(&figures, Limits::default()));
    }
}
