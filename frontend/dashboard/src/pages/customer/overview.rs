//! The customer at a glance.

use client::{format, load, use_client};
use contract::{customers::Customer, subscriptions::Subscription};
use domain::permissions::Permission;
use kit::{ButtonKind, Card, KeyValues, LinkButton, SkeletonRows, faces};
use leptos::prelude::*;

use super::{
    subscription::{Terms, or_none},
    used::{Used, meters},
};
use crate::text;

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
            <Card title=text::NOTES>
                <p class="pad">{notes}</p>
            </Card>
        }
    });
    view! {
        <div class="cols">
            <div class="stack">{usage} {subscription}</div>
            <div class="stack">
                <Card title=text::CONTACT>
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
        (text::NAME, customer.contact_name),
        (text::EMAIL, customer.contact_email),
        (text::PHONE, customer.phone),
        (text::ADDRESS, customer.address),
        (text::TAX_ID, customer.tax_id),
    ];
    if customer.external_ref.is_some() {
        facts.push((text::EXTERNAL_REF, customer.external_ref));
    }
    if let Some(day) = customer.trial_ends_on {
        facts
            .push((text::TRIAL_ENDS, Some(text::trial_until(&format::day(day), &format::relative_day(day)))));
    }
    let features: Vec<_> =
        customer.feature_flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
    if !features.is_empty() {
        facts.push((text::FEATURES, Some(features.join(", "))));
    }
    facts.push((text::CUSTOMER_SINCE, Some(format::day(customer.created_at.date_naive()))));
    facts
}

#[component]
fn UsageNow(code: String, limits: domain::limits::Limits) -> impl IntoView {
    let used = Used::load(&code, true);
    let all = move || {
        view! {
            <LinkButton href=format!("/customers/{code}?tab=usage") small=true kind=ButtonKind::Quiet>
                {text::ALL_FIGURES}
            </LinkButton>
        }
    };
    view! {
        <Card title=text::USAGE_THIS_MONTH note=text::OF_LIMITS actions=all>
            {faces(used.usage(), || view! { <SkeletonRows rows=2 /> }, move |_| meters(used, limits))}
        </Card>
    }
}

#[component]
fn Plan(code: String) -> impl IntoView {
    let path = format!("/msp/customers/{code}/subscription");
    let subscription = load::<Subscription>(move || Some(path.clone()));
    let all = move || {
        view! {
            <LinkButton href=format!("/customers/{code}?tab=subscription") small=true kind=ButtonKind::Quiet>
                {text::PRICES}
            </LinkButton>
        }
    };
    view! {
        <Card title=text::SUBSCRIPTION actions=all>
            {or_none(
                subscription,
                |subscription| {
                    view! {
                        <div class="pad">
                            <Terms subscription />
                        </div>
                    }
                },
            )}
        </Card>
    }
}
