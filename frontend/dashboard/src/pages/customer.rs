//! One customer, in parts.

use client::{Remote, format, load, use_client};
use contract::customers::Customer;
use domain::{customers::CustomerStatus, permissions::Permission};
use kit::{Banner, PageHeader, SkeletonRows, SkeletonText, Tab, Tabs, Tone, faces};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::{limits::Limits, overview::Overview, subscription::Subscription, usage::Usage};
use super::customers::CustomerState;
use frame::{title_page, use_code};

use crate::text;

mod limits;
mod overview;
mod subscription;
mod usage;
mod used;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Overview,
    Usage,
    Subscription,
    Limits,
}

/// The parts: what the address calls them, what people do, and what it takes to see them.
const PARTS: [(Part, &str, fn() -> &'static str, Permission); 4] = [
    (Part::Overview, "overview", text::overview, Permission::CustomersRead),
    (Part::Usage, "usage", text::usage, Permission::UsageRead),
    (Part::Subscription, "subscription", text::subscription, Permission::SubscriptionsRead),
    (Part::Limits, "limits", text::limits, Permission::CustomersRead),
];

#[component]
pub fn CustomerPage() -> impl IntoView {
    let client = use_client();
    let code = use_code();
    let query = use_query_map();
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
        let tab = |(which, key, label, _): &(Part, &str, fn() -> &'static str, Permission)| Tab {
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
    let status = move || match customer.state.get() {
        Remote::Ready(customer) => view! { <CustomerState customer /> }.into_any(),
        Remote::Loading | Remote::Failed(_) => ().into_any(),
    };
    let skeleton = || {
        view! {
            <div class="cols">
                <div class="card"><SkeletonRows rows=4 /></div>
                <div class="card"><SkeletonText /></div>
            </div>
        }
    };
    view! {
        <PageHeader title=name above=vec![("/customers", text::customers())] here status />
        {move || {
            // What is not there has no parts.
            let missing = customer.state.with(|state| matches!(state, Remote::Failed(_)));
            (!missing).then(|| view! { <Tabs label=text::customer() tabs /> })
        }}
        {faces(
            customer,
            skeleton,
            move |customer| {
                view! {
                    <div class="stack">
                        <Standing customer=customer.clone() />
                        {move || match part.get() {
                            Part::Overview => view! { <Overview customer=customer.clone() /> }.into_any(),
                            Part::Usage => view! { <Usage code=customer.code.clone() /> }.into_any(),
                            Part::Subscription => view! { <Subscription code=customer.code.clone() /> }.into_any(),
                            Part::Limits => view! { <Limits customer=customer.clone() /> }.into_any(),
                        }}
                    </div>
                }
            },
        )}
    }
}

/// What one has to know before anything else.
#[component]
fn Standing(customer: Customer) -> impl IntoView {
    let suspended = customer.suspended_at.filter(|_| customer.status == CustomerStatus::Suspended);
    suspended.map(|since| {
        let words = text::suspended_since(&format::relative(since), customer.suspended_reason.as_deref());
        view! { <Banner tone=Tone::Warning>{words}</Banner> }
    })
}
