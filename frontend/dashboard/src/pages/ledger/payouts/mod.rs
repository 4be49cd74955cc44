//! What the account has at Stripe, and how it reaches the bank.

mod details;
mod text;

use address::{Query, go, use_query};
use chrono::NaiveDate;
use client::{Remote, format, load_once, paged, spawn, use_client};
use contract::payouts::{BalanceHolding, PaymentBalance, Payout};
use domain::{payouts::PayoutStatus, permissions::Permission};
use kit::{
    Banner, Button, Card, Column, EmptyState, Icon, LinkButton, SkeletonRows, Status, Table, Tone, faces,
    listing, use_toasts,
};
use leptos::prelude::*;

use self::details::Details;
use super::address_of;
use crate::pages::filter_fields::{Day, Select, day_in, set_days};

/// What is wanted; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    status: Option<PayoutStatus>,
    from: Option<NaiveDate>,
    /// The last day, inclusive.
    until: Option<NaiveDate>,
}

impl Filter {
    fn read(query: &Query) -> Self {
        Self {
            status: query.get("status").unwrap_or_default().parse().ok(),
            from: day_in(query, "from"),
            until: day_in(query, "until"),
        }
    }

    fn status(&self) -> String {
        self.status.map(|status| status.to_string()).unwrap_or_default()
    }

    /// The address of the page, with one payout open on it or none.
    fn address(&self, payout: &str) -> String {
        let mut query = address_of("payouts");
        query.set("status", self.status());
        for (name, day) in [("from", self.from), ("until", self.until)] {
            query.set(name, day.map(|day| day.to_string()).unwrap_or_default());
        }
        query.set("payout", payout);
        format!("/ledger{query}")
    }

    /// What the server is asked.
    fn path(&self) -> String {
        let mut query = Query::new();
        query.set("status", self.status());
        set_days(&mut query, self.from, self.until);
        format!("/msp/payments/payouts{query}")
    }
}

fn state(status: PayoutStatus) -> impl IntoView {
    let tone = match status {
        PayoutStatus::Pending | PayoutStatus::InTransit => Tone::Running,
        PayoutStatus::Paid => Tone::Ok,
        PayoutStatus::Failed => Tone::Error,
        PayoutStatus::Canceled => Tone::Skipped,
    };
    view! { <Status tone word=text::status(status) /> }
}

#[component]
pub fn PayoutsTab() -> impl IntoView {
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    // Each answer is a question to Stripe: it is not asked again whenever something happens here.
    let balance = load_once::<PaymentBalance>(|| Some("/msp/payments/balance".to_owned()));
    let payouts = paged::<Payout>(move || Some(filter.with(Filter::path)));
    let unconnected = Memo::new(move |_| {
        balance.state.with(|state| {
            matches!(state, Remote::Failed(failure) if ["payments_not_connected", "payments_not_configured"].contains(&failure.code()))
        })
    });
    let asked = move |()| balance.reload();
    view! {
        {move || {
            if unconnected.get() {
                return view! { <Card title=text::balance()><NotConnected /></Card> }.into_any();
            }
            view! {
                <Card title=text::balance() note=text::balance_note() actions=move || view! { <Ask on_done=asked /> }>
                    {faces(balance, || view! { <SkeletonRows rows=2 /> }, holdings)}
                </Card>
            }
                .into_any()
        }}
        <Filters filter />
        <Card title=text::payouts() note=text::payouts_note()>
            {listing(payouts, move || filter.with_untracked(none), move |rows| table(rows, filter))}
        </Card>
        <Details filter />
    }
}

#[component]
fn NotConnected() -> impl IntoView {
    let client = use_client();
    let may_see = client.session.with_untracked(|session| session.may(Permission::PaymentSetupRead));
    view! {
        <EmptyState title=text::not_connected() detail=text::not_connected_detail() sign=Icon::Money>
            {may_see
                .then(|| view! { <LinkButton href="/settings/payments">{text::payment_account()}</LinkButton> })}
        </EmptyState>
    }
}

/// Has Stripe asked for payouts and balance now.
#[component]
fn Ask(#[prop(into)] on_done: Callback<()>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let may = client.session.with_untracked(|session| session.may(Permission::PaymentSetupWrite));
    let ask = move |()| {
        busy.set(true);
        spawn(async move {
            let done = client.post("/msp/payments/payouts/refresh").done().await;
            busy.try_set(false);
            match done {
                Ok(()) => on_done.run(()),
                Err(failure) => toasts.say(failure.detail()),
            }
        });
    };
    may.then(|| view! { <Button small=true busy on_press=ask>{text::ask()}</Button> })
}

fn holdings(balance: PaymentBalance) -> impl IntoView {
    let PaymentBalance { read_at, holdings, other_currencies } = balance;
    let one = |held: BalanceHolding| {
        let code = held.available.currency().code();
        let kpi = |name: String, amount: String, note: String| {
            view! {
                <div class="kpi">
                    <dt>{name}</dt>
                    <dd>
                        <b>{amount}</b>
                        <span class="dim">{note}</span>
                    </dd>
                </div>
            }
        };
        let below = held.available.amount_minor() < 0;
        let note = if below { text::below_zero() } else { text::available_means() };
        view! {
            {kpi(text::available(code), format::money(held.available), note.to_owned())}
            {kpi(text::pending(code), format::money(held.pending), text::pending_means().to_owned())}
        }
    };
    let none = holdings.is_empty().then(|| view! { <p class="pad mut">{text::nothing_held()}</p> });
    let others = (!other_currencies.is_empty()).then(|| {
        view! { <Banner tone=Tone::Warning>{text::other_currencies(&other_currencies.join(", "))}</Banner> }
    });
    view! {
        {others}
        {none}
        <dl class="kpis">{holdings.into_iter().map(one).collect_view()}</dl>
        <p class="pad dim">{text::read_at(&format::instant(read_at))}</p>
    }
}

#[component]
fn Filters(filter: Memo<Filter>) -> impl IntoView {
    let change = move |set: &dyn Fn(&mut Filter)| {
        let mut wanted = filter.get_untracked();
        set(&mut wanted);
        go(&wanted.address(""));
    };
    let states = Signal::derive(|| {
        let known = PayoutStatus::ALL.iter().map(|one| (one.to_string(), text::status(*one).to_owned()));
        std::iter::once((String::new(), text::any_status().to_owned())).chain(known).collect::<Vec<_>>()
    });
    view! {
        <form class="filters" on:submit=|event| event.prevent_default()>
            <Select
                id="filter-status"
                label=text::state()
                options=states
                value=Signal::derive(move || filter.with(Filter::status))
                on_change=move |status: String| change(&|filter| filter.status = status.parse().ok())
            />
            <Day
                id="filter-from"
                label=text::arrives_from()
                value=Signal::derive(move || filter.with(|filter| filter.from))
                on_change=move |day| change(&|filter| filter.from = day)
            />
            <Day
                id="filter-until"
                label=text::arrives_until()
                value=Signal::derive(move || filter.with(|filter| filter.until))
                on_change=move |day| change(&|filter| filter.until = day)
            />
            {move || {
                filter
                    .with(|filter| *filter != Filter::default())
                    .then(|| {
                        let all = Filter::default().address("");
                        view! { <LinkButton href=all>{text::clear()}</LinkButton> }
                    })
            }}
        </form>
    }
}

fn none(filter: &Filter) -> impl IntoView + use<> {
    if *filter == Filter::default() {
        return view! { <EmptyState title=text::no_payouts() detail=text::no_payouts_detail() sign=Icon::Money /> }
            .into_any();
    }
    view! {
        <EmptyState title=text::none_found() detail=text::none_found_detail() sign=Icon::Search>
            <LinkButton href=Filter::default().address("")>{text::clear()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

fn table(rows: Signal<Vec<Payout>>, filter: Memo<Filter>) -> impl IntoView {
    view! {
        <Table
            caption=text::payouts()
            columns=vec![
                Column::text(text::arrives()),
                Column::text(text::state()),
                Column::text(text::reference()).less(),
                Column::figures(text::amount()),
            ]
        >
            // A payout moves on: its row is another one then.
            <For each=move || rows.get() key=|payout| (payout.id, payout.status, payout.arrives_on) let:payout>
                <tr class="to">
                    <th scope="row" class="when">
                        <a class="row-link" href=move || filter.with(|filter| filter.address(&payout.id.to_string()))>
                            {format::day(payout.arrives_on)}
                        </a>
                    </th>
                    <td>
                        {state(payout.status)}
                        {payout.failure.map(|why| view! { <div class="sub">{why}</div> })}
                    </td>
                    <td class="less code reference">{payout.reference}</td>
                    <td class="r">{format::money(payout.amount)}</td>
                </tr>
            </For>
        </Table>
    }
}
