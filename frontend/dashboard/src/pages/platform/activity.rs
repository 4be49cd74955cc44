//! What goes on at all MSPs.

use client::{Paged, paged};
use contract::events::TenantEvent;
use kit::{EmptyState, Icon, PageHeader, listing};
use leptos::prelude::*;

use super::text;
use crate::pages::activity::{Days, Details, Happening};

#[component]
pub fn PlatformActivity() -> impl IntoView {
    let events: Paged<TenantEvent> = paged(|| Some("/platform/activity".to_owned()));
    let happened = |event: TenantEvent| Happening {
        tenant: Some(event.tenant_name),
        customer: None,
        event: event.event,
    };
    let found = Signal::derive(move || events.items.get().into_iter().map(happened).collect::<Vec<_>>());
    view! {
        <PageHeader title=text::activity_of_msps() />
        <section class="card">
            {listing(
                events,
                || {
                    view! {
                        <EmptyState title=text::no_activity() detail=text::no_activity_detail() sign=Icon::Activity />
                    }
                },
                move |_| view! { <Days events=found /> },
            )}
        </section>
        <Details found />
    }
}
