//! The table of pages.

use domain::permissions::{Permission, TenantKind};
use frame::{Access, Page, Place};
use kit::Icon;

use crate::{
    pages::{self, activity, billing::text as billing, ledger, platform, settings},
    parts, text,
};

/// All pages.
pub const PAGES: &[Page] = &[
    Page {
        path: "/",
        title: text::home,
        // The platform's people begin with its MSPs.
        access: Access::At(TenantKind::Msp, &[Permission::PortfolioRead]),
        place: Place::Navigation(Icon::Home),
        load: || Box::pin(parts::home()),
    },
    Page {
        path: "/msps",
        title: platform::text::msps,
        access: Access::At(TenantKind::Platform, &[Permission::MspsRead]),
        place: Place::Navigation(Icon::Building),
        load: || Box::pin(parts::msps()),
    },
    Page {
        path: "/msps/new",
        title: platform::text::new_msp,
        access: Access::At(TenantKind::Platform, &[Permission::MspsWrite]),
        place: Place::None,
        load: || Box::pin(parts::new_msp()),
    },
    Page {
        path: "/msps/:id",
        title: platform::text::msp,
        access: Access::At(TenantKind::Platform, &[Permission::MspsRead]),
        place: Place::None,
        load: || Box::pin(parts::msp()),
    },
    Page {
        path: "/platform/activity",
        title: platform::text::activity_of_msps,
        access: Access::At(TenantKind::Platform, &[Permission::MspsRead]),
        place: Place::Navigation(Icon::Activity),
        load: || Box::pin(parts::platform_activity()),
    },
    Page {
        path: "/customers",
        title: text::customers,
        access: Access::May(&[Permission::CustomersRead]),
        place: Place::Navigation(Icon::Customers),
        load: || Box::pin(parts::customers()),
    },
    Page {
        path: "/customers/new",
        title: pages::customer::text::new_customer,
        access: Access::May(&[Permission::CustomersWrite]),
        place: Place::None,
        load: || Box::pin(parts::new_customer()),
    },
    Page {
        path: "/customers/:code",
        title: text::customer,
        access: Access::May(&[Permission::CustomersRead]),
        place: Place::None,
        load: || Box::pin(parts::customer()),
    },
    Page {
        path: "/invoices",
        title: billing::invoices,
        access: Access::May(&[Permission::InvoicesRead]),
        place: Place::Navigation(Icon::Invoice),
        load: || Box::pin(parts::invoices()),
    },
    // What can be made stands before what has a name: the first that fits is the page.
    Page {
        path: "/invoices/new",
        title: billing::new_invoice,
        access: Access::May(&[Permission::InvoicesWrite]),
        place: Place::None,
        load: || Box::pin(parts::new_invoice()),
    },
    Page {
        path: "/invoices/run",
        title: billing::run_invoices,
        access: Access::May(&[Permission::InvoicesWrite]),
        place: Place::None,
        load: || Box::pin(parts::invoice_run()),
    },
    Page {
        path: "/invoices/:id",
        title: billing::invoice,
        access: Access::May(&[Permission::InvoicesRead]),
        place: Place::None,
        load: || Box::pin(parts::invoice()),
    },
    Page {
        path: "/plans",
        title: billing::plans,
        access: Access::May(&[Permission::PlansRead]),
        place: Place::Navigation(Icon::Plan),
        load: || Box::pin(parts::plans()),
    },
    Page {
        path: "/plans/new",
        title: billing::new_plan,
        access: Access::May(&[Permission::PlansWrite]),
        place: Place::None,
        load: || Box::pin(parts::new_plan()),
    },
    Page {
        path: "/plans/:code",
        title: billing::plan,
        access: Access::May(&[Permission::PlansRead]),
        place: Place::None,
        load: || Box::pin(parts::plan()),
    },
    Page {
        path: "/plans/:code/edit",
        title: billing::edit_plan,
        access: Access::May(&[Permission::PlansWrite]),
        place: Place::None,
        load: || Box::pin(parts::edit_plan()),
    },
    Page {
        path: "/revenue",
        title: text::revenue,
        access: Access::May(&[Permission::LedgerRead]),
        place: Place::Navigation(Icon::Growth),
        load: || Box::pin(parts::revenue()),
    },
    Page {
        path: "/ledger",
        title: ledger::text::ledger,
        access: Access::May(&[Permission::LedgerRead]),
        place: Place::Navigation(Icon::Money),
        load: || Box::pin(parts::ledger()),
    },
    // Stripe's forms lead back to this address.
    Page {
        path: "/settings/payments",
        title: billing::payments,
        access: Access::May(&[Permission::PaymentSetupRead]),
        place: Place::None,
        load: || Box::pin(parts::payments()),
    },
    Page {
        path: "/usage",
        title: text::usage,
        access: Access::May(&[Permission::UsageRead]),
        place: Place::Navigation(Icon::Usage),
        load: || Box::pin(parts::usage()),
    },
    Page {
        path: "/activity",
        title: activity::text::activity,
        access: Access::May(&[Permission::EventsRead]),
        place: Place::Navigation(Icon::Activity),
        load: || Box::pin(parts::activity()),
    },
    Page {
        path: "/settings",
        title: settings::text::settings,
        access: Access::May(&[
            Permission::BrandRead,
            Permission::BillingRead,
            Permission::PaymentSetupRead,
            Permission::UsersRead,
            Permission::ApiKeysRead,
        ]),
        place: Place::Navigation(Icon::Settings),
        load: || Box::pin(parts::settings()),
    },
    Page {
        path: "/settings/brand",
        title: settings::text::brand,
        access: Access::May(&[Permission::BrandRead]),
        place: Place::None,
        load: || Box::pin(parts::brand()),
    },
    Page {
        path: "/settings/billing",
        title: settings::text::billing,
        access: Access::May(&[Permission::BillingRead]),
        place: Place::None,
        load: || Box::pin(parts::billing_settings()),
    },
    Page {
        path: "/settings/taxes",
        title: settings::text::taxes,
        access: Access::May(&[Permission::BillingRead]),
        place: Place::None,
        load: || Box::pin(parts::taxes()),
    },
    Page {
        path: "/settings/team",
        title: settings::text::team,
        access: Access::May(&[Permission::UsersRead]),
        place: Place::None,
        load: || Box::pin(parts::team()),
    },
    Page {
        path: "/settings/sandboxes",
        title: settings::text::sandboxes,
        access: Access::May(&[Permission::BillingRead]),
        place: Place::None,
        load: || Box::pin(parts::sandboxes()),
    },
    Page {
        path: "/settings/api-keys",
        title: settings::text::api_keys,
        access: Access::May(&[Permission::ApiKeysRead]),
        place: Place::None,
        load: || Box::pin(parts::api_keys()),
    },
    Page {
        path: "/settings/api-keys/new",
        title: settings::text::new_api_key,
        access: Access::May(&[Permission::ApiKeysWrite]),
        place: Place::None,
        load: || Box::pin(parts::new_api_key()),
    },
];
