//! How tax is told on documents.

use domain::{
    decimals::DecimalString,
    money::Money,
    tax::{PriceMode, TaxTreatment, Taxes},
};

use crate::{AppError, Result};

/// What leads from the lines to the total: what it comes to without tax, then each tax by name, rate and amount.
pub(crate) fn totals<'a>(
    total: Money,
    tax: Money,
    prices: PriceMode,
    taxes: impl Iterator<Item = (&'a str, DecimalString, Option<Money>, Money)>,
) -> Result<Vec<(String, String)>> {
    let net = total.checked_sub(tax).map_err(AppError::internal)?;
    let included = match prices {
        PriceMode::Inclusive => " (included)",
        PriceMode::Exclusive => "",
    };
    let rows = taxes.map(|(name, percent, base, amount)| {
        let base = base.map(|base| format!(" on {base}")).unwrap_or_default();
        (format!("{name} {percent} %{base}{included}"), amount.to_string())
    });
    let mut rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        rows.insert(0, ("Net".to_owned(), net.to_string()));
    }
    Ok(rows)
}

/// What the law wants to be written where a customer pays no tax.
pub(crate) fn note(taxes: &Taxes) -> Option<String> {
    match (taxes.treatment, &taxes.exempt) {
        // Articles 196 and 226 (11a) of the directive on value added tax.
        (TaxTreatment::ReverseCharge, _) => Some(
            "Reverse charge: the recipient of the service owes the tax (Article 196 of Directive 2006/112/EC)."
                .to_owned(),
        ),
        (TaxTreatment::Exempt, Some(reason)) => Some(format!("Exempt from tax: {reason}")),
        _ => None,
    }
}
