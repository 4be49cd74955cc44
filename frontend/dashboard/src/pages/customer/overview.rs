//! The customer at a glance.

use client::{format, load, use_client};
use contract::{Page, customers::Customer, subscriptions::Subscription, usage::Usage};
use domain::permissions::Permission;
use kit::{ButtonKind, Card, KeyValues, LinkButton, SkeletonRows, faces};
use leptos::prelude::*;

use super::text;
use super::{subscription::all_terms, used::meters};

#[component]
pub fn Overview(customer: Customer) -> impl IntoView {
    let client = use_client();
    let may = |permission| client.session.with_untracked(|session| session.may(permission));
    let usage = may(Permission::UsageRead).then(|| {
        view! { <UsageNow code=customer.code.clone() limits=customer.limits /> }
    });
    let subscription =
        may(Permission::SubscriptionsRead).then(|| view! { <Plan code=customer.code.clone() /> });
    let notes = customer.notes.clone().map(|notes| {
        view! {
            <Card title=text::notes()>
                <p class="pad">{notes}</p>
            </Card>
        }
    });
    view! {
        <div class="cols">
            <div class="stack">{usage} {subscription}</div>
            <div class="stack">
                <Card title=text::contact()>
                    <div class="pad">
                        <KeyValues pairs=facts(customer) />
                    </div>
                </Card>
                {notes}
            </div>
        </div>
    }
}

fn facts(customer: Customer) -> Vec<(&'static str, Option<String>)> {
    let mut facts = vec![
        (text::name(), customer.contact_name),
        (text::email(), customer.contact_email),
        (text::phone(), customer.phone),
        (text::address(), customer.address),
        (text::tax_id(), customer.tax_id),
    ];
    if let Some(country) = customer.country {
        let region = customer.region.map(|region| format!(", {region}")).unwrap_or_default();
        facts.insert(4, (text::country(), Some(format!("{}{region}", format::country(country.code())))));
    }
    if customer.tax_exempt.is_some() {
        facts.push((text::tax_exempt(), customer.tax_exempt));
    }
    if customer.external_ref.is_some() {
        facts.push((text::external_ref(), customer.external_ref));
    }
    if let Some(day) = customer.trial_ends_on {
        facts.push((
            text::trial_ends(),
            Some(text::trial_until(&format::day(day), &format::relative_day(day))),
        ));
    }
    let features: Vec<_> =
        customer.feature_flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
    if !features.is_empty() {
        facts.push((text::features(), Some(features.join(", "))));
    }
    facts.push((text::customer_since(), Some(format::day(customer.created_at.date_naive()))));
    facts
}

#[component]
fn UsageNow(code: String, limits: domain::limits::Limits) -> impl IntoView {
    let path = format!("/msp/customers/{code}/usage");
    let usage = load::<Usage>(move || Some(path.clone()));
    let all = move || {
        view! {
            <LinkButton href=format!("/customers/{code}?tab=usage") small=true kind=ButtonKind::Quiet>
                {text::all_figures()}
            </LinkButton>
        }
    };
    view! {
        <Card title=text::usage_this_month() note=text::of_limits() actions=all>
            {faces(usage, || view! { <SkeletonRows rows=2 /> }, move |usage| meters(&usage.metrics, limits))}
        </Card>
    }
}

#[component]
fn Plan(code: String) -> impl IntoView {
    let path = format!("/msp/subscriptions?customer={code}&ended=false&limit=50");
    let subscriptions = load::<Page<Subscription>>(move || Some(path.clone()));
    let all = move || {
        view! {
            <LinkButton href=format!("/customers/{code}?tab=subscription") small=true kind=ButtonKind::Quiet>
                {text::prices()}
            </LinkButton>
        }
    };
    view! {
        <Card title=text::subscription() actions=all>
            {faces(subscriptions, || view! { <SkeletonRows rows=3 /> }, all_terms)}
        </Card>
    }
}
