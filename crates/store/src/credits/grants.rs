//! Credit that customers are granted, and what becomes of it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    credits::{CreditGrantStatus, CreditMoveKind, CreditSource, GrantPart, is_usable},
    ids::{CreditGrantId, CreditMoveId, CustomerId, Id as _, InvoiceId, TenantId},
    money::{Currency, Money},
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// Credit that a customer was granted. What is left, used, expired, taken back and released adds up to the amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditGrant {
    /// Its id.
    pub id: CreditGrantId,
    /// Whose.
    pub customer: CustomerId,
    /// Where it comes from.
    pub source: CreditSource,
    /// What the customer reads.
    pub description: String,
    /// How much.
    pub amount: Money,
    /// What of it can be used.
    pub left: Money,
    /// What invoices have used of it.
    pub used: Money,
    /// What has expired.
    pub expired: Money,
    /// What was taken back.
    pub revoked: Money,
    /// What came back after its last day, and is free credit since.
    pub released: Money,
    /// The last day on which it can be used.
    pub expires_on: Option<NaiveDate>,
    /// The bank's words for the money, and the day on which it came; where it was paid for.
    pub paid: Option<(String, NaiveDate)>,
    /// Counts what has become of it.
    pub version: i32,
    /// When it was granted.
    pub created_at: DateTime<Utc>,
}

impl CreditGrant {
    /// Where it stands.
    pub fn status(&self) -> CreditGrantStatus {
        if self.left.amount_minor() > 0 {
            CreditGrantStatus::Active
        } else if self.expired.amount_minor() > 0 {
            CreditGrantStatus::Expired
        } else if self.revoked.amount_minor() > 0 {
            CreditGrantStatus::Revoked
        } else {
            CreditGrantStatus::UsedUp
        }
    }

    /// What is left of it.
    pub fn part(&self) -> GrantPart {
        GrantPart { grant: self.id, source: self.source, expires_on: self.expires_on, amount: self.left }
    }
}

struct GrantRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    source: String,
    description: String,
    currency: String,
    amount_minor: i64,
    left_minor: i64,
    used_minor: i64,
    expired_minor: i64,
    revoked_minor: i64,
    released_minor: i64,
    expires_on: Option<NaiveDate>,
    reference: Option<String>,
    paid_on: Option<NaiveDate>,
    version: i32,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            GrantRow,
            r#"select g.id, g.customer_id, g.source, g.description, g.currency, g.amount_minor, g.left_minor,
                      m.used as "used_minor!", m.expired as "expired_minor!", m.revoked as "revoked_minor!",
                      m.released as "released_minor!", g.expires_on, g.reference, g.paid_on,
                      m.version as "version!", g.created_at
               from credit_grants g
                    cross join lateral (
                        select coalesce(-sum(amount_minor) filter (where kind in ('used', 'returned')), 0)::bigint as used,
                               coalesce(-sum(amount_minor) filter (where kind = 'expired'), 0)::bigint as expired,
                               coalesce(-sum(amount_minor) filter (where kind = 'revoked'), 0)::bigint as revoked,
                               coalesce(-sum(amount_minor) filter (where kind = 'released'), 0)::bigint as released,
                               (count(*) + 1)::int as version
                        from credit_moves where tenant_id = g.tenant_id and grant_id = g.id) m
               "# + $rest
            $(, $argument)*
        )
    };
}

impl GrantRow {
    /// As it is on a day. What is left after the last one is no use, though it was not taken out yet.
    fn on(self, today: NaiveDate) -> Result<CreditGrant> {
        let currency = parse(&self.currency, "credit_grants.currency")?;
        let money = |minor| Money::new(minor, currency);
        let over = !is_usable(self.expires_on, today);
        let (left, due) = if over { (0, self.left_minor) } else { (self.left_minor, 0) };
        Ok(CreditGrant {
            id: self.id.into(),
            customer: self.customer_id.into(),
            source: parse(&self.source, "credit_grants.source")?,
            description: self.description,
            amount: money(self.amount_minor),
            left: money(left),
            used: money(self.used_minor),
            expired: money(self.expired_minor.saturating_add(due)),
            revoked: money(self.revoked_minor),
            released: money(self.released_minor),
            expires_on: self.expires_on,
            paid: self.reference.zip(self.paid_on),
            version: self.version,
            created_at: self.created_at,
        })
    }
}

/// Credit to be granted.
#[derive(Debug, Clone)]
pub struct NewCreditGrant {
    /// To whom.
    pub customer: CustomerId,
    /// What the customer reads.
    pub description: String,
    /// How much.
    pub amount: Money,
    /// The last day on which it can be used.
    pub expires_on: Option<NaiveDate>,
    /// The bank's words for the money, and the day on which it came; where it was paid for.
    pub paid: Option<(String, NaiveDate)>,
}

impl NewCreditGrant {
    /// Where it comes from.
    pub fn source(&self) -> CreditSource {
        if self.paid.is_some() { CreditSource::Paid } else { CreditSource::Promotional }
    }
}

/// Keeps a grant.
pub async fn create(tx: &mut TenantTx, new: &NewCreditGrant) -> Result<CreditGrant> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<CreditGrantId>(), tx.now());
    let (reference, paid_on) = new.paid.as_ref().map(|(reference, day)| (reference.as_str(), *day)).unzip();
    sqlx::query!(
        "insert into credit_grants (tenant_id, id, customer_id, source, description, currency, amount_minor, left_minor,
                                    expires_on, reference, paid_on, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.source().as_str(),
        new.description,
        new.amount.currency().code(),
        new.amount.amount_minor(),
        new.expires_on,
        reference,
        paid_on,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    get(tx, id).await
}

/// A grant by id.
pub async fn get(tx: &mut TenantTx, id: CreditGrantId) -> Result<CreditGrant> {
    let (tenant, today) = (tx.tenant(), tx.today());
    select!("where g.tenant_id = $1 and g.id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .ok_or(StoreError::NotFound)?
        .on(today)
}

/// A customer's grants, the latest first.
pub async fn list(tx: &mut TenantTx, customer: CustomerId, page: &PageRequest) -> Result<Page<CreditGrant>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = select!(
        "where g.tenant_id = $1 and g.customer_id = $2
           and ($3::timestamptz is null or (g.created_at, g.id) < ($3, $4))
         order by g.created_at desc, g.id desc limit $5",
        tenant.uuid(),
        customer.uuid(),
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(|row| row.on(today)).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.created_at, row.id.uuid()))))
}

/// A customer's grants of which something can be used.
pub async fn usable(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<CreditGrant>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = select!(
        "where g.tenant_id = $1 and g.customer_id = $2 and g.left_minor > 0
           and (g.expires_on is null or g.expires_on >= $3)
         order by g.expires_on nulls last, g.source desc, g.id",
        tenant.uuid(),
        customer.uuid(),
        today,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| row.on(today)).collect()
}

/// What a grant was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditUse {
    /// The grant.
    pub grant: CreditGrantId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// How much it was issued with.
    pub used: Money,
    /// What of that it has given back.
    pub returned: Money,
}

/// What grants were used for, the earliest first.
pub async fn uses(tx: &mut TenantTx, grants: &[CreditGrantId]) -> Result<Vec<CreditUse>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = grants.iter().map(|grant| grant.uuid()).collect();
    let rows = sqlx::query!(
        r#"select m.grant_id, m.invoice_id as "invoice_id!", i.number, i.currency,
                  coalesce(-sum(m.amount_minor) filter (where m.kind = 'used'), 0)::bigint as "used!",
                  coalesce(sum(m.amount_minor) filter (where m.kind = 'returned'), 0)::bigint as "returned!"
           from credit_moves m join invoices i on i.tenant_id = m.tenant_id and i.id = m.invoice_id
           where m.tenant_id = $1 and m.grant_id = any ($2) and m.kind in ('used', 'returned')
           group by m.grant_id, m.invoice_id, i.number, i.currency order by min(m.created_at), m.invoice_id"#,
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let currency: Currency = parse(&row.currency, "invoices.currency")?;
            Ok(CreditUse {
                grant: row.grant_id.into(),
                invoice: row.invoice_id.into(),
                invoice_number: row.number.unwrap_or_default(),
                used: Money::new(row.used, currency),
                returned: Money::new(row.returned, currency),
            })
        })
        .collect()
}

/// What an invoice has used of grants, and not given back.
pub async fn used_for(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Vec<GrantPart>> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        r#"select g.id, g.source, g.expires_on, g.currency, -sum(m.amount_minor)::bigint as "used!"
           from credit_moves m join credit_grants g on g.tenant_id = m.tenant_id and g.id = m.grant_id
           where m.tenant_id = $1 and m.invoice_id = $2 and m.kind in ('used', 'returned')
           group by g.tenant_id, g.id having sum(m.amount_minor) <> 0"#,
        tenant.uuid(),
        invoice.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(GrantPart {
                grant: row.id.into(),
                source: parse(&row.source, "credit_grants.source")?,
                expires_on: row.expires_on,
                amount: Money::new(row.used, parse(&row.currency, "credit_grants.currency")?),
            })
        })
        .collect()
}

/// What is left of a customer's grants though their last day is over.
pub async fn ended(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<GrantPart>> {
    let (tenant, today) = (tx.tenant(), tx.today());
    let rows = sqlx::query!(
        "select id, source, expires_on, currency, left_minor from credit_grants
         where tenant_id = $1 and customer_id = $2 and left_minor > 0 and expires_on < $3 order by expires_on, id",
        tenant.uuid(),
        customer.uuid(),
        today
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(GrantPart {
                grant: row.id.into(),
                source: parse(&row.source, "credit_grants.source")?,
                expires_on: row.expires_on,
                amount: Money::new(row.left_minor, parse(&row.currency, "credit_grants.currency")?),
            })
        })
        .collect()
}

/// Something that becomes of a part of a grant.
#[derive(Debug, Clone)]
pub struct NewMove<'a> {
    /// What.
    pub kind: CreditMoveKind,
    /// Of which grant.
    pub grant: CreditGrantId,
    /// How much, without a sign.
    pub amount: Money,
    /// The invoice that it has to do with.
    pub invoice: Option<InvoiceId>,
    /// Why it is taken back.
    pub reason: Option<&'a str>,
}

/// Notes what becomes of a customer's grants. The customer's row is locked. What there is not is refused by the database.
pub async fn keep_moves(
    tx: &mut TenantTx,
    customer: CustomerId,
    moves: &[NewMove<'_>],
) -> Result<Vec<CreditMoveId>> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let made: Vec<_> = moves.iter().map(|_| tx.new_id::<CreditMoveId>()).collect();
    let ids: Vec<_> = made.iter().map(|id| id.uuid()).collect();
    let kinds: Vec<_> = moves.iter().map(|one| one.kind.as_str().to_owned()).collect();
    let grants: Vec<_> = moves.iter().map(|one| one.grant.uuid()).collect();
    let invoices: Vec<_> = moves.iter().map(|one| one.invoice.map(domain::ids::Id::uuid)).collect();
    let reasons: Vec<_> = moves.iter().map(|one| one.reason.map(str::to_owned)).collect();
    let amounts = moves.iter().map(|one| one.kind.signed(one.amount).map(Money::amount_minor));
    let amounts: Vec<_> =
        amounts.collect::<Result<_, _>>().map_err(|_| StoreError::Corrupt("credit_moves.amount_minor"))?;
    sqlx::query!(
        "insert into credit_moves (tenant_id, id, customer_id, grant_id, kind, invoice_id, amount_minor, reason, created_at)
         select $1, id, $2, grant_id, kind, invoice_id, amount, reason, $3
         from unnest($4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::bigint[], $9::text[])
              as m (id, grant_id, kind, invoice_id, amount, reason)",
        tenant.uuid(),
        customer.uuid(),
        now,
        &ids,
        &grants,
        &kinds,
        &invoices as _,
        &amounts,
        &reasons as _,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(made)
}

/// Whether the bank's words are those of money that is recorded, for an invoice or as credit. What was taken back whole is
/// as if it had not come. Nobody else can record these words until the transaction ends.
pub async fn is_recorded(tx: &mut TenantTx, reference: &str) -> Result<bool> {
    let tenant = tx.tenant();
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('transfer ' || $1::uuid::text || ' ' || $2::text, 0))",
        tenant.uuid(),
        reference
    )
    .execute(tx.conn()?)
    .await?;
    Ok(sqlx::query_scalar!(r#"select app.transfer_is_recorded($1) as "known!""#, reference)
        .fetch_one(tx.conn()?)
        .await?)
}

/// Customers of whose grants something is left after the last day: of all tenants that live by the real time, or of a
/// sandbox.
pub async fn due(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<Vec<(TenantId, CustomerId)>> {
    let now = tx.now();
    let rows = sqlx::query!(
        "select distinct g.tenant_id, g.customer_id from credit_grants g join tenants t on t.id = g.tenant_id
         where g.left_minor > 0 and g.expires_on < (coalesce(t.clock, $1::timestamptz) at time zone t.time_zone)::date
           and t.status = 'active' and (t.clock is null) = ($2::uuid is null) and ($2 is null or t.id = $2)",
        now,
        sandbox.map(domain::ids::Id::uuid),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.customer_id.into())).collect())
}
