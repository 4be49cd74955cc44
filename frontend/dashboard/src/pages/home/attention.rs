//! What needs a decision, each with the one thing that helps.

use std::collections::BTreeSet;

use client::{format, spawn, use_client};
use contract::portfolio::Attention;
use domain::{
    ids::{CustomerId, InvoiceId, PayoutId},
    limits::share,
    permissions::Permission,
};
use kit::{Button, ButtonKind, Card, Dialog, LinkButton, Status, Tone, use_toasts};
use leptos::prelude::*;

use crate::text;

/// How many things there are to decide, those included that are only counted.
pub fn count(attention: &[Attention]) -> i64 {
    attention.iter().map(|item| if let Attention::More { count, .. } = item { *count } else { 1 }).sum()
}

/// How many customers something is to be decided about; not known where some things are only counted.
pub fn troubled(attention: &[Attention]) -> Option<i64> {
    if attention.iter().any(|item| matches!(item, Attention::More { .. })) {
        return None;
    }
    let customers: BTreeSet<_> = attention.iter().filter_map(customer).collect();
    i64::try_from(customers.len()).ok()
}

fn customer(item: &Attention) -> Option<CustomerId> {
    match item {
        Attention::InvoiceOverdue { customer_id, .. }
        | Attention::DisputeOpen { customer_id, .. }
        | Attention::PaymentFailed { customer_id, .. }
        | Attention::LimitExceeded { customer_id, .. }
        | Attention::TrialEnding { customer_id, .. }
        | Attention::NotSubscribed { customer_id, .. } => Some(*customer_id),
        Attention::PayoutFailed { .. }
        | Attention::DraftsWaiting { .. }
        | Attention::InvitationsUnanswered { .. }
        | Attention::More { .. } => None,
    }
}

/// An invoice that may be sent again.
#[derive(Clone)]
struct Invoice {
    id: InvoiceId,
    number: String,
    company: String,
}

/// What helps.
enum Help {
    Send(Invoice),
    Invoice(InvoiceId),
    Payout(PayoutId),
    Open { customer: CustomerId, tab: &'static str, label: &'static str },
    List { href: &'static str, label: &'static str, needs: Permission },
    Nothing,
}

/// A thing to decide, as it is shown.
struct Row {
    tone: Tone,
    what: String,
    about: String,
    /// What is at stake, and how long it has been.
    stake: Option<(String, String)>,
    help: Help,
}

fn row(item: Attention) -> Row {
    match item {
        Attention::InvoiceOverdue { invoice_id, number, company_name, total, due_on, .. } => Row {
            tone: Tone::Error,
            what: text::overdue(&number),
            about: company_name.clone(),
            stake: Some((format::money(total), text::due(&format::relative_day(due_on)))),
            help: Help::Send(Invoice { id: invoice_id, number, company: company_name }),
        },
        Attention::DisputeOpen { invoice_id, number, company_name, amount, due_by, .. } => Row {
            tone: Tone::Error,
            what: text::disputed(&number),
            about: company_name,
            stake: Some((
                format::money(amount),
                due_by.map(|due| text::answer_by(&format::relative(due))).unwrap_or_default(),
            )),
            help: Help::Invoice(invoice_id),
        },
        Attention::PayoutFailed { payout_id, amount, reason, arrives_on } => Row {
            tone: Tone::Error,
            what: text::payout_failed().to_owned(),
            about: reason.unwrap_or_default(),
            stake: Some((format::money(amount), text::expected(&format::day(arrives_on)))),
            help: Help::Payout(payout_id),
        },
        Attention::PaymentFailed { invoice_id, number, company_name, reason, failed_at, .. } => Row {
            tone: Tone::Error,
            what: text::payment_failed(&number),
            about: format!("{company_name} · {}", text::failed(&reason, &format::relative(failed_at))),
            stake: None,
            help: Help::Send(Invoice { id: invoice_id, number, company: company_name }),
        },
        Attention::LimitExceeded { customer_id, company_name, limit, allowed, used } => Row {
            tone: Tone::Warning,
            what: text::limit_exceeded(&limit),
            about: company_name,
            stake: Some((
                text::used_of(&format::quantity(used), &format::whole(i64::from(allowed))),
                share(used, allowed).map(text::used_share).unwrap_or_default(),
            )),
            help: Help::Open { customer: customer_id, tab: "limits", label: text::review_limits() },
        },
        Attention::TrialEnding { customer_id, company_name, ends_on } => Row {
            tone: Tone::Warning,
            what: text::trial_ending().to_owned(),
            about: company_name,
            stake: Some((format::day(ends_on), text::ends_when(&format::relative_day(ends_on)))),
            help: Help::Open {
                customer: customer_id,
                tab: "subscription",
                label: text::review_subscription(),
            },
        },
        Attention::NotSubscribed { customer_id, company_name } => Row {
            tone: Tone::Warning,
            what: text::not_subscribed().to_owned(),
            about: format!("{company_name} · {}", text::not_subscribed_detail()),
            stake: None,
            help: Help::Open {
                customer: customer_id,
                tab: "subscription",
                label: text::review_subscription(),
            },
        },
        Attention::DraftsWaiting { waiting, held } => Row {
            tone: Tone::Warning,
            what: text::drafts_waiting().to_owned(),
            about: text::drafts_waiting_about(&format::whole(waiting), &format::whole(held)),
            stake: None,
            help: Help::List {
                href: "/invoices?status=draft",
                label: text::show_drafts(),
                needs: Permission::InvoicesRead,
            },
        },
        Attention::InvitationsUnanswered { open, expired } => Row {
            tone: Tone::Missing,
            what: text::invitations().to_owned(),
            about: text::invitations_about(&format::whole(open), &format::whole(expired)),
            stake: None,
            help: Help::List {
                href: "/settings/team",
                label: text::review_invitations(),
                needs: Permission::UsersRead,
            },
        },
        Attention::More { of, count } => Row {
            tone: Tone::Missing,
            what: text::more(&of, count),
            about: String::new(),
            stake: None,
            help: all_of(&of),
        },
    }
}

/// Where all of a kind are listed, where they are.
fn all_of(kind: &str) -> Help {
    match kind {
        "invoice_overdue" => Help::List {
            href: "/invoices?overdue=true",
            label: text::show_overdue(),
            needs: Permission::InvoicesRead,
        },
        "payment_failed" => {
            Help::List { href: "/invoices", label: text::show_invoices(), needs: Permission::InvoicesRead }
        }
        "trial_ending" => Help::List {
            href: "/customers?status=trial",
            label: text::show_trials(),
            needs: Permission::CustomersRead,
        },
        "not_subscribed" | "limit_exceeded" => Help::List {
            href: "/customers?status=active",
            label: text::show_active(),
            needs: Permission::CustomersRead,
        },
        _ => Help::Nothing,
    }
}

/// The queue.
#[component]
pub fn Decisions(attention: Vec<Attention>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let asked = RwSignal::new(None::<Invoice>);
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let may_send = client.session.with_untracked(|session| session.may(Permission::InvoicesWrite));

    let help = move |help: Help| {
        match help {
        Help::Send(invoice) if may_send => {
            let ask = move |()| {
                asked.set(Some(invoice.clone()));
                open.set(true);
            };
            view! { <Button small=true on_press=ask>{text::send_again()}</Button> }.into_any()
        }
        Help::Invoice(id) if client.session.with_untracked(|session| session.may(Permission::InvoicesRead)) => {
            view! { <LinkButton small=true href=format!("/invoices/{id}")>{text::show_payment()}</LinkButton> }.into_any()
        }
        Help::Payout(id) if client.session.with_untracked(|session| session.may(Permission::LedgerRead)) => {
            let href = format!("/ledger?tab=payouts&payout={id}");
            view! { <LinkButton small=true href=href>{text::show_payout()}</LinkButton> }.into_any()
        }
        Help::Open { customer, tab, label } => {
            view! { <LinkButton small=true href=format!("/customers/{customer}?tab={tab}")>{label}</LinkButton> }.into_any()
        }
        Help::List { href, label, needs } if client.session.with_untracked(|session| session.may(needs)) => {
            view! { <LinkButton small=true href=href>{label}</LinkButton> }.into_any()
        }
        Help::Send(_) | Help::Invoice(_) | Help::Payout(_) | Help::List { .. } | Help::Nothing => ().into_any(),
    }
    };
    let item = move |item: Attention| {
        let row = row(item);
        let word = if row.tone == Tone::Error { text::wrong() } else { text::warning() };
        view! {
            <li>
                <Status tone=row.tone word sign_only=true />
                <div>
                    <div class="what">{row.what}</div>
                    <div class="about">{row.about}</div>
                </div>
                <div class="risk">{row.stake.map(|(what, since)| view! { <b>{what}</b> {since} })}</div>
                <div class="do">{help(row.help)}</div>
            </li>
        }
    };
    let send = move |()| {
        let Some(invoice) = asked.get_untracked() else { return };
        busy.set(true);
        spawn(async move {
            let done = client.post(format!("/msp/invoices/{}/send", invoice.id)).done().await;
            busy.try_set(false);
            open.try_set(false);
            match done {
                Ok(()) => toasts.say(text::sent(&invoice.number)),
                Err(failure) => toasts.say(failure.detail()),
            }
        });
    };
    let list = if attention.is_empty() {
        view! {
            <div class="calm">
                <Status tone=Tone::Ok word=text::nothing_to_decide() />
                <span class="dim">{text::nothing_to_decide_detail()}</span>
            </div>
        }
        .into_any()
    } else {
        view! { <ul class="queue">{attention.into_iter().map(item).collect_view()}</ul> }.into_any()
    };
    view! {
        <div>
            <Card title=text::needs_decision() note=text::needs_decision_note()>
                {list}
            </Card>
            {move || {
                asked
                    .get()
                    .map(|invoice| {
                        view! {
                            <Dialog id="send-again" title=text::send_again_title(&invoice.number) open>
                                <p class="mut">{text::send_again_detail(&invoice.company)}</p>
                                <div class="end">
                                    <Button on_press=move |()| open.set(false)>{text::cancel()}</Button>
                                    <Button kind=ButtonKind::Primary busy=busy on_press=send>
                                        {text::send()}
                                    </Button>
                                </div>
                            </Dialog>
                        }
                    })
            }}
        </div>
    }
}
