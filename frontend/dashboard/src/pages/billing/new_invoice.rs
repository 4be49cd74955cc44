//! An invoice for one customer and month.

use address::{go, use_query};
use client::{format, use_client};
use contract::invoices::{CreateInvoice, InvoiceDetail};
use domain::periods::Month;
use kit::{Banner, Form, FormView, PageHeader, SelectField, Tone, required, use_toasts};
use leptos::prelude::*;

use super::{months, text};
use crate::pages::customer_search::{By, CustomerSearch};

#[component]
pub fn NewInvoice() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let asked = |name: &str| use_query().with_untracked(|query| query.get(name));
    let wanted = asked("customer").unwrap_or_default();
    let form = Form::new("invoice");
    let now = Month::of(format::today());
    // What is billed as a rule is the month that is over.
    let month = asked("period").and_then(|month| month.parse().ok()).unwrap_or(now.offset(-1));
    let customer = form.field("/customer", wanted, required);
    let period = form.field("/period", month.to_string(), required);
    let customer = form.told(customer, "no_subscription");
    let period = form.told(form.told(period, "already_invoiced"), "period_not_begun");
    let options = Signal::stored(
        months().into_iter().map(|month| (month.to_string(), format::month(month))).collect::<Vec<_>>(),
    );
    let running = move || period.value.with(|value| *value == now.to_string());
    let submit = move |()| {
        form.send(
            async move || {
                let period = period.text().parse::<Month>().unwrap_or(now);
                let body = CreateInvoice { customer: customer.text(), period };
                client.post("/msp/invoices").body(&body).answer::<InvoiceDetail>().await
            },
            move |made| {
                toasts.say(text::draft_made(&made.invoice.customer_name));
                go(&format!("/invoices/{}", made.invoice.id));
            },
        );
    };
    view! {
        <PageHeader
            title=text::new_invoice()
            above=vec![("/invoices", text::invoices())]
            here=text::new_invoice()
            lead=|| view! { <p class="mut">{text::new_invoice_lead()}</p> }
        />
        <section class="card narrow">
            <div class="pad">
                <FormView
                    form
                    submit=text::make_draft()
                    on_submit=submit
                    on_cancel=Callback::new(move |()| go("/invoices"))
                >
                    <CustomerSearch field=customer by=By::Code label=text::customer() hint=text::customer_hint() />
                    <SelectField field=period label=text::period() options />
                    {move || {
                        running().then(|| view! { <Banner tone=Tone::Warning>{text::period_is_running_draft()}</Banner> })
                    }}
                </FormView>
            </div>
        </section>
    }
}
