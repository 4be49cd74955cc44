//! What can be done to many customers at once.

use client::use_client;
use contract::customers::SuspendCustomer;
use domain::customers::CustomerStatus;
use kit::{BulkDeed, Form, TextField, confirm::LocalBoxed};
use leptos::prelude::*;

use super::words;
use crate::pages::customer::{check, text};

/// Suspend, and resume.
pub fn deeds() -> Vec<BulkDeed> {
    let client = use_client();
    let reason = Form::new("").field("/reason", "", check::reason);
    let suspend = BulkDeed {
        id: "suspend-many",
        action: words::suspend(),
        title: words::suspend_many,
        detail: words::suspend_many_detail(),
        applies: |state| may(state, CustomerStatus::Suspended),
        others: words::not_suspended,
        fields: ViewFn::from(move || {
            reason.value.set(String::new());
            view! { <TextField field=reason label=text::reason() hint=text::reason_hint() /> }
        }),
        work: Callback::new(move |code: String| -> LocalBoxed {
            let body = SuspendCustomer { reason: reason.optional() };
            let request = client.post(format!("/msp/customers/{code}/suspend")).body(&body);
            Box::pin(request.quietly())
        }),
        done: words::suspended,
    };
    let resume = BulkDeed {
        id: "resume-many",
        action: words::resume(),
        title: words::resume_many,
        detail: words::resume_many_detail(),
        // The same request would end trials and reopen what is closed.
        applies: |state| state == CustomerStatus::Suspended.as_str(),
        others: words::not_resumed,
        fields: ViewFn::default(),
        work: Callback::new(move |code: String| -> LocalBoxed {
            Box::pin(client.post(format!("/msp/customers/{code}/resume")).quietly())
        }),
        done: words::resumed,
    };
    vec![suspend, resume]
}

fn may(state: &str, become_: CustomerStatus) -> bool {
    state.parse::<CustomerStatus>().is_ok_and(|state| state.may_become(become_))
}
