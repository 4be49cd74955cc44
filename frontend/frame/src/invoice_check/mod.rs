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

use self::result::Checked;
use crate::lazily::Lazily;

crate::parts! {
    // One for all that it shows: what an app does not ask for would stay in its main module, with all that it needs.
    check: check = Shown;
}

/// What stands in the address while an invoice is being checked.
const ASKED: &str = "check";

/// What the part is to show.
#[derive(Clone)]
enum Wanted {
    /// Whether an invoice is right. Where the API has it, and how it is shown.
    Check(String, Box<InvoiceDetail>),
    /// How a line was computed.
    Line(Box<InvoiceLine>),
}

/// What is wanted, once its code is there.
#[component]
fn Shown() -> impl IntoView {
    match expect_context() {
        Wanted::Check(path, detail) => view! { <Checked path detail=*detail /> }.into_any(),
        Wanted::Line(line) => steps::of(&line).into_any(),
    }
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
    let wanted = Wanted::Check(path, Box::new(detail));
    let shown = move || {
        if asked.get() {
            provide_context(wanted.clone());
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
    provide_context(Wanted::Line(Box::new(line)));
    view! { <Lazily load=|| Box::pin(check()) /> }
}
