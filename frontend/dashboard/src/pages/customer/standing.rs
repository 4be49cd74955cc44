//! What one has to know about a customer before anything else, with the one thing that helps.

use client::{format, use_client};
use contract::customers::Customer;
use domain::{customers::CustomerStatus, permissions::Permission};
use kit::{Banner, LinkButton, Tone};
use leptos::prelude::*;

use super::{
    actions::{Asked, Help},
    text,
};

#[component]
pub fn Standing(customer: Customer, asked: Asked) -> impl IntoView {
    let (tone, words) = match customer.status {
        CustomerStatus::Active => return ().into_any(),
        CustomerStatus::Suspended => {
            let since = customer.suspended_at.map(format::relative).unwrap_or_default();
            (Tone::Warning, text::suspended_since(&since, customer.suspended_reason.as_deref()))
        }
        CustomerStatus::Closed => (Tone::Missing, text::closed_banner().to_owned()),
        CustomerStatus::Trial => match customer.trial_ends_on {
            None => (Tone::Running, text::trial_runs().to_owned()),
            Some(day) if day < format::today() => {
                (Tone::Warning, text::trial_ended(&format::relative_day(day)))
            }
            Some(day) => {
                let when = text::trial_until(&format::day(day), &format::relative_day(day));
                (Tone::Running, text::trial_runs_until(&when))
            }
        },
    };
    // Who may not make the customer an ordinary one may still see to its plan.
    let client = use_client();
    let plan = client.session.with_untracked(|session| session.may(Permission::SubscriptionsWrite))
        && customer.status == CustomerStatus::Trial;
    let plan = plan.then(|| {
        view! {
            <LinkButton small=true href=format!("/customers/{}?tab=subscription", customer.code)>
                {text::review_subscription()}
            </LinkButton>
        }
    });
    view! {
        <div class="standing">
            <Banner tone>{words}</Banner>
            <div class="do">{plan} <Help status=customer.status asked /></div>
        </div>
    }
    .into_any()
}
