//! API keys.

use chrono::{DateTime, Utc};
use domain::{
    ids::{ApiKeyId, CustomerId},
    permissions::{Permission, Role},
};
use serde_json::json;
use store::{
    Customers, NewEvent, Principal, TenantTx,
    api_keys::{self, ApiKey, NewApiKey},
    customers,
};

use crate::{
    AppError, Result,
    auth::{random_token, token_hash},
    error::AtField as _,
};

/// A key to be made.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// The customers to limit it to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// How many requests a minute.
    pub requests_per_minute: i32,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a key and returns it with its secret, which is not kept.
///
/// Nobody makes a key that may do more than they may themselves.
pub async fn create(
    tx: &mut TenantTx,
    principal: &Principal,
    new: &CreateApiKey,
) -> Result<(ApiKey, String)> {
    if new.scopes.is_empty() {
        return Err(AppError::field("/scopes", "must name at least one scope"));
    }
    for (index, scope) in new.scopes.iter().enumerate() {
        if !principal.allows(*scope) {
            return Err(AppError::field(
                &format!("/scopes/{index}"),
                format!("`{scope}` is more than you may do"),
            ));
        }
    }
    let limited = new.only_customers.is_some() || principal.customers() != &Customers::All;
    if limited && let Some(index) = new.scopes.iter().position(|scope| !fits_a_limited_caller(*scope)) {
        return Err(AppError::field(
            &format!("/scopes/{index}"),
            format!(
                "`{}` is about the whole tenant: not for a key that is limited to customers",
                new.scopes[index]
            ),
        ));
    }
    if new.expires_at.is_some_and(|expires| expires <= tx.real_now()) {
        return Err(AppError::field("/expires_at", "must be in the future"));
    }
    let only_customers = match (principal.customers(), &new.only_customers) {
        (Customers::All, only) => only.clone(),
        (Customers::Only(own), None) => Some(own.to_vec()),
        (Customers::Only(_), Some(only)) => Some(only.clone()),
    };
    for customer in only_customers.iter().flatten() {
        customers::get(tx, *customer).await.at("/only_customers")?;
    }
    let secret = random_token(crate::auth::API_KEY_PREFIX)?;
    let mut scopes = new.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let key = api_keys::create(
        tx,
        &NewApiKey {
            name: new.name.clone(),
            prefix: secret.chars().take(12).collect(),
            secret_hash: token_hash(&secret),
            permissions: scopes,
            only_customers,
            requests_per_minute: new.requests_per_minute,
            expires_at: new.expires_at,
        },
    )
    .await?;
    tx.record(NewEvent::new(
        "api_key.created",
        format!("api_key:{}", key.id),
        json!({"name": key.name, "prefix": key.prefix, "scopes": key.permissions, "expires_at": key.expires_at}),
    ));
    Ok((key, secret))
}

/// A key that is limited to customers may do what staff that is limited may, by the same table.
fn fits_a_limited_caller(scope: Permission) -> bool {
    Role::ALL.iter().any(|role| role.may_be_restricted() && role.allows(scope))
}

/// Ends a key; it works nowhere within a second.
pub async fn revoke(tx: &mut TenantTx, id: ApiKeyId) -> Result<ApiKey> {
    let key = api_keys::revoke(tx, id).await?;
    tx.record(NewEvent::new(
        "api_key.revoked",
        format!("api_key:{id}"),
        json!({"name": key.name, "prefix": key.prefix}),
    ));
    Ok(key)
}
