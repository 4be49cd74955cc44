//! The plan of a new customer.

use client::{Loaded, Remote, load, use_client};
use contract::{Page, metrics::Metric, plans::Plan};
use domain::{metrics::CountsAs, permissions::Permission};
use kit::{Field, RadioCard, RadioCards, SkeletonRows, faces};
use leptos::prelude::*;
use rust_decimal::prelude::ToPrimitive as _;

use super::text;
use crate::pages::customer::plans;

/// What can be subscribed to, and what its figures count as.
#[derive(Clone, Copy)]
pub struct Offer {
    plans: Loaded<Page<Plan>>,
    metrics: Loaded<Page<Metric>>,
    /// Whether this person may start a subscription.
    pub open: bool,
}

impl Offer {
    pub fn load() -> Self {
        let client = use_client();
        let may = |permission| client.session.with_untracked(|session| session.may(permission));
        let open = may(Permission::PlansRead) && may(Permission::SubscriptionsWrite);
        let counts = open && may(Permission::UsageRead);
        Self {
            plans: load(move || open.then(|| "/msp/plans?status=active&limit=200".to_owned())),
            metrics: load(move || counts.then(|| "/msp/metrics?limit=200".to_owned())),
            open,
        }
    }

    /// The plan that is chosen, once it is known.
    pub fn chosen(self, field: Field) -> Option<Plan> {
        let Remote::Ready(page) = self.plans.state.get() else { return None };
        field.value.with(|value| page.items.into_iter().find(|plan| plan.id.to_string() == *value))
    }

    /// How much of this the plan includes, where it says so in whole units.
    pub fn included(self, plan: &Plan, what: CountsAs) -> Option<i32> {
        let Remote::Ready(metrics) = self.metrics.state.get() else { return None };
        let counts = |key: &str| {
            metrics.items.iter().any(|metric| metric.key == key && metric.counts_as == Some(what))
        };
        let component = plan.components.iter().find(|component| counts(&component.metric))?;
        component.price.included.decimal().to_i32().filter(|included| *included > 0)
    }
}

/// The plans, or none of them.
#[component]
pub fn ChoosePlan(field: Field, offer: Offer) -> impl IntoView {
    if !offer.open {
        return view! { <p class="mut">{text::plan_not_yours()}</p> }.into_any();
    }
    let ready = move |page: Page<Plan>| {
        let none = RadioCard {
            value: String::new(),
            title: text::no_plan().to_owned(),
            about: text::no_plan_about().to_owned(),
            figure: String::new(),
            lines: Vec::new(),
        };
        let options: Vec<_> = page.items.iter().map(plans::card).chain([none]).collect();
        view! { <RadioCards field label=text::plan() options=Signal::stored(options) /> }
    };
    faces(offer.plans, || view! { <SkeletonRows rows=5 /> }, ready).into_any()
}
