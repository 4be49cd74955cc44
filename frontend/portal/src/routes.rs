//! The table of pages.

use domain::permissions::Permission;
use frame::{Access, Page, Place};
use kit::Icon;

use crate::{parts, text};

/// All pages.
pub const PAGES: &[Page] = &[Page {
    path: "/",
    title: text::overview,
    access: Access::May(&[Permission::PortalRead]),
    place: Place::Navigation(Icon::Home),
    load: || Box::pin(parts::overview()),
}];
