//! Taking what an invoice asks for from a saved payment method, while the payer is away.

use chrono::TimeDelta;
use connectors::stripe::{NewCharge as Asked, PaymentState, PaymentStatus, ProviderError};
use domain::{
    charges::ChargeStatus,
    ids::{ChargeId, InvoiceId, PaymentMethodId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Scope, StoreError, SystemTx, TenantTx,
    charges::{self, Charge, NewCharge},
    customers,
    invoices::{self, Invoice},
    jobs::{self, NewJob},
    payment_methods::{self, PaymentMethod},
    payments,
};

use crate::{
    App, AppError, Result,
    jobs::payload,
    mail::{self, Recipient, Template},
    payments::{
        checkout::payable,
        pages, provider, ready_account,
        record::{Received, record},
        upstream,
    },
};

/// The kind of the job.
pub(crate) const KIND: &str = "payments.charge";

/// What the payer is told where the provider's words are for programmers.
const REFUSED: &str = "The payment method cannot be charged.";

/// How long an answer is certain to be repeated under the same key; Stripe keeps them for a day at least. Asked later, it
/// might take the money a second time.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(20);

/// How long a charge may take before it is asked for again.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

#[derive(Serialize, Deserialize)]
struct Payload {
    invoice: InvoiceId,
}

/// Queues the charges of invoices; they are done after the transaction has been committed.
pub(crate) async fn queue(tx: &mut TenantTx, invoices: &[InvoiceId]) -> Result<()> {
    let charge = |invoice: &InvoiceId| NewJob::now(KIND, json!(Payload { invoice: *invoice }));
    Ok(jobs::enqueue_all(tx, &invoices.iter().map(charge).collect::<Vec<_>>()).await?)
}

/// Queues what has been under way for long once more: a job may have been given up, an event lost.
pub(crate) async fn look_after(tx: &mut SystemTx) -> Result<()> {
    let now = tx.now();
    for (tenant, invoice) in charges::stuck(tx, now - PATIENCE, now - KNOWN_FOR).await? {
        jobs::again_for(tx, tenant, &NewJob::now(KIND, json!(Payload { invoice }))).await?;
    }
    Ok(())
}

/// Does what was queued.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { invoice } = payload(data)?;
    loop {
        match charge(app, scope, invoice, None).await {
            Err(AppError::Conflict { code: pages::PROCESSING, .. }) => {
                // Unless that has come to its end this moment.
                if put_off(app, scope, invoice).await? {
                    return Ok(());
                }
            }
            // Paid, credited or given up meanwhile; or the method was removed.
            Ok(_) | Err(AppError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Has the charge of an invoice wait for what is on its way; says whether something is.
async fn put_off(app: &App, scope: &Scope, invoice: InvoiceId) -> Result<bool> {
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            invoices::lock(tx, invoice).await?;
            Ok(payments::put_charge_off(tx, invoice).await?)
        })
        .await
}

/// Charges what is left of an open invoice to a saved method: the customer's default where none is named. Says what
/// became of it; a decline is an outcome, not an error.
///
/// The charge is kept before the provider is asked. Its id is the idempotency key there: one that was cut off is asked
/// for again, under the same id, and takes the money once.
pub async fn charge(
    app: &App,
    scope: &Scope,
    id: InvoiceId,
    method: Option<PaymentMethodId>,
) -> Result<Charge> {
    let provider = provider(app)?;
    let store = app.store();
    let (invoice, charge, method) = store.write(scope, async |tx| begin(tx, id, method).await).await?;
    let outcome = match (&charge.reference, charge.status) {
        // The bank is at work: all there is to ask is how it goes.
        (Some(reference), ChargeStatus::Processing) => {
            Outcome::of(&provider.payment(&method.account, reference).await.map_err(upstream)?)
        }
        _ => Some(take(provider.charge(asked(&invoice, &charge, method)).await)?),
    };
    store
        .write(scope, async |tx| {
            tx.without_event();
            if let Some(outcome) = &outcome {
                settle(app, tx, &charge, outcome).await?;
            }
            charges::get(tx, charge.id).await?.ok_or_else(|| StoreError::NotFound.into())
        })
        .await
}

/// What the answer to a charge means.
fn take(answer: Result<PaymentStatus, ProviderError>) -> Result<Outcome> {
    let refused = |reference, code| Outcome::Failed { reference, code, text: REFUSED.to_owned() };
    match answer {
        // Nobody is there to do what it waits for.
        Ok(status) => Ok(Outcome::of(&status)
            .unwrap_or_else(|| refused(Some(status.payment), Some("requires_action".to_owned())))),
        // The same was asked for before, in other words: what became of that is not known.
        Err(ProviderError::Rejected { code, message }) if code == "idempotency_error" => {
            Err(upstream(ProviderError::Unavailable(message)))
        }
        // Asking again would end the same way: the method is gone there, or cannot be used like this. The words are for
        // programmers.
        Err(ProviderError::Rejected { code, .. }) => Ok(refused(None, Some(code))),
        Err(error) => Err(upstream(error)),
    }
}

fn asked(invoice: &Invoice, charge: &Charge, method: PaymentMethod) -> Asked {
    let number = invoice.number.as_deref().unwrap_or_default();
    Asked {
        charge: charge.id,
        invoice: invoice.id,
        account: method.account,
        payer: method.payer,
        method: method.reference,
        amount: charge.amount,
        fee: charge.fee,
        description: format!("Invoice {number}, {} to {}", invoice.period.start(), invoice.period.last_day()),
        metadata: std::iter::once(("invoice_number".to_owned(), number.to_owned())).collect(),
    }
}

/// The charge that is under way, or a new one.
async fn begin(
    tx: &mut TenantTx,
    id: InvoiceId,
    method: Option<PaymentMethodId>,
) -> Result<(Invoice, Charge, PaymentMethod)> {
    tx.without_event();
    let invoice = invoices::lock(tx, id).await?;
    if let Some(under_way) = charges::latest(tx, id).await?.filter(|charge| charge.status.is_under_way()) {
        if under_way.status == ChargeStatus::Open && under_way.created_at < tx.real_now() - KNOWN_FOR {
            return Err(AppError::conflict(
                "charge_unknown",
                format!(
                    "What became of charge {} is not known: look for a payment with this id in its metadata at Stripe.",
                    under_way.id
                ),
            ));
        }
        let method = payment_methods::ever(tx, under_way.method).await?;
        return Ok((invoice, under_way, method));
    }
    let invoice = payable(invoice)?;
    pages::none_processing(tx, id).await?;
    let account = ready_account(tx).await?;
    let method = match method {
        Some(id) => match payment_methods::get(tx, id).await {
            Ok(method) if method.customer == invoice.customer && method.account == account.account => method,
            Ok(_) | Err(StoreError::NotFound) => {
                return Err(AppError::field("/payment_method_id", "is not one of the customer's"));
            }
            Err(error) => return Err(error.into()),
        },
        None => payment_methods::default_of(tx, invoice.customer).await?.ok_or_else(|| {
            AppError::conflict("no_payment_method", "The customer has no saved payment method.")
        })?,
    };
    let fee = u32::try_from(account.fee_basis_points).map_err(AppError::internal)?;
    let new = NewCharge {
        customer: invoice.customer,
        invoice: id,
        method: method.id,
        amount: invoice.outstanding,
        fee: invoice.outstanding.basis_points(fee).map_err(AppError::internal)?,
    };
    let charge = charges::create(tx, &new).await?;
    tx.record(
        NewEvent::new(
            "charge.begun",
            format!("invoice:{id}"),
            json!({"charge_id": charge.id, "number": invoice.number, "amount": charge.amount, "last4": method.last4}),
        )
        .of_customer(invoice.customer),
    );
    Ok((invoice, charge, method))
}

/// What became of a charge.
enum Outcome {
    Processing { reference: String },
    Succeeded { reference: String, amount: domain::money::Money },
    Failed { reference: Option<String>, code: Option<String>, text: String },
}

impl Outcome {
    /// Nothing, where it stands where it stood.
    fn of(status: &PaymentStatus) -> Option<Self> {
        let reference = status.payment.clone();
        match status.state {
            PaymentState::Succeeded => Some(Self::Succeeded { reference, amount: status.amount }),
            PaymentState::Processing => Some(Self::Processing { reference }),
            PaymentState::Failed | PaymentState::Canceled => Some(Self::Failed {
                reference: Some(reference),
                code: status.failure_code.clone(),
                text: status.failure.clone().unwrap_or_else(|| "The payment failed.".to_owned()),
            }),
            PaymentState::Open => None,
        }
    }
}

/// Notes what the provider says of a charge now, where that is news. It comes as the answer and as an event, in any
/// order and more than once.
pub(crate) async fn note(
    app: &App,
    tx: &mut TenantTx,
    id: ChargeId,
    account: &str,
    status: &PaymentStatus,
) -> Result<()> {
    let Some(outcome) = Outcome::of(status) else { return Ok(()) };
    // What another program, or another account, has put on a payment of its own is none of ours.
    let Some(charge) = charges::get(tx, id).await? else { return Ok(()) };
    if payment_methods::ever(tx, charge.method).await?.account != account {
        return Ok(());
    }
    settle(app, tx, &charge, &outcome).await
}

async fn settle(app: &App, tx: &mut TenantTx, charge: &Charge, outcome: &Outcome) -> Result<()> {
    let id = charge.id;
    // The invoice first, as everything does that works on it.
    let invoice = invoices::lock(tx, charge.invoice).await?;
    match outcome {
        Outcome::Processing { reference } => {
            charges::settle(tx, id, ChargeStatus::Processing, Some(reference), None).await?;
        }
        Outcome::Succeeded { reference, amount } => {
            let new = charges::settle(tx, id, ChargeStatus::Succeeded, Some(reference), None).await?;
            if new {
                let received = Received {
                    invoice: charge.invoice,
                    customer: charge.customer,
                    checkout: None,
                    charge: Some(id),
                    provider: "stripe",
                    reference: reference.clone(),
                    amount: *amount,
                    fee: charge.fee,
                    paid_at: tx.now(),
                };
                record(app, tx, received).await?;
            }
        }
        Outcome::Failed { reference, code, text } => {
            let failure = (code.as_deref(), text.as_str());
            let new =
                charges::settle(tx, id, ChargeStatus::Failed, reference.as_deref(), Some(failure)).await?;
            if new {
                failed(app, tx, &invoice, charge, code.as_deref(), text).await?;
            }
        }
    }
    Ok(())
}

async fn failed(
    app: &App,
    tx: &mut TenantTx,
    invoice: &Invoice,
    charge: &Charge,
    code: Option<&str>,
    reason: &str,
) -> Result<()> {
    tx.record(
        NewEvent::new(
            "payment.failed",
            format!("invoice:{}", invoice.id),
            json!({"number": invoice.number, "amount": charge.amount, "reason": reason, "code": code}),
        )
        .of_customer(charge.customer),
    );
    let details = customers::get(tx, charge.customer).await?.details;
    let Some(address) = details.contact_email else { return Ok(()) };
    let method = payment_methods::ever(tx, charge.method).await?;
    let template = Template::PaymentFailed {
        invoice: invoice.id,
        number: invoice.number.as_deref().unwrap_or_default(),
        amount: charge.amount,
        method: &method_name(&method),
        reason,
    };
    let to = Recipient { address, name: details.contact_name, customer: Some(charge.customer) };
    mail::queue(app, tx, &template, &to).await?;
    Ok(())
}

/// What a person knows a method by: `Visa ending in 4242`.
pub(crate) fn method_name(method: &PaymentMethod) -> String {
    let kind = match method.kind.as_str() {
        "card" => "card",
        "sepa_debit" | "us_bank_account" | "bacs_debit" | "acss_debit" | "au_becs_debit" => "bank account",
        _ => "payment method",
    };
    let name = match method.brand.as_deref() {
        Some("amex") => "American Express card".to_owned(),
        Some("visa") => "Visa card".to_owned(),
        Some("mastercard") => "Mastercard".to_owned(),
        _ => kind.to_owned(),
    };
    match &method.last4 {
        Some(last4) => format!("{name} ending in {last4}"),
        None => name,
    }
}
