//! Signing in and what a person may do about herself.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, SessionId, TenantId, UserId},
    permissions::{Permission, Role, TenantKind},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Who signs in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address of the account.
    pub email: String,
    /// The password.
    #[schema(format = Password)]
    pub password: String,
    /// Into which tenant, where the person belongs to several.
    #[serde(default)]
    pub tenant_id: Option<TenantId>,
    /// For browsers: the tokens come as cookies that no script can read, and not in the answer. Every change by
    /// cookie then needs the header `X-CSRF-Protection`, with any value.
    #[serde(default)]
    pub cookie: bool,
}

/// Tokens of a session.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// Send it as `Authorization: Bearer …`. Absent where the tokens come as cookies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_token: Option<String>,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// Exchange it for new tokens before the access token ends. Each works once. Absent where the tokens come as
    /// cookies.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refresh_token: Option<String>,
    /// The tenant that the session is in.
    pub tenant_id: TenantId,
    /// Where else the person may work; see `POST /auth/switch-tenant`.
    pub tenants: Vec<TenantAccess>,
}

/// A tenant that a person belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenantAccess {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// Its kind.
    pub tenant_kind: TenantKind,
    /// What the person is there.
    pub role: Role,
    /// The customer whose people the person is one of.
    pub customer_id: Option<CustomerId>,
    /// That customer's name.
    pub customer_name: Option<String>,
    /// Whether it is a sandbox.
    #[serde(default)]
    pub is_sandbox: bool,
}

/// A refresh token to be exchanged.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RefreshTokens {
    /// The token; that of the cookie where it is not given.
    pub refresh_token: Option<String>,
}

/// Into which tenant to switch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchTenant {
    /// The tenant.
    pub tenant_id: TenantId,
}

/// Who is signed in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The account; absent for an API key.
    pub user_id: Option<UserId>,
    /// The name.
    pub name: String,
    /// The address of the account; absent for an API key.
    pub email: Option<String>,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its kind.
    pub tenant_kind: TenantKind,
    /// What the person is there; absent for an API key.
    pub role: Option<Role>,
    /// The customer whose people the person is one of.
    pub customer_id: Option<CustomerId>,
    /// What is allowed.
    #[serde(deserialize_with = "known_permissions")]
    pub permissions: Vec<Permission>,
    /// The customers that the caller is limited to; absent where there is no such limit.
    pub only_customers: Option<Vec<CustomerId>>,
    /// Where else the person may work.
    pub tenants: Vec<TenantAccess>,
    /// What time it is in a sandbox, whose clock stands still; absent elsewhere.
    #[serde(default)]
    pub clock: Option<DateTime<Utc>>,
    /// The `seq` of the tenant's newest event: following the stream of events from here misses nothing of what
    /// happens after this answer. Absent for who may not read events.
    pub events_position: Option<i64>,
}

/// What a person changes about herself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMe {
    /// The name; up to 120 characters.
    pub name: String,
}

/// A new password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    #[schema(format = Password)]
    pub current_password: String,
    /// The password from now on; 10 to 256 characters.
    #[schema(format = Password)]
    pub new_password: String,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// In which tenant.
    pub tenant_id: TenantId,
    /// The browser or program, as it calls itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<String>,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it last refreshed its tokens.
    pub last_seen_at: DateTime<Utc>,
}

/// The open sessions of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// The latest first.
    pub items: Vec<Session>,
}

/// Whose password to reset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestPasswordReset {
    /// The address of the account.
    pub email: String,
}

/// A new password, by the link in the mail.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The token of the link.
    pub token: String,
    /// The password from now on; 10 to 256 characters.
    #[schema(format = Password)]
    pub new_password: String,
}

/// What an invitation's link leads to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    /// The token of the link.
    pub token: String,
}

/// An invitation, as the invited person sees it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationPreview {
    /// Whom it is for.
    pub email: String,
    /// The name of who invites.
    pub tenant_name: String,
    /// As what.
    pub role: Role,
    /// Whether there is an account with this address already: then its password is asked for.
    pub has_account: bool,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

/// An invitation accepted.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The token of the link.
    pub token: String,
    /// The name; for a new account.
    #[serde(default)]
    pub name: Option<String>,
    /// The password of the account, or that of the new one; 10 to 256 characters.
    #[schema(format = Password)]
    pub password: String,
}

/// The permissions that this program knows. One that it does not is of a newer server, and allows nothing that is in here: an
/// app that is still open when the server is renewed goes on.
fn known_permissions<'de, D: Deserializer<'de>>(names: D) -> Result<Vec<Permission>, D::Error> {
    let names = Vec::<String>::deserialize(names)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_of_a_newer_server_are_passed_over() {
        let told = serde_json::json!({
            "name": "Nora", "tenant_id": "ten_01jd5t8x7m0000000000000000", "tenant_kind": "msp", "tenants": [],
            "permissions": ["invoices:read", "robots:write", "customers:read", ""],
        });
        let me: Me = serde_json::from_value(told).unwrap();
        assert_eq!(me.permissions, [Permission::InvoicesRead, Permission::CustomersRead]);
    }
}
