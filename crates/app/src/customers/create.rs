//! Taking a customer on.

use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx,
    customers::{self, Customer, CustomerRef, NewCustomer},
};

use crate::{AppError, Field, Result};

/// Takes a customer on.
pub async fn create(tx: &mut TenantTx, new: &NewCustomer) -> Result<Customer> {
    let customer = customers::create(tx, new).await.map_err(|error| match error {
        StoreError::Taken(field) => AppError::Invalid(vec![Field {
            pointer: format!("/{field}"),
            code: "taken",
            detail: format!("`{}` is already the code of another customer", new.code),
        }]),
        other => other.into(),
    })?;
    tx.record(
        NewEvent::new(
            "customer.created",
            format!("customer:{}", customer.id),
            json!({"code": customer.code, "company_name": customer.details.company_name, "status": customer.status}),
        )
        .of_customer(customer.id),
    );
    Ok(customer)
}

/// A free code for a company that came without one: `Wayne Enterprises` → `WAYNE-ENTERPRIS`, with a
/// number behind it where that is taken.
pub async fn code_from_name(tx: &mut TenantTx, name: &str) -> Result<String> {
    let mut base: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '-' })
        .collect();
    while base.contains("--") {
        base = base.replace("--", "-");
    }
    let base: String = base.trim_matches('-').chars().take(16).collect();
    let base = base.trim_end_matches('-');
    let base = if base.len() < 2 { "CUSTOMER" } else { base };
    for number in 1..1000 {
        let code = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
        match customers::find(tx, &CustomerRef::Code(code.clone())).await {
            Err(StoreError::NotFound) => return Ok(code),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
    }
    Err(AppError::field("/code", "please choose one: the codes made from this name are taken"))
}
