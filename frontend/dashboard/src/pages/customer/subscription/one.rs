//! One subscription: its terms, what lies ahead of it, and what can be done with it.

use client::{format, use_client};
use contract::subscriptions::{SetTrial, Subscription, SubscriptionChange};
use domain::subscriptions::{ChangeKind, SubscriptionStatus};
use kit::{Button, Card, Confirm, DateField, Form, deed, use_toasts};
use leptos::prelude::*;

use super::{Cancel, Terms, change::Change, text};
use crate::pages::customer::check;

#[component]
pub fn One(subscription: Subscription, several: bool, may_write: bool, may_see_plans: bool) -> impl IntoView {
    let title = if several { subscription.plan_name.clone() } else { text::subscription().to_owned() };
    view! {
        <Card title>
            <div class="pad">
                <Terms subscription=subscription.clone() />
                <Ahead changes=subscription.changes.clone() may_write />
                {may_write.then(|| view! { <Actions subscription may_see_plans /> })}
            </div>
        </Card>
    }
}

/// Changes that are not in effect yet.
#[component]
fn Ahead(changes: Vec<SubscriptionChange>, may_write: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let today = format::today();
    let item = move |change: SubscriptionChange| {
        let what = match change.kind {
            ChangeKind::Plan => text::goes_on_as(&change.plan_name.unwrap_or_default()),
            ChangeKind::Pause => text::pauses().to_owned(),
            ChangeKind::Resume => text::resumes().to_owned(),
            ChangeKind::Quantity => {
                text::quantity_becomes(&format::whole(change.quantity.unwrap_or(1).into()))
            }
        };
        let asked = RwSignal::new(false);
        let path = StoredValue::new(format!("/msp/subscription-changes/{}", change.id));
        let revoke = deed(move || async move {
            client.delete(path.get_value()).done().await?;
            toasts.say(text::change_revoked());
            Ok(())
        });
        let day = format::day(change.effective_on);
        view! {
            <li>
                <div>
                    {what.clone()}
                    <div class="sub">
                        {text::from_day(&day, &format::relative_day(change.effective_on))}
                    </div>
                </div>
                {may_write
                    .then(|| {
                        view! { <Button on_press=move |()| asked.set(true)>{text::revoke_change_ask()}</Button> }
                    })}
                <Confirm
                    id="revoke-change"
                    title=text::revoke_change_title()
                    open=asked
                    action=text::revoke_change()
                    on_confirm=revoke
                >
                    <p class="mut">{text::revoke_change_detail(&what, &day)}</p>
                </Confirm>
            </li>
        }
    };
    let ahead: Vec<_> = changes.into_iter().filter(|change| change.effective_on > today).collect();
    (!ahead.is_empty()).then(|| {
        view! {
            <h3 class="name">{text::ahead()}</h3>
            <ul class="sums">{ahead.into_iter().map(item).collect_view()}</ul>
        }
    })
}

#[component]
fn Actions(subscription: Subscription, may_see_plans: bool) -> impl IntoView {
    let (changing, counting, pausing, trying, cancelling, keeping) = (
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    let status = subscription.status;
    let ends = subscription.ends_on.is_some();
    let rest = match status {
        SubscriptionStatus::Paused => Some((ChangeKind::Resume, text::resume_ask())),
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => {
            Some((ChangeKind::Pause, text::pause_ask()))
        }
        SubscriptionStatus::Scheduled | SubscriptionStatus::Trial | SubscriptionStatus::Cancelled => None,
    };
    let on_trial = subscription.trial_ends_on.is_some_and(|day| day > format::today());
    let path = StoredValue::new(format!("/msp/subscriptions/{}", subscription.id));
    let plan = subscription.plan_name.clone();
    let change = may_see_plans.then(|| {
        view! {
            <Button on_press=move |()| changing.set(true)>{text::change_plan_ask()}</Button>
            <Change path kind=ChangeKind::Plan plan=plan.clone() open=changing />
        }
    });
    let quantity = view! {
        <Button on_press=move |()| counting.set(true)>{text::change_quantity_ask()}</Button>
        <Change path kind=ChangeKind::Quantity plan=plan.clone() open=counting />
    };
    let rest = rest.map(|(kind, word)| {
        view! {
            <Button on_press=move |()| pausing.set(true)>{word}</Button>
            <Change path kind plan=plan.clone() open=pausing />
        }
    });
    let trial = on_trial.then(|| {
        view! {
            <Button on_press=move |()| trying.set(true)>{text::trial_ask()}</Button>
            <Trial path open=trying />
        }
    });
    let end = if ends {
        view! {
            <Button on_press=move |()| keeping.set(true)>{text::keep_ask()}</Button>
            <Keep path plan=plan.clone() open=keeping />
        }
        .into_any()
    } else {
        view! {
            <Button on_press=move |()| cancelling.set(true)>{text::cancel_subscription_ask()}</Button>
            <Cancel path plan=plan.clone() open=cancelling />
        }
        .into_any()
    };
    view! { <div class="below actions">{change} {quantity} {rest} {trial} {end}</div> }
}

#[component]
fn Keep(path: StoredValue<String>, plan: String, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let go = deed(move || async move {
        let kept = client.post(format!("{}/reinstate", path.get_value())).answer::<Subscription>().await?;
        toasts.say(text::kept_toast(&kept.plan_name));
        Ok(())
    });
    view! {
        <Confirm id="keep" title=text::keep_title(&plan) open action=text::keep() on_confirm=go>
            <p class="mut">{text::keep_detail()}</p>
        </Confirm>
    }
}

#[component]
fn Trial(path: StoredValue<String>, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let ends_on = Form::new("").field("/ends_on", "", check::day_or_none);
    let go = deed(move || async move {
        let ends_on = check::day(&ends_on.text()).map(domain::dates::Likely::get);
        let request = client.post(format!("{}/trial", path.get_value())).body(&SetTrial { ends_on });
        let changed = request.answer::<Subscription>().await?;
        let told = match changed.trial_ends_on.filter(|day| *day > format::today()) {
            Some(day) => text::trial_until_toast(&format::day(day)),
            None => text::trial_over_toast().to_owned(),
        };
        toasts.say(told);
        Ok(())
    });
    view! {
        <Confirm id="trial" title=text::trial_title() open action=text::trial_do() on_confirm=go>
            <p class="mut">{text::trial_detail()}</p>
            <DateField
                field=ends_on
                label=text::charged_from()
                hint=text::charged_from_hint()
                autofocus=true
            />
        </Confirm>
    }
}
