//! The table of pages.

use domain::permissions::Permission;
use frame::{Access, Page, Place};
use kit::Icon;

use crate::{parts, text};

/// All pages.
pub const PAGES: &[Page] = &[
    Page {
        path: "/",
        title: text::overview,
        access: Access::May(&[Permission::PortalRead]),
        place: Place::Navigation(Icon::Home),
        load: || Box::pin(parts::overview()),
    },
    Page {
        path: "/usage",
        title: text::usage,
        access: Access::May(&[Permission::PortalRead]),
        place: Place::Navigation(Icon::Usage),
        load: || Box::pin(parts::usage()),
    },
    Page {
        path: "/invoices",
        title: text::invoices,
        access: Access::May(&[Permission::PortalRead]),
        place: Place::Navigation(Icon::Invoice),
        load: || Box::pin(parts::invoices()),
    },
    Page {
        path: "/invoices/:id",
        title: text::invoice,
        access: Access::May(&[Permission::PortalRead]),
        place: Place::None,
        load: || Box::pin(parts::invoice()),
    },
    Page {
        path: "/payment-methods",
        title: text::payment_methods,
        access: Access::May(&[Permission::PortalPay]),
        place: Place::Navigation(Icon::Card),
        load: || Box::pin(parts::payment_methods()),
    },
    Page {
        path: "/users",
        title: text::users,
        access: Access::May(&[Permission::PortalRead]),
        place: Place::Navigation(Icon::Customers),
        load: || Box::pin(parts::users()),
    },
    // Whoever has the link to a payment page can pay, and need not have an account.
    Page {
        path: "/payment/:outcome",
        title: text::payment,
        access: Access::Open,
        place: Place::None,
        load: || Box::pin(parts::payment()),
    },
];
