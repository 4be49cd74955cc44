//! What a customer may use at most, as fields.

use client::format;
use domain::limits::Limits;
use kit::{Field, Form, NumberField};
use leptos::prelude::*;
use rust_decimal::prelude::ToPrimitive as _;

use super::text;

/// The fields; an empty one sets no limit.
#[derive(Clone, Copy)]
pub struct LimitFields {
    pub max_machines: Field,
    pub storage_gb: Field,
    pub max_concurrent_jobs: Field,
    pub api_requests_per_minute: Field,
}

/// Only this one is set, as far as it is a whole number: the server's own rule says whether it can be.
fn wrong(typed: &str, first: i32, last: i32, limits: impl Fn(i32) -> Limits) -> Option<String> {
    if typed.trim().is_empty() {
        return None;
    }
    let whole = format::number(typed).filter(|number| number.fract().is_zero());
    let fits =
        whole.and_then(|number| number.to_i32()).is_some_and(|number| limits(number).problems().is_empty());
    (!fits).then(|| text::between(&format::whole(i64::from(first)), &format::whole(i64::from(last))))
}

fn machines(typed: &str) -> Option<String> {
    wrong(typed, 0, 1_000_000, |it| Limits { max_machines: Some(it), ..Limits::default() })
}

fn storage(typed: &str) -> Option<String> {
    wrong(typed, 0, 1_000_000_000, |it| Limits { storage_gb: Some(it), ..Limits::default() })
}

fn jobs(typed: &str) -> Option<String> {
    wrong(typed, 0, 100_000, |it| Limits { max_concurrent_jobs: Some(it), ..Limits::default() })
}

fn requests(typed: &str) -> Option<String> {
    wrong(typed, 1, 1_000_000, |it| Limits { api_requests_per_minute: Some(it), ..Limits::default() })
}

impl LimitFields {
    /// The fields, with what is set. `above` is where the limits stand in what is sent: `/limits`.
    pub fn new(form: Form, above: &str, set: Limits) -> Self {
        let initial = |limit: Option<i32>| limit.map(|it| it.to_string()).unwrap_or_default();
        let field = |name: &str, limit, check| form.field(format!("{above}/{name}"), initial(limit), check);
        Self {
            max_machines: field("max_machines", set.max_machines, machines),
            storage_gb: field("storage_gb", set.storage_gb, storage),
            max_concurrent_jobs: field("max_concurrent_jobs", set.max_concurrent_jobs, jobs),
            api_requests_per_minute: field("api_requests_per_minute", set.api_requests_per_minute, requests),
        }
    }

    /// All of them.
    pub fn all(self) -> [Field; 4] {
        [self.max_machines, self.storage_gb, self.max_concurrent_jobs, self.api_requests_per_minute]
    }

    /// What is set.
    pub fn limits(self) -> Limits {
        Limits {
            max_machines: self.max_machines.whole(),
            storage_gb: self.storage_gb.whole(),
            max_concurrent_jobs: self.max_concurrent_jobs.whole(),
            api_requests_per_minute: self.api_requests_per_minute.whole(),
        }
    }
}

/// The fields on the page.
#[component]
pub fn LimitInputs(fields: LimitFields) -> impl IntoView {
    view! {
        <div class="two">
            <NumberField field=fields.max_machines label=text::machines() hint=text::machines_hint() />
            <NumberField field=fields.storage_gb label=text::storage_gb() hint=text::storage_hint() unit="GB" />
            <NumberField field=fields.max_concurrent_jobs label=text::concurrent_jobs() hint=text::jobs_hint() />
            <NumberField field=fields.api_requests_per_minute label=text::api_requests() hint=text::api_hint() />
        </div>
    }
}

/// What each limit is called, and what it is set to.
pub fn pairs(limits: Limits) -> Vec<(&'static str, Option<String>)> {
    let written = |limit: Option<i32>| {
        Some(limit.map_or_else(|| text::not_set().to_owned(), |limit| format::whole(i64::from(limit))))
    };
    vec![
        (text::machines(), written(limits.max_machines)),
        (text::storage_gb(), written(limits.storage_gb)),
        (text::concurrent_jobs(), written(limits.max_concurrent_jobs)),
        (text::api_requests(), written(limits.api_requests_per_minute)),
    ]
}
