//! How a line of an invoice was computed, beside the invoice.

use address::{Query, go, use_path, use_query};
use contract::invoices::InvoiceLine;
use domain::pricing::LineKind;
use frame::LineDerivation;
use kit::{Drawer, EmptyState};
use leptos::prelude::*;

use super::text;

/// What stands in the address while a line is looked at.
const LINE: &str = "line";

/// What people read of a line.
pub fn named(line: &InvoiceLine) -> String {
    match line.kind {
        LineKind::BaseFee => text::base_fee_of(&line.description),
        _ => line.description.clone(),
    }
}

/// The address at which a line of the invoice is looked at.
pub fn address_of(path: &str, query: &Query, line: &InvoiceLine) -> String {
    let mut query = query.clone();
    query.set(LINE, line.id.to_string());
    format!("{path}{query}")
}

/// The line that the address names, in full.
#[component]
pub fn Derivation(lines: Vec<InvoiceLine>) -> impl IntoView {
    let (path, query) = (use_path(), use_query());
    let wanted = Memo::new(move |_| query.with(|query| query.get(LINE)));
    let shown = Memo::new(move |_| {
        let wanted = wanted.get()?;
        lines.iter().find(|line| line.id.to_string() == wanted).cloned()
    });
    let title = Signal::derive(move || {
        shown.with(|line| line.as_ref().map_or_else(|| text::how_computed().to_owned(), named))
    });
    let close = move |()| {
        let mut rest = query.get_untracked();
        rest.remove(LINE);
        go(&format!("{}{rest}", path.get_untracked()));
    };
    view! {
        <Drawer id="derivation" title open=Signal::derive(move || wanted.with(Option::is_some)) on_close=close>
            {move || match shown.get() {
                Some(line) => view! {
                    <p class="mut">{text::how_computed()}</p>
                    <LineDerivation line />
                }
                .into_any(),
                None => {
                    view! { <EmptyState title=text::line_missing() detail=text::line_missing_detail() /> }.into_any()
                }
            }}
        </Drawer>
    }
}
