//! Where the payment page sends back to. Whether money has arrived only the provider's own word tells: whoever is
//! signed in is led to the invoice, which shows it; for others a word has to do.

use client::{SessionState, use_client};
use domain::{ids::InvoiceId, permissions::Permission};
use frame::{Door, use_code};
use kit::{ButtonKind, LinkButton};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use crate::text;

/// The outcome that the address names.
const CANCELLED: &str = "cancelled";

#[component]
pub fn Payment() -> impl IntoView {
    let client = use_client();
    let outcome = use_code();
    let query = use_query_map();
    let navigate = use_navigate();
    let invoice = Memo::new(move |_| {
        let wanted = query.with(|query| query.get("invoice"));
        wanted.and_then(|id| id.parse::<InvoiceId>().ok())
    });
    let known = Memo::new(move |_| !client.session.with(|session| matches!(session, SessionState::Unknown)));
    let leads_on = Memo::new(move |_| {
        invoice.get().is_some() && client.session.with(|session| session.may(Permission::PortalRead))
    });
    Effect::new(move |_| {
        let (true, Some(invoice)) = (leads_on.get(), invoice.get()) else { return };
        let to = format!("/invoices/{invoice}?payment={}", outcome.get());
        navigate(&to, NavigateOptions { replace: true, ..NavigateOptions::default() });
    });
    move || (known.get() && !leads_on.get()).then(|| view! { <Word cancelled=outcome.get() == CANCELLED /> })
}

#[component]
fn Word(cancelled: bool) -> impl IntoView {
    let (title, detail) = if cancelled {
        (text::not_paid(), text::not_paid_detail())
    } else {
        (text::paid_thanks(), text::paid_thanks_detail())
    };
    view! {
        <Door title>
            <p class="mut">{detail}</p>
            <LinkButton href="/invoices" kind=ButtonKind::Plain>
                {text::to_invoices()}
            </LinkButton>
        </Door>
    }
}
