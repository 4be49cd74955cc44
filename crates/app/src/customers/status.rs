//! Suspending, resuming, closing. All three may be asked twice: the second time changes nothing.

use domain::customers::CustomerStatus;
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, Customer, CustomerRef},
};

use crate::{AppError, Result};

/// Shuts a customer out for now: its people cannot sign in, within a second on every instance.
pub async fn suspend(tx: &mut TenantTx, customer: &CustomerRef, reason: Option<&str>) -> Result<Customer> {
    move_to(tx, customer, CustomerStatus::Suspended, "customer.suspended", reason).await
}

/// Lets a suspended, closed or trying customer in as an ordinary one.
pub async fn resume(tx: &mut TenantTx, customer: &CustomerRef) -> Result<Customer> {
    move_to(tx, customer, CustomerStatus::Active, "customer.resumed", None).await
}

/// Ends the relation; everything that was is kept.
pub async fn close(tx: &mut TenantTx, customer: &CustomerRef) -> Result<Customer> {
    move_to(tx, customer, CustomerStatus::Closed, "customer.closed", None).await
}

async fn move_to(
    tx: &mut TenantTx,
    customer: &CustomerRef,
    status: CustomerStatus,
    event: &'static str,
    reason: Option<&str>,
) -> Result<Customer> {
    let before = customers::find(tx, customer).await?;
    if before.status == status {
        tx.without_event();
        return Ok(before);
    }
    if !before.status.may_become(status) {
        return Err(AppError::conflict(
            "wrong_state",
            format!("A customer that is {} cannot become {status}.", before.status),
        ));
    }
    let after = customers::set_status(tx, before.id, before.status, status, reason).await?;
    tx.record(
        NewEvent::new(
            event,
            format!("customer:{}", after.id),
            json!({"code": after.code, "from": before.status, "reason": reason}),
        )
        .of_customer(after.id),
    );
    Ok(after)
}
