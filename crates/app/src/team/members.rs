//! Changing and removing people.

use domain::{
    ids::MembershipId,
    permissions::{Role, TenantKind},
};
use serde_json::json;
use store::{
    Actor, NewEvent, Principal, TenantTx, customers,
    memberships::{self, Membership, MembershipChange},
};

use crate::{AppError, Result, error::AtField as _, team::invite::check_role};

/// Changes a person's role, customers or access.
pub async fn update_member(
    tx: &mut TenantTx,
    principal: &Principal,
    id: MembershipId,
    version: Option<i32>,
    change: &MembershipChange,
) -> Result<Membership> {
    let before = memberships::get(tx, id).await?;
    refuse_self(principal, id)?;
    check_role(principal, change.role, before.customer.is_some(), change.only_customers.is_some())?;
    for customer in change.only_customers.iter().flatten() {
        customers::get(tx, *customer).await.at("/only_customers")?;
    }
    let keeps_admin = change.role == before.role && !change.suspended;
    if !keeps_admin {
        keep_an_admin(tx, principal, &before).await?;
    }
    let after = memberships::update(tx, id, version, change).await?;
    let mut event = NewEvent::new(
        "member.updated",
        format!("member:{id}"),
        json!({
            "email": after.email,
            "from": {"role": before.role, "suspended": before.suspended, "only_customers": before.only_customers},
            "to": {"role": after.role, "suspended": after.suspended, "only_customers": after.only_customers},
        }),
    );
    event.customer = after.customer;
    tx.record(event);
    Ok(after)
}

/// Takes a person out of the tenant; sessions there end within a second.
pub async fn remove_member(tx: &mut TenantTx, principal: &Principal, id: MembershipId) -> Result<Membership> {
    let member = memberships::get(tx, id).await?;
    refuse_self(principal, id)?;
    keep_an_admin(tx, principal, &member).await?;
    memberships::remove(tx, id).await?;
    let mut event = NewEvent::new(
        "member.removed",
        format!("member:{id}"),
        json!({"email": member.email, "role": member.role}),
    );
    event.customer = member.customer;
    tx.record(event);
    Ok(member)
}

fn refuse_self(principal: &Principal, id: MembershipId) -> Result<()> {
    match principal.actor() {
        Actor::User { membership, .. } if *membership == id => Err(AppError::conflict(
            "own_membership",
            "Nobody changes their own place; ask another administrator.",
        )),
        _ => Ok(()),
    }
}

/// A tenant without an administrator could not be got back into.
async fn keep_an_admin(tx: &mut TenantTx, principal: &Principal, member: &Membership) -> Result<()> {
    let admin = match principal.tenant_kind() {
        TenantKind::Platform => Role::PlatformAdmin,
        TenantKind::Msp => Role::MspAdmin,
    };
    if member.role == admin && !member.suspended && memberships::count_active(tx, admin).await? <= 1 {
        return Err(AppError::conflict("last_admin", "This is the last administrator."));
    }
    Ok(())
}
