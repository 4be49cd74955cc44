//! What stands in the accounts: the trial balance.

use address::use_query;
use client::{format, load};
use contract::ledger::{AccountBalance, TrialBalance};
use domain::money::{Currency, Money};
use kit::{Card, Column, EmptyState, Icon, SkeletonRows, Table, faces};
use leptos::prelude::*;

use super::{AsOf, address_of, at_day, currencies, debit_and_credit, text};

#[component]
pub fn Balances() -> impl IntoView {
    let query = use_query();
    let balances =
        load::<TrialBalance>(move || Some(query.with(|query| at_day("/msp/ledger/balances", query))));
    view! {
        <AsOf />
        <Card title=text::balances() note=text::balances_note()>
            {faces(balances, || view! { <SkeletonRows rows=5 /> }, table)}
        </Card>
    }
}

fn table(found: TrialBalance) -> impl IntoView {
    let accounts = found.accounts;
    if accounts.is_empty() {
        let (title, detail) = if found.on < format::today() {
            (text::nothing_booked_then(), text::nothing_booked_then_detail())
        } else {
            (text::nothing_booked(), text::nothing_booked_detail())
        };
        return view! { <EmptyState title detail sign=Icon::Money /> }.into_any();
    }
    let of = |currency: Currency| {
        let balances: Vec<_> =
            accounts.iter().filter(|one| one.balance.currency() == currency).cloned().collect();
        view! {
            {balances.iter().map(row).collect_view()}
            {sum(currency, &balances)}
        }
    };
    let rows = currencies(accounts.iter().map(|one| one.balance)).into_iter().map(of).collect_view();
    view! {
        <Table
            caption=text::balances()
            columns=vec![
                Column::text(text::account()),
                Column::figures(text::debit()),
                Column::figures(text::credit()),
            ]
        >
            {rows}
        </Table>
    }
    .into_any()
}

fn row(one: &AccountBalance) -> impl IntoView + use<> {
    let mut query = address_of("transactions");
    query.set("account", one.account.to_string());
    let (debit, credit) = debit_and_credit(one.balance);
    view! {
        <tr class="to">
            <th scope="row">
                <a class="row-link" href=format!("/ledger{query}")>
                    {text::account_name(one.account)}
                </a>
            </th>
            <td class="r">{debit}</td>
            <td class="r">{credit}</td>
        </tr>
    }
}

/// Debits and credits of a currency.
fn sum(currency: Currency, balances: &[AccountBalance]) -> impl IntoView + use<> {
    let of = |is_debit: bool| {
        let amounts = balances.iter().map(|one| one.balance);
        let amounts = amounts.filter(|amount| (amount.amount_minor() > 0) == is_debit);
        let amounts = amounts.map(|amount| Money::new(amount.amount_minor().saturating_abs(), currency));
        Money::sum(currency, amounts).map_or_else(|_| "–".to_owned(), format::money)
    };
    view! {
        <tr class="sum">
            <th scope="row">{text::all_in(currency.code())}</th>
            <td class="r">{of(true)}</td>
            <td class="r">{of(false)}</td>
        </tr>
    }
}
