//! Inviting somebody.

use chrono::TimeDelta;
use domain::{
    ids::{CustomerId, InvitationId},
    permissions::{Role, TenantKind},
};
use serde_json::json;
use store::{
    NewEvent, Principal, RequestInfo, TenantTx, customers,
    invitations::{self, Invitation, NewInvitation},
};

use crate::{
    App, AppError, Result,
    auth::{random_token, throttle, token_hash},
    error::AtField as _,
    mail::{self, Recipient, Template},
};

const VALID: TimeDelta = TimeDelta::days(7);

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Where the invitation goes.
    pub email: String,
    /// As what.
    pub role: Role,
    /// As one of whose people.
    pub customer: Option<CustomerId>,
    /// The customers that staff will be limited to.
    pub only_customers: Option<Vec<CustomerId>>,
}

/// Refuses a role that does not fit the tenant, the place, or who gives it.
pub(crate) fn check_role(
    principal: &Principal,
    role: Role,
    customer: bool,
    only_customers: bool,
) -> Result<()> {
    if role.is_customer() != customer {
        let wanted = if customer { "a customer's people are" } else { "staff is never" };
        return Err(AppError::field("/role", format!("{wanted} `customer_owner` or `customer_viewer`")));
    }
    if !role.belongs_to(principal.tenant_kind()) {
        let kind = match principal.tenant_kind() {
            TenantKind::Platform => "the platform",
            TenantKind::Msp => "an MSP",
        };
        return Err(AppError::field("/role", format!("`{role}` is not a role at {kind}")));
    }
    if only_customers && !role.may_be_restricted() {
        return Err(AppError::field("/only_customers", format!("`{role}` cannot be limited to customers")));
    }
    Ok(())
}

/// Invites somebody by mail; an earlier open invitation to the same place ends.
pub async fn invite(
    app: &App,
    tx: &mut TenantTx,
    principal: &Principal,
    request: &RequestInfo,
    new: &Invite,
) -> Result<Invitation> {
    check_role(principal, new.role, new.customer.is_some(), new.only_customers.is_some())?;
    let account = format!("{}/{}", tx.tenant(), new.email);
    throttle::check(app.store(), throttle::INVITE, &account, request.address.as_deref()).await?;
    let inviter = tx.scope().actor().name().to_owned();
    invite_in_the_name_of(app, tx, new, &inviter).await
}

/// The same on the program's own account, with the name that the mail shall give: nobody's role or patience is tried.
pub async fn invite_in_the_name_of(
    app: &App,
    tx: &mut TenantTx,
    new: &Invite,
    inviter: &str,
) -> Result<Invitation> {
    let customer_name = match new.customer {
        Some(customer) => Some(customers::get(tx, customer).await?.details.company_name),
        None => None,
    };
    for customer in new.only_customers.iter().flatten() {
        customers::get(tx, *customer).await.at("/only_customers")?;
    }
    let token = random_token("bwi_")?;
    let invitation = invitations::create(
        tx,
        &NewInvitation {
            email: new.email.clone(),
            role: new.role,
            customer: new.customer,
            only_customers: new.only_customers.clone(),
            token_hash: token_hash(&token),
            expires_at: tx.real_now() + VALID,
        },
    )
    .await?;
    let template = Template::Invitation {
        token: &token,
        inviter,
        role: new.role,
        customer_name: customer_name.as_deref(),
    };
    let to = Recipient { address: new.email.clone(), name: None, customer: new.customer };
    mail::queue(app, tx, &template, &to).await?;
    let mut event = NewEvent::new(
        "invitation.created",
        format!("invitation:{}", invitation.id),
        json!({"email": new.email, "role": new.role, "only_customers": new.only_customers}),
    );
    event.customer = new.customer;
    tx.record(event);
    Ok(invitation)
}

/// Takes an open invitation back: its link works no more.
pub async fn revoke_invitation(tx: &mut TenantTx, id: InvitationId) -> Result<Invitation> {
    let invitation = invitations::revoke(tx, id).await?;
    let mut event =
        NewEvent::new("invitation.revoked", format!("invitation:{id}"), json!({"email": invitation.email}));
    event.customer = invitation.customer;
    tx.record(event);
    Ok(invitation)
}
