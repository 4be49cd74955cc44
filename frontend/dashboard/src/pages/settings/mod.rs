//! What the tenant sets for itself.

pub mod api_keys;
pub mod brand;
mod customer_choice;
pub mod customer_search;
pub mod new_api_key;
mod permissions;
pub mod team;
pub mod text;

use client::use_client;
use domain::permissions::Permission;
use kit::{PageHeader, Tab, Tabs};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

/// The pages: their addresses, what they are called, and what it takes to see them.
const PAGES: [(&str, fn() -> &'static str, Permission); 4] = [
    ("/settings/brand", text::brand, Permission::BrandRead),
    ("/settings/payments", text::payments, Permission::PaymentSetupRead),
    ("/settings/team", text::team, Permission::UsersRead),
    ("/settings/api-keys", text::api_keys, Permission::ApiKeysRead),
];

/// Leads to the first page that the person may see.
#[component]
pub fn Settings() -> impl IntoView {
    let client = use_client();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let may = |permission| client.session.with_untracked(|session| session.may(permission));
        if let Some((first, ..)) = PAGES.into_iter().find(|(_, _, permission)| may(*permission)) {
            navigate(first, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    view! { <PageHeader title=text::settings() /> }
}

/// The head of every page of the settings.
#[component]
pub fn SettingsHead(
    /// What can be done on the page.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    let client = use_client();
    let path = use_location().pathname;
    let tabs = Signal::derive(move || {
        let seen = |page: &(&str, fn() -> &'static str, Permission)| {
            client.session.with(|session| session.may(page.2))
        };
        let tab = |(href, label, _): (&str, fn() -> &'static str, Permission)| Tab {
            href: href.to_owned(),
            label: label(),
            current: path.with(|path| path.starts_with(href)),
        };
        PAGES.into_iter().filter(seen).map(tab).collect::<Vec<_>>()
    });
    view! {
        <PageHeader title=text::settings() actions />
        <Tabs label=text::settings() tabs />
    }
}
