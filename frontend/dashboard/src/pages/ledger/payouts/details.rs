//! One payout, and what is in it.

use address::{go, use_query};
use client::{Remote, format, load, load_once};
use contract::payouts::{Payout, PayoutContents, PayoutItem, PayoutSum};
use domain::{money::Money, payouts::PayoutStatus};
use kit::{Banner, Column, Drawer, SkeletonRows, SkeletonText, Table, Tone, faces};
use leptos::prelude::*;

use super::{Filter, state, text};

/// The payout that the address names.
#[component]
pub fn Details(filter: Memo<Filter>) -> impl IntoView {
    let query = use_query();
    let wanted =
        Memo::new(move |_| query.with(|query| query.get("payout")).filter(|wanted| !wanted.is_empty()));
    let payout = load::<Payout>(move || Some(format!("/msp/payments/payouts/{}", wanted.get()?)));
    let title = Signal::derive(move || {
        payout.state.with(|state| match state {
            Remote::Ready(payout) => text::payout_of(&format::money(payout.amount)),
            Remote::Loading | Remote::Failed(_) => text::payout().to_owned(),
        })
    });
    view! {
        <Drawer
            id="payout"
            title
            open=Signal::derive(move || wanted.with(Option::is_some))
            on_close=move |()| go(&filter.get_untracked().address(""))
        >
            {faces(payout, || view! { <SkeletonText /> }, |payout| view! { <Facts payout /> })}
        </Drawer>
    }
}

#[component]
fn Facts(payout: Payout) -> impl IntoView {
    let back = match payout.status {
        PayoutStatus::Failed => Some(view! { <Banner tone=Tone::Error>{text::failed_means()}</Banner> }),
        PayoutStatus::Canceled => {
            Some(view! { <Banner tone=Tone::Warning>{text::canceled_means()}</Banner> })
        }
        PayoutStatus::Pending | PayoutStatus::InTransit | PayoutStatus::Paid => None,
    };
    let row = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
    };
    let (id, automatic) = (payout.id, payout.automatic);
    view! {
        {back}
        <dl class="kv">
            <dt>{text::state()}</dt>
            <dd>{state(payout.status)}</dd>
            {row(text::why(), payout.failure)}
            {row(text::arrives(), Some(format::day(payout.arrives_on)))}
            {row(text::made(), Some(format::instant(payout.created_at)))}
            {row(text::statement_says(), payout.statement_descriptor)}
            {row(text::method(), (payout.method != "standard").then_some(payout.method))}
            <dt>{text::reference()}</dt>
            <dd class="code reference">{payout.reference}</dd>
        </dl>
        <h3>{text::contents()}</h3>
        {if automatic {
            // Stripe is asked: once, whatever else happens meanwhile.
            let found = load_once::<
                PayoutContents,
            >(move || Some(format!("/msp/payments/payouts/{id}/contents")));
            faces(found, || view! { <SkeletonRows rows=4 /> }, contents).into_any()
        } else {
            view! { <p class="mut">{text::not_itemised()}</p> }.into_any()
        }}
    }
}

fn contents(found: PayoutContents) -> impl IntoView {
    let PayoutContents { sums, unexplained, items } = found;
    let left = unexplained.amount_minor() != 0;
    let left = left.then(|| {
        let amount = format::money(unexplained);
        view! { <Banner tone=Tone::Warning>{text::unexplained(&amount)}</Banner> }
    });
    view! {
        {left}
        <Table
            caption=text::made_of()
            columns=vec![Column::text(text::what()), Column::figures(text::kept()), Column::figures(text::in_payout())]
        >
            {sums.into_iter().map(sum).collect_view()}
        </Table>
        <h3>{text::each()}</h3>
        <Table
            caption=text::each()
            columns=vec![Column::text(text::what()), Column::figures(text::kept()), Column::figures(text::in_payout())]
        >
            {items.into_iter().map(item).collect_view()}
        </Table>
    }
}

/// What was kept: by Stripe, and by the platform.
fn kept(provider: Money, platform: Money) -> Option<String> {
    let both = provider.checked_add(platform).ok()?;
    (both.amount_minor() != 0).then(|| format::money(both))
}

fn sum(sum: PayoutSum) -> impl IntoView {
    let shares = (sum.platform_fee.amount_minor() != 0).then(|| {
        let (provider, platform) = (format::money(sum.provider_fee), format::money(sum.platform_fee));
        view! { <div class="sub">{text::shares(&provider, &platform)}</div> }
    });
    view! {
        <tr>
            <th scope="row">
                {text::kind(sum.kind)}
                <div class="sub">{text::of_amount(&format::whole(sum.count), &format::money(sum.amount))}</div>
                {shares}
            </th>
            <td class="r">{kept(sum.provider_fee, sum.platform_fee)}</td>
            <td class="r">{format::money(sum.net)}</td>
        </tr>
    }
}

fn item(item: PayoutItem) -> impl IntoView {
    let what = match (item.payment, item.payout_id) {
        (Some(paid), _) => view! {
            <div class="whose">
                <a class="link alone" href=format!("/invoices/{}", paid.invoice_id)>
                    {paid.invoice_number}
                </a>
                <a class="link alone" href=format!("/customers/{}", paid.customer_id)>
                    {paid.customer_name}
                </a>
            </div>
        }
        .into_any(),
        (None, Some(payout)) => {
            let href = Filter::default().address(&payout.to_string());
            view! { <a class="link alone" href=href>{text::earlier_payout()}</a> }.into_any()
        }
        (None, None) => {
            let words = item.description.unwrap_or_else(|| item.provider_kind.replace('_', " "));
            view! { <div class="sub">{words}</div> }.into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">
                {text::kind(item.kind)} " " <span class="sub">{format::day(format::day_of(item.created_at))}</span>
                {what}
            </th>
            <td class="r">{kept(item.provider_fee, item.platform_fee)}</td>
            <td class="r">{format::money(item.net)}</td>
        </tr>
    }
}
