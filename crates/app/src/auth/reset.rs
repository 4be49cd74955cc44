//! A forgotten password.

use chrono::TimeDelta;
use serde_json::json;
use store::{Actor, NewEvent, Reason, RequestInfo, sessions, tenants, users};

use crate::{
    App, AppError, Result,
    auth::{check_password_strength, hash_password, random_token, throttle, token_hash},
    mail::{self, Recipient, Template},
};

/// How long the link in the mail works.
const VALID: TimeDelta = TimeDelta::hours(1);

/// Sends a reset link, if there is such an account. The caller learns nothing either way.
pub async fn request_password_reset(
    app: &App,
    email: &str,
    host: Option<&str>,
    request: &RequestInfo,
) -> Result<()> {
    let store = app.store();
    let email = email.trim().to_lowercase();
    throttle::check(store, throttle::RESET, &email, request.address.as_deref()).await?;
    let token = random_token("bwp_")?;
    let found = store
        .system(Reason::SignIn, async |tx| {
            let Some(user) = users::by_email(tx, &email).await? else { return Ok(None) };
            let accesses = users::tenants_of(tx, user.id).await?;
            let by_host = match host {
                Some(host) => tenants::by_host(tx, host).await?,
                None => None,
            };
            // In the brand of the page that was asked, where the person belongs there.
            let access = accesses.iter().find(|access| Some(access.tenant) == by_host).or(accesses.first());
            let Some(access) = access else { return Ok(None) };
            let expires_at = tx.now() + VALID;
            users::start_password_reset(tx, user.id, &token_hash(&token), expires_at).await?;
            let scope = tx.tenant_scope(access.tenant).await?;
            Ok::<_, AppError>(Some((user, scope, access.customer)))
        })
        .await?;
    let Some((user, scope, customer)) = found else { return Ok(()) };
    // Should the program end between the two, the token is never sent and the person asks again.
    store
        .write(&scope, async |tx| {
            let to = Recipient { address: user.email.clone(), name: Some(user.name.clone()), customer };
            mail::queue(app, tx, &Template::PasswordReset { token: &token }, &to).await?;
            let mut event =
                NewEvent::new("user.password_reset_requested", format!("user:{}", user.id), json!({}));
            event.customer = customer;
            tx.record(event);
            Ok(())
        })
        .await
}

/// Sets a new password by the token of a link, and ends every session of the account.
pub async fn reset_password(app: &App, token: &str, new: &str, request: &RequestInfo) -> Result<()> {
    let store = app.store();
    throttle::check(store, throttle::TOKEN, token, request.address.as_deref()).await?;
    check_password_strength("/new_password", new, "")?;
    let hash = hash_password(new).await?;
    store
        .system(Reason::SignIn, async |tx| {
            let Some(id) = users::use_password_reset(tx, &token_hash(token)).await? else {
                return Err(AppError::field("/token", "is not valid, has been used, or has expired"));
            };
            users::set_password(tx, id, &hash).await?;
            sessions::revoke_all(tx, id, None, "password reset").await?;
            for access in users::tenants_of(tx, id).await? {
                let mut event = NewEvent::new("user.password_reset", format!("user:{id}"), json!({}));
                event.customer = access.customer;
                tx.record(access.tenant, &Actor::System(Reason::SignIn), request, &event).await?;
            }
            Ok(())
        })
        .await
}
