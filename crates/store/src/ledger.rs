//! The ledger: written once, read in many ways.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{CustomerId, Id as _, InvoiceId, LedgerTransactionId},
    ledger::{Account, Age, BookingKind, Posting},
    money::{Currency, Money},
    periods::{Month, Period},
};
use std::collections::BTreeMap;

use crate::{Cursor, Page, PageRequest, Result, StoreError, TenantTx, error::parse};

/// One thing that happened to money.
#[derive(Debug, Clone)]
pub struct NewTransaction {
    /// What is booked.
    pub kind: BookingKind,
    /// The invoice, the payment or whatever else it is; booked once.
    pub subject: uuid::Uuid,
    /// Whose.
    pub customer: CustomerId,
    /// The invoice that it has to do with, if it has to do with one.
    pub invoice: Option<InvoiceId>,
    /// The day that it belongs to.
    pub booked_on: NaiveDate,
    /// The days that revenue in it belongs to.
    pub period: Option<Period>,
    /// Debits and credits.
    pub posting: Posting,
}

/// Books them. What has been booked already is an error of the program, and the database refuses it.
pub async fn book(tx: &mut TenantTx, new: &[NewTransaction]) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let ids: Vec<_> = new.iter().map(|_| tx.new_id::<LedgerTransactionId>().uuid()).collect();
    let customers: Vec<_> = new.iter().map(|new| new.customer.uuid()).collect();
    let kinds: Vec<_> = new.iter().map(|new| new.kind.as_str().to_owned()).collect();
    let subjects: Vec<_> = new.iter().map(|new| new.subject).collect();
    let invoices: Vec<_> = new.iter().map(|new| new.invoice.map(domain::ids::Id::uuid)).collect();
    let days: Vec<_> = new.iter().map(|new| new.booked_on).collect();
    let starts: Vec<_> = new.iter().map(|new| new.period.map(Period::start)).collect();
    let ends: Vec<_> = new.iter().map(|new| new.period.map(Period::end)).collect();
    let currencies: Vec<_> = new.iter().map(|new| new.posting.currency().code().to_owned()).collect();
    let counts = new.iter().map(|new| i16::try_from(new.posting.entries().len()));
    let counts: Vec<_> =
        counts.collect::<Result<_, _>>().map_err(|_| StoreError::Invalid("too many entries"))?;
    let (mut booked, mut places, mut accounts, mut amounts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, new) in ids.iter().zip(new) {
        for (place, (account, amount)) in (1i16..).zip(new.posting.entries()) {
            booked.push(*id);
            places.push(place);
            accounts.push(account.as_str().to_owned());
            amounts.push(*amount);
        }
    }
    sqlx::query!(
        "with entry as (
             select * from unnest($3::uuid[], $4::smallint[], $5::text[], $6::bigint[]) as e (id, place, account, amount)),
         booked as (
             insert into ledger_transactions (tenant_id, id, customer_id, kind, subject_id, invoice_id, booked_on,
                                              period_start, period_end, currency, entries, created_at)
             select $1, id, customer, kind, subject, invoice, booked_on, period_start, period_end, currency,
                    entries, $2
             from unnest($7::uuid[], $8::uuid[], $9::text[], $10::uuid[], $11::uuid[], $12::date[], $13::date[],
                         $14::date[], $15::text[], $16::smallint[])
                  as t (id, customer, kind, subject, invoice, booked_on, period_start, period_end, currency, entries)
             returning tenant_id, id, customer_id)
         insert into ledger_entries (tenant_id, transaction_id, position, customer_id, account, amount_minor)
         select booked.tenant_id, booked.id, entry.place, booked.customer_id, entry.account, entry.amount
         from booked join entry using (id)",
        tenant.uuid(),
        now,
        &booked,
        &places,
        &accounts,
        &amounts,
        &ids,
        &customers,
        &kinds,
        &subjects,
        &invoices as _,
        &days,
        &starts as _,
        &ends as _,
        &currencies,
        &counts,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A transaction, as it was booked.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// Its id.
    pub id: LedgerTransactionId,
    /// What it books.
    pub kind: BookingKind,
    /// Whose.
    pub customer: Option<CustomerId>,
    /// The customer's code and name.
    pub customer_named: Option<(String, String)>,
    /// The invoice that it has to do with, and its number.
    pub invoice: Option<(InvoiceId, String)>,
    /// The day that it belongs to.
    pub booked_on: NaiveDate,
    /// Debits (positive) and credits (negative).
    pub entries: Vec<(Account, Money)>,
    /// When it was booked.
    pub created_at: DateTime<Utc>,
}

/// Which transactions are wanted.
#[derive(Debug, Clone, Default)]
pub struct TransactionFilter {
    /// Only those of one customer.
    pub customer: Option<CustomerId>,
    /// Only those of one invoice.
    pub invoice: Option<InvoiceId>,
    /// Only those that touch this account.
    pub account: Option<Account>,
    /// Only those of this day or later.
    pub from: Option<NaiveDate>,
    /// Only those before this day.
    pub until: Option<NaiveDate>,
}

/// Transactions, the latest first.
pub async fn transactions(
    tx: &mut TenantTx,
    filter: &TransactionFilter,
    page: &PageRequest,
) -> Result<Page<Transaction>> {
    let (after_day, after_id) = page.after::<(NaiveDate, uuid::Uuid)>()?.unzip();
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select t.id as "id!", t.kind as "kind!", t.customer_id, c.code as "code?", c.company_name as "company_name?",
                  t.invoice_id, i.number as "number?", t.booked_on as "booked_on!", t.currency as "currency!",
                  t.created_at as "created_at!", e.accounts as "accounts!", e.amounts as "amounts!"
           from (select * from ledger_transactions t
                 where tenant_id = $1
                   and ($2::uuid is null or customer_id = $2)
                   and ($3::uuid is null or invoice_id = $3)
                   and ($4::date is null or booked_on >= $4)
                   and ($5::date is null or booked_on < $5)
                   and ($6::text is null or exists (
                       select from ledger_entries e
                       where e.tenant_id = t.tenant_id and e.transaction_id = t.id and e.account = $6))
                   and ($7::date is null or (booked_on, id) < ($7, $8))
                 order by booked_on desc, id desc limit $9) t
           cross join lateral (
               select array_agg(account order by position) as accounts,
                      array_agg(amount_minor order by position) as amounts
               from ledger_entries e where e.tenant_id = t.tenant_id and e.transaction_id = t.id) e
           left join customers c on c.tenant_id = t.tenant_id and c.id = t.customer_id
           left join invoices i on i.tenant_id = t.tenant_id and i.id = t.invoice_id
           order by t.booked_on desc, t.id desc"#,
        tenant.uuid(),
        filter.customer.map(domain::ids::Id::uuid),
        filter.invoice.map(domain::ids::Id::uuid),
        filter.from,
        filter.until,
        filter.account.map(Account::as_str),
        after_day,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let found = rows
        .into_iter()
        .map(|row| {
            let currency: Currency = parse(&row.currency, "ledger_transactions.currency")?;
            let accounts = row.accounts.iter().map(|account| parse(account, "ledger_entries.account"));
            let accounts = accounts.collect::<Result<Vec<Account>>>()?;
            Ok(Transaction {
                id: row.id.into(),
                kind: parse(&row.kind, "ledger_transactions.kind")?,
                customer: row.customer_id.map(Into::into),
                customer_named: row.code.zip(row.company_name),
                invoice: row.invoice_id.map(|id| (id.into(), row.number.unwrap_or_default())),
                booked_on: row.booked_on,
                entries: accounts
                    .into_iter()
                    .zip(row.amounts)
                    .map(|(account, minor)| (account, Money::new(minor, currency)))
                    .collect(),
                created_at: row.created_at,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(page.cut(found, |last| Cursor::of(&(last.booked_on, last.id.uuid()))))
}

/// What stands in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account.
    pub account: Account,
    /// The sum of its debits and credits; its currency is a ledger of its own.
    pub balance: Money,
}

/// What stands in the accounts before a day, by currency. The balances of one currency add up to zero.
pub async fn balances(tx: &mut TenantTx, until: NaiveDate) -> Result<Vec<Balance>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select e.account, t.currency, sum(e.amount_minor)::bigint as "sum!"
           from ledger_entries e join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
           where e.tenant_id = $1 and t.booked_on < $2
           group by e.account, t.currency order by t.currency"#,
        tenant.uuid(),
        until,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found = rows
        .into_iter()
        .map(|row| {
            let currency = parse(&row.currency, "ledger_transactions.currency")?;
            Ok(Balance {
                account: parse(&row.account, "ledger_entries.account")?,
                balance: Money::new(row.sum, currency),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    found.sort_by_key(|balance| (balance.balance.currency().code(), balance.account));
    Ok(found)
}

/// What a customer owes in one currency, by how long it has been due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receivable {
    /// Who.
    pub customer: CustomerId,
    /// The customer's code.
    pub code: String,
    /// The customer's name.
    pub name: String,
    /// How much, by age.
    pub by_age: BTreeMap<Age, Money>,
    /// All together.
    pub total: Money,
}

/// What is owed at the end of a day, by customer: open amounts of invoices, aged by their due day.
pub async fn receivables(tx: &mut TenantTx, on: NaiveDate) -> Result<Vec<Receivable>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select o.customer_id as "customer_id!", c.code, c.company_name, o.currency, i.due_on, o.owed as "owed!"
           from (select t.customer_id, t.invoice_id, t.currency, sum(e.amount_minor)::bigint as owed
                 from ledger_entries e
                      join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
                 where e.tenant_id = $1 and e.account = 'receivable' and t.booked_on <= $2
                 group by t.customer_id, t.invoice_id, t.currency
                 having sum(e.amount_minor) <> 0) o
                join customers c on c.tenant_id = $1 and c.id = o.customer_id
                left join invoices i on i.tenant_id = $1 and i.id = o.invoice_id
           order by c.company_name, o.customer_id, o.currency"#,
        tenant.uuid(),
        on,
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found: Vec<Receivable> = Vec::new();
    for row in rows {
        let currency: Currency = parse(&row.currency, "ledger_transactions.currency")?;
        let customer = CustomerId::from(row.customer_id);
        if found.last().is_none_or(|last| last.customer != customer || last.total.currency() != currency) {
            let (code, name, by_age) = (row.code, row.company_name, BTreeMap::new());
            found.push(Receivable { customer, code, name, by_age, total: Money::zero(currency) });
        }
        let Some(last) = found.last_mut() else { continue };
        let age = Age::of(row.due_on.map_or(0, |due_on| (on - due_on).num_days()));
        let owed = Money::new(row.owed, currency);
        let of_age = last.by_age.entry(age).or_insert(Money::zero(currency));
        // A sum of sums that PostgreSQL could hold.
        *of_age = of_age.checked_add(owed).map_err(|_| StoreError::Corrupt("ledger_entries"))?;
        last.total = last.total.checked_add(owed).map_err(|_| StoreError::Corrupt("ledger_entries"))?;
    }
    Ok(found)
}

/// A customer's account over some days, in one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What was owed before the first day.
    pub opening: Money,
    /// What changed it, in the order of days: what, and by how much.
    pub lines: Vec<StatementLine>,
    /// What is owed after the last day.
    pub closing: Money,
}

/// What changed what a customer owes.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementLine {
    /// The transaction.
    pub transaction: LedgerTransactionId,
    /// The day.
    pub booked_on: NaiveDate,
    /// What happened.
    pub kind: BookingKind,
    /// The invoice that it has to do with, and its number.
    pub invoice: Option<(InvoiceId, String)>,
    /// By how much more (less where negative) is owed.
    pub amount: Money,
    /// What is owed then.
    pub balance: Money,
}

/// What a customer was billed and has paid over some days, by currency.
pub async fn statement(tx: &mut TenantTx, customer: CustomerId, days: Period) -> Result<Vec<Statement>> {
    let tenant = tx.tenant();
    let opening = sqlx::query!(
        r#"select t.currency, sum(e.amount_minor)::bigint as "owed!"
           from ledger_entries e join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
           where e.tenant_id = $1 and e.account = 'receivable' and t.customer_id = $2 and t.booked_on < $3
           group by t.currency"#,
        tenant.uuid(),
        customer.uuid(),
        days.start(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = sqlx::query!(
        r#"select t.id, t.booked_on, t.kind, t.currency, t.invoice_id, i.number as "number?",
                  sum(e.amount_minor)::bigint as "amount!"
           from ledger_entries e
                join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
                left join invoices i on i.tenant_id = t.tenant_id and i.id = t.invoice_id
           where e.tenant_id = $1 and e.account = 'receivable' and t.customer_id = $2
             and t.booked_on >= $3 and t.booked_on < $4
           group by t.id, t.booked_on, t.kind, t.currency, t.invoice_id, i.number
           order by t.booked_on, t.id"#,
        tenant.uuid(),
        customer.uuid(),
        days.start(),
        days.end(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let mut found: BTreeMap<Currency, Statement> = BTreeMap::new();
    for row in opening {
        let currency = parse(&row.currency, "ledger_transactions.currency")?;
        let opening = Money::new(row.owed, currency);
        found.insert(currency, Statement { opening, lines: Vec::new(), closing: opening });
    }
    for row in rows {
        let currency = parse(&row.currency, "ledger_transactions.currency")?;
        let zero = Money::zero(currency);
        let of_currency =
            found.entry(currency).or_insert(Statement { opening: zero, lines: Vec::new(), closing: zero });
        let amount = Money::new(row.amount, currency);
        let balance = of_currency.closing.checked_add(amount);
        of_currency.closing = balance.map_err(|_| StoreError::Corrupt("ledger_entries"))?;
        of_currency.lines.push(StatementLine {
            transaction: row.id.into(),
            booked_on: row.booked_on,
            kind: parse(&row.kind, "ledger_transactions.kind")?,
            invoice: row.invoice_id.map(|id| (id.into(), row.number.unwrap_or_default())),
            amount,
            balance: of_currency.closing,
        });
    }
    Ok(found.into_values().collect())
}

/// Revenue by the month that it belongs to, in one currency.
pub async fn revenue_by_month(
    tx: &mut TenantTx,
    from: Month,
    until: Month,
    currency: Currency,
) -> Result<Vec<(Month, Money)>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select date_trunc('month', t.period_start)::date as "month!", -sum(e.amount_minor)::bigint as "revenue!"
           from ledger_entries e join ledger_transactions t on t.tenant_id = e.tenant_id and t.id = e.transaction_id
           where e.tenant_id = $1 and e.account = 'revenue' and t.currency = $4
             and t.period_start >= $2 and t.period_start < $3
           group by 1 order by 1"#,
        tenant.uuid(),
        from.first_day(),
        until.first_day(),
        currency.code(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (Month::of(row.month), Money::new(row.revenue, currency))).collect())
}
