//! What a customer's next invoice comes to: one for all that is billed in a currency.

use client::{format, load, use_client};
use contract::subscriptions::{Subscription, UpcomingInvoice, UpcomingLine};
use domain::{
    ids::SubscriptionId, money::Money, periods::Month, permissions::Permission,
    subscriptions::SubscriptionStatus,
};
use frame::{headings, tax_rows};
use kit::{Card, LinkButton, SkeletonRows, faces};
use leptos::prelude::*;

use super::text;

/// What comes on one invoice: subscriptions with the names of their plans.
pub type Together = Vec<(SubscriptionId, String)>;

/// The invoices of the running month: of what has begun, by currency.
pub fn invoices(present: &[Subscription]) -> Vec<Together> {
    let mut found: Vec<(_, Together)> = Vec::new();
    for it in present.iter().filter(|it| it.status != SubscriptionStatus::Scheduled) {
        let named = (it.id, it.plan_name.clone());
        match found.iter_mut().find(|(currency, _)| *currency == it.currency) {
            Some((_, together)) => together.push(named),
            None => found.push((it.currency, vec![named])),
        }
    }
    found.into_iter().map(|(_, together)| together).collect()
}

#[component]
pub fn Next(code: String, of: Together) -> impl IntoView {
    let path = of.first().map(|(id, _)| format!("/msp/subscriptions/{id}/upcoming"));
    let upcoming = load::<UpcomingInvoice>(move || path.clone());
    let may_bill = use_client().session.with_untracked(|session| session.may(Permission::InvoicesWrite));
    let bill =
        may_bill.then(|| format!("/invoices/new?customer={code}&period={}", Month::of(format::today())));
    let (of, bill) = (StoredValue::new(of), StoredValue::new(bill));
    view! {
        <Card title=text::upcoming_invoice() note=text::upcoming_note()>
            {faces(
                upcoming,
                || view! { <SkeletonRows rows=3 /> },
                move |upcoming| of.with_value(|of| lines(upcoming, of, bill.get_value())),
            )}
        </Card>
    }
}

/// What the invoice of the running month comes to so far.
fn lines(upcoming: UpcomingInvoice, plans: &[(SubscriptionId, String)], bill: Option<String>) -> AnyView {
    let Some(total) = upcoming.total else {
        return view! { <p class="pad mut">{text::nothing_charged()}</p> }.into_any();
    };
    let (start, end) = (upcoming.period_start, upcoming.period_end);
    let row = move |line: UpcomingLine| {
        let part = (line.service_start, line.service_end) != (start, end);
        let days = part.then(|| {
            let last = line.service_end.pred_opt().unwrap_or(line.service_end);
            view! { <div class="sub">{text::days(&format::day(line.service_start), &format::day(last))}</div> }
        });
        view! {
            <li>
                <div>{line.line.description} {days}</div>
                <div class="r">{format::money(line.line.amount)}</div>
            </li>
        }
    };
    let above = headings(plans, upcoming.lines.iter().map(|line| line.subscription_id));
    let heading = |plan: String| {
        view! {
            <li class="part">
                <b>{plan}</b>
            </li>
        }
    };
    let rows = upcoming.lines.into_iter().zip(above);
    let rows = rows.map(|(line, above)| (above.map(heading), row(line))).collect_view();
    let taxes = tax_rows(total, upcoming.taxes.as_ref());
    let tax = |(label, amount): (String, Money)| {
        view! {
            <li>
                <div>{label}</div>
                <div class="r">{format::money(amount)}</div>
            </li>
        }
    };
    view! {
        <ul class="sums pad">
            {rows}
            {taxes.into_iter().map(tax).collect_view()}
            <li class="sum">
                <b>{text::so_far()}</b>
                <b class="r">{format::money(total)}</b>
            </li>
        </ul>
        {bill
            .map(|href| {
                view! {
                    <div class="pad">
                        <LinkButton href>{text::bill_now()}</LinkButton>
                    </div>
                }
            })}
    }
    .into_any()
}
