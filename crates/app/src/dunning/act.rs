//! The steps themselves.

use chrono::NaiveDate;
use domain::{
    decimals::DecimalString,
    dunning::{DunningAction, DunningStep},
    ids::SubscriptionId,
    money::Money,
    pricing::{LineKind, OneOff},
    subscriptions::{ChangeKind, SubscriptionStatus},
};
use rust_decimal::Decimal;
use store::{
    TenantTx, customers,
    dunning::{self, Case},
    invoices::Invoice,
    one_off_charges, payment_methods,
    subscriptions::{self as subscriptions_of_store, Subscription},
};

use super::view;
use crate::{
    App, AppError, Result,
    mail::{self, Recipient, Reminder, Template},
    payments::charge,
    subscriptions::{self, ChangeRequest, When},
};

/// Does a step; says why it was not done, where there was nothing to do.
pub(super) async fn act(
    app: &App,
    tx: &mut TenantTx,
    invoice: &Invoice,
    subscriptions: &[Subscription],
    case: &Case,
    step: &DunningStep,
) -> Result<Option<String>> {
    let mut fee = None;
    match step.action {
        DunningAction::Remind => {}
        DunningAction::Charge => {
            return match payment_methods::default_of(tx, invoice.customer).await? {
                Some(_) => charge::queue(tx, &[invoice.id]).await.map(|()| None),
                None => Ok(Some("no_payment_method".to_owned())),
            };
        }
        DunningAction::LateFee => match step.late_fee(invoice.outstanding).map_err(AppError::internal)? {
            None => return Ok(Some("other_currency".to_owned())),
            Some(amount) if amount.amount_minor() == 0 => return Ok(Some("nothing".to_owned())),
            Some(amount) => {
                late_fee(tx, invoice, amount).await?;
                fee = Some(amount);
            }
        },
        DunningAction::Pause => {
            let pause = async |tx: &mut TenantTx, of: &Subscription| pause(tx, invoice, of).await;
            if let Some(reason) = each(tx, subscriptions, pause).await? {
                return Ok(Some(reason));
            }
        }
        DunningAction::Cancel => {
            if let Some(reason) = each(tx, subscriptions, cancel).await? {
                return Ok(Some(reason));
            }
        }
    }
    remind(app, tx, invoice, case, step.action, fee).await?;
    Ok(None)
}

async fn late_fee(tx: &mut TenantTx, invoice: &Invoice, amount: Money) -> Result<()> {
    let charge = OneOff {
        kind: LineKind::LateFee,
        description: format!("Late fee for invoice {}", invoice.number.as_deref().unwrap_or_default()),
        quantity: DecimalString::from(Decimal::ONE),
        unit_price: amount.to_decimal().into(),
        tax_class: None,
    };
    one_off_charges::create(tx, invoice.customer, &charge, amount.currency(), Some(invoice.id)).await?;
    Ok(())
}

/// From today; where today has been billed, from the first day that has not.
pub(super) async fn first_unbilled(tx: &mut TenantTx, id: SubscriptionId) -> Result<When> {
    let billed: Option<NaiveDate> = subscriptions_of_store::billed_until(tx, id).await?;
    let today = tx.today();
    Ok(billed.filter(|until| *until > today).map_or(When::Now, When::On))
}

/// Does it to each subscription of an invoice; why not, where it could be done to none.
async fn each(
    tx: &mut TenantTx,
    subscriptions: &[Subscription],
    act: impl AsyncFn(&mut TenantTx, &Subscription) -> Result<Option<String>>,
) -> Result<Option<String>> {
    let (mut reasons, mut is_done) = (Vec::new(), false);
    for subscription in subscriptions {
        match act(tx, subscription).await? {
            Some(reason) => reasons.push(reason),
            None => is_done = true,
        }
    }
    Ok(reasons.pop().filter(|_| !is_done))
}

async fn pause(tx: &mut TenantTx, invoice: &Invoice, subscription: &Subscription) -> Result<Option<String>> {
    let request = ChangeRequest {
        kind: ChangeKind::Pause,
        plan: None,
        quantity: None,
        when: first_unbilled(tx, subscription.id).await?,
    };
    let known: Vec<_> = subscription.changes.iter().map(|change| change.id).collect();
    let paused = subscriptions::change(tx, subscription.id, None, &request).await;
    let change = paused.as_ref().ok().and_then(|now| now.changes.iter().find(|it| !known.contains(&it.id)));
    let change = change.map(|change| change.id);
    let why_not = outcome(paused)?;
    if change.is_some() || why_not.as_deref() == Some("already_paused") {
        dunning::rests(tx, invoice.id, subscription, change).await?;
    }
    Ok(why_not)
}

async fn cancel(tx: &mut TenantTx, subscription: &Subscription) -> Result<Option<String>> {
    if subscription.status == SubscriptionStatus::Cancelled || subscription.ends_on.is_some() {
        return Ok(Some("subscription_ended".to_owned()));
    }
    let ending = subscriptions::Ending { on: None, credit_unused: true };
    outcome(subscriptions::cancel(tx, subscription.id, None, ending).await)
}

/// What a person would be refused is passed over.
pub(super) fn outcome<T>(result: Result<T>) -> Result<Option<String>> {
    match result {
        Ok(_) => Ok(None),
        Err(AppError::Conflict { code, .. }) => Ok(Some(code.to_owned())),
        Err(AppError::Invalid(fields)) => {
            Ok(Some(fields.first().map_or("invalid", |field| field.code).to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// Tells the customer where it stands, what has been done, and what comes next.
async fn remind(
    app: &App,
    tx: &mut TenantTx,
    invoice: &Invoice,
    case: &Case,
    action: DunningAction,
    fee: Option<Money>,
) -> Result<()> {
    let details = customers::get(tx, invoice.customer).await?.details;
    let Some(address) = details.contact_email else { return Ok(()) };
    let today = tx.today();
    let next = invoice.due_on.and_then(|due_on| case.schedule.due(case.next_step + 1, due_on, Some(today)));
    let next = view::planned(case, invoice, case.next_step + 1, next);
    let reminder = Reminder {
        invoice: invoice.id,
        number: invoice.number.as_deref().unwrap_or_default(),
        outstanding: invoice.outstanding,
        due_on: invoice.due_on.unwrap_or(invoice.period.end()),
        is_due: invoice.due_on.is_some_and(|due_on| due_on <= today),
        action,
        fee,
        next: next.into_iter().find(|it| it.action != DunningAction::Remind),
    };
    let to = Recipient { address, name: details.contact_name, customer: Some(invoice.customer) };
    mail::queue(app, tx, &Template::Reminder(reminder), &to).await?;
    Ok(())
}
