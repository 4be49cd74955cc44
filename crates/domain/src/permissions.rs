//! Who may do what: one table of roles and permissions, used by the server, the `OpenAPI` document
//! and the apps.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A string that is none of the known names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of: {expected}")]
pub struct UnknownNameError {
    expected: String,
}

macro_rules! named_enum {
    // `tt`: inside of `literal`, the derive of the OpenAPI schema does not find the text, and takes the variant's name.
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:tt,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in the order in which people expect them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = $crate::permissions::UnknownNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| $crate::permissions::UnknownNameError::of(Self::ALL))
            }
        }
    };
}
pub(crate) use named_enum;

impl UnknownNameError {
    pub(crate) fn of(all: &[impl fmt::Display]) -> Self {
        let expected = all.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        Self { expected }
    }
}

named_enum! {
    /// One thing that a caller may be allowed to do. API keys list these as their scopes.
    Permission {
        /// See the MSPs of the platform, their figures and activity.
        MspsRead = "msps:read",
        /// Take on, change, suspend and resume MSPs.
        MspsWrite = "msps:write",
        /// See the portfolio's figures.
        PortfolioRead = "portfolio:read",
        /// See customers and their limits.
        CustomersRead = "customers:read",
        /// Take on, change, suspend and resume customers; set their limits.
        CustomersWrite = "customers:write",
        /// See usage figures and metrics.
        UsageRead = "usage:read",
        /// Report usage events and define metrics.
        UsageWrite = "usage:write",
        /// See plans.
        PlansRead = "plans:read",
        /// Create, change and archive plans.
        PlansWrite = "plans:write",
        /// See subscriptions.
        SubscriptionsRead = "subscriptions:read",
        /// Start and end subscriptions.
        SubscriptionsWrite = "subscriptions:write",
        /// See invoices and payments.
        InvoicesRead = "invoices:read",
        /// Draft, finalise and send invoices, and make payment links.
        InvoicesWrite = "invoices:write",
        /// See the ledger, what is owed, and statements of customers.
        LedgerRead = "ledger:read",
        /// See how the tenant bills: terms, when invoices are issued, dunning.
        BillingRead = "billing:read",
        /// Change how the tenant bills.
        BillingWrite = "billing:write",
        /// See how the tenant takes payments.
        PaymentSetupRead = "payment_setup:read",
        /// Connect the tenant's payment account.
        PaymentSetupWrite = "payment_setup:write",
        /// See the team and customers' users.
        UsersRead = "users:read",
        /// Invite people, change roles, remove people.
        UsersWrite = "users:write",
        /// See API keys, never their secret.
        ApiKeysRead = "api_keys:read",
        /// Create and revoke API keys.
        ApiKeysWrite = "api_keys:write",
        /// See the brand as it is edited.
        BrandRead = "brand:read",
        /// Change the brand.
        BrandWrite = "brand:write",
        /// See the audit trail and live updates.
        EventsRead = "events:read",
        /// See one's own company in the portal: usage, plan, invoices.
        PortalRead = "portal:read",
        /// Pay invoices in the portal.
        PortalPay = "portal:pay",
        /// Invite and remove one's colleagues in the portal.
        PortalUsersWrite = "portal_users:write",
    }
}

named_enum! {
    /// What a person is in a tenant.
    Role {
        /// Runs the platform.
        PlatformAdmin = "platform_admin",
        /// Helps MSPs; changes nothing.
        PlatformSupport = "platform_support",
        /// Runs the MSP.
        MspAdmin = "msp_admin",
        /// Looks after customers, all or only some.
        MspOperator = "msp_operator",
        /// Looks after money.
        MspBilling = "msp_billing",
        /// Answers for a customer: sees all of it, pays, invites colleagues.
        CustomerOwner = "customer_owner",
        /// Sees what is going on at a customer.
        CustomerViewer = "customer_viewer",
    }
}

named_enum! {
    /// The two kinds of tenant. What comes between them later is one more tenant, not a third kind.
    TenantKind {
        /// The operator of this installation.
        Platform = "platform",
        /// A managed service provider.
        Msp = "msp",
    }
}

use Permission as P;

const STAFF_READ: &[Permission] = &[
    P::PortfolioRead,
    P::CustomersRead,
    P::UsageRead,
    P::PlansRead,
    P::SubscriptionsRead,
    P::InvoicesRead,
    P::LedgerRead,
    P::BillingRead,
    P::PaymentSetupRead,
    P::UsersRead,
    P::ApiKeysRead,
    P::BrandRead,
    P::EventsRead,
];

const STAFF_WRITE: &[Permission] = &[
    P::CustomersWrite,
    P::UsageWrite,
    P::PlansWrite,
    P::SubscriptionsWrite,
    P::InvoicesWrite,
    P::BillingWrite,
    P::PaymentSetupWrite,
    P::UsersWrite,
    P::ApiKeysWrite,
    P::BrandWrite,
];

const OPERATOR: &[Permission] = &[
    P::PortfolioRead,
    P::CustomersRead,
    P::CustomersWrite,
    P::UsageRead,
    P::UsageWrite,
    P::PlansRead,
    P::SubscriptionsRead,
    P::UsersRead,
    P::BrandRead,
    P::EventsRead,
];

const BILLING: &[Permission] = &[
    P::PortfolioRead,
    P::CustomersRead,
    P::UsageRead,
    P::PlansRead,
    P::PlansWrite,
    P::SubscriptionsRead,
    P::SubscriptionsWrite,
    P::InvoicesRead,
    P::InvoicesWrite,
    P::LedgerRead,
    P::BillingRead,
    P::BillingWrite,
    P::PaymentSetupRead,
    P::PaymentSetupWrite,
    P::UsersRead,
    P::BrandRead,
    P::EventsRead,
];

impl Role {
    /// Whether the table grants this role a permission.
    pub fn allows(self, permission: Permission) -> bool {
        match self {
            Self::PlatformAdmin => {
                matches!(permission, P::MspsRead | P::MspsWrite)
                    || STAFF_READ.contains(&permission)
                    || STAFF_WRITE.contains(&permission)
            }
            Self::PlatformSupport => permission == P::MspsRead || STAFF_READ.contains(&permission),
            Self::MspAdmin => STAFF_READ.contains(&permission) || STAFF_WRITE.contains(&permission),
            Self::MspOperator => OPERATOR.contains(&permission),
            Self::MspBilling => BILLING.contains(&permission),
            Self::CustomerOwner => {
                matches!(permission, P::PortalRead | P::PortalPay | P::PortalUsersWrite)
            }
            Self::CustomerViewer => permission == P::PortalRead,
        }
    }

    /// Whether this is a role of a customer's own people, who see one customer and the portal.
    pub fn is_customer(self) -> bool {
        matches!(self, Self::CustomerOwner | Self::CustomerViewer)
    }

    /// Whether people of this role may be limited to named customers.
    pub fn may_be_restricted(self) -> bool {
        matches!(self, Self::MspOperator | Self::MspBilling)
    }

    /// Whether the role exists in a tenant of this kind.
    pub fn belongs_to(self, kind: TenantKind) -> bool {
        match self {
            Self::PlatformAdmin | Self::PlatformSupport => kind == TenantKind::Platform,
            Self::MspAdmin | Self::MspOperator | Self::MspBilling => kind == TenantKind::Msp,
            Self::CustomerOwner | Self::CustomerViewer => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse::<Permission>().as_ref(), Ok(permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
        }
        assert!("customers:everything".parse::<Permission>().is_err());
    }

    #[test]
    fn every_permission_is_granted_to_somebody() {
        for permission in Permission::ALL {
            assert!(Role::ALL.iter().any(|role| role.allows(*permission)), "{permission}");
        }
    }

    #[test]
    fn customers_people_stay_in_the_portal() {
        for role in [Role::CustomerOwner, Role::CustomerViewer] {
            for permission in Permission::ALL {
                assert!(
                    !role.allows(*permission) || permission.as_str().starts_with("portal"),
                    "{role} {permission}"
                );
            }
        }
    }

    #[test]
    fn support_changes_nothing() {
        for permission in Permission::ALL.iter().filter(|permission| permission.as_str().ends_with(":write"))
        {
            assert!(!Role::PlatformSupport.allows(*permission), "{permission}");
        }
    }
}
