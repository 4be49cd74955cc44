//! One customer, in parts.

use address::use_query;
use client::{Failure, Remote, load, use_client};
use contract::customers::Customer;
use domain::{ids::CustomerId, permissions::Permission};
use kit::{ErrorState, PageHeader, SkeletonRows, SkeletonText, Tab, Tabs};
use leptos::prelude::*;

use self::{
    actions::{Actions, Asked, Questions},
    activity::Activity,
    invoices::Invoices,
    limits::Limits,
    overview::Overview,
    people::People,
    settings::Settings,
    standing::Standing,
    statement::Statement,
    subscription::Subscription,
    usage::Usage,
};
use super::customers::CustomerState;
use crate::parts;
use frame::{Lazily, title_page, use_code};

mod actions;
mod activity;
mod charges;
pub(super) mod check;
mod credit;
mod details;
mod invoices;
mod limit_fields;
mod limits;
pub mod new;
mod overview;
mod people;
mod plans;
mod settings;
mod standing;
mod statement;
mod subscription;
mod terms;
pub mod text;
mod usage;
mod used;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Overview,
    Usage,
    Subscription,
    Invoices,
    Statement,
    People,
    Limits,
    Activity,
    Settings,
}

/// A part, what the address calls it, what people do, and what it takes to see it.
type Row = (Part, &'static str, fn() -> &'static str, Permission);

const PARTS: [Row; 9] = [
    (Part::Overview, "overview", text::overview, Permission::CustomersRead),
    (Part::Usage, "usage", text::usage, Permission::UsageRead),
    (Part::Subscription, "subscription", text::subscription, Permission::SubscriptionsRead),
    (Part::Invoices, "invoices", text::invoices, Permission::InvoicesRead),
    (Part::Statement, "statement", super::ledger::text::statement, Permission::LedgerRead),
    (Part::People, "users", text::users, Permission::UsersRead),
    (Part::Limits, "limits", text::limits, Permission::CustomersRead),
    (Part::Activity, "activity", text::activity, Permission::EventsRead),
    (Part::Settings, "settings", text::settings, Permission::CustomersWrite),
];

#[component]
pub fn CustomerPage() -> impl IntoView {
    let client = use_client();
    let code = use_code();
    let query = use_query();
    let customer = load::<Customer>(move || Some(format!("/msp/customers/{}", code.get())));

    let part = Memo::new(move |_| {
        let wanted = query.with(|query| query.get("tab"));
        let found = PARTS.iter().find(|(_, key, _, permission)| {
            Some(*key) == wanted.as_deref() && client.session.with(|session| session.may(*permission))
        });
        found.map_or(Part::Overview, |(part, ..)| *part)
    });
    let name = Memo::new(move |_| match customer.state.get() {
        Remote::Ready(customer) => customer.company_name,
        Remote::Loading | Remote::Failed(_) => text::customer().to_owned(),
    });
    title_page(move || name.get());
    let here = Memo::new(move |_| match customer.state.get() {
        Remote::Ready(customer) => customer.code,
        Remote::Loading | Remote::Failed(_) => code.get(),
    });
    let tabs = Signal::derive(move || {
        let tab = |(which, key, label, _): &Row| Tab {
            href: match which {
                Part::Overview => format!("/customers/{}", code.get()),
                _ => format!("/customers/{}?tab={key}", code.get()),
            },
            label: label(),
            current: part.get() == *which,
        };
        PARTS
            .iter()
            .filter(|part| client.session.with(|session| session.may(part.3)))
            .map(tab)
            .collect::<Vec<_>>()
    });
    // What is known of the customer, as it is now; while it is read anew, as it was.
    let known = Memo::new(move |before: Option<&Option<Customer>>| {
        customer.state.with(|state| match state {
            Remote::Ready(customer) => Some(customer.clone()),
            Remote::Loading | Remote::Failed(_) => before.cloned().flatten(),
        })
    });
    // A customer that changes stays on the page: what is being typed about it is not taken away.
    let face = Memo::new(move |_| {
        customer.state.with(|state| match state {
            Remote::Loading => Face::Loading,
            Remote::Failed(failure) => Face::Failed(failure.clone()),
            Remote::Ready(customer) => Face::Ready(customer.id),
        })
    });
    let there = move || matches!(face.get(), Face::Ready(_)).then(|| known.get()).flatten();
    let asked = Asked::new();
    let status = move || there().map(|customer| view! { <CustomerState customer /> });
    let actions = move || there().map(|customer| view! { <Actions customer asked /> });
    let content = move || match face.get() {
        Face::Loading => view! {
            <div class="cols" aria-busy="true">
                <div class="card"><SkeletonRows rows=4 /></div>
                <div class="card"><SkeletonText /></div>
            </div>
        }
        .into_any(),
        Face::Failed(failure) => view! {
            <section class="card">
                <ErrorState failure on_retry=move |()| customer.reload() />
            </section>
        }
        .into_any(),
        Face::Ready(_) => {
            known.get_untracked().map(|first| view! { <Parts first known part asked /> }).into_any()
        }
    };
    view! {
        <PageHeader title=name above=vec![("/customers", text::customers())] here status actions />
        {move || {
            // What is not there has no parts.
            let missing = matches!(face.get(), Face::Failed(_));
            (!missing).then(|| view! { <Tabs label=text::customer() tabs /> })
        }}
        {move || content()}
    }
}

/// Whose page it is, for the tabs whose code is fetched when they are opened.
#[derive(Clone, Copy)]
struct Shown(Memo<Customer>);

/// The tab about the subscription.
#[component]
pub fn SubscriptionTab() -> impl IntoView {
    let Shown(customer) = expect_context();
    view! { <Subscription customer /> }
}

/// The tab with invoices, and what the next one charges and uses.
#[component]
pub fn InvoicesTab() -> impl IntoView {
    let Shown(customer) = expect_context();
    view! { <Invoices code=customer.with_untracked(|customer| customer.code.clone()) /> }
}

/// The tab with the statement.
#[component]
pub fn StatementTab() -> impl IntoView {
    let Shown(customer) = expect_context();
    view! { <Statement code=customer.with_untracked(|customer| customer.code.clone()) /> }
}

/// How far the page is.
#[derive(Clone, PartialEq)]
enum Face {
    Loading,
    Failed(Failure),
    Ready(CustomerId),
}

#[component]
fn Parts(first: Customer, known: Memo<Option<Customer>>, part: Memo<Part>, asked: Asked) -> impl IntoView {
    let code = first.code.clone();
    let id = first.id;
    let customer =
        Memo::new(move |_| known.get().filter(|now| now.id == id).unwrap_or_else(|| first.clone()));
    let name = Memo::new(move |_| customer.with(|customer| (customer.company_name.clone(), customer.status)));
    let shown = move || {
        let code = code.clone();
        match part.get() {
            Part::Overview => (move || view! { <Overview customer=customer.get() /> }).into_any(),
            Part::Usage => view! { <Usage code /> }.into_any(),
            Part::Subscription => {
                provide_context(Shown(customer));
                view! { <Lazily load=|| Box::pin(parts::customer_subscription()) /> }.into_any()
            }
            Part::Invoices => {
                provide_context(Shown(customer));
                view! { <Lazily load=|| Box::pin(parts::customer_invoices()) /> }.into_any()
            }
            Part::Statement => {
                provide_context(Shown(customer));
                view! { <Lazily load=|| Box::pin(parts::customer_statement()) /> }.into_any()
            }
            Part::People => view! { <People customer /> }.into_any(),
            Part::Limits => view! { <Limits customer /> }.into_any(),
            Part::Activity => view! { <Activity id /> }.into_any(),
            Part::Settings => view! { <Settings code /> }.into_any(),
        }
    };
    view! {
        <div class="stack">
            {move || view! { <Standing customer=customer.get() asked /> }}
            {move || shown()}
        </div>
        {move || {
            // Asked for, not only tracked: a memo that nobody has read follows nothing.
            let _ = name.get();
            view! { <Questions customer=customer.get_untracked() asked /> }
        }}
    }
}
