//! The limits of a new customer, with what the plan includes as a proposal.

use client::format;
use domain::metrics::CountsAs;
use kit::{Button, Field};
use leptos::prelude::*;

use super::{choose_plan::Offer, text};
use crate::pages::customer::limit_fields::{LimitFields, LimitInputs};

#[component]
pub fn ProposeLimits(fields: LimitFields, plan: Field, offer: Offer) -> impl IntoView {
    let proposal = Memo::new(move |_| {
        let plan = offer.chosen(plan)?;
        let machines = offer.included(&plan, CountsAs::Machines);
        let storage = offer.included(&plan, CountsAs::StorageGb);
        (machines.is_some() || storage.is_some()).then_some((machines, storage))
    });
    let proposed = move || {
        let (machines, storage) = proposal.get()?;
        let said = [
            machines.map(|count| text::amount_machines(i64::from(count))),
            storage.map(|amount| text::amount_storage(&format::whole(i64::from(amount)))),
        ];
        let said = said.into_iter().flatten().reduce(|one, other| text::and_both(&one, &other))?;
        let take = move |()| {
            if let Some(machines) = machines {
                fields.max_machines.value.set(machines.to_string());
            }
            if let Some(storage) = storage {
                fields.storage_gb.value.set(storage.to_string());
            }
        };
        Some(view! {
            <div class="restored">
                <span class="dim">{text::plan_includes(&said)}</span>
                <Button small=true on_press=take>
                    {text::take_over()}
                </Button>
            </div>
        })
    };
    view! {
        <p class="mut">{text::limits_empty()}</p>
        {move || proposed()}
        <LimitInputs fields />
    }
}
