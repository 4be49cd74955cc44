//! Credit notes and their lines: written once, never changed.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    credit_notes as rules,
    decimals::DecimalString,
    ids::{CreditNoteId, CustomerId, Id as _, InvoiceId, InvoiceLineId},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::{Cursor, Page, PageRequest, Result, StoreError, TenantTx, error::parse};

/// A credit note without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    /// Its id.
    pub id: CreditNoteId,
    /// Its number.
    pub number: String,
    /// To whom.
    pub customer: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name, as it is on the invoice.
    pub customer_name: String,
    /// The invoice that it corrects.
    pub invoice: InvoiceId,
    /// The invoice's number.
    pub invoice_number: String,
    /// Why.
    pub reason: String,
    /// What it comes to, with tax.
    pub total: Money,
    /// What of that is tax.
    pub tax: Money,
    /// What each tax of the invoice is credited by, in their order.
    pub taxes: Vec<CreditedTax>,
    /// What of the tax comes on top of the lines; the rest is in them.
    pub tax_on_top: Money,
    /// What of it the customer had paid already, and has as credit since.
    pub to_credit: Money,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    sequence: i64,
}

/// What a tax of an invoice is credited by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditedTax {
    /// Its name.
    pub name: String,
    /// Its rate in percent.
    pub percent: DecimalString,
    /// By how much.
    pub amount: Money,
}

struct CreditNoteRow {
    id: uuid::Uuid,
    number: String,
    customer_id: uuid::Uuid,
    customer_code: String,
    customer_name: Option<String>,
    invoice_id: uuid::Uuid,
    invoice_number: Option<String>,
    reason: String,
    currency: String,
    total_minor: i64,
    tax_minor: i64,
    taxes: Json<Vec<CreditedTax>>,
    tax_on_top_minor: i64,
    credit_minor: i64,
    issued_on: NaiveDate,
    created_at: DateTime<Utc>,
    sequence: i64,
}

impl TryFrom<CreditNoteRow> for CreditNote {
    type Error = StoreError;

    fn try_from(row: CreditNoteRow) -> Result<Self> {
        let currency: Currency = parse(&row.currency, "credit_notes.currency")?;
        Ok(Self {
            id: row.id.into(),
            number: row.number,
            customer: row.customer_id.into(),
            customer_code: row.customer_code,
            customer_name: row.customer_name.unwrap_or_default(),
            invoice: row.invoice_id.into(),
            invoice_number: row.invoice_number.unwrap_or_default(),
            reason: row.reason,
            total: Money::new(row.total_minor, currency),
            tax: Money::new(row.tax_minor, currency),
            taxes: row.taxes.0,
            tax_on_top: Money::new(row.tax_on_top_minor, currency),
            to_credit: Money::new(row.credit_minor, currency),
            issued_on: row.issued_on,
            created_at: row.created_at,
            sequence: row.sequence,
        })
    }
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            CreditNoteRow,
            r#"select n.id, n.number, n.customer_id, c.code as customer_code, i.customer_name, n.invoice_id,
                    i.number as invoice_number, n.reason, n.currency, n.total_minor, n.tax_minor,
                    n.taxes as "taxes: Json<Vec<CreditedTax>>", n.tax_on_top_minor, n.credit_minor, n.issued_on,
                    n.created_at, n.sequence
             from credit_notes n
                  join customers c on c.tenant_id = n.tenant_id and c.id = n.customer_id
                  join invoices i on i.tenant_id = n.tenant_id and i.id = n.invoice_id "# + $rest
            $(, $argument)*
        )
    };
}

/// A credit note to be issued.
#[derive(Debug, Clone)]
pub struct NewCreditNote {
    /// To whom.
    pub customer: CustomerId,
    /// The invoice that it corrects.
    pub invoice: InvoiceId,
    /// What the issuer's numbers begin with.
    pub prefix: String,
    /// Why.
    pub reason: String,
    /// What it comes to, with tax.
    pub total: Money,
    /// What each tax of the invoice is credited by.
    pub taxes: Vec<CreditedTax>,
    /// What they come to.
    pub tax: Money,
    /// What of that comes on top of the lines.
    pub tax_on_top: Money,
    /// What of it the customer has paid already.
    pub to_credit: Money,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// The invoice's lines that it credits, and by how much; together its total, less the tax on top of them.
    pub lines: Vec<(InvoiceLineId, Money)>,
}

/// Issues a credit note with the next number of its issuer. The counter's row stays locked until the transaction ends,
/// so that the numbers have no gaps.
pub async fn create(tx: &mut TenantTx, new: &NewCreditNote) -> Result<CreditNote> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<CreditNoteId>(), tx.now());
    let sequence = sqlx::query_scalar!(
        "update invoice_counters set last_credit_note = last_credit_note + 1 where tenant_id = $1
         returning last_credit_note",
        tenant.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    let (lines, amounts): (Vec<_>, Vec<_>) =
        new.lines.iter().map(|(line, amount)| (line.uuid(), amount.amount_minor())).unzip();
    sqlx::query!(
        "with note as (
             insert into credit_notes (tenant_id, id, customer_id, invoice_id, sequence, number, reason, currency,
                                       total_minor, credit_minor, issued_on, created_at, taxes, tax_minor, tax_on_top_minor)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $15, $16, $17)
             returning tenant_id, id, customer_id, invoice_id)
         insert into credit_note_lines (tenant_id, credit_note_id, position, customer_id, invoice_id, invoice_line_id,
                                        amount_minor)
         select tenant_id, id, place, customer_id, invoice_id, line, amount
         from note, unnest($13::uuid[], $14::bigint[]) with ordinality as l (line, amount, place)",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.invoice.uuid(),
        sequence,
        rules::number(&new.prefix, sequence),
        new.reason,
        new.total.currency().code(),
        new.total.amount_minor(),
        new.to_credit.amount_minor(),
        new.issued_on,
        now,
        &lines,
        &amounts,
        Json(&new.taxes) as _,
        new.tax.amount_minor(),
        new.tax_on_top.amount_minor(),
    )
    .execute(tx.conn()?)
    .await?;
    get(tx, id).await
}

/// A credit note by id.
pub async fn get(tx: &mut TenantTx, id: CreditNoteId) -> Result<CreditNote> {
    let tenant = tx.tenant();
    select!("where n.tenant_id = $1 and n.id = $2", tenant.uuid(), id.uuid())
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// A line of a credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The invoice's line that it credits.
    pub invoice_line: InvoiceLineId,
    /// By how much, with the sign of that line.
    pub amount: Money,
}

/// The lines of a credit note, in their order.
pub async fn lines(tx: &mut TenantTx, note: &CreditNote) -> Result<Vec<Line>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select invoice_line_id, amount_minor from credit_note_lines
         where tenant_id = $1 and credit_note_id = $2 order by position",
        tenant.uuid(),
        note.id.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    let line = |line: InvoiceLineId, minor| Line {
        invoice_line: line,
        amount: Money::new(minor, note.total.currency()),
    };
    Ok(rows.into_iter().map(|row| line(row.invoice_line_id.into(), row.amount_minor)).collect())
}

/// Credit notes, the latest first.
pub async fn list(
    tx: &mut TenantTx,
    customer: Option<CustomerId>,
    invoice: Option<InvoiceId>,
    page: &PageRequest,
) -> Result<Page<CreditNote>> {
    let after: Option<i64> = page.after()?;
    let tenant = tx.tenant();
    let rows = select!(
        "where n.tenant_id = $1 and ($2::uuid is null or n.customer_id = $2)
           and ($3::uuid is null or n.invoice_id = $3) and ($4::bigint is null or n.sequence < $4)
         order by n.sequence desc limit $5",
        tenant.uuid(),
        customer.map(domain::ids::Id::uuid),
        invoice.map(domain::ids::Id::uuid),
        after,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(CreditNote::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&row.sequence)))
}
