//! The table of pages. It drives what is shown at an address, the navigation, the title and who may see it.

use client::use_client;
use domain::permissions::Permission;
use kit::{EmptyState, Icon, LinkButton, PageHeader, focus_heading};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{brand::title_page, pages, text};

/// A page.
#[derive(Clone, Copy)]
pub struct Page {
    /// Its address; a part that begins with `:` stands for any.
    pub path: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it takes to see it.
    pub permission: Permission,
    /// Its drawing in the navigation; without one it does not stand there.
    pub icon: Option<Icon>,
    view: fn() -> AnyView,
}

/// All pages.
pub const PAGES: &[Page] = &[
    Page {
        path: "/",
        title: text::HOME,
        permission: Permission::PortfolioRead,
        icon: Some(Icon::Home),
        view: || pages::home::Home().into_any(),
    },
    Page {
        path: "/customers",
        title: text::CUSTOMERS,
        permission: Permission::CustomersRead,
        icon: Some(Icon::Customers),
        view: || pages::customers::Customers().into_any(),
    },
    Page {
        path: "/customers/:code",
        title: text::CUSTOMER,
        permission: Permission::CustomersRead,
        icon: None,
        view: || pages::customer::CustomerPage().into_any(),
    },
];

fn parts(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|part| !part.is_empty())
}

impl Page {
    /// Whether the address is one of this page.
    pub fn is_at(self, address: &str) -> bool {
        let (mut pattern, mut address) = (parts(self.path), parts(address));
        loop {
            match (pattern.next(), address.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found)) if wanted.starts_with(':') || wanted == found => {}
                _ => return false,
            }
        }
    }

    /// Whether it is the page at the address, or one of those above it.
    pub fn leads_to(self, address: &str) -> bool {
        let mut address = parts(address);
        self.is_at("/") == (address.clone().next().is_none())
            && parts(self.path).all(|part| address.next() == Some(part))
    }
}

/// The last part of the address: which thing the page is about.
pub fn use_code() -> Memo<String> {
    let location = use_location();
    Memo::new(move |_| location.pathname.with(|path| parts(path).last().unwrap_or_default().to_owned()))
}

/// Shows the page of the address.
#[component]
pub fn Pages() -> impl IntoView {
    let location = use_location();
    let client = use_client();
    let address = Memo::new(move |_| location.pathname.get());
    // The heading gets the focus when another page comes, not when the first one does: nobody has moved yet.
    Effect::new(move |before: Option<()>| {
        address.track();
        if before.is_some() {
            focus_heading();
        }
    });
    // One view per page: another customer is the same page with other content.
    let at = Memo::new(move |_| address.with(|address| PAGES.iter().position(|page| page.is_at(address))));
    move || {
        let Some(page) = at.get().and_then(|at| PAGES.get(at)) else { return NotFound().into_any() };
        let allowed = client.session.with(|session| session.may(page.permission));
        if !allowed {
            return Forbidden().into_any();
        }
        title_page(|| page.title.to_owned());
        (page.view)()
    }
}

#[component]
fn NotFound() -> impl IntoView {
    title_page(|| text::NOT_FOUND_TITLE.to_owned());
    view! {
        <PageHeader title=text::NOT_FOUND_TITLE />
        <section class="card">
            <EmptyState title=text::NOT_FOUND_TITLE detail=text::NOT_FOUND_DETAIL>
                <LinkButton href="/">{text::GO_HOME}</LinkButton>
            </EmptyState>
        </section>
    }
}

#[component]
fn Forbidden() -> impl IntoView {
    title_page(|| text::FORBIDDEN_TITLE.to_owned());
    view! {
        <PageHeader title=text::FORBIDDEN_TITLE />
        <section class="card">
            <EmptyState title=text::FORBIDDEN_TITLE detail=text::FORBIDDEN_DETAIL sign=Icon::Lock />
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_find_their_page() {
        let at = |address| PAGES.iter().find(|page| page.is_at(address)).map(|page| page.path);
        assert_eq!(at("/"), Some("/"));
        assert_eq!(at("/customers/"), Some("/customers"));
        assert_eq!(at("/customers/ACME"), Some("/customers/:code"));
        assert_eq!(at("/customers/ACME/x"), None);
    }

    #[test]
    fn the_navigation_shows_where_one_is() {
        let leads = |address| {
            PAGES
                .iter()
                .filter(move |page| page.icon.is_some() && page.leads_to(address))
                .map(|page| page.path)
        };
        assert!(leads("/").eq(["/"]));
        assert!(leads("/customers/ACME").eq(["/customers"]));
    }
}
