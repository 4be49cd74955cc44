//! What the tenant sets for itself.

pub mod api_keys;
pub mod billing;
pub mod brand;
mod customer_choice;
pub mod new_api_key;
mod permissions;
pub mod sandboxes;
pub mod taxes;
pub mod team;
pub mod text;

use address::{replace, use_path};
use client::{effect, use_client};
use domain::permissions::Permission;
use kit::{PageHeader, Tab, Tabs};
use leptos::prelude::*;

/// A page of the settings.
struct Part {
    href: &'static str,
    label: fn() -> &'static str,
    /// What it takes to see it.
    needs: Permission,
}

const PARTS: [Part; 7] = [
    Part { href: "/settings/brand", label: text::brand, needs: Permission::BrandRead },
    Part { href: "/settings/billing", label: text::billing, needs: Permission::BillingRead },
    Part { href: "/settings/taxes", label: text::taxes, needs: Permission::BillingRead },
    Part { href: "/settings/payments", label: text::payments, needs: Permission::PaymentSetupRead },
    Part { href: "/settings/team", label: text::team, needs: Permission::UsersRead },
    Part { href: "/settings/api-keys", label: text::api_keys, needs: Permission::ApiKeysRead },
    Part { href: "/settings/sandboxes", label: text::sandboxes, needs: Permission::BillingRead },
];

/// Leads to the first page that the person may see.
#[component]
pub fn Settings() -> impl IntoView {
    let client = use_client();
    effect(move || {
        let may = |permission| client.session.with_untracked(|session| session.may(permission));
        if let Some(first) = PARTS.iter().find(|part| may(part.needs)) {
            replace(first.href);
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
    let path = use_path();
    let tabs = Signal::derive(move || {
        let seen = |part: &&Part| client.session.with(|session| session.may(part.needs));
        let tab = |part: &Part| Tab {
            href: part.href.to_owned(),
            label: (part.label)(),
            current: path.with(|path| path.starts_with(part.href)),
        };
        PARTS.iter().filter(seen).map(tab).collect::<Vec<_>>()
    });
    view! {
        <PageHeader title=text::settings() actions />
        <Tabs label=text::settings() tabs />
    }
}
