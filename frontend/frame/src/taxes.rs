//! The taxes of an invoice: how they lead from its lines to its total, and what is said where there are none.

use client::format;
use domain::{
    money::Money,
    tax::{PriceMode, TaxAmount, TaxTreatment, Taxes},
};
use leptos::prelude::*;

use crate::text;

/// A tax by its name, its rate and what it is on.
fn named(tax: &TaxAmount, prices: PriceMode) -> String {
    let percent = text::percent(&format::exact(tax.percent.decimal()));
    let base = format::money(tax.base);
    match prices {
        PriceMode::Exclusive => text::tax_of(&tax.name, &percent, &base),
        PriceMode::Inclusive => text::tax_in(&tax.name, &percent, &base),
    }
}

/// Labels and amounts: what the invoice comes to without tax, and each tax. Nothing where there is none.
pub fn tax_rows(total: Money, taxes: Option<&Taxes>) -> Vec<(String, Money)> {
    let Some(taxes) = taxes.filter(|taxes| !taxes.amounts.is_empty()) else { return Vec::new() };
    let sum = taxes.sum(total.currency()).ok();
    let net = sum.and_then(|sum| total.checked_sub(sum).ok()).map(|net| (text::net().to_owned(), net));
    let each = taxes.amounts.iter().map(|tax| (named(tax, taxes.prices), tax.amount));
    net.into_iter().chain(each).collect()
}

/// Why there is no tax, where the customer has to know.
pub fn tax_note(taxes: Option<&Taxes>) -> Option<String> {
    let taxes = taxes?;
    match (taxes.treatment, &taxes.exempt) {
        (TaxTreatment::ReverseCharge, _) => Some(text::reverse_charge().to_owned()),
        (TaxTreatment::Exempt, Some(reason)) => Some(text::tax_exempt(reason)),
        _ => None,
    }
}

/// The same as rows of the table of lines: description, quantity, price, amount.
pub fn tax_table_rows(total: Money, taxes: Option<&Taxes>) -> AnyView {
    let row = |(label, amount): (String, Money)| {
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td class="r less"></td>
                <td class="r less"></td>
                <td class="r">{format::money(amount)}</td>
            </tr>
        }
    };
    tax_rows(total, taxes).into_iter().map(row).collect_view().into_any()
}
