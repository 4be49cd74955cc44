//! Accepting an invitation.

use chrono::{DateTime, Utc};
use domain::{ids::UserId, permissions::Role, text};
use serde_json::json;
use store::{
    Actor, NewEvent, Reason, RequestInfo, StoreError,
    invitations::{self, Invitation},
    memberships::{self, NewMembership},
    tenants,
    users::{self, User},
};

use crate::{
    App, AppError, Result,
    auth::{check_password_strength, hash_password, password::verify_password, throttle, token_hash},
};

/// An invitation, as the invited person sees it.
#[derive(Debug, Clone)]
pub struct InvitationPreview {
    /// Whom it is for.
    pub email: String,
    /// Who invites.
    pub tenant_name: String,
    /// As what.
    pub role: Role,
    /// Whether there is an account with this address.
    pub has_account: bool,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

/// How somebody accepts.
#[derive(Clone)]
pub struct AcceptInvitation {
    /// The token of the link.
    pub token: String,
    /// The name, for a new account.
    pub name: Option<String>,
    /// The password of the account, or that of the new one.
    pub password: String,
}

fn bad_token() -> AppError {
    AppError::field("/token", "is not valid, has been used or taken back, or has expired")
}

/// Shows what a link is for, without using it up.
pub async fn preview_invitation(app: &App, token: &str, request: &RequestInfo) -> Result<InvitationPreview> {
    let store = app.store();
    throttle::check(store, throttle::TOKEN, token, request.address.as_deref()).await?;
    store
        .system(Reason::SignIn, async |tx| {
            let invitation = invitations::by_token(tx, &token_hash(token)).await?.ok_or_else(bad_token)?;
            let tenant = tenants::get(tx, invitation.tenant).await?;
            let user = users::by_email(tx, &invitation.email).await?;
            Ok(InvitationPreview {
                email: invitation.email,
                tenant_name: tenant.name,
                role: invitation.role,
                has_account: user.is_some_and(|user| user.password_hash.is_some()),
                expires_at: invitation.expires_at,
            })
        })
        .await
}

/// Accepts an invitation: with the password of the account that the address has, or for a new account.
pub async fn accept_invitation(
    app: &App,
    accept: &AcceptInvitation,
    request: &RequestInfo,
) -> Result<String> {
    let store = app.store();
    throttle::check(store, throttle::TOKEN, &accept.token, request.address.as_deref()).await?;
    let hash = token_hash(&accept.token);
    let (invitation, existing) = store
        .system(Reason::SignIn, async |tx| {
            let invitation = invitations::by_token(tx, &hash).await?.ok_or_else(bad_token)?;
            let user = users::by_email(tx, &invitation.email).await?;
            Ok::<_, AppError>((invitation, user))
        })
        .await?;
    // Hashing takes a while; no transaction stays open meanwhile.
    let account = prepare(&invitation, existing, accept).await?;
    store
        .system(Reason::SignIn, async |tx| {
            let invitation = invitations::by_token(tx, &hash).await?.ok_or_else(bad_token)?;
            let (user, name) = match &account {
                Account::Existing(user) => (user.id, user.name.clone()),
                Account::New { name, password_hash } => {
                    (users::create(tx, &invitation.email, name, Some(password_hash)).await?, name.clone())
                }
            };
            join(tx, &invitation, user, name, request).await?;
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(invitation.email)
}

enum Account {
    Existing(User),
    New { name: String, password_hash: String },
}

async fn prepare(
    invitation: &Invitation,
    existing: Option<User>,
    accept: &AcceptInvitation,
) -> Result<Account> {
    if let Some(user) = existing {
        if !verify_password(&accept.password, user.password_hash.as_deref()).await? {
            return Err(AppError::field(
                "/password",
                "is not the password of the account that this address already has",
            ));
        }
        return Ok(Account::Existing(user));
    }
    let name = accept.name.as_deref().unwrap_or_default();
    let name = text::line(name, 120).map_err(|error| AppError::field("/name", error.to_string()))?;
    check_password_strength("/password", &accept.password, &invitation.email)?;
    Ok(Account::New { name, password_hash: hash_password(&accept.password).await? })
}

async fn join(
    tx: &mut store::SystemTx,
    invitation: &Invitation,
    user: UserId,
    name: String,
    request: &RequestInfo,
) -> Result<()> {
    invitations::accept(tx, invitation).await?;
    let membership = memberships::create(
        tx,
        &NewMembership {
            tenant: invitation.tenant,
            user,
            email: invitation.email.clone(),
            name: name.clone(),
            role: invitation.role,
            customer: invitation.customer,
            only_customers: invitation.only_customers.clone(),
        },
    )
    .await
    .map_err(|error| match error {
        StoreError::Taken(_) => {
            AppError::conflict("already_a_member", "This account already belongs to the tenant.")
        }
        other => other.into(),
    })?;
    let mut event = NewEvent::new(
        "invitation.accepted",
        format!("invitation:{}", invitation.id),
        json!({"membership_id": membership, "email": invitation.email, "name": name, "role": invitation.role}),
    );
    event.customer = invitation.customer;
    Ok(tx.record(invitation.tenant, &Actor::System(Reason::SignIn), request, &event).await?)
}
