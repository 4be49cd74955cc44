//! Credit that customers are granted: paid ahead, or given. It may expire, and what is left can be taken back.

use chrono::{Days, NaiveDate};
use domain::{
    credits::{CreditMoveKind, GrantPart},
    customers::CustomerStatus,
    ids::{CreditGrantId, CustomerId, Id},
    ledger::{BookingKind, Posting},
    money::{Currency, Money, MoneyError},
    periods::is_billable,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{
    NewEvent, Scope, SystemTx, TenantTx,
    credits::{
        grants::{self, CreditGrant, NewCreditGrant, NewMove},
        notices,
    },
    customers::{self, CustomerRef},
    jobs::{self, NewJob},
    ledger::{self, NewTransaction},
    subscriptions,
};

use crate::{
    App, AppError, Field, Result, if_match,
    jobs::payload,
    mail::{self, Recipient, Template},
    payments::{EARLIEST, MOST},
};

/// The kinds of the jobs.
pub(crate) const EXPIRE: &str = "credit.expire";
pub(crate) const TELL: &str = "credit.tell";

/// How many days before the last day of a grant its customer is told.
const TOLD_BEFORE: u16 = 14;

/// Of how many grants something can be left at a time.
const MOST_GRANTS: usize = 100;

/// Credit to be granted.
#[derive(Debug, Clone)]
pub struct Grant {
    /// How much.
    pub amount: Money,
    /// What the customer reads.
    pub description: String,
    /// The last day on which it can be used.
    pub expires_on: Option<NaiveDate>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where granted credit comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The customer has paid for it.
    Paid {
        /// The bank's words for the money; the same ones are recorded once.
        reference: String,
        /// The day on which it came; today where it is not told.
        paid_on: Option<NaiveDate>,
    },
    /// It is given.
    Promotional,
}

/// Grants a customer credit, which its next invoices use.
pub async fn grant(tx: &mut TenantTx, customer: &CustomerRef, grant: Grant) -> Result<CreditGrant> {
    let customer = customers::find(tx, customer).await?;
    if customer.status == CustomerStatus::Closed {
        return Err(AppError::conflict("customer_closed", "The customer is closed."));
    }
    let currencies = currencies_of(tx, customer.id).await?;
    let new = checked(tx, customer.id, &currencies, grant)?;
    if let Some((reference, _)) = &new.paid
        && grants::is_recorded(tx, reference).await?
    {
        return Err(AppError::conflict("already_recorded", "Money of this reference has been recorded."));
    }
    // Whoever grants at the same time counts this one, too.
    customers::hold(tx, &[customer.id]).await?;
    if grants::usable(tx, customer.id).await?.len() >= MOST_GRANTS {
        return Err(AppError::conflict(
            "too_many_grants",
            format!("Something can be left of {MOST_GRANTS} grants at most."),
        ));
    }
    let made = grants::create(tx, &new).await?;
    let on = made.paid.as_ref().map_or_else(|| tx.today(), |(_, paid_on)| *paid_on);
    let posting = Posting::credit_granted(made.amount, made.source);
    book(tx, customer.id, BookingKind::CreditGranted, made.id, on, posting).await?;
    let data = json!({
        "grant_id": made.id,
        "source": made.source,
        "amount": made.amount,
        "description": made.description,
        "expires_on": made.expires_on,
        "reference": made.paid.as_ref().map(|(reference, _)| reference),
    });
    tx.record(event("credit.granted", customer.id, data));
    Ok(made)
}

/// The currencies that a customer is billed in, or was last; at least one.
pub async fn currencies_of(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<Currency>> {
    let mut known = subscriptions::current_of(tx, customer).await?;
    if known.is_empty() {
        known.extend(subscriptions::latest_for(tx, customer).await?);
    }
    let mut found = Vec::new();
    for subscription in known {
        if !found.contains(&subscription.currency) {
            found.push(subscription.currency);
        }
    }
    if found.is_empty() {
        found.push(tx.scope().currency());
    }
    Ok(found)
}

fn checked(
    tx: &TenantTx,
    customer: CustomerId,
    currencies: &[Currency],
    grant: Grant,
) -> Result<NewCreditGrant> {
    let Grant { amount, description, expires_on, origin } = grant;
    let today = tx.today();
    let mut wrong = Vec::new();
    let mut refuse = |pointer: &str, detail: String| wrong.push(Field::invalid(pointer, detail));
    let currency = amount.currency();
    if !currencies.contains(&currency) {
        let known: Vec<_> = currencies.iter().map(ToString::to_string).collect();
        refuse("/amount", format!("must be in {}", known.join(" or ")));
    } else if amount.amount_minor() <= 0 {
        refuse("/amount", "must be more than nothing".to_owned());
    } else if amount.amount_minor() > MOST {
        refuse("/amount", format!("is more than {}", Money::new(MOST, currency)));
    }
    match expires_on {
        Some(day) if day < today => refuse("/expires_on", "is over".to_owned()),
        Some(day) if !is_billable(day) => {
            refuse("/expires_on", "must lie in the years from 2000 to 2199".to_owned());
        }
        Some(_) | None => {}
    }
    let paid = match origin {
        Origin::Promotional => None,
        Origin::Paid { reference, paid_on } => {
            match paid_on {
                Some(day) if day > today => refuse("/paid_on", "is in the future".to_owned()),
                Some(day) if day < today - EARLIEST => {
                    refuse("/paid_on", "is more than a year ago".to_owned());
                }
                Some(_) | None => {}
            }
            Some((reference, paid_on.unwrap_or(today)))
        }
    };
    if wrong.is_empty() {
        Ok(NewCreditGrant { customer, description, amount, expires_on, paid })
    } else {
        Err(AppError::Invalid(wrong))
    }
}

/// Takes back what is left of a grant. What was used stays used.
pub async fn revoke(
    tx: &mut TenantTx,
    id: CreditGrantId,
    if_match: Option<i32>,
    reason: &str,
) -> Result<CreditGrant> {
    let customer = grants::get(tx, id).await?.customer;
    customers::hold(tx, &[customer]).await?;
    let grant = grants::get(tx, id).await?;
    if_match::check(if_match, grant.version)?;
    if grant.left.amount_minor() == 0 {
        return Err(AppError::conflict("no_credit", "Nothing of the grant is left."));
    }
    let one = NewMove {
        kind: CreditMoveKind::Revoked,
        grant: id,
        amount: grant.left,
        invoice: None,
        reason: Some(reason),
    };
    for subject in grants::keep_moves(tx, customer, &[one]).await? {
        let posting = Posting::credit_revoked(grant.left, grant.source);
        book(tx, customer, BookingKind::CreditRevoked, subject, tx.today(), posting).await?;
    }
    let data = json!({
        "grant_id": id,
        "source": grant.source,
        "amount": grant.left,
        "description": grant.description,
        "reason": reason,
    });
    tx.record(event("credit.revoked", customer, data));
    Ok(grants::get(tx, id).await?)
}

#[derive(Serialize, Deserialize)]
struct Payload {
    customer: CustomerId,
}

/// Queues the expiry of what is left of grants after their last day, and the mails about what is left shortly before: of all
/// tenants that live by the real time, or of a sandbox. Says how much was queued.
pub(crate) async fn look_after(tx: &mut SystemTx, sandbox: Option<domain::ids::TenantId>) -> Result<usize> {
    let due = grants::due(tx, sandbox).await?;
    for (tenant, customer) in &due {
        let payload = Payload { customer: *customer };
        jobs::enqueue_for(tx, *tenant, &NewJob::now(EXPIRE, json!(payload))).await?;
    }
    let soon = notices::due(tx, sandbox, TOLD_BEFORE.into()).await?;
    for (tenant, customer) in &soon {
        let payload = Payload { customer: *customer };
        jobs::enqueue_for(tx, *tenant, &NewJob::now(TELL, json!(payload))).await?;
    }
    Ok(due.len() + soon.len())
}

/// Writes to a customer of whose grants something is left that expires soon. What it was told of is kept with the mail: it is
/// told once.
pub(crate) async fn tell(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { customer } = payload(data)?;
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            let details = customers::get(tx, customer).await?.details;
            let Some(address) = details.contact_email else { return Ok(()) };
            // What is left of them does not change meanwhile.
            customers::hold(tx, &[customer]).await?;
            let until = tx.today() + Days::new(TOLD_BEFORE.into());
            let to = Recipient { address, name: details.contact_name, customer: Some(customer) };
            for id in notices::keep(tx, customer, until).await? {
                let grant = grants::get(tx, id).await?;
                let Some(expires_on) = grant.expires_on else { continue };
                let description = &grant.description;
                let template = Template::CreditExpires { description, left: grant.left, expires_on };
                mail::queue(app, tx, &template, &to).await?;
            }
            Ok(())
        })
        .await
}

/// Takes out what is left of a customer's grants after their last day. Nothing could be used of it since; done again, there
/// is nothing left to take out.
pub(crate) async fn work(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { customer } = payload(data)?;
    app.store()
        .write(scope, async |tx| {
            tx.without_event();
            customers::hold(tx, &[customer]).await?;
            for part in grants::ended(tx, customer).await? {
                expire(tx, customer, part).await?;
            }
            Ok(())
        })
        .await
}

async fn expire(tx: &mut TenantTx, customer: CustomerId, part: GrantPart) -> Result<()> {
    let one = NewMove {
        kind: CreditMoveKind::Expired,
        grant: part.grant,
        amount: part.amount,
        invoice: None,
        reason: None,
    };
    // The day after the last one, whenever it is noticed.
    let on = part.expires_on.and_then(|last| last.succ_opt()).unwrap_or_else(|| tx.today());
    for subject in grants::keep_moves(tx, customer, &[one]).await? {
        let posting = Posting::credit_expired(part.amount, part.source);
        book(tx, customer, BookingKind::CreditExpired, subject, on, posting).await?;
    }
    let data = json!({
        "grant_id": part.grant,
        "source": part.source,
        "amount": part.amount,
        "expires_on": part.expires_on,
    });
    tx.record(event("credit.expired", customer, data));
    Ok(())
}

async fn book(
    tx: &mut TenantTx,
    customer: CustomerId,
    kind: BookingKind,
    subject: impl Id,
    booked_on: NaiveDate,
    posting: Result<Option<Posting>, MoneyError>,
) -> Result<()> {
    let Some(posting) = posting.map_err(AppError::internal)? else { return Ok(()) };
    let subject = subject.uuid();
    let new = NewTransaction { kind, subject, customer, invoice: None, booked_on, period: None, posting };
    Ok(ledger::book(tx, &[new]).await?)
}

fn event(kind: &'static str, customer: CustomerId, data: Value) -> NewEvent {
    NewEvent::new(kind, format!("customer:{customer}"), data).of_customer(customer)
}
