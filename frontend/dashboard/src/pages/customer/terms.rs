//! What people read about plans, prices and trials.

use client::{format, texts};
use domain::{fees::FeeInterval, money::Money};

texts! {
    a_month_for(amount) = "{amount} a month";
    a_quarter_for(amount) = "{amount} a quarter";
    a_year_for(amount) = "{amount} a year";
    month_earlier = "Month before";
    more_prices(#) = "and one more price" | "and {count} more prices";
    no_plans = "There is no plan to choose";
    no_plans_detail = "Make a plan first, or take one that is archived back.";
    plans = "Plans";
    price_beyond(what, included, price, about) = "{what}: {included} included, then {price} {about}";
    price_each(what, price, about) = "{what}: {price} {about}";
    trial_ended(when) = "The trial ended {when}, and the customer is still in trial.";
    trial_runs = "This customer is in trial.";
    trial_runs_until(when) = "This customer is in trial. It ends {when}.";
    trial_make_active_detail = "The trial ends now. The customer is billed if a subscription runs.";
    trial_make_active_title(name) = "Make {name} an ordinary customer?";
    user_suspended = "Shut out";
    users = "People";
    working = "Has access";
}

/// A base fee, with the period that it is for.
pub fn fee_for(fee: Money, interval: FeeInterval) -> String {
    let amount = format::money(fee);
    match interval {
        FeeInterval::Month => a_month_for(&amount),
        FeeInterval::Quarter => a_quarter_for(&amount),
        FeeInterval::Year => a_year_for(&amount),
    }
}
