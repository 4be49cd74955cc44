//! One entry, in full.

use address::{go, use_path, use_query};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use client::{Remote, format, load, use_client};
use contract::{Page, customers::Customer, events::Event};
use domain::permissions::Permission;
use kit::{Drawer, EmptyState, SkeletonText};
use leptos::prelude::*;

use super::{Happening, filter::Filter, text};
use crate::events;

/// The entry that the address names.
#[component]
pub fn Details(
    /// The entries that are on the page.
    found: Signal<Vec<Happening>>,
    /// The tenant's own: what is not on the page can be looked up.
    #[prop(optional)]
    own: bool,
) -> impl IntoView {
    let query = use_query();
    let path = use_path();
    let wanted = Memo::new(move |_| query.with(|query| query.get("event")));
    let listed = Memo::new(move |_| {
        let wanted = wanted.get()?;
        found.with(|found| found.iter().find(|it| it.event.id.to_string() == wanted).cloned())
    });
    // There is no address for one entry; those of its instant are few.
    let around = load::<Page<Event>>(move || {
        let at = query.with(|query| query.get("at")).filter(|_| own && wanted.with(Option::is_some))?;
        let at: DateTime<Utc> = at.parse().ok()?;
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Some(format!("/msp/events?from={}&until={}", text(at), text(at + TimeDelta::microseconds(1))))
    });
    let shown = Memo::new(move |_| {
        let wanted = wanted.get()?;
        listed.get().or_else(|| match around.state.get() {
            Remote::Ready(page) => {
                let event = page.items.into_iter().find(|event| event.id.to_string() == wanted)?;
                Some(Happening { tenant: None, customer: None, event })
            }
            Remote::Loading | Remote::Failed(_) => None,
        })
    });
    let waiting = move || own && around.state.with(|state| matches!(state, Remote::Loading));
    let title = Signal::derive(move || {
        shown.get().map_or_else(|| text::details().to_owned(), |it| events::kind(&it.event.kind))
    });
    let close = move |()| {
        let mut rest = query.get_untracked();
        rest.remove("event");
        rest.remove("at");
        let to = format!("{}{}", path.get_untracked(), rest);
        go(&to);
    };
    view! {
        <Drawer id="entry" title open=Signal::derive(move || wanted.with(Option::is_some)) on_close=close>
            {move || match shown.get() {
                Some(happening) => view! { <Facts happening own /> }.into_any(),
                None if waiting() => view! { <SkeletonText /> }.into_any(),
                None => view! { <EmptyState title=text::not_here() detail=text::not_here_detail() /> }.into_any(),
            }}
        </Drawer>
    }
}

#[component]
fn Facts(happening: Happening, own: bool) -> impl IntoView {
    let client = use_client();
    let Happening { tenant, event, .. } = happening;
    let may = own && client.session.with_untracked(|session| session.may(Permission::CustomersRead));
    let id = event.customer_id;
    let customer = load::<Customer>(move || id.filter(|_| may).map(|id| format!("/msp/customers/{id}")));
    let concerns = move || {
        let id = id?.to_string();
        Some(match customer.state.get() {
            Remote::Ready(found) => {
                let href = format!("/customers/{}", found.code);
                view! { <a class="link" href=href>{found.company_name}</a> }.into_any()
            }
            Remote::Loading | Remote::Failed(_) => view! { <span class="code">{id}</span> }.into_any(),
        })
    };
    let row = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
    };
    let only = own.then(|| {
        let by = Filter { actor: event.actor.clone(), ..Filter::default() };
        let kind = Filter { kind: event.kind.clone(), ..Filter::default() };
        let about = id.map(|id| Filter { customer: id.to_string(), ..Filter::default() });
        view! {
            <ul class="onward">
                <li>
                    <a class="link" href=by.address()>{text::only_actor(&event.actor_name)}</a>
                </li>
                <li>
                    <a class="link" href=kind.address()>{text::only_kind()}</a>
                </li>
                {about
                    .map(|about| {
                        view! {
                            <li>
                                <a class="link" href=about.address()>{text::only_customer()}</a>
                            </li>
                        }
                    })}
            </ul>
        }
    });
    let at = event.occurred_at;
    let data = events::data(&event)
        .into_iter()
        .map(|(name, value)| {
            view! {
                <dt>{events::readable(&name)}</dt>
                <dd>{value}</dd>
            }
        })
        .collect_view();
    view! {
        <dl class="kv">
            <dt>{text::moment()}</dt>
            <dd>
                <time title=at.to_rfc3339()>{format::instant(at)}</time>
                " · "
                {format::relative(at)}
            </dd>
            <dt>{text::actor()}</dt>
            <dd>{event.actor_name.clone()}</dd>
            {row(text::tenant(), tenant)}
            {move || {
                concerns()
                    .map(|concerns| {
                        view! {
                            <dt>{text::concerns()}</dt>
                            <dd>{concerns}</dd>
                        }
                    })
            }}
            {data}
        </dl>
        <dl class="kv small">
            <dt>{text::kind()}</dt>
            <dd class="code">{event.kind.clone()}</dd>
            <dt>{text::subject()}</dt>
            <dd class="code">{event.subject.clone()}</dd>
            {row(text::request(), event.request_id.clone())}
            {row(text::address_from(), event.address.clone())}
            {row(text::place(), Some(format::whole(event.seq)))}
        </dl>
        {only}
    }
}
