//! What is to be shown.

use address::go;
use client::{Remote, effect, load, use_client};
use contract::{Page, team::Member};
use domain::permissions::{Permission, TenantKind};
use kit::{Form, LinkButton, optional};
use leptos::prelude::*;

use super::{Happening, filter::Filter, text};
use crate::{
    events,
    pages::{
        customer_search::{By, CustomerSearch},
        filter_fields::{Day, Select},
    },
};

#[component]
pub fn Filters(filter: Memo<Filter>, found: Signal<Vec<Happening>>) -> impl IntoView {
    let client = use_client();
    let change = move |set: Box<dyn FnOnce(&mut Filter)>| {
        let mut wanted = filter.get_untracked();
        set(&mut wanted);
        go(&wanted.address());
    };
    let may = |permission| client.session.with_untracked(|session| session.may(permission));
    let platform = client
        .session
        .with_untracked(|session| session.me().is_some_and(|me| me.tenant_kind == TenantKind::Platform));

    let kinds = Signal::derive(move || {
        let groups = events::GROUPS.iter().filter(|(group, _)| platform || *group != "msp.");
        let groups = groups.map(|(group, word)| ((*group).to_owned(), word().to_owned()));
        options(text::kind_any(), groups, &filter.with(|filter| filter.kind.clone()), events::kind)
    });

    // Whom the trail names is known only as far as it has been read; the team, from the start.
    let may_see_team = may(Permission::UsersRead);
    let team = load::<Page<Member>>(move || may_see_team.then(|| "/msp/users?limit=200".to_owned()));
    let met = RwSignal::new(Vec::<(String, String)>::new());
    effect(move || {
        let actors = found.with(|found| {
            found.iter().map(|it| (it.event.actor.clone(), it.event.actor_name.clone())).collect::<Vec<_>>()
        });
        let new: Vec<_> = met.with_untracked(|met| {
            actors.into_iter().filter(|actor| !met.iter().any(|known| known.0 == actor.0)).collect()
        });
        for actor in new {
            met.update(|met| {
                if !met.iter().any(|known| known.0 == actor.0) {
                    met.push(actor);
                }
            });
        }
    });
    let actors = Signal::derive(move || {
        let mut actors: Vec<_> = match team.state.get() {
            Remote::Ready(page) => page
                .items
                .into_iter()
                .map(|member| (format!("user:{}", member.user_id), member.name))
                .collect(),
            Remote::Loading | Remote::Failed(_) => Vec::new(),
        };
        for actor in met.get() {
            if !actors.iter().any(|known| known.0 == actor.0) {
                actors.push(actor);
            }
        }
        actors.sort_by_key(|actor| actor.1.to_lowercase());
        options(
            text::actor_any(),
            actors.into_iter(),
            &filter.with(|filter| filter.actor.clone()),
            str::to_owned,
        )
    });

    let customer = Form::new("").field("/filter-customer", "", optional);
    effect(move || customer.value.set(filter.with(|filter| filter.customer.clone())));
    let pick = move |id: String| {
        if filter.with_untracked(|filter| filter.customer != id) {
            change(Box::new(move |filter| filter.customer = id));
        }
    };
    let customers = may(Permission::CustomersRead).then(|| {
        view! {
            <CustomerSearch
                field=customer
                by=By::Id
                label=text::concerns()
                placeholder=text::customer_any()
                on_pick=pick
            />
        }
    });
    view! {
        <form class="filters" on:submit=|event| event.prevent_default()>
            <Select
                id="filter-kind"
                label=text::kind()
                options=kinds
                value=Signal::derive(move || filter.with(|filter| filter.kind.clone()))
                on_change=move |kind| change(Box::new(move |filter| filter.kind = kind))
            />
            <Select
                id="filter-actor"
                label=text::actor()
                options=actors
                value=Signal::derive(move || filter.with(|filter| filter.actor.clone()))
                on_change=move |actor| change(Box::new(move |filter| filter.actor = actor))
            />
            {customers}
            <Day
                id="filter-from"
                label=text::from()
                value=Signal::derive(move || filter.with(|filter| filter.from))
                on_change=move |day| change(Box::new(move |filter| filter.from = day))
            />
            <Day
                id="filter-until"
                label=text::until()
                value=Signal::derive(move || filter.with(|filter| filter.until))
                on_change=move |day| change(Box::new(move |filter| filter.until = day))
            />
            {move || {
                filter
                    .with(|filter| !filter.is_empty())
                    .then(|| view! { <LinkButton href="/activity">{text::clear()}</LinkButton> })
            }}
        </form>
    }
}

/// What can be chosen: anything, the known ones, and what the address names although it is not among them.
fn options(
    any: &str,
    known: impl Iterator<Item = (String, String)>,
    chosen: &str,
    word: impl Fn(&str) -> String,
) -> Vec<(String, String)> {
    let mut options: Vec<_> = std::iter::once((String::new(), any.to_owned())).chain(known).collect();
    if !options.iter().any(|(key, _)| key == chosen) {
        options.push((chosen.to_owned(), word(chosen)));
    }
    options
}
