//! An issued invoice, computed again in the browser of whoever looks at it: nobody has to be believed. The code that
//! rates comes in a part of its own, when somebody asks.
#![allow(unsafe_code, reason = "what the macro of the parts writes")]

mod result;
mod steps;
pub mod text;
mod verdict;

use address::{use_path, use_query};
use contract::invoices::{InvoiceDetail, InvoiceLine};
use kit::{Card, LinkButton};
use leptos::prelude::*;

use crate::lazily::Lazily;

crate::parts! {
    check: check = result::Checked;
    check: derivation = steps::Derivation;
}

/// What stands in the address while an invoice is being checked.
const ASKED: &str = "check";

/// What is checked.
#[derive(Clone)]
struct Subject {
    /// Where the API has the invoice.
    path: String,
    /// The invoice, as it is shown.
    detail: InvoiceDetail,
}

/// Computes an issued invoice again, when it is asked to.
#[component]
pub fn InvoiceCheck(
    /// Where the API has the invoice: `/portal/invoices/inv_…`.
    path: String,
    /// The invoice, as it is shown.
    detail: InvoiceDetail,
) -> impl IntoView {
    let (here, query) = (use_path(), use_query());
    let asked = Memo::new(move |_| query.with(|query| query.get(ASKED)).is_some());
    let subject = Subject { path, detail };
    let shown = move || {
        if asked.get() {
            provide_context(subject.clone());
            return view! { <Lazily load=|| Box::pin(check()) /> }.into_any();
        }
        let mut to = query.get();
        to.set(ASKED, "1");
        let href = format!("{}{to}", here.get());
        view! {
            <div class="pad check-ask">
                <p class="mut">{text::check_about()}</p>
                <LinkButton href>{text::check_invoice()}</LinkButton>
            </div>
        }
        .into_any()
    };
    view! { <Card title=text::check_title()>{move || shown()}</Card> }
}

/// How a line was computed, step by step.
#[component]
pub fn LineDerivation(
    /// The line.
    line: InvoiceLine,
) -> impl IntoView {
    provide_context(line);
    view! { <Lazily load=|| Box::pin(derivation()) /> }
}
