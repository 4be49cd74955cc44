//! What the company's invoices are paid with.

use address::use_query;
use frame::{Adding, PaymentMethods};
use kit::PageHeader;
use leptos::prelude::*;

use crate::text;

/// Who sees the page may change it: it is there for those who pay.
#[component]
pub fn Methods() -> impl IntoView {
    let saved = use_query().with_untracked(|query| query.get("saved").is_some());
    view! {
        <PageHeader title=text::payment_methods() />
        <div class="stack">
            <PaymentMethods
                list="/portal/payment-methods"
                each="/portal/payment-methods"
                adding=Adding::Here
                may_write=true
                saved
            />
        </div>
    }
}
