//! The way to the page on which an invoice is paid.

use std::time::Duration;

use client::{Failure, format, spawn, use_client};
use contract::invoices::{Invoice, PayLink};
use domain::{invoices::InvoiceStatus, permissions::Permission};
use kit::{Banner, Button, ButtonKind, Tone};
use leptos::prelude::*;

use crate::text;

/// The browser may show this page again as it was left, when somebody comes back.
const LEAVING: Duration = Duration::from_secs(4);

/// Paying, and why it did not begin.
#[derive(Clone, Copy)]
pub struct Paying {
    busy: RwSignal<bool>,
    /// Why it did not begin.
    pub failure: RwSignal<Option<Failure>>,
}

impl Paying {
    /// Nothing has been tried yet.
    pub fn new() -> Self {
        Self { busy: RwSignal::new(false), failure: RwSignal::new(None) }
    }
}

/// Leads to the payment page. Not there for who may not pay, nor for what is paid.
#[component]
pub fn PayButton(invoice: Invoice, paying: Paying) -> impl IntoView {
    let client = use_client();
    let may = client.session.with_untracked(|session| session.may(Permission::PortalPay));
    if !may || invoice.status != InvoiceStatus::Finalized {
        return ().into_any();
    }
    let path = format!("/portal/invoices/{}/pay-link", invoice.id);
    let go = move |()| {
        let path = path.clone();
        paying.busy.set(true);
        paying.failure.set(None);
        spawn(async move {
            match client.post(path).answer::<PayLink>().await {
                Ok(link) => {
                    let _ = window().location().assign(&link.url);
                    let back = move || {
                        paying.busy.try_set(false);
                    };
                    set_timeout(back, LEAVING);
                }
                Err(failure) => {
                    paying.busy.try_set(false);
                    // The question who is there is in front of the page.
                    if failure != Failure::SessionEnded {
                        paying.failure.try_set(Some(failure));
                        client.refresh();
                    }
                }
            }
        });
    };
    view! {
        <Button kind=ButtonKind::Primary busy=paying.busy on_press=go>
            {text::pay(&format::money(invoice.outstanding))}
        </Button>
    }
    .into_any()
}

/// Why paying did not begin.
#[component]
pub fn PayFailure(paying: Paying) -> impl IntoView {
    move || {
        paying
            .failure
            .get()
            .map(|failure| view! { <Banner tone=Tone::Error>{failure.detail_of_all()}</Banner> })
    }
}
