//! Changing what is known about a customer, and what it may use.

use domain::{limits::Limits, tax::countries::Country};
use serde_json::json;
use store::{
    NewEvent, TenantTx,
    customers::{self, Customer, CustomerRef, Details},
};

use crate::{Result, if_match};

/// Changes a customer's details: `change` gets them as they are and says how they shall be.
pub async fn update(
    tx: &mut TenantTx,
    customer: &CustomerRef,
    version: Option<i32>,
    change: impl FnOnce(&mut Details) -> Result<()>,
) -> Result<Customer> {
    let before = customers::find(tx, customer).await?;
    if_match::check(version, before.version)?;
    let mut details = before.details.clone();
    change(&mut details)?;
    let after = customers::update(tx, before.id, Some(before.version), &details).await?;
    let changed = changed_fields(&before.details, &after.details);
    tx.record(
        NewEvent::new(
            "customer.updated",
            format!("customer:{}", after.id),
            json!({"code": after.code, "changed": changed}),
        )
        .of_customer(after.id),
    );
    Ok(after)
}

fn country(details: &Details) -> Option<Country> {
    details.place.as_ref().map(|place| place.country)
}

fn region(details: &Details) -> Option<&str> {
    details.place.as_ref().and_then(|place| place.region.as_deref())
}

fn changed_fields(before: &Details, after: &Details) -> Vec<&'static str> {
    let checks = [
        ("company_name", before.company_name != after.company_name),
        ("contact_name", before.contact_name != after.contact_name),
        ("contact_email", before.contact_email != after.contact_email),
        ("phone", before.phone != after.phone),
        ("address", before.address != after.address),
        ("tax_id", before.tax_id != after.tax_id),
        ("country", country(before) != country(after)),
        ("region", region(before) != region(after)),
        ("tax_exempt", before.tax_exempt != after.tax_exempt),
        ("external_ref", before.external_ref != after.external_ref),
        ("notes", before.notes != after.notes),
        ("trial_ends_on", before.trial_ends_on != after.trial_ends_on),
        ("feature_flags", before.feature_flags != after.feature_flags),
    ];
    checks.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
}

/// Sets a customer's limits.
pub async fn set_limits(
    tx: &mut TenantTx,
    customer: &CustomerRef,
    version: Option<i32>,
    limits: Limits,
) -> Result<Customer> {
    let before = customers::find(tx, customer).await?;
    let after = customers::set_limits(tx, before.id, version, limits).await?;
    tx.record(
        NewEvent::new(
            "customer.limits_changed",
            format!("customer:{}", after.id),
            json!({"code": after.code, "from": before.limits, "to": after.limits}),
        )
        .of_customer(after.id),
    );
    Ok(after)
}
