//! What is charged once: it waits for the customer's next invoice.

use domain::{
    customers::CustomerStatus,
    ids::{CustomerId, OneOffChargeId},
    money::Currency,
    pricing::OneOff,
};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, CustomerRef},
    one_off_charges::{self, OneOffCharge},
    plans::prices,
    subscriptions,
};

use crate::{AppError, Result};

/// How many can wait at a time.
const MOST: usize = 100;

/// Adds a charge to a customer's next invoice.
pub async fn create(
    tx: &mut TenantTx,
    customer: &CustomerRef,
    charge: &OneOff,
    currency: Currency,
) -> Result<OneOffCharge> {
    let customer = customers::find(tx, customer).await?;
    if customer.status == CustomerStatus::Closed {
        return Err(AppError::conflict("customer_closed", "The customer is closed."));
    }
    if is_billed_elsewhere(tx, customer.id, currency).await? {
        return Err(AppError::conflict(
            "billed_at_stripe",
            "The customer's plan is billed at Stripe: there is no invoice here that the charge could be on. Add it there.",
        ));
    }
    if one_off_charges::waiting(tx, &[customer.id]).await?.len() >= MOST {
        return Err(AppError::conflict(
            "too_many_charges",
            format!("At most {MOST} charges can wait for an invoice."),
        ));
    }
    let made = one_off_charges::create(tx, customer.id, charge, currency, None).await?;
    tx.record(event("one_off_charge.created", &made));
    Ok(made)
}

/// Whether all that a customer is subscribed to in a currency is billed at Stripe; where there is nothing in it, all at all.
async fn is_billed_elsewhere(tx: &mut TenantTx, customer: CustomerId, currency: Currency) -> Result<bool> {
    let mut current = subscriptions::current_of(tx, customer).await?;
    if current.iter().any(|subscription| subscription.currency == currency) {
        current.retain(|subscription| subscription.currency == currency);
    }
    let current: Vec<_> = current.iter().map(|subscription| subscription.plan().prices).collect();
    let known = prices::of(tx, &current).await?;
    Ok(!known.is_empty() && known.values().all(|priced| !priced.billed_at.is_here()))
}

/// Removes a charge that no invoice has taken up.
pub async fn remove(tx: &mut TenantTx, id: OneOffChargeId) -> Result<()> {
    let charge = one_off_charges::get(tx, id).await?;
    one_off_charges::remove(tx, id).await?;
    tx.record(event("one_off_charge.deleted", &charge));
    Ok(())
}

fn event(kind: &'static str, charge: &OneOffCharge) -> NewEvent {
    let data = json!({
        "description": charge.charge.description,
        "quantity": charge.charge.quantity,
        "unit_price": charge.charge.unit_price,
        "currency": charge.currency,
    });
    NewEvent::new(kind, format!("customer:{}", charge.customer), data).of_customer(charge.customer)
}
