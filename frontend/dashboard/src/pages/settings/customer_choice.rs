//! All customers, or only some.

use client::{Remote, load};
use contract::customers::Customer;
use domain::ids::CustomerId;
use kit::{CheckField, Field, Form, Icon, icon, optional};
use leptos::prelude::*;

use super::text;
use crate::pages::customer_search::{By, CustomerSearch};

/// Whether somebody or something is limited to customers, and to which.
#[derive(Clone, Copy)]
pub struct Limit {
    /// Whether at all.
    pub on: Field,
    /// Their ids, with commas between them: a form keeps text.
    pub customers: Field,
}

impl Limit {
    /// The two fields in a form.
    pub fn new(form: Form, now: Option<&[CustomerId]>) -> Self {
        let on = form.field("/limited", now.is_some().to_string(), optional);
        let ids = now.unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>();
        let customers = form.field("/only_customers", ids.join(","), optional);
        let none = move || {
            let missing = on.value.with(|on| on == "true") && customers.value.with(String::is_empty);
            missing.then(|| text::choose_customer().to_owned())
        };
        Self { on, customers: form.rule(customers, none) }
    }

    /// The ids that are chosen.
    fn ids(self) -> Vec<String> {
        self.customers
            .value
            .with(|ids| ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect())
    }

    /// What the server is told.
    pub fn value(self) -> Option<Vec<CustomerId>> {
        let ids = self.customers.text();
        self.on.is_on().then(|| ids.split(',').filter_map(|id| id.parse().ok()).collect())
    }
}

/// The two fields on the page.
#[component]
pub fn CustomerChoice(limit: Limit) -> impl IntoView {
    let ids = Memo::new(move |_| limit.ids());
    // Empty again after each choice; what is wrong with all of them is told at it.
    let find = Form::new("").field("/only_customers", "", optional);
    let find = Field { error: limit.customers.error, ..find };
    let pick = move |id: String| {
        find.value.set(String::new());
        let mut ids = limit.ids();
        if !id.is_empty() && !ids.contains(&id) {
            ids.push(id);
            limit.customers.value.set(ids.join(","));
        }
    };
    let remove = move |id: String| {
        let ids: Vec<_> = limit.ids().into_iter().filter(|it| *it != id).collect();
        limit.customers.value.set(ids.join(","));
    };
    let chosen = move || {
        view! {
            <ul class="chips">
                <For each=move || ids.get() key=String::clone let:id>
                    <Chip id on_remove=remove />
                </For>
            </ul>
        }
    };
    view! {
        <CheckField field=limit.on label=text::limited_to() hint=text::limited_to_hint() />
        {move || {
            limit
                .on
                .value
                .with(|on| on == "true")
                .then(|| {
                    view! {
                        <div class="choose-customers">
                            {chosen()}
                            <CustomerSearch
                                field=find
                                by=By::Id
                                label=text::find_customer()
                                placeholder=text::find_customer_hint()
                                on_pick=pick
                            />
                        </div>
                    }
                })
        }}
    }
}

/// The name of a customer, as soon as it is known.
fn name(id: String) -> Memo<String> {
    let path = format!("/msp/customers/{id}");
    let customer = load::<Customer>(move || Some(path.clone()));
    Memo::new(move |_| match customer.state.get() {
        Remote::Ready(customer) => customer.company_name,
        Remote::Loading => "…".to_owned(),
        Remote::Failed(_) => id.clone(),
    })
}

#[component]
fn Chip(id: String, #[prop(into)] on_remove: Callback<String>) -> impl IntoView {
    let name = name(id.clone());
    view! {
        <li class="chip">
            {name}
            <button
                type="button"
                aria-label=move || text::remove_customer(&name.get())
                on:click=move |_| on_remove.run(id.clone())
            >
                {icon(Icon::Close, 12)}
            </button>
        </li>
    }
}

/// The customers that somebody or something is limited to, in a few words.
#[component]
pub fn CustomerNames(customers: Option<Vec<CustomerId>>) -> impl IntoView {
    const SHOWN: usize = 3;
    let Some(customers) = customers else {
        return view! { <span class="mut">{text::all_customers_short()}</span> }.into_any();
    };
    let more = i64::try_from(customers.len().saturating_sub(SHOWN)).unwrap_or(i64::MAX);
    let names = customers
        .into_iter()
        .take(SHOWN)
        .map(|id| {
            let name = name(id.to_string());
            view! { <span class="one-of">{name}</span> }
        })
        .collect_view();
    view! {
        {names}
        {(more > 0).then(|| view! { <span class="mut">{text::and_more(more)}</span> })}
    }
    .into_any()
}
