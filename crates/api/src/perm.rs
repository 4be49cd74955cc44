//! Permissions as types, so that a handler's signature says what it needs.

use domain::permissions::Permission;

/// What a handler asks of its caller.
pub trait Needs: 'static {
    /// The permission; `None` where being signed in is enough.
    const PERMISSION: Option<Permission>;
}

/// Being signed in is enough: for what a person does about herself.
#[derive(Debug)]
pub struct SignedIn;

impl Needs for SignedIn {
    const PERMISSION: Option<Permission> = None;
}

macro_rules! permissions {
    ($($name:ident)+) => {$(
        #[doc = concat!("See [`Permission::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub struct $name;

        impl Needs for $name {
            const PERMISSION: Option<Permission> = Some(Permission::$name);
        }
    )+};
}

permissions! {
    MspsRead MspsWrite PortfolioRead CustomersRead CustomersWrite UsageRead UsageWrite PlansRead PlansWrite
    SubscriptionsRead SubscriptionsWrite InvoicesRead InvoicesWrite LedgerRead BillingRead BillingWrite
    PaymentSetupRead PaymentSetupWrite    UsersRead UsersWrite ApiKeysRead ApiKeysWrite BrandRead BrandWrite EventsRead PortalRead PortalPay
    PortalUsersWrite
}
