//! Permissions in words.

mod text;

use domain::permissions::{Permission as P, Role, TenantKind};

/// An area, and what can be done there: to see, and to change.
pub struct Area {
    /// What it is called.
    pub name: fn() -> &'static str,
    /// To see it.
    pub see: P,
    /// To change it, where anybody can.
    pub change: Option<P>,
}

const fn area(name: fn() -> &'static str, see: P, change: Option<P>) -> Area {
    Area { name, see, change }
}

/// The areas of the staff's work, in the order in which people think of them.
pub const AREAS: &[Area] = &[
    area(text::area_msps, P::MspsRead, Some(P::MspsWrite)),
    area(text::area_portfolio, P::PortfolioRead, None),
    area(text::area_customers, P::CustomersRead, Some(P::CustomersWrite)),
    area(text::area_usage, P::UsageRead, Some(P::UsageWrite)),
    area(text::area_plans, P::PlansRead, Some(P::PlansWrite)),
    area(text::area_subscriptions, P::SubscriptionsRead, Some(P::SubscriptionsWrite)),
    area(text::area_invoices, P::InvoicesRead, Some(P::InvoicesWrite)),
    area(text::area_ledger, P::LedgerRead, None),
    area(text::area_billing, P::BillingRead, Some(P::BillingWrite)),
    area(text::area_payment_setup, P::PaymentSetupRead, Some(P::PaymentSetupWrite)),
    area(text::area_brand, P::BrandRead, Some(P::BrandWrite)),
    area(text::area_users, P::UsersRead, Some(P::UsersWrite)),
    area(text::area_api_keys, P::ApiKeysRead, Some(P::ApiKeysWrite)),
    area(text::area_events, P::EventsRead, None),
];

impl Area {
    /// What it takes to see and to change.
    pub fn permissions(&self) -> impl Iterator<Item = P> {
        std::iter::once(self.see).chain(self.change)
    }
}

/// What a permission allows.
pub fn meaning(permission: P) -> &'static str {
    match permission {
        P::MspsRead => text::may_msps_read(),
        P::MspsWrite => text::may_msps_write(),
        P::PortfolioRead => text::may_portfolio_read(),
        P::CustomersRead => text::may_customers_read(),
        P::CustomersWrite => text::may_customers_write(),
        P::UsageRead => text::may_usage_read(),
        P::UsageWrite => text::may_usage_write(),
        P::PlansRead => text::may_plans_read(),
        P::PlansWrite => text::may_plans_write(),
        P::SubscriptionsRead => text::may_subscriptions_read(),
        P::SubscriptionsWrite => text::may_subscriptions_write(),
        P::InvoicesRead => text::may_invoices_read(),
        P::InvoicesWrite => text::may_invoices_write(),
        P::LedgerRead => text::may_ledger_read(),
        P::BillingRead => text::may_billing_read(),
        P::BillingWrite => text::may_billing_write(),
        P::PaymentSetupRead => text::may_payment_setup_read(),
        P::PaymentSetupWrite => text::may_payment_setup_write(),
        P::UsersRead => text::may_users_read(),
        P::UsersWrite => text::may_users_write(),
        P::ApiKeysRead => text::may_api_keys_read(),
        P::ApiKeysWrite => text::may_api_keys_write(),
        P::BrandRead => text::may_brand_read(),
        P::BrandWrite => text::may_brand_write(),
        P::EventsRead => text::may_events_read(),
        P::PortalRead => text::may_portal_read(),
        P::PortalPay => text::may_portal_pay(),
        P::PortalUsersWrite => text::may_portal_users_write(),
    }
}

/// The roles of the staff of a tenant of this kind.
pub fn roles(kind: TenantKind) -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(move |role| !role.is_customer() && role.belongs_to(kind))
}

/// Whether a caller that is limited to customers may be allowed this: what staff that is limited may.
pub fn fits_limited(permission: P) -> bool {
    Role::ALL.iter().any(|role| role.may_be_restricted() && role.allows(permission))
}
