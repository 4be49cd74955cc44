//! Where the payment page, and the one that saves a payment method, send back to. Whether money has arrived only the provider's own word tells: whoever is
//! signed in is led to the invoice, which shows it; for others a word has to do.

use address::{replace, use_query};
use client::{SessionState, effect, use_client};
use domain::{ids::InvoiceId, permissions::Permission};
use frame::{Door, use_code};
use kit::{ButtonKind, LinkButton};
use leptos::prelude::*;

use crate::text;

/// The outcome that the address names.
const CANCELLED: &str = "cancelled";
/// What the page was for, where it was not a payment.
const METHOD: &str = "method";

#[component]
pub fn Payment() -> impl IntoView {
    let client = use_client();
    // As the address was at first: it is another as soon as this leads on.
    let outcome = use_code().get_untracked();
    let invoice = use_query().with_untracked(|query| query.get("invoice"));
    let invoice = invoice.and_then(|id| id.parse::<InvoiceId>().ok());
    let saved = use_query().with_untracked(|query| query.get("saved").is_some());
    let words = match (outcome.as_str(), saved) {
        (METHOD, true) => (text::method_thanks(), text::method_thanks_detail()),
        (METHOD, false) => (text::method_not_saved(), text::method_not_saved_detail()),
        (CANCELLED, _) => (text::not_paid(), text::not_paid_detail()),
        _ => (text::paid_thanks(), text::paid_thanks_detail()),
    };

    let known = Memo::new(move |_| !client.session.with(|session| matches!(session, SessionState::Unknown)));
    let leads_on = Memo::new(move |_| {
        invoice.is_some() && client.session.with(|session| session.may(Permission::PortalRead))
    });
    effect(move || {
        if let (true, Some(invoice)) = (leads_on.get(), invoice) {
            let to = format!("/invoices/{invoice}?payment={outcome}");
            replace(&to);
        }
    });
    move || (known.get() && !leads_on.get()).then(|| view! { <Word words /> })
}

#[component]
fn Word(words: (&'static str, &'static str)) -> impl IntoView {
    let (title, detail) = words;
    view! {
        <Door title>
            <p class="mut">{detail}</p>
            <LinkButton href="/invoices" kind=ButtonKind::Plain>
                {text::to_invoices()}
            </LinkButton>
        </Door>
    }
}
