//! Issuing invoices: one, or as many as a run takes at a time.

use chrono::TimeDelta;
use domain::{
    ids::{CustomerId, InvoiceId},
    invoices::InvoiceStatus,
    ledger::{BookingKind, Posting},
    money::Money,
    periods::Month,
};
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx, credits,
    customers::{self, Customer, Details},
    invoices::{self, Invoice, Issue, Terms},
    ledger, one_off_charges, payment_methods, tenants,
};

use crate::{
    App, AppError, Result, dunning,
    invoices::{
        Booking, credit, deferrals,
        document::period_text,
        draft::{self, Draft},
        run::Turn,
        settle,
    },
    mail::{self, Recipient, Template},
    payments::charge,
    roll_ups,
};

/// Issues a draft: rates it once more, numbers it, and mails it to the customer. From here on the
/// database itself lets nobody change it.
pub async fn finalize(app: &App, tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let Invoice { customer, period, .. } = invoices::get(tx, id).await?;
    let month = Month::of(period.start());
    roll_ups::before_invoice(tx, customer, month).await?;
    // Subscriptions first, as drafting does: their changes wait, and nobody waits for the other. What is due is what it is
    // now: something may have begun or ended since it was drafted.
    let due = draft::due(tx, &[customer], month).await?;
    let due: Vec<_> = due.into_iter().filter(|due| due.draft == Some(id)).collect();
    let invoice = invoices::lock(tx, id).await?;
    if !invoice.status.may_become(InvoiceStatus::Finalized) {
        return Err(AppError::conflict("already_issued", "The invoice has been issued already."));
    }
    if invoice.held.is_some() {
        return Err(AppError::conflict("on_hold", "The draft is on hold; release it first."));
    }
    let draft = draft::keep(tx, month, due).await?.pop();
    let (_, draft) = draft.ok_or_else(|| {
        AppError::conflict("no_subscription", "The customer has no subscription in this period.")
    })?;
    issue(app, tx, vec![draft?], &mut Turn::at_once()).await?;
    Ok(invoices::get(tx, id).await?)
}

/// Issues what has just been rated: all of it, or nothing. Numbers are given when its turn has come.
pub(crate) async fn issue(app: &App, tx: &mut TenantTx, drafts: Vec<Draft>, turn: &mut Turn) -> Result<()> {
    if drafts.is_empty() {
        return Ok(());
    }
    let customers: Vec<_> = drafts.iter().map(|draft| draft.new.customer).collect();
    let people = customers::of(tx, &customers).await?;
    let known = |customer: CustomerId| people.get(&customer).ok_or(StoreError::NotFound);
    let issued = number(tx, &drafts, known, turn).await?;
    book_issued(tx, &issued).await?;
    let issued = use_credit(tx, &customers, issued).await?;
    dunning::begin(tx, &issued).await?;
    let methods = payment_methods::defaults_of(tx, &customers).await?;
    let (mut charged, mut mails) = (Vec::new(), Vec::new());
    for invoice in &issued {
        let is_open = invoice.status == InvoiceStatus::Finalized;
        let method = methods.get(&invoice.customer).filter(|_| is_open);
        if method.is_some() {
            charged.push(invoice.id);
        }
        let customer = &known(invoice.customer)?.details;
        if customer.contact_email.is_some() {
            mails.push(mail_of(invoice, customer, method.map(charge::method_name))?);
        }
    }
    charge::queue(tx, &charged).await?;
    mail::queue_all(app, tx, &mails).await
}

/// Numbers drafts, with their evidence. From here on the database itself lets nobody change them.
async fn number<'a>(
    tx: &mut TenantTx,
    drafts: &[Draft],
    known: impl Fn(CustomerId) -> Result<&'a Customer, StoreError>,
    turn: &mut Turn,
) -> Result<Vec<Invoice>> {
    let evidence = |draft: &Draft| {
        let body = serde_json::to_string(&draft.rated.evidence()).map_err(AppError::internal)?;
        Ok((draft.id, draft.new.customer, body))
    };
    let evidence = drafts.iter().map(evidence).collect::<Result<Vec<_>>>()?;
    let mut seals = invoices::keep_evidence(tx, evidence).await?;
    let counted: Vec<_> = drafts.iter().flat_map(|draft| draft.rated.counted.iter().cloned()).collect();
    invoices::late::keep(tx, &counted).await?;
    let tenant = tenants::current(tx).await?;
    turn.come().await?;
    for draft in drafts {
        one_off_charges::take(tx, &draft.rated.charges, draft.id).await?;
    }
    let mut numbered = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let Customer { code, details, .. } = known(draft.new.customer)?;
        numbered.push(Issue {
            id: draft.id,
            customer_code: code.clone(),
            customer_name: details.company_name.clone(),
            customer_address: details.address.clone(),
            customer_tax_id: details.tax_id.clone(),
            seal: seals.remove(&draft.id).ok_or(StoreError::NotFound)?,
        });
    }
    let issued_on = tx.today();
    let due_on = issued_on + TimeDelta::days(i64::from(tenant.payment_days));
    let terms = Terms { prefix: tenant.invoice_prefix, issued_on, due_on };
    let issued = invoices::finalize(tx, &terms, &numbered).await?;
    for invoice in &issued {
        tx.record(
            NewEvent::new(
                "invoice.finalized",
                format!("invoice:{}", invoice.id),
                json!({
                    "number": invoice.number,
                    "total": invoice.total,
                    "tax": invoice.tax,
                    "due_on": due_on,
                    "seal": invoice.seal.as_deref().map(hex::encode),
                }),
            )
            .of_customer(invoice.customer),
        );
    }
    Ok(issued)
}

/// Books what has been issued: what is earned with it, and what later months earn.
pub async fn book_issued(tx: &mut TenantTx, issued: &[Invoice]) -> Result<()> {
    let on = tx.today();
    let ahead = deferrals::begin(tx, issued).await?;
    let deferred = |invoice: &Invoice| {
        let nothing = Money::zero(invoice.total.currency());
        ahead.get(&invoice.id).copied().unwrap_or(nothing)
    };
    let booking = |invoice: &Invoice| {
        let booking = Booking {
            kind: BookingKind::Invoice,
            subject: invoice.id,
            on,
            period: Some(invoice.period),
            posting: Posting::invoice(invoice.total, invoice.tax, deferred(invoice)),
        };
        booking.of(invoice).transpose()
    };
    let bookings = issued.iter().filter_map(booking).collect::<Result<Vec<_>>>()?;
    Ok(ledger::book(tx, &bookings).await?)
}

/// Uses what customers have as credit for what has been issued, and gives it as it is then. Where nothing is left to be
/// paid, there is nothing to wait for.
async fn use_credit(
    tx: &mut TenantTx,
    customers: &[CustomerId],
    issued: Vec<Invoice>,
) -> Result<Vec<Invoice>> {
    let mut credits = credits::lock(tx, customers).await?;
    let mut now = Vec::with_capacity(issued.len());
    for invoice in issued {
        let used = match credits.get_mut(&(invoice.customer, invoice.total.currency())) {
            Some(credit) => credit::apply(tx, &invoice, credit).await?,
            None => Money::zero(invoice.total.currency()),
        };
        let nothing_left = used == invoice.outstanding;
        if nothing_left {
            settle(tx, invoice.id, tx.now()).await?;
        }
        let changed = nothing_left || used.amount_minor() != 0;
        now.push(if changed { invoices::get(tx, invoice.id).await? } else { invoice });
    }
    Ok(now)
}

/// Mails an issued invoice again.
pub async fn send(app: &App, tx: &mut TenantTx, id: InvoiceId) -> Result<Invoice> {
    let invoice = invoices::get(tx, id).await?;
    if !invoice.status.is_issued() {
        return Err(AppError::conflict("not_issued", "A draft is not sent; finalise it first."));
    }
    if matches!(invoice.status, InvoiceStatus::Void | InvoiceStatus::Uncollectible) {
        return Err(AppError::conflict(
            "not_open",
            "The invoice was taken back or given up; it is not sent again.",
        ));
    }
    let customer = customers::get(tx, invoice.customer).await?.details;
    let (template, to) = mail_of(&invoice, &customer, None)?;
    mail::queue(app, tx, &template, &to).await?;
    tx.record(
        NewEvent::new("invoice.sent", format!("invoice:{id}"), json!({"number": invoice.number}))
            .of_customer(invoice.customer),
    );
    Ok(invoice)
}

/// The mail that an invoice goes out with.
fn mail_of<'a>(
    invoice: &'a Invoice,
    customer: &Details,
    charged_to: Option<String>,
) -> Result<(Template<'a>, Recipient)> {
    let Some(address) = customer.contact_email.clone() else {
        return Err(AppError::conflict("no_address", "The customer has no email address."));
    };
    let template = Template::Invoice {
        invoice: invoice.id,
        number: invoice.number.as_deref().unwrap_or_default(),
        total: invoice.total,
        outstanding: invoice.outstanding,
        due_on: invoice.due_on.unwrap_or(invoice.period.end()),
        charged_to,
        period: period_text(invoice.period),
    };
    let to = Recipient { address, name: customer.contact_name.clone(), customer: Some(invoice.customer) };
    Ok((template, to))
}
