//! Where an invoice can be paid.

use client::{Failure, Remote, format, spawn, use_client};
use contract::invoices::PayLink;
use domain::{ids::InvoiceId, permissions::Permission};
use kit::{Banner, Button, Copy, SkeletonText, Tone};
use leptos::prelude::*;

use super::{may, text};

/// Where the invoice can be paid: asked for when the question is opened.
#[component]
pub fn Link(id: InvoiceId, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let link = RwSignal::new(Remote::<PayLink>::Loading);
    let may_see_setup = may(Permission::PaymentSetupRead);
    spawn(async move {
        let found = client.post(format!("/msp/invoices/{id}/pay-link")).answer::<PayLink>().await;
        link.try_set(match found {
            Ok(found) => Remote::Ready(found),
            Err(failure) => Remote::Failed(failure),
        });
    });
    let missing = move |failure: &Failure| may_see_setup && failure.code() == "payments_not_connected";
    view! {
        {move || match link.get() {
            Remote::Loading => view! { <SkeletonText /> }.into_any(),
            Remote::Ready(link) => view! {
                <p class="mut">{text::pay_link_detail(&format::relative(link.expires_at))}</p>
                <Copy label=text::pay_link() value=link.url />
            }
            .into_any(),
            Remote::Failed(failure) => view! {
                {missing(&failure)
                    .then(|| {
                        view! {
                            <p>
                                <a class="link alone" href="/settings/payments">
                                    {text::set_up_payments()}
                                </a>
                            </p>
                        }
                    })}
                <Banner tone=Tone::Warning>{failure.detail_of_all()}</Banner>
            }
            .into_any(),
        }}
        <div class="end">
            <Button on_press=move |()| open.set(false)>{text::close()}</Button>
        </div>
    }
}
