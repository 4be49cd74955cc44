//! Mails: queued with the change that sends them, kept as the record of what was sent.

use chrono::{DateTime, Utc};
use domain::ids::{CreditNoteId, CustomerId, Id as _, InvoiceId, MailId, TenantId};

use crate::{Cursor, Page, PageRequest, Result, SystemTx, TenantTx};

/// A mail to be queued.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// What it is about: `invitation`, `invoice`, …
    pub kind: &'static str,
    /// The customer whose people it goes to.
    pub customer: Option<CustomerId>,
    /// The sender's name.
    pub from_name: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// To whom.
    pub to_address: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text for readers without HTML.
    pub text_body: String,
    /// The HTML.
    pub html_body: String,
    /// The invoice whose PDF goes along.
    pub invoice: Option<InvoiceId>,
    /// The credit note whose PDF goes along.
    pub credit_note: Option<CreditNoteId>,
}

/// A mail in the mailbox.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// Whose.
    pub tenant: TenantId,
    /// What it is about.
    pub kind: String,
    /// The sender's name.
    pub from_name: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// To whom.
    pub to_address: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text_body: String,
    /// The HTML.
    pub html_body: String,
    /// The invoice whose PDF goes along.
    pub invoice: Option<InvoiceId>,
    /// The credit note whose PDF goes along.
    pub credit_note: Option<CreditNoteId>,
    /// `queued`, `sent` or `failed`.
    pub status: String,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
}

struct MailRow {
    id: uuid::Uuid,
    tenant_id: uuid::Uuid,
    kind: String,
    from_name: String,
    reply_to: Option<String>,
    to_address: String,
    to_name: Option<String>,
    subject: String,
    text_body: String,
    html_body: String,
    invoice_id: Option<uuid::Uuid>,
    credit_note_id: Option<uuid::Uuid>,
    status: String,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            MailRow,
            "select id, tenant_id, kind, from_name, reply_to, to_address, to_name, subject, text_body, html_body,
                invoice_id, credit_note_id, status, last_error, created_at
         from mails " + $rest
            $(, $argument)*
        )
    };
}

impl From<MailRow> for Mail {
    fn from(row: MailRow) -> Self {
        Self {
            id: row.id.into(),
            tenant: row.tenant_id.into(),
            kind: row.kind,
            from_name: row.from_name,
            reply_to: row.reply_to,
            to_address: row.to_address,
            to_name: row.to_name,
            subject: row.subject,
            text_body: row.text_body,
            html_body: row.html_body,
            invoice: row.invoice_id.map(Into::into),
            credit_note: row.credit_note_id.map(Into::into),
            status: row.status,
            last_error: row.last_error,
            created_at: row.created_at,
        }
    }
}

/// Keeps mails to be sent, and gives their ids in the same order.
pub async fn insert(tx: &mut TenantTx, new: &[NewMail]) -> Result<Vec<MailId>> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let made: Vec<MailId> = new.iter().map(|_| tx.new_id()).collect();
    let ids: Vec<_> = made.iter().map(|id| id.uuid()).collect();
    let customers: Vec<_> = new.iter().map(|new| new.customer.map(domain::ids::Id::uuid)).collect();
    let kinds: Vec<_> = new.iter().map(|new| new.kind.to_owned()).collect();
    let from_names: Vec<_> = new.iter().map(|new| new.from_name.clone()).collect();
    let reply_tos: Vec<_> = new.iter().map(|new| new.reply_to.clone()).collect();
    let addresses: Vec<_> = new.iter().map(|new| new.to_address.clone()).collect();
    let names: Vec<_> = new.iter().map(|new| new.to_name.clone()).collect();
    let subjects: Vec<_> = new.iter().map(|new| new.subject.clone()).collect();
    let texts: Vec<_> = new.iter().map(|new| new.text_body.clone()).collect();
    let htmls: Vec<_> = new.iter().map(|new| new.html_body.clone()).collect();
    let invoices: Vec<_> = new.iter().map(|new| new.invoice.map(domain::ids::Id::uuid)).collect();
    let credit_notes: Vec<_> = new.iter().map(|new| new.credit_note.map(domain::ids::Id::uuid)).collect();
    sqlx::query!(
        "insert into mails (tenant_id, created_at, id, customer_id, kind, from_name, reply_to, to_address, to_name,
                            subject, text_body, html_body, invoice_id, credit_note_id)
         select $1, $2, m.* from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                                        $9::text[], $10::text[], $11::text[], $12::text[], $13::uuid[], $14::uuid[]) as m",
        tenant.uuid(),
        now,
        &ids,
        &customers as _,
        &kinds,
        &from_names,
        &reply_tos as _,
        &addresses,
        &names as _,
        &subjects,
        &texts,
        &htmls,
        &invoices as _,
        &credit_notes as _,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(made)
}

/// A mail of the tenant.
pub async fn get(tx: &mut TenantTx, id: MailId) -> Result<Mail> {
    let tenant = tx.tenant();
    let row =
        select!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid()).fetch_one(tx.conn()?).await?;
    Ok(row.into())
}

/// Marks a mail sent. Where its links open something, they are not kept any longer than needed.
pub async fn mark_sent(tx: &mut TenantTx, id: MailId, forget_body: bool) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update mails
         set status = 'sent', sent_at = $3, last_error = null,
             text_body = case when $4 then '' else text_body end,
             html_body = case when $4 then '' else html_body end
         where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        now,
        forget_body,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Marks a mail refused for good.
pub async fn mark_failed(tx: &mut TenantTx, id: MailId, error: &str) -> Result<()> {
    let tenant = tx.tenant();
    sqlx::query!(
        "update mails set status = 'failed', last_error = $3 where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        error,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The mailbox of the demo: every mail of every tenant, newest first.
pub async fn list_all(tx: &mut SystemTx, to: Option<&str>, page: &PageRequest) -> Result<Page<Mail>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let rows = select!(
        "where ($1::text is null or to_address = $1)
           and ($2::timestamptz is null or (created_at, id) < ($2, $3))
         order by created_at desc, id desc limit $4",
        to,
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(page
        .cut(rows.into_iter().map(Mail::from).collect(), |row| Cursor::of(&(row.created_at, row.id.uuid()))))
}

/// One mail of the demo's mailbox.
pub async fn get_any(tx: &mut SystemTx, id: MailId) -> Result<Mail> {
    let row = select!("where id = $1", id.uuid()).fetch_one(tx.conn()?).await?;
    Ok(row.into())
}
