//! What was agreed with a customer, and how much of it is used.

use client::{format, use_client};
use contract::customers::Customer;
use domain::permissions::Permission;
use kit::{Card, KeyValues, SkeletonRows, faces};
use leptos::prelude::*;

use super::used::{Used, meters};
use crate::text;

#[component]
pub fn Limits(customer: Customer) -> impl IntoView {
    let client = use_client();
    let limits = customer.limits;
    let may_see_usage = client.session.with_untracked(|session| session.may(Permission::UsageRead));
    let used = Used::load(&customer.code, may_see_usage);
    let written = |limit: Option<i32>| {
        Some(limit.map_or_else(|| text::not_set().to_owned(), |limit| format::whole(i64::from(limit))))
    };
    let mut pairs = vec![
        (text::concurrent_jobs(), written(limits.max_concurrent_jobs)),
        (text::api_requests(), written(limits.api_requests_per_minute)),
    ];
    let against = if may_see_usage {
        faces(used.usage(), || view! { <SkeletonRows rows=2 /> }, move |_| meters(used, limits)).into_any()
    } else {
        pairs.insert(0, (text::storage_gb(), written(limits.storage_gb)));
        pairs.insert(0, (text::machines(), written(limits.max_machines)));
        ().into_any()
    };
    view! {
        <p class="mut">{text::limits_note()}</p>
        <div class="cols">
            <Card title=text::usage_this_month() note=text::of_limits()>
                {against}
            </Card>
            <Card title=text::other_limits()>
                <div class="pad">
                    <KeyValues pairs />
                </div>
            </Card>
        </div>
    }
}
