//! The audit trail.

mod check;
mod days;
mod details;
mod export;
mod filter;
mod filters;
pub mod text;

pub use days::Days;
pub use details::Details;

use address::use_query;
use std::collections::HashMap;

use client::{Remote, load, paged, use_client};
use contract::{Page, customers::Customer, events::Event};
use domain::{ids::CustomerId, permissions::Permission};
use kit::{EmptyState, Icon, LinkButton, PageHeader, listing};
use leptos::prelude::*;

use self::{check::Check, export::Export, filter::Filter, filters::Filters};

/// An entry, and whose it is where there are several.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// The MSP.
    pub tenant: Option<String>,
    /// The customer that it concerns, where its name is known.
    pub customer: Option<String>,
    /// What happened.
    pub event: Event,
}

#[component]
pub fn Activity() -> impl IntoView {
    let client = use_client();
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let events = paged::<Event>(move || Some(filter.with(|filter| filter.path(50))));
    let may_name = client.session.with_untracked(|session| session.may(Permission::CustomersRead));
    // Those of a very long list are named in the details.
    let customers = load::<Page<Customer>>(move || may_name.then(|| "/msp/customers?limit=200".to_owned()));
    let names = Memo::new(move |_| match customers.state.get() {
        Remote::Ready(page) => page.items.into_iter().map(|it| (it.id, it.company_name)).collect(),
        Remote::Loading | Remote::Failed(_) => HashMap::<CustomerId, String>::new(),
    });
    let happened = move |event: Event| {
        let customer = event.customer_id.and_then(|id| names.with(|names| names.get(&id).cloned()));
        Happening { tenant: None, customer, event }
    };
    let found = Signal::derive(move || events.items.get().into_iter().map(happened).collect::<Vec<_>>());
    view! {
        <PageHeader
            title=text::activity()
            actions=move || {
                view! {
                    <Check />
                    <Export filter />
                }
            }
        />
        <Filters filter found />
        <section class="card">
            {listing(
                events,
                move || filter.with_untracked(none),
                move |_| view! { <Days events=found /> },
            )}
        </section>
        <Details found own=true />
    }
}

fn none(filter: &Filter) -> impl IntoView + use<> {
    if filter.is_empty() {
        return view! {
            <EmptyState title=text::none_at_all() detail=text::none_at_all_detail() sign=Icon::Activity />
        }
        .into_any();
    }
    view! {
        <EmptyState title=text::no_events() detail=text::no_events_detail() sign=Icon::Search>
            <LinkButton href="/activity">{text::clear()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}
