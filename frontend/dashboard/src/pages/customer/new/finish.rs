//! The customer is taken on; somebody is still to be invited. Should that fail, it can be tried again without taking
//! anybody on twice.

use address::replace;
use client::{Failure, spawn, use_client};
use contract::{customers::Customer, team::CreateInvitation};
use kit::{Button, ButtonKind, Card, Icon, LinkButton, SkeletonText, focus_heading, icon, use_toasts};
use leptos::prelude::*;

use super::text;

/// A customer that was taken on, and whom to invite.
#[derive(Clone)]
pub struct Taken {
    pub customer: Customer,
    pub invitation: CreateInvitation,
}

#[component]
pub fn Finish(taken: Taken) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let Taken { customer, invitation } = taken;
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let address = format!("/customers/{}", customer.code);
    // Tried again, it is the same request: an invitation that did arrive is not sent twice.
    let request = client.post(format!("/msp/customers/{}/invitations", customer.id)).body(&invitation);
    let invite = StoredValue::new_local({
        let (address, name) = (address.clone(), customer.company_name.clone());
        move || {
            let request = request.clone();
            let (address, name) = (address.clone(), name.clone());
            busy.set(true);
            spawn(async move {
                let done = request.done().await;
                busy.try_set(false);
                match done {
                    Ok(()) => {
                        toasts.say(text::taken_on(&name));
                        replace(&address);
                    }
                    Err(Failure::SessionEnded) => {}
                    Err(found) => {
                        failure.try_set(Some(found));
                        focus_heading();
                    }
                }
            });
        }
    });
    invite.with_value(|invite| invite());
    let email = invitation.email;
    let waiting = text::inviting(&email);
    move || {
        match failure.get() {
        None => view! {
            <Card title=waiting.clone()>
                <SkeletonText />
            </Card>
        }
        .into_any(),
        Some(failure) => view! {
            <section class="card">
                <div class="state" role="alert">
                    {icon(Icon::Mail, 28)} <h2>{text::invitation_failed(&email)}</h2> <p>{failure.detail_of_all()}</p>
                    <p>{text::invitation_failed_detail(&customer.company_name)}</p>
                    <div class="do">
                        <Button kind=ButtonKind::Primary busy on_press=move |()| invite.with_value(|invite| invite())>
                            {text::again()}
                        </Button>
                        <LinkButton href=format!("{address}?tab=users")>{text::go_to_customer()}</LinkButton>
                    </div>
                </div>
            </section>
        }
        .into_any(),
    }
    }
}
