//! What happened around a customer.

use client::paged;
use contract::events::Event;
use domain::ids::CustomerId;
use kit::{Card, EmptyState, Happening, Icon, Timeline, listing};
use leptos::prelude::*;

use super::{events, text};

#[component]
pub fn Activity(id: CustomerId) -> impl IntoView {
    let list = paged::<Event>(move || Some(format!("/msp/events?customer_id={id}&limit=30")));
    let none = || {
        view! { <EmptyState title=text::no_activity() detail=text::no_activity_detail() sign=Icon::Activity /> }
    };
    let rows = |rows: Signal<Vec<Event>>| {
        let items = Signal::derive(move || rows.with(|rows| rows.iter().map(happening).collect::<Vec<_>>()));
        view! { <Timeline label=text::activity() items /> }
    };
    view! { <Card title=text::activity()>{listing(list, none, rows)}</Card> }
}

fn happening(event: &Event) -> Happening {
    Happening {
        id: event.id.to_string(),
        sign: events::sign(&event.kind),
        what: events::what(event),
        who: events::who(event),
        when: event.occurred_at,
        details: events::details(event),
    }
}
