//! What happened around a customer.

use client::paged;
use contract::events::Event;
use domain::ids::CustomerId;
use kit::{Card, EmptyState, Icon, Timeline, listing};
use leptos::prelude::*;

use super::text;
use crate::events;

#[component]
pub fn Activity(id: CustomerId) -> impl IntoView {
    let list = paged::<Event>(move || Some(format!("/msp/events?customer_id={id}&limit=30")));
    let none = || {
        view! { <EmptyState title=text::no_activity() detail=text::no_activity_detail() sign=Icon::Activity /> }
    };
    let rows = |rows: Signal<Vec<Event>>| {
        let items =
            Signal::derive(move || rows.with(|rows| rows.iter().map(events::happening).collect::<Vec<_>>()));
        view! { <Timeline label=text::activity() items /> }
    };
    view! { <Card title=text::activity()>{listing(list, none, rows)}</Card> }
}
