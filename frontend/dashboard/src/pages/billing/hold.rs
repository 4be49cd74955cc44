//! A draft on hold: no run issues it, and nobody by hand, until it is released.

use client::{Failure, format, spawn, use_client};
use contract::invoices::{HoldInvoice, Invoice, InvoiceDetail};
use domain::{ids::InvoiceId, permissions::Permission};
use kit::{Banner, Button, Dialog, Form, FormView, TextField, Tone, required, use_toasts};
use leptos::prelude::*;

use super::{may, text};

/// Since when and why it is, and how it is released; nothing, where it is not.
#[component]
pub fn Held(invoice: Invoice) -> impl IntoView {
    let word = invoice.held_at.map(|at| {
        let reason = invoice.hold_reason.unwrap_or_default();
        text::on_hold_since(&format::instant(at), &reason)
    });
    let id = invoice.id;
    word.map(|word| {
        view! {
            <div class="standing">
                <Banner tone=Tone::Warning>{word}</Banner>
                <div class="do">
                    {may(Permission::InvoicesWrite).then(|| view! { <Release id /> })}
                </div>
            </div>
        }
    })
}

#[component]
fn Release(id: InvoiceId) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let press = move |()| {
        busy.set(true);
        spawn(async move {
            let done = client.post(format!("/msp/invoices/{id}/release")).done().await;
            busy.try_set(false);
            match done {
                Ok(()) => toasts.say(text::released()),
                Err(Failure::SessionEnded) => {}
                Err(failure) => toasts.say(failure.detail_of_all()),
            }
        });
    };
    view! {
        <Button small=true busy on_press=press>
            {text::release()}
        </Button>
    }
}

/// Asks why, and puts it on hold.
#[component]
pub fn HoldQuestion(known: Memo<Option<InvoiceDetail>>, open: RwSignal<bool>) -> impl IntoView {
    // As it is when the question is opened: what changes meanwhile does not empty what was typed.
    let id = move || known.with_untracked(|known| known.as_ref().map(|detail| detail.invoice.id));
    view! {
        <Dialog id="hold" title=text::hold_title() open>
            {move || id().map(|id| view! { <Hold id open /> })}
        </Dialog>
    }
}

#[component]
fn Hold(id: InvoiceId, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let reason = form.field("/reason", "", required);
    let send = move |()| {
        let work = async move || {
            let body = HoldInvoice { reason: reason.text() };
            client.post(format!("/msp/invoices/{id}/hold")).body(&body).done().await
        };
        form.send(work, move |()| {
            open.set(false);
            toasts.say(text::put_on_hold());
        });
    };
    view! {
        <p class="mut">{text::hold_means()}</p>
        <FormView form submit=text::hold_do() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField field=reason label=text::reason() hint=text::hold_reason_hint() autofocus=true />
        </FormView>
    }
}
