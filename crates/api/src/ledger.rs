//! `/msp/ledger`, and the statements of customers.

use actix_web::{HttpResponse, get, http::header};
use app::AppError;
use chrono::{Datelike as _, NaiveDate};
use contract::{
    Page,
    ledger::{
        AccountBalance, AgedAmount, AgedReceivables, AtDay, CustomerReceivable, DeferredMonth, FromUntil,
        InvoiceDeferrals, LedgerEntry, LedgerTransaction, ListLedger, Statement, StatementAccount,
        StatementLine, TrialBalance,
    },
};
use domain::{
    ids::InvoiceId,
    periods::{self, Period},
};
use store::{
    PageRequest, TenantTx,
    customers::{self, CustomerRef},
    invoices,
    ledger::{self, Transaction, TransactionFilter},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Ctx, Form, PageParams, Params, credit_notes::known_invoice, extract::page,
    invoices::find_customer, perm,
};

/// Days of the longest export and statement: more than a year at once is asked for in parts.
const MAX_DAYS: i64 = 400;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(transactions)
        .service(balances)
        .service(receivables)
        .service(export)
        .service(statement)
        .service(invoice_deferrals);
}

fn today(ctx: &Ctx<perm::LedgerRead>) -> NaiveDate {
    ctx.now().with_timezone(&ctx.principal().time_zone()).date_naive()
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

fn transaction(found: Transaction) -> LedgerTransaction {
    let (customer_code, customer_name) = found.customer_named.unzip();
    let (invoice_id, invoice_number) = found.invoice.unzip();
    LedgerTransaction {
        id: found.id,
        kind: found.kind,
        booked_on: found.booked_on,
        customer_id: found.customer,
        customer_code,
        customer_name,
        invoice_id,
        invoice_number,
        entries: found.entries.into_iter().map(|(account, amount)| LedgerEntry { account, amount }).collect(),
        created_at: found.created_at,
    }
}

/// Lists what was booked, the latest first.
#[utoipa::path(tag = "Ledger", operation_id = "list_ledger", params(ListLedger),
    responses((status = 200, body = Page<LedgerTransaction>)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/ledger/transactions")]
async fn transactions(ctx: Ctx<perm::LedgerRead>, query: Params<ListLedger>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = match &query.customer {
                Some(customer) => Some(find_customer(tx, customer, "customer").await?),
                None => None,
            };
            let ListLedger { invoice, account, from, until, .. } = *query;
            known_invoice(tx, invoice).await?;
            let filter = TransactionFilter { customer, invoice, account, from, until };
            Ok(ledger::transactions(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, transaction)))
}

/// Shows what stands in the accounts at the end of a day: the trial balance.
#[utoipa::path(tag = "Ledger", operation_id = "get_trial_balance", params(AtDay),
    responses((status = 200, body = TrialBalance)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/ledger/balances")]
async fn balances(ctx: Ctx<perm::LedgerRead>, query: Params<AtDay>) -> ApiResult {
    let on = query.on.unwrap_or_else(|| today(&ctx));
    let found = ctx.read(async |tx| Ok(ledger::balances(tx, next(on)).await?)).await?;
    let accounts = found
        .into_iter()
        .map(|balance| AccountBalance { account: balance.account, balance: balance.balance })
        .collect();
    Ok(HttpResponse::Ok().json(TrialBalance { on, accounts }))
}

/// Shows what customers owe at the end of a day, by how long it has been due: aged receivables.
#[utoipa::path(tag = "Ledger", operation_id = "get_aged_receivables", params(AtDay),
    responses((status = 200, body = AgedReceivables)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/ledger/receivables")]
async fn receivables(ctx: Ctx<perm::LedgerRead>, query: Params<AtDay>) -> ApiResult {
    let on = query.on.unwrap_or_else(|| today(&ctx));
    let found = ctx.read(async |tx| Ok(ledger::receivables(tx, on).await?)).await?;
    let customers = found
        .into_iter()
        .map(|owed| CustomerReceivable {
            customer_id: owed.customer,
            customer_code: owed.code,
            customer_name: owed.name,
            total: owed.total,
            by_age: owed.by_age.into_iter().map(|(age, amount)| AgedAmount { age, amount }).collect(),
        })
        .collect();
    Ok(HttpResponse::Ok().json(AgedReceivables { on, customers }))
}

/// Days from the query, at most so many.
fn days(query: &FromUntil, today: NaiveDate) -> Result<Period, AppError> {
    let mut form = Form::new();
    let from = query.from.unwrap_or_else(|| today.with_ordinal(1).unwrap_or(today));
    let until = query.until.unwrap_or_else(|| next(today.max(from)));
    for (name, day) in [("from", from), ("until", until)] {
        if !periods::is_billable(day) {
            form.refuse(name, "must lie in the years from 2000 to 2199");
        }
    }
    let period = Period::new(from, until);
    if period.is_none() {
        form.refuse("until", "must be after `from`: it is the day after the last one");
    } else if (until - from).num_days() > MAX_DAYS {
        form.refuse("until", format!("must be at most {MAX_DAYS} days after `from`"));
    }
    form.finish()?;
    period.ok_or_else(|| AppError::internal("a form without faults lacks what it checked"))
}

/// Exports what was booked as CSV, the latest first: a row for each debit and credit.
///
/// Amounts are in major units, a debit or a credit in a column of its own. Texts that a spreadsheet would take for a
/// formula begin with an apostrophe.
#[utoipa::path(tag = "Ledger", operation_id = "export_ledger", params(FromUntil),
    responses((status = 200, body = String, content_type = "text/csv")), security(("bearer" = ["ledger:read"])))]
#[get("/msp/ledger/export")]
async fn export(ctx: Ctx<perm::LedgerRead>, query: Params<FromUntil>) -> ApiResult {
    let days = days(&query, today(&ctx))?;
    let text = ctx.read(async |tx| csv_of(tx, days).await).await?;
    let name = format!("attachment; filename=\"ledger-{}-{}.csv\"", days.start(), days.last_day());
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(text))
}

async fn csv_of(tx: &mut TenantTx, days: Period) -> Result<Vec<u8>, AppError> {
    let filter = TransactionFilter {
        from: Some(days.start()),
        until: Some(days.end()),
        ..TransactionFilter::default()
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: [String; 9]| writer.write_record(row).map_err(AppError::internal);
    write(
        ["date", "transaction", "kind", "customer", "invoice", "account", "debit", "credit", "currency"]
            .map(str::to_owned),
    )?;
    let mut request = PageRequest::first(200);
    loop {
        let found = ledger::transactions(tx, &filter, &request).await?;
        for booked in &found.items {
            let customer = booked.customer_named.as_ref().map_or("", |(code, _)| code);
            let invoice = booked.invoice.as_ref().map_or("", |(_, number)| number);
            for (account, amount) in &booked.entries {
                let (debit, credit) = match amount.amount_minor() {
                    ..0 => (String::new(), (-amount.to_decimal()).to_string()),
                    _ => (amount.to_decimal().to_string(), String::new()),
                };
                write([
                    booked.booked_on.to_string(),
                    booked.id.to_string(),
                    booked.kind.to_string(),
                    no_formula(customer),
                    no_formula(invoice),
                    account.to_string(),
                    debit,
                    credit,
                    amount.currency().to_string(),
                ])?;
            }
        }
        match found.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    writer.into_inner().map_err(AppError::internal)
}

/// What a spreadsheet takes for a formula, it shows as text after an apostrophe (OWASP, CSV injection).
fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// Shows what a customer was billed and has paid over some days.
#[utoipa::path(tag = "Ledger", operation_id = "get_statement",
    params(("customer" = String, Path, description = "Id or code"), FromUntil),
    responses((status = 200, body = Statement)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/customers/{customer}/statement")]
async fn statement(
    ctx: Ctx<perm::LedgerRead>,
    customer: At<CustomerRef>,
    query: Params<FromUntil>,
) -> ApiResult {
    let days = days(&query, today(&ctx))?;
    let found = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            Ok(ledger::statement(tx, customer.id, days).await?)
        })
        .await?;
    let line = |line: ledger::StatementLine| {
        let (invoice_id, invoice_number) = line.invoice.unzip();
        StatementLine {
            transaction_id: line.transaction,
            booked_on: line.booked_on,
            kind: line.kind,
            invoice_id,
            invoice_number,
            amount: line.amount,
            balance: line.balance,
        }
    };
    let accounts = found
        .into_iter()
        .map(|account| StatementAccount {
            opening: account.opening,
            lines: account.lines.into_iter().map(line).collect(),
            closing: account.closing,
        })
        .collect();
    Ok(HttpResponse::Ok().json(Statement { from: days.start(), until: days.end(), accounts }))
}

/// Shows what an invoice charges ahead, and which months earn it.
///
/// What of its lines is for days after its month is deferred when it is issued, and booked as revenue when each month is over.
#[utoipa::path(tag = "Ledger", operation_id = "get_invoice_deferrals",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDeferrals)), security(("bearer" = ["ledger:read"])))]
#[get("/msp/invoices/{invoice}/deferrals")]
async fn invoice_deferrals(ctx: Ctx<perm::LedgerRead>, id: At<InvoiceId>) -> ApiResult {
    let found = ctx
        .read(async |tx| {
            let invoice = invoices::get(tx, id.0).await?;
            app::invoices::deferrals(tx, &invoice).await
        })
        .await?;
    let month = |(period, amount, recognized)| DeferredMonth { period, amount, recognized };
    let months = found.months.into_iter().map(month).collect();
    Ok(HttpResponse::Ok().json(InvoiceDeferrals { deferred: found.deferred, months }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for (text, kept) in [("ACME", "ACME"), ("=1+1", "'=1+1"), ("-1", "'-1"), ("@SUM", "'@SUM"), ("", "")]
        {
            assert_eq!(no_formula(text), kept);
        }
    }
}
