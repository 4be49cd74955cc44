//! What a customer uses of what was agreed.

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

/// A figure against its limit.
fn meter(label: &str, used: Decimal, allowed: Option<i32>) -> impl IntoView + use<> {
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
pub fn meters(figures: &[UsageFigure], limits: Limits) -> impl IntoView + use<> {
    let used = |what| counted(figures, what).unwrap_or_default();
    view! {
        <div class="meters">
            {meter(text::machines(), used(CountsAs::Machines), limits.max_machines)}
            {meter(text::storage_gb(), used(CountsAs::StorageGb), limits.storage_gb)}
        </div>
    }
}
