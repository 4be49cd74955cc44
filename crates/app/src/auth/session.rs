//! Signing in, staying signed in, signing out.

use chrono::TimeDelta;
use domain::ids::{CustomerId, SessionId, TenantId, UserId};
use serde_json::json;
use store::{
    Actor, NewEvent, Principal, Reason, RequestInfo, SystemTx,
    sessions::{self, NewSession, Refresh},
    tenants,
    users::{self, TenantAccess},
};

use crate::{
    App, AppError, Result,
    auth::{
        check_password_strength, hash_password, password::verify_password, random_token, throttle, token_hash,
    },
};

/// How long a session lasts at most, however often it is refreshed.
pub const SESSION_DAYS: i64 = 30;

const BAD_CREDENTIALS: AppError =
    AppError::Unauthorized { code: "bad_credentials", detail: "The email address or the password is wrong." };
const BAD_REFRESH: AppError = AppError::Unauthorized {
    code: "bad_refresh_token",
    detail: "The refresh token is not good. Sign in again.",
};

/// What somebody signs in with.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// The browser or program, as it calls itself.
    pub user_agent: Option<String>,
    /// The host name of the page.
    pub host: Option<String>,
    /// Where the request came from.
    pub request: RequestInfo,
}

/// Tokens for a session.
#[derive(Clone)]
pub struct IssuedTokens {
    /// The access token.
    pub access_token: String,
    /// Seconds until it ends.
    pub expires_in: i64,
    /// The refresh token.
    pub refresh_token: String,
    /// The tenant of the session.
    pub tenant: TenantId,
    /// Every tenant that the person belongs to.
    pub tenants: Vec<TenantAccess>,
}

impl IssuedTokens {
    /// The customer whose people the person is one of, in the session's tenant; none for staff.
    pub fn customer(&self) -> Option<CustomerId> {
        self.tenants.iter().find(|access| access.tenant == self.tenant)?.customer
    }
}

/// Signs a person in.
///
/// Into the tenant asked for; else the one whose host name the page has; else the first.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: &str,
    tenant: Option<TenantId>,
    device: &Device,
) -> Result<IssuedTokens> {
    let store = app.store();
    let email = email.trim().to_lowercase();
    throttle::check(store, throttle::SIGN_IN, &email, device.request.address.as_deref()).await?;
    let user = store.system(Reason::SignIn, async |tx| users::by_email(tx, &email).await).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
    let good = verify_password(password, hash).await?;
    let Some(user) = user.filter(|_| good) else { return Err(BAD_CREDENTIALS) };
    throttle::forgive(store, throttle::SIGN_IN, &email, device.request.address.as_deref()).await?;
    let refresh_token = random_token("bwr_")?;
    let (session, tenant, tenants) = store
        .system(Reason::SignIn, async |tx| {
            let tenants = users::tenants_of(tx, user.id).await?;
            let by_host = match &device.host {
                Some(host) => tenants::by_host(tx, host).await?,
                None => None,
            };
            let access = choose(&tenants, tenant, by_host)?;
            let session = open(tx, user.id, access, device, &refresh_token).await?;
            record(tx, access, user.id, session, &user.name, "session.started", &device.request).await?;
            Ok::<_, AppError>((session, access.tenant, tenants.clone()))
        })
        .await?;
    issue(app, user.id, session, tenant, refresh_token, tenants)
}

fn choose(
    tenants: &[TenantAccess],
    wanted: Option<TenantId>,
    by_host: Option<TenantId>,
) -> Result<&TenantAccess> {
    let with = |id: TenantId| tenants.iter().find(|access| access.tenant == id);
    let chosen = match wanted {
        Some(wanted) => with(wanted),
        None => by_host.and_then(with).or_else(|| tenants.first()),
    };
    chosen.ok_or_else(|| AppError::Forbidden {
        code: "no_access",
        detail: "This account has no access, or its access is suspended.".to_owned(),
    })
}

async fn open(
    tx: &mut SystemTx,
    user: UserId,
    access: &TenantAccess,
    device: &Device,
    refresh_token: &str,
) -> Result<SessionId> {
    let session = NewSession {
        user,
        tenant: access.tenant,
        membership: access.membership,
        user_agent: device.user_agent.clone(),
        address: device.request.address.clone(),
        expires_at: tx.now() + TimeDelta::days(SESSION_DAYS),
    };
    Ok(sessions::create(tx, &session, &token_hash(refresh_token)).await?)
}

async fn record(
    tx: &mut SystemTx,
    access: &TenantAccess,
    user: UserId,
    session: SessionId,
    name: &str,
    kind: &'static str,
    request: &RequestInfo,
) -> Result<()> {
    let actor = Actor::User {
        user,
        membership: access.membership,
        session,
        role: access.role,
        name: name.to_owned(),
    };
    let mut event = NewEvent::new(kind, format!("session:{session}"), json!({}));
    event.customer = access.customer;
    Ok(tx.record(access.tenant, &actor, request, &event).await?)
}

fn issue(
    app: &App,
    user: UserId,
    session: SessionId,
    tenant: TenantId,
    refresh_token: String,
    tenants: Vec<TenantAccess>,
) -> Result<IssuedTokens> {
    let expires_in = app.config().access_token_seconds;
    let now = app.store().clock().now();
    let access_token = app.inner().tokens.issue(user, session, tenant, now, expires_in)?;
    Ok(IssuedTokens { access_token, expires_in, refresh_token, tenant, tenants })
}

/// Exchanges a refresh token for new tokens.
pub async fn refresh(app: &App, refresh_token: &str, request: &RequestInfo) -> Result<IssuedTokens> {
    let next = random_token("bwr_")?;
    let outcome = app
        .store()
        .system(Reason::SignIn, async |tx| {
            let outcome = sessions::rotate(tx, &token_hash(refresh_token), &token_hash(&next)).await?;
            match outcome {
                Refresh::Rotated { session, user, tenant } => {
                    // Somebody who was shut out meanwhile gets no more tokens.
                    let tenants = users::tenants_of(tx, user).await?;
                    let still = tenants.iter().any(|access| access.tenant == tenant);
                    Ok::<_, AppError>(still.then_some((user, session, tenant, tenants)))
                }
                Refresh::Reused { session, user, tenant } => {
                    let event = NewEvent::new(
                        "session.token_reused",
                        format!("session:{session}"),
                        json!({"user_id": user, "outcome": "the session was ended"}),
                    );
                    tx.record(tenant, &Actor::System(Reason::SignIn), request, &event).await?;
                    Ok(None)
                }
                Refresh::Invalid => Ok(None),
            }
        })
        .await?;
    let (user, session, tenant, tenants) = outcome.ok_or(BAD_REFRESH)?;
    issue(app, user, session, tenant, next, tenants)
}

/// Opens a session in another tenant of the person and ends this one.
pub async fn switch_tenant(
    app: &App,
    principal: &Principal,
    tenant: TenantId,
    device: &Device,
) -> Result<IssuedTokens> {
    let Actor::User { user, session: old, name, .. } = principal.actor().clone() else {
        return Err(needs_person());
    };
    let refresh_token = random_token("bwr_")?;
    let (session, tenants) = app
        .store()
        .system(Reason::SignIn, async |tx| {
            let tenants = users::tenants_of(tx, user).await?;
            let access = choose(&tenants, Some(tenant), None)?;
            sessions::revoke(tx, old, "switched tenant").await?;
            let session = open(tx, user, access, device, &refresh_token).await?;
            record(tx, access, user, session, &name, "session.started", &device.request).await?;
            Ok::<_, AppError>((session, tenants.clone()))
        })
        .await?;
    issue(app, user, session, tenant, refresh_token, tenants)
}

/// Ends the caller's own session.
pub async fn sign_out(app: &App, principal: &Principal, request: &RequestInfo) -> Result<()> {
    let Actor::User { session, .. } = *principal.actor() else { return Err(needs_person()) };
    end(app, principal, session, "signed out", request).await
}

/// Ends one of the caller's sessions.
pub async fn end_session(
    app: &App,
    principal: &Principal,
    session: SessionId,
    request: &RequestInfo,
) -> Result<()> {
    let Actor::User { user, .. } = *principal.actor() else { return Err(needs_person()) };
    let own = app.store().system(Reason::SignIn, async |tx| sessions::list(tx, user).await).await?;
    if !own.iter().any(|open| open.id == session) {
        return Err(store::StoreError::NotFound.into());
    }
    end(app, principal, session, "ended by its owner", request).await
}

async fn end(
    app: &App,
    principal: &Principal,
    session: SessionId,
    why: &str,
    request: &RequestInfo,
) -> Result<()> {
    app.store()
        .system(Reason::SignIn, async |tx| {
            sessions::revoke(tx, session, why).await?;
            let mut event = NewEvent::new("session.ended", format!("session:{session}"), json!({"why": why}));
            event.customer = principal.portal_customer();
            tx.record(principal.tenant(), principal.actor(), request, &event).await
        })
        .await?;
    Ok(())
}

/// Changes the caller's password and ends every other session.
pub async fn change_password(
    app: &App,
    principal: &Principal,
    current: &str,
    new: &str,
    request: &RequestInfo,
) -> Result<()> {
    let Actor::User { user: id, session, .. } = *principal.actor() else { return Err(needs_person()) };
    let store = app.store();
    let user = store.system(Reason::SignIn, async |tx| users::get(tx, id).await).await?;
    throttle::check(store, throttle::SIGN_IN, &user.email, request.address.as_deref()).await?;
    if !verify_password(current, user.password_hash.as_deref()).await? {
        return Err(AppError::field("/current_password", "is not the password of this account"));
    }
    check_password_strength("/new_password", new, &user.email)?;
    let hash = hash_password(new).await?;
    store
        .system(Reason::SignIn, async |tx| {
            users::set_password(tx, id, &hash).await?;
            sessions::revoke_all(tx, id, Some(session), "password changed").await?;
            let mut event = NewEvent::new("user.password_changed", format!("user:{id}"), json!({}));
            event.customer = principal.portal_customer();
            tx.record(principal.tenant(), principal.actor(), request, &event).await
        })
        .await?;
    Ok(())
}

pub(crate) fn needs_person() -> AppError {
    AppError::Forbidden {
        code: "person_required",
        detail: "An API key has no account of its own; a person has to do this.".to_owned(),
    }
}
