//! What an invoice charges ahead, and which months earn it.

use client::{format, load};
use contract::{
    invoices::{Invoice, InvoiceLine},
    ledger::{DeferredMonth, InvoiceDeferrals},
};
use domain::{periods::Month, permissions::Permission};
use kit::{Card, Column, SkeletonRows, Status, Table, Tone, faces};
use leptos::prelude::*;

use super::{may, text};

/// The months that earn what an issued invoice charges ahead; nothing where it charges nothing ahead.
pub(super) fn of(invoice: &Invoice, lines: &[InvoiceLine]) -> Option<impl IntoView + use<>> {
    let end = Month::of(invoice.period_start).period().end();
    let is_ahead = lines.iter().any(|line| line.service_end > end);
    let shown = is_ahead && invoice.status.is_issued() && may(Permission::LedgerRead);
    let path = format!("/msp/invoices/{}/deferrals", invoice.id);
    shown.then(|| {
        let found = load::<InvoiceDeferrals>(move || Some(path.clone()));
        view! {
            <Card title=text::charged_ahead() note=text::charged_ahead_note()>
                {faces(found, || view! { <SkeletonRows rows=3 /> }, table)}
            </Card>
        }
    })
}

fn table(found: InvoiceDeferrals) -> impl IntoView {
    let row = |month: DeferredMonth| {
        let (tone, word) = if month.recognized {
            (Tone::Ok, text::earned())
        } else {
            (Tone::Skipped, text::not_earned_yet())
        };
        view! {
            <tr>
                <th scope="row">{format::month(month.period)}</th>
                <td><Status tone word /></td>
                <td class="r">{format::money(month.amount)}</td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::charged_ahead()
            columns=vec![
                Column::text(text::month()),
                Column::text(text::status()),
                Column::figures(text::amount()),
            ]
        >
            {found.months.into_iter().map(row).collect_view()}
            <tr class="sum">
                <th scope="row">{text::still_deferred()}</th>
                <td></td>
                <td class="r">{format::money(found.deferred)}</td>
            </tr>
        </Table>
    }
}
