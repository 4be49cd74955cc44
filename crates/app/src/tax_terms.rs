//! What the taxes of customers' invoices are decided by.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    evidence::{LineRecord, TaxPart},
    ids::CustomerId,
    money::{Currency, Money, MoneyError},
    tax::{Buyer, PriceMode, TaxSettings, TaxTerms, TaxedLine},
};
use store::{
    StoreError, TenantTx,
    customers::{self, Customer},
    tenants,
};

use crate::Result;

/// How the tenant taxes, and where its customers are.
pub(crate) struct Taxing {
    settings: TaxSettings,
    customers: HashMap<CustomerId, Customer>,
}

impl Taxing {
    /// For these customers; none where the tenant charges no tax.
    pub(crate) async fn of(tx: &mut TenantTx, of: &[CustomerId]) -> Result<Option<Self>> {
        Ok(match tenants::tax(tx).await? {
            Some(settings) => Some(Self { settings, customers: customers::of(tx, of).await? }),
            None => None,
        })
    }

    /// For these customers, where prices have tax in them.
    pub(crate) async fn inside(tx: &mut TenantTx, of: &[CustomerId]) -> Result<Option<Self>> {
        Ok(match tenants::tax(tx).await? {
            Some(settings) if settings.prices == PriceMode::Inclusive => {
                Some(Self { settings, customers: customers::of(tx, of).await? })
            }
            _ => None,
        })
    }

    /// What the taxes of a customer are decided by on a day.
    pub(crate) fn terms(&self, customer: CustomerId, on: NaiveDate) -> Result<TaxTerms> {
        let details = &self.customers.get(&customer).ok_or(StoreError::NotFound)?.details;
        let (place, tax_id) = (details.place.clone(), details.tax_id.clone());
        Ok(self.settings.terms(on, Buyer::new(place, tax_id, details.tax_exempt.clone())))
    }
}

/// What lines come to with their taxes, and what these were decided by.
pub(crate) fn taxed(
    terms: &TaxTerms,
    currency: Currency,
    lines: &[LineRecord],
) -> Result<(TaxPart, Money), MoneyError> {
    let sum = Money::sum(currency, lines.iter().map(|line| line.amount))?;
    let lines: Vec<_> = lines.iter().map(LineRecord::taxed).collect();
    let taxes = terms.apply(currency, &lines)?;
    let total = sum.checked_add(taxes.on_top(currency)?)?;
    Ok((TaxPart { terms: terms.clone(), taxes }, total))
}

/// What lines of one product class come to without the tax that is on them or inside of them.
pub(crate) fn without_tax(
    terms: &TaxTerms,
    class: &str,
    currency: Currency,
    amounts: impl Iterator<Item = Money>,
) -> Result<Money, MoneyError> {
    let lines: Vec<_> = amounts.map(|amount| TaxedLine { class, amount }).collect();
    let taxes = terms.apply(currency, &lines)?;
    let sum = Money::sum(currency, lines.iter().map(|line| line.amount))?;
    sum.checked_add(taxes.on_top(currency)?)?.checked_sub(taxes.sum(currency)?)
}
