//! The table of pages.

use domain::permissions::Permission;
use frame::{Access, Page, Place};
use kit::Icon;

use crate::{pages, parts, text};

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
        path: "/usage",
        title: text::usage,
        access: Access::May(&[Permission::UsageRead]),
        place: Place::Navigation(Icon::Usage),
        load: || Box::pin(parts::usage()),
    },
];
