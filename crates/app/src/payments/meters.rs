//! Usage of plans that are billed at the provider goes to meters there: of each customer, metric and day the difference of what
//! there is and what was sent of it before. So it can be done as often as one likes, and what comes late is sent late.
//!
//! A difference is kept before the provider is asked, and its id is the name by which the provider takes it once. What was
//! begun is sent again by the same name, until the answer is known.

mod differences;
mod reconcile;
mod send;

pub(crate) use reconcile::reconcile;

use chrono::TimeDelta;
use connectors::stripe::{MeterTold, NewMeter, PaymentProvider, ProviderError};
use domain::{ids::CustomerId, meters, plans::BilledAt};
use serde_json::json;
use store::{
    NewEvent, Scope, SystemTx, TenantTx,
    customers::{self, CustomerRef},
    jobs::{self, NewJob},
    meters::{self as kept, Overview},
    payment_methods,
    plans::NewComponent,
};

use crate::{
    App, AppError, Field, Result,
    payments::{account, provider, upstream},
};

/// The kind of the job that sends.
pub(crate) const PUSH: &str = "meters.push";

/// The kind of the job that compares.
pub(crate) const RECONCILE: &str = "meters.reconcile";

/// How often the sums are compared: once a day, at whatever time of the hour that falls.
const EVERY: TimeDelta = TimeDelta::hours(23);

/// Queues what is due every hour, and once a day.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    let since = tx.now() - EVERY;
    for tenant in kept::pushing(tx).await? {
        jobs::again_for(tx, tenant, &NewJob::now(PUSH, json!({}))).await?;
    }
    for tenant in kept::unreconciled(tx, since).await? {
        jobs::again_for(tx, tenant, &NewJob::now(RECONCILE, json!({}))).await?;
    }
    Ok(())
}

/// The job: sends what is to be sent.
pub(crate) async fn work(app: &App, scope: &Scope) -> Result<()> {
    let (store, provider) = (app.store(), provider(app)?);
    let Some(account) = store.read(scope, async |tx| own_account(tx).await).await? else { return Ok(()) };
    differences::keep_all(app, scope).await?;
    find(app, scope, provider.as_ref(), &account).await?;
    let open = async |tx: &mut TenantTx| {
        tx.without_event();
        kept::known_customers(tx, &account).await?;
        let oldest = meters::oldest(tx.real_now());
        for (customer, count) in kept::overtaken(tx, oldest).await? {
            tx.record(of_customer("usage.push_too_old", customer, json!({"count": count})));
        }
        Ok::<_, AppError>(())
    };
    store.write(scope, open).await?;
    send::send_all(app, scope, provider.as_ref(), &account).await
}

async fn own_account(tx: &mut TenantTx) -> Result<Option<String>> {
    Ok(store::payments::account(tx).await?.map(|account| account.account))
}

fn of_customer(kind: &'static str, customer: CustomerId, data: serde_json::Value) -> NewEvent {
    NewEvent::new(kind, format!("customer:{customer}"), data).of_customer(customer)
}

/// Finds the meters that are not known yet on the account, by their names, and makes those that it does not have.
async fn find(app: &App, scope: &Scope, provider: &dyn PaymentProvider, account: &str) -> Result<()> {
    let store = app.store();
    let all = store.read(scope, async |tx| Ok::<_, AppError>(kept::overview(tx).await?)).await?;
    let is_known = |one: &Overview| {
        let meter = &one.meter;
        meter.account.as_deref() == Some(account) && meter.reference.is_some() && meter.problem.is_none()
    };
    let missing: Vec<_> = all.into_iter().filter(|one| !is_known(one)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let there = provider.meters(account).await.map_err(upstream)?;
    for one in missing {
        let known = there.iter().find(|told| told.event_name == one.meter.event_name);
        let told = match known {
            Some(told) => Ok(told.clone()),
            None => provider.create_meter(new_meter(account, &one)).await,
        };
        let (reference, problem) = match told {
            Ok(MeterTold { meter, misfit, .. }) => (Some(meter), misfit),
            Err(ProviderError::Rejected { message, .. }) => (None, Some(message)),
            Err(error) => return Err(upstream(error)),
        };
        store
            .write(scope, async |tx| {
                if one.meter.problem != problem || one.meter.reference != reference {
                    let data =
                        json!({"metric": one.meter.metric, "reference": reference, "problem": problem});
                    tx.record(NewEvent::new("meter.found", format!("meter:{}", one.meter.id), data));
                } else {
                    tx.without_event();
                }
                kept::found(tx, one.meter.id, account, reference.as_deref(), problem.as_deref()).await?;
                Ok::<_, AppError>(())
            })
            .await?;
    }
    Ok(())
}

fn new_meter(account: &str, one: &Overview) -> NewMeter {
    let display_name = match one.meter.function {
        meters::MeterFunction::Sum => one.metric_name.clone(),
        meters::MeterFunction::Count => format!("{} (count)", one.metric_name),
    };
    NewMeter { account: account.to_owned(), event_name: one.meter.event_name.clone(), display_name }
}

/// Has meters for what a plan counts that is billed at the provider; names every price that no meter can count.
pub(crate) async fn ensure_for(
    tx: &mut TenantTx,
    billed_at: BilledAt,
    components: &[NewComponent],
) -> Result<()> {
    if billed_at.is_here() {
        return Ok(());
    }
    let (mut wanted, mut wrong) = (Vec::new(), Vec::new());
    for (index, component) in components.iter().enumerate() {
        match meters::function(&component.price) {
            Ok(function) => wanted.push((component.metric.clone(), function)),
            Err(unmetered) => {
                let pointer = format!("/components/{index}/price/{}", unmetered.field);
                wrong.push(Field::invalid(pointer, unmetered.detail));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(AppError::Invalid(wrong));
    }
    Ok(kept::ensure(tx, &wanted).await?)
}

/// Sends soon what there is, and anew what was refused: under other names, for the provider may remember those. Says how much
/// was refused.
pub async fn push_again(tx: &mut TenantTx) -> Result<i64> {
    account(tx).await?;
    let renewed = kept::renew_refused(tx).await?;
    jobs::enqueue(tx, &NewJob::now(PUSH, json!({}))).await?;
    let subject = format!("tenant:{}", tx.tenant());
    tx.record(NewEvent::new("usage.push_queued", subject, json!({"renewed": renewed})));
    Ok(renewed)
}

/// Names a customer as the payment account has it: that is whom usage is sent for.
pub async fn set_payer(app: &App, scope: &Scope, customer: &CustomerRef, payer: &str) -> Result<String> {
    let unknown = || AppError::field("/reference", "is no customer of the payment account");
    let (store, provider) = (app.store(), provider(app)?);
    let account = store
        .read(scope, async |tx| {
            customers::find(tx, customer).await?;
            account(tx).await
        })
        .await?;
    match provider.has_payer(&account, payer).await {
        Ok(true) => {}
        Ok(false) => return Err(unknown()),
        Err(ProviderError::Rejected { code, .. }) if code == "invalid_id" => return Err(unknown()),
        Err(error) => return Err(upstream(error)),
    }
    store
        .write(scope, async |tx| {
            let customer = customers::find(tx, customer).await?.id;
            if payment_methods::payer_of(tx, &account, payer).await?.is_some_and(|other| other != customer) {
                return Err(AppError::Invalid(vec![Field {
                    pointer: "/reference".to_owned(),
                    code: "taken",
                    detail: "is another customer's".to_owned(),
                }]));
            }
            if !payment_methods::set_payer(tx, customer, &account, payer).await? {
                return Err(AppError::conflict(
                    "payer_in_use",
                    "Payment methods are kept under the name that the customer has at Stripe; remove these first.",
                ));
            }
            tx.record(of_customer("customer.payer_set", customer, json!({"reference": payer})));
            jobs::enqueue(tx, &NewJob::now(PUSH, json!({}))).await?;
            Ok(payer.to_owned())
        })
        .await
}
