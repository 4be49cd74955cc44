//! Who asks, and what they may touch.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    ids::{ApiKeyId, CustomerId, Id as _, MembershipId, SessionId, TenantId, UserId},
    money::Currency,
    permissions::{Permission, Role, TenantKind},
};
use uuid::Uuid;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, signed in.
    User {
        /// The account.
        user: UserId,
        /// Its place in the tenant.
        membership: MembershipId,
        /// The session, for signing out.
        session: SessionId,
        /// What the person is in the tenant.
        role: Role,
        /// The name that others know the person by.
        name: String,
    },
    /// A program with an API key.
    ApiKey {
        /// The key.
        key: ApiKeyId,
        /// The name that it was given.
        name: String,
    },
    /// The program itself.
    System(Reason),
}

impl Actor {
    /// How the actor is written into events: `user:usr_…`.
    pub fn subject(&self) -> String {
        match self {
            Self::User { user, .. } => format!("user:{user}"),
            Self::ApiKey { key, .. } => format!("api_key:{key}"),
            Self::System(reason) => format!("system:{}", reason.as_str()),
        }
    }

    /// The name that people know the actor by.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::ApiKey { name, .. } => name,
            Self::System(_) => "System",
        }
    }
}

/// Why the program acts on its own account. Each one is a use of the narrow door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Signing in, refreshing, resetting a password, accepting an invitation.
    SignIn,
    /// Finding the session or key behind a token.
    Authenticate,
    /// Finding the tenant of a host name.
    ResolveHost,
    /// Claiming and settling background jobs.
    Jobs,
    /// Taking in what a payment provider tells.
    Webhook,
    /// The platform operator's own pages, over all tenants.
    Platform,
    /// Making a tenant.
    Provision,
    /// Counting what the tenants below one use.
    RollUp,
    /// Partitions, expired tokens, old keys.
    Maintenance,
    /// Computing again what was issued, at the command line.
    Verify,
    /// The demo world, and only where demo mode was asked for.
    Demo,
}

impl Reason {
    /// The name in logs and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Authenticate => "authenticate",
            Self::ResolveHost => "resolve_host",
            Self::Jobs => "jobs",
            Self::Webhook => "webhook",
            Self::Platform => "platform",
            Self::Provision => "provision",
            Self::RollUp => "roll_up",
            Self::Maintenance => "maintenance",
            Self::Verify => "verify",
            Self::Demo => "demo",
        }
    }
}

/// Which customers of a tenant are in reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Customers {
    /// All of them, those of tomorrow included.
    All,
    /// Only these: a portal user's own company, or those a member of staff looks after.
    Only(Arc<[CustomerId]>),
}

impl Customers {
    /// Whether a customer is in reach.
    pub fn contains(&self, customer: CustomerId) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&customer),
        }
    }

    /// The value of the setting that the row-level policies read.
    pub(crate) fn setting(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Only(ids) => {
                let ids: Vec<_> = ids.iter().map(|id| id.uuid().hyphenated().to_string()).collect();
                format!("{{{}}}", ids.join(","))
            }
        }
    }
}

/// Where a request came from, for the audit trail.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// The id that also stands in the logs and in the answer.
    pub request_id: Option<String>,
    /// The caller's network address.
    pub address: Option<String>,
}

/// What a verified caller is: the outcome of authentication.
#[derive(Debug, Clone)]
pub struct Principal {
    pub(crate) tenant: TenantId,
    pub(crate) tenant_kind: TenantKind,
    pub(crate) actor: Actor,
    pub(crate) customers: Customers,
    pub(crate) permissions: Arc<[Permission]>,
    pub(crate) portal_customer: Option<CustomerId>,
    pub(crate) time_zone: Tz,
    pub(crate) currency: Currency,
    pub(crate) clock: Option<DateTime<Utc>>,
    pub(crate) requests_per_minute: Option<u32>,
}

impl Principal {
    /// Whose tenant.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What kind of tenant.
    pub fn tenant_kind(&self) -> TenantKind {
        self.tenant_kind
    }

    /// Who.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Which customers are in reach.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// Whether this is allowed.
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// All that is allowed.
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    /// The caller's own company, where the caller is a customer's user.
    pub fn portal_customer(&self) -> Option<CustomerId> {
        self.portal_customer
    }

    /// The tenant's time zone: its billing days begin at its midnight.
    pub fn time_zone(&self) -> Tz {
        self.time_zone
    }

    /// The tenant's own currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// What time it is in a sandbox; none where it is the time that it is.
    pub fn clock(&self) -> Option<DateTime<Utc>> {
        self.clock
    }

    /// How many requests a minute are taken, and from whom: from an API key, or from all people of a customer
    /// together, where the customer has such a limit.
    pub fn request_limit(&self) -> Option<(Uuid, u32)> {
        let who = match (&self.actor, self.portal_customer) {
            (Actor::ApiKey { key, .. }, _) => key.uuid(),
            (_, Some(customer)) => customer.uuid(),
            _ => return None,
        };
        Some((who, self.requests_per_minute?))
    }

    /// The scope of one request of this caller.
    pub fn scope(&self, request: RequestInfo) -> Scope {
        Scope {
            tenant: self.tenant,
            customers: self.customers.clone(),
            actor: self.actor.clone(),
            time_zone: self.time_zone,
            currency: self.currency,
            clock: self.clock,
            request,
        }
    }
}

/// What a transaction may touch, and on whose behalf. Only this crate makes one.
#[derive(Debug, Clone)]
pub struct Scope {
    pub(crate) tenant: TenantId,
    pub(crate) customers: Customers,
    pub(crate) actor: Actor,
    pub(crate) time_zone: Tz,
    pub(crate) currency: Currency,
    /// What time it is in a sandbox.
    pub(crate) clock: Option<DateTime<Utc>>,
    pub(crate) request: RequestInfo,
}

impl Scope {
    /// Whose tenant.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Which customers.
    pub fn customers(&self) -> &Customers {
        &self.customers
    }

    /// On whose behalf.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The tenant's time zone.
    pub fn time_zone(&self) -> Tz {
        self.time_zone
    }

    /// The tenant's own currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether the tenant is a sandbox: nothing leaves it that would reach anybody.
    pub fn is_sandbox(&self) -> bool {
        self.clock.is_some()
    }
}
