//! An invoice on paper.

use chrono::NaiveDate;
use documents::{Brand as DocumentBrand, InvoiceDocument, Line as DocumentLine, Logo, Paper, Party};
use domain::{
    brands::AssetKind, ids::InvoiceId, invoices::InvoiceStatus, money::Money, periods::Period,
    pricing::LineKind,
};
use rust_decimal::Decimal;
use store::{
    Scope, TenantTx,
    brands::{self, Brand},
    customers,
    invoices::{self, Invoice, Line},
};

use super::tax;
use crate::{App, AppError, Result};

/// Renders an invoice, and says how to name the file.
pub async fn pdf(app: &App, scope: &Scope, id: InvoiceId) -> Result<(String, Vec<u8>)> {
    let (invoice, document) = app
        .store()
        .read(scope, async |tx| {
            let invoice = invoices::get(tx, id).await?;
            let document = document(tx, &invoice).await?;
            Ok::<_, AppError>((invoice, document))
        })
        .await?;
    let name = format!("{}.pdf", invoice.number.as_deref().unwrap_or("draft"));
    Ok((name, rendered(document).await?))
}

/// A document as PDF, made where it holds nobody up.
pub(crate) async fn rendered(document: InvoiceDocument) -> Result<Vec<u8>> {
    tokio::task::spawn_blocking(move || documents::render_invoice(&document))
        .await
        .map_err(AppError::internal)?
        .map_err(AppError::internal)
}

/// The brand that documents are printed in.
pub(crate) async fn document_brand(tx: &mut TenantTx, brand: &Brand) -> Result<DocumentBrand> {
    // As pixels: a drawing has its rendering.
    let logo = brands::pixels(tx, AssetKind::Logo).await?;
    Ok(DocumentBrand {
        name: brand.display_name.clone(),
        logo: logo.map(|file| Logo { content_type: file.content_type, bytes: file.bytes }),
        primary_color: brand.primary_color.clone(),
        secondary_color: brand.accent_color.clone(),
        footer: brand.invoice_footer.clone(),
    })
}

async fn document(tx: &mut TenantTx, invoice: &Invoice) -> Result<InvoiceDocument> {
    let brand = brands::get(tx).await?;
    let lines = invoices::lines(tx, invoice).await?;
    let (address, tax_id) = if invoice.status.is_issued() {
        (invoice.customer_address.clone(), invoice.customer_tax_id.clone())
    } else {
        let details = customers::get(tx, invoice.customer).await?.details;
        (details.address, details.tax_id)
    };
    let zone = tx.scope().time_zone();
    let today = tx.today();
    Ok(InvoiceDocument {
        paper: Paper::A4,
        brand: document_brand(tx, &brand).await?,
        title: match invoice.status {
            InvoiceStatus::Draft => "Draft invoice",
            InvoiceStatus::Void => "Void invoice",
            InvoiceStatus::Finalized | InvoiceStatus::Paid | InvoiceStatus::Uncollectible => "Invoice",
        }
        .to_owned(),
        number: invoice.number.clone(),
        corrects: None,
        issued_on: invoice.issued_on.unwrap_or(today),
        due_on: invoice.due_on.unwrap_or(today),
        period: Some(documents::Period { start: invoice.period.start(), end: invoice.period.last_day() }),
        seller: seller(&brand),
        customer: Party {
            name: invoice.customer_name.clone(),
            lines: address.iter().flat_map(|address| address.lines()).map(str::to_owned).collect(),
            tax_id,
        },
        lines: lines.iter().map(|it| line(it, invoice)).collect(),
        totals: match &invoice.taxes {
            Some(taxes) => {
                let rows = taxes
                    .amounts
                    .iter()
                    .map(|tax| (tax.name.as_str(), tax.percent, Some(tax.base), tax.amount));
                tax::totals(invoice.total, invoice.tax, taxes.prices, rows)?
            }
            None => Vec::new(),
        },
        total: invoice.total.to_string(),
        settled: settled(invoice)?,
        amount_due: due(invoice).to_string(),
        // What was credited whole is settled, and nobody has paid.
        paid_on: invoice
            .paid_at
            .filter(|_| invoice.paid.amount_minor() > 0 || invoice.credit_used.amount_minor() > 0)
            .map(|paid_at| paid_at.with_timezone(&zone).date_naive()),
        purchase_order: None,
        notes: invoice.taxes.as_ref().and_then(tax::note).into_iter().collect(),
        pay_url: None,
    })
}

/// What is to be paid: of a draft all of it; what was written off is still owed by the customer.
fn due(invoice: &Invoice) -> Money {
    match invoice.status {
        InvoiceStatus::Draft => invoice.total,
        InvoiceStatus::Finalized
        | InvoiceStatus::Paid
        | InvoiceStatus::Uncollectible
        | InvoiceStatus::Void => invoice.left(),
    }
}

/// What came off the total, as far as it did: what was credited after it was paid is on the credit note alone.
fn settled(invoice: &Invoice) -> Result<Vec<(String, String)>> {
    let off = [("Credit used", invoice.credit_used), ("Paid", invoice.paid)];
    let known = Money::sum(invoice.total.currency(), off.iter().map(|(_, amount)| *amount));
    let credited = invoice.total.checked_sub(due(invoice)).and_then(|off| off.checked_sub(known?));
    let mut rows = off.to_vec();
    rows.push(("Credited", credited.map_err(AppError::internal)?));
    rows.into_iter()
        // A void invoice is taken back whole.
        .filter(|(_, amount)| amount.amount_minor() != 0 && invoice.status != InvoiceStatus::Void)
        .map(|(label, amount)| {
            Ok((label.to_owned(), amount.checked_neg().map_err(AppError::internal)?.to_string()))
        })
        .collect()
}

pub(crate) fn seller(brand: &Brand) -> Party {
    let address = brand.address.iter().flat_map(|address| address.lines()).map(str::to_owned);
    let contact = [&brand.support_email, &brand.support_phone].into_iter().flatten().cloned();
    Party {
        name: brand.legal_name.clone().unwrap_or_else(|| brand.display_name.clone()),
        lines: address.chain(contact).collect(),
        tax_id: brand.tax_id.clone(),
    }
}

/// What a line charges for, with its group.
pub(crate) fn line_name(line: &Line) -> String {
    match line.rated.group.values().map(String::as_str).collect::<Vec<_>>().join(", ") {
        group if group.is_empty() => line.rated.description.clone(),
        group => format!("{} ({group})", line.rated.description),
    }
}

/// The plan that a line is of, where its invoice bills several and the line does not say it by itself.
fn plan_of(line: &Line, invoice: &Invoice) -> Option<String> {
    let mut several = invoice.subscriptions.iter().filter(|_| invoice.subscriptions.len() > 1);
    let plan = several.find(|of| Some(of.id) == line.subscription).map(|of| &of.plan_name);
    plan.filter(|plan| **plan != line.rated.description).cloned()
}

fn line(line: &Line, invoice: &Invoice) -> DocumentLine {
    let (rated, period) = (&line.rated, invoice.period);
    let unit = rated.unit.as_deref().unwrap_or_default();
    let days = if line.days.end() <= period.start() && line.fee.is_none() {
        Some(format!("usage that came late, {}", period_text(line.days)))
    } else {
        (line.days != period).then(|| period_text(line.days))
    };
    let used = (rated.kind == LineKind::Usage && rated.included > Decimal::ZERO)
        .then(|| format!("{} used, {} included", rated.used, rated.included));
    let detail: Vec<_> = plan_of(line, invoice).into_iter().chain(days).chain(used).collect();
    DocumentLine {
        description: line_name(line),
        detail: (!detail.is_empty()).then(|| detail.join("; ")),
        quantity: rated.quantity.to_string(),
        unit_price: match (rated.unit_price, unit) {
            // Tiers and the like have no one price.
            (None, _) => String::new(),
            (Some(price), "") => unit_price(price, rated.amount.currency()),
            (Some(price), unit) => format!("{} / {unit}", unit_price(price, rated.amount.currency())),
        },
        amount: rated.amount.to_string(),
    }
}

/// A unit price with as many decimals as it has, at least those of the currency.
fn unit_price(price: Decimal, currency: domain::money::Currency) -> String {
    let mut price = price.normalize();
    if price.scale() < currency.exponent() {
        price.rescale(currency.exponent());
    }
    match currency.code() {
        "USD" => format!("${price}"),
        code => format!("{code} {price}"),
    }
}

/// The days of a period, as people write them.
pub(crate) fn period_text(period: Period) -> String {
    let day = |day: NaiveDate| day.format("%-d %B %Y").to_string();
    format!("{} – {}", day(period.start()), day(period.last_day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn unit_prices_keep_their_decimals() {
        let price = |text: &str| unit_price(text.parse().unwrap(), Currency::USD);
        assert_eq!(price("25"), "$25.00");
        assert_eq!(price("0.0375"), "$0.0375");
        assert_eq!(price("1.500"), "$1.50");
    }
}
