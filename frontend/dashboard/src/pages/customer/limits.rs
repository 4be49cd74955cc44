//! What was agreed with a customer, and how much of it is used.

use client::{format, load, load_once, use_client};
use contract::{customers::Customer, usage::Usage};
use domain::permissions::Permission;
use kit::{Card, Form, FormView, KeyValues, SkeletonRows, faces, use_toasts};
use leptos::prelude::*;

use super::{
    limit_fields::{LimitFields, LimitInputs, pairs},
    text,
    used::meters,
};

#[component]
pub fn Limits(#[prop(into)] customer: Signal<Customer>) -> impl IntoView {
    let client = use_client();
    let may = |permission| client.session.with_untracked(|session| session.may(permission));
    let code = customer.with_untracked(|customer| customer.code.clone());
    let used = may(Permission::UsageRead).then(|| {
        let path = format!("/msp/customers/{code}/usage");
        let usage = load::<Usage>(move || Some(path.clone()));
        view! {
            <Card title=text::usage_this_month() note=text::of_limits()>
                {faces(
                    usage,
                    || view! { <SkeletonRows rows=2 /> },
                    move |usage| view! { {move || meters(&usage.metrics, customer.get().limits)} },
                )}
            </Card>
        }
    });
    let agreed = if may(Permission::CustomersWrite) {
        view! { <Edit code /> }.into_any()
    } else {
        view! { <div class="pad">{move || view! { <KeyValues pairs=pairs(customer.get().limits) /> }}</div> }
            .into_any()
    };
    view! {
        <p class="mut">{text::limits_note()}</p>
        <div class="cols">
            <Card title=text::limits()>{agreed}</Card>
            {used}
        </div>
    }
}

/// The form begins with what is so when it is opened; what others change meanwhile is told when it is sent.
#[component]
fn Edit(code: String) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let path = format!("/msp/customers/{code}");
    let known = {
        let path = path.clone();
        load_once::<Customer>(move || Some(path.clone()))
    };
    let ready = move |customer: Customer| {
        let form = Form::new(format!("limits-{}", customer.id));
        let fields = LimitFields::new(form, "", customer.limits);
        let path = format!("{path}/limits");
        let send = move |()| {
            let request = client.put(path.clone()).version(customer.version);
            form.send(
                async move || request.body(&fields.limits()).done().await,
                move |()| {
                    toasts.say(text::limits_saved());
                    known.reload();
                },
            );
        };
        view! {
            <div class="pad">
                <FormView form submit=text::save() on_submit=send>
                    <p class="mut">
                        {text::limits_empty()} " " {text::last_change(&format::relative(customer.updated_at))}
                    </p>
                    <LimitInputs fields />
                </FormView>
            </div>
        }
    };
    faces(known, || view! { <SkeletonRows rows=4 /> }, ready)
}
