//! What a run would issue, before it does: every invoice, and what it changes against the month before.

use client::{format, paged};
use contract::invoices::DryInvoice;
use domain::{money::Money, periods::Month};
use frame::plan_names;
use kit::{Card, Column, EmptyState, Icon, Status, Table, Tone, listing};
use leptos::prelude::*;

use super::{period, text};

#[component]
pub fn DryRun(
    /// The month that would be billed.
    month: Memo<Month>,
) -> impl IntoView {
    let invoices = paged::<DryInvoice>(move || {
        Some(format!("/msp/invoice-runs/preview?limit=50&period={}", month.get()))
    });
    let none = || {
        view! { <EmptyState title=text::dry_run_nothing() detail=text::dry_run_nothing_detail() sign=Icon::Invoice /> }
    };
    view! {
        <Card title=text::dry_run() note=text::dry_run_note()>
            {listing(invoices, none, move |rows| table(month, rows))}
        </Card>
    }
}

fn table(month: Memo<Month>, rows: Signal<Vec<DryInvoice>>) -> impl IntoView {
    let row = move |invoice: DryInvoice| {
        let whole = month.get_untracked().period();
        let days = (invoice.period_start, invoice.period_end);
        let plans = plan_names(&invoice.subscriptions);
        let part = (days != (whole.start(), whole.end())).then(|| period(days.0, days.1));
        let figures = match (invoice.total, invoice.problem) {
            (Some(total), _) => view! {
                <td class="r less">{invoice.before.map_or_else(|| "–".to_owned(), format::money)}</td>
                <td class="r less">{change(invoice.before, total)}</td>
                <td class="r">{format::money(total)}</td>
            }
            .into_any(),
            (None, problem) => view! {
                <td colspan="3">
                    <Status tone=Tone::Error word=text::dry_run_set_aside() />
                    <div class="sub">{problem}</div>
                </td>
            }
            .into_any(),
        };
        view! {
            <tr class="to">
                <th scope="row" class="who-cell">
                    <a class="row-link" href=format!("/customers/{}?tab=subscription", invoice.customer_code)>
                        {invoice.customer_name}
                    </a>
                    <span class="code">{invoice.customer_code}</span>
                    <div class="sub">{plans} {part.map(|part| format!(" · {part}"))}</div>
                    {invoice.held.then(|| view! { <Status tone=Tone::Skipped word=text::on_hold() /> })}
                </th>
                {figures}
            </tr>
        }
    };
    view! {
        <Table
            caption=text::dry_run()
            columns=vec![
                Column::text(text::customer()),
                Column::figures(text::month_before()).less(),
                Column::figures(text::difference()).less(),
                Column::figures(text::total()),
            ]
        >
            <For each=move || rows.get() key=|invoice| (invoice.customer_id, invoice.total, invoice.problem.clone(), invoice.held) let:invoice>
                {row(invoice)}
            </For>
        </Table>
    }
}

/// What changes against the month before, with its sign.
fn change(before: Option<Money>, total: Money) -> String {
    let change = before.and_then(|before| total.amount_minor().checked_sub(before.amount_minor()));
    match change {
        None => text::dry_run_new().to_owned(),
        Some(0) => "–".to_owned(),
        Some(minor) => {
            let written = format::money(Money::new(minor, total.currency()));
            if minor > 0 { format!("+{written}") } else { written }
        }
    }
}
