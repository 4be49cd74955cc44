//! What a customer uses of what was agreed.

use client::{Loaded, Remote, format, load};
use contract::{
    Page,
    metrics::Metric,
    usage::{Usage, UsageFigure},
};
use domain::{limits::Limits, metrics::CountsAs};
use kit::Meter;
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::super::home::share;
use crate::text;

/// Usage of this month, and which figures count against which limit.
#[derive(Clone, Copy)]
pub struct Used {
    usage: Loaded<Usage>,
    metrics: Loaded<Page<Metric>>,
}

impl Used {
    /// Reads it; not for those who may not see usage.
    pub fn load(code: &str, may: bool) -> Self {
        let path = format!("/msp/customers/{code}/usage");
        Self {
            usage: load(move || may.then(|| path.clone())),
            metrics: load(move || may.then(|| "/msp/metrics?limit=200".to_owned())),
        }
    }

    /// The usage itself.
    pub fn usage(self) -> Loaded<Usage> {
        self.usage
    }

    /// How much counts as this; nothing as long as it is not known.
    pub fn of(self, what: CountsAs) -> Option<Decimal> {
        let (Remote::Ready(usage), Remote::Ready(metrics)) =
            (self.usage.state.get(), self.metrics.state.get())
        else {
            return None;
        };
        let counts = |figure: &&UsageFigure| {
            metrics.items.iter().any(|metric| metric.key == figure.metric && metric.counts_as == Some(what))
        };
        Some(usage.metrics.iter().filter(counts).map(|figure| figure.quantity).sum())
    }
}

/// A figure against its limit.
pub fn meter(label: &str, used: Decimal, allowed: Option<i32>) -> impl IntoView + use<> {
    let percent = allowed.and_then(|allowed| share(used, allowed));
    view! {
        <Meter
            label=label.to_owned()
            used=format::quantity(used)
            allowed=allowed.map(|allowed| format::whole(i64::from(allowed)))
            percent=percent.unwrap_or(0)
            note=match (allowed, percent) {
                (None, _) => Some(text::not_set().to_owned()),
                (Some(_), Some(percent)) if percent > 100 => Some(text::over_by(percent)),
                (Some(_), percent) => percent.map(text::used_share),
            }
        />
    }
}

/// The limits that usage counts against.
pub fn meters(used: Used, limits: Limits) -> impl IntoView {
    move || {
        let machines = used.of(CountsAs::Machines).map(|it| meter(text::machines(), it, limits.max_machines));
        let storage = used.of(CountsAs::StorageGb).map(|it| meter(text::storage_gb(), it, limits.storage_gb));
        view! { <div class="meters">{machines} {storage}</div> }
    }
}
