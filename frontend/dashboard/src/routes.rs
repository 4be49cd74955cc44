//! The table of pages.

use domain::permissions::Permission;
use frame::{Access, Page, Place};
use kit::Icon;

use crate::{pages::billing::text as billing, parts, text};

/// All pages.
pub const PAGES: &[Page] = &[
    Page {
        path: "/",
        title: text::home,
        access: Access::May(&[Permission::PortfolioRead]),
        place: Place::Navigation(Icon::Home),
        load: || Box::pin(parts::home()),
    },
    Page {
        path: "/customers",
        title: text::customers,
        access: Access::May(&[Permission::CustomersRead]),
        place: Place::Navigation(Icon::Customers),
        load: || Box::pin(parts::customers()),
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
    // Stripe's forms lead back to this address.
    Page {
        path: "/settings/payments",
        title: billing::payments,
        access: Access::May(&[Permission::PaymentSetupRead]),
        place: Place::None,
        load: || Box::pin(parts::payments()),
    },
];
