//! Tenants: the platform operator and the MSPs.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    ids::{CustomerId, Id as _, TenantId},
    money::Currency,
    periods::Month,
    permissions::TenantKind,
    tax::TaxSettings,
};
use sqlx::types::Json;

use crate::{
    Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse,
    sealing::insert_tenant_key,
};

/// A tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The tenant above it.
    pub parent: Option<TenantId>,
    /// Platform or MSP.
    pub kind: TenantKind,
    /// The company's name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Shut out or not.
    pub suspended: bool,
    /// Where its billing days begin.
    pub time_zone: Tz,
    /// Its own currency.
    pub currency: Currency,
    /// What its invoice numbers begin with.
    pub invoice_prefix: String,
    /// Days from issue until an invoice is due.
    pub payment_days: i32,
    /// When the invoices of a month are issued by themselves.
    pub issuing: Issuing,
    /// What time it is in a sandbox; none where it is the time that it is.
    pub clock: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: i32,
    /// When it was taken on.
    pub created_at: DateTime<Utc>,
}

/// When the invoices of a month are issued by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issuing {
    /// On which day of the month after it; none: by hand.
    pub day: Option<i16>,
    /// How many days they wait as drafts, from that day on.
    pub grace_days: i16,
    /// Whether they are issued then; where not, drafts wait until somebody issues them.
    pub auto_finalize: bool,
}

impl Issuing {
    /// Whether drafts are made before anything is issued.
    pub fn drafts_wait(&self) -> bool {
        self.day.is_some() && (self.grace_days > 0 || !self.auto_finalize)
    }
}

struct TenantRow {
    id: uuid::Uuid,
    parent_id: Option<uuid::Uuid>,
    kind: String,
    name: String,
    slug: String,
    status: String,
    time_zone: String,
    currency: String,
    invoice_prefix: String,
    payment_days: i32,
    issue_day: Option<i16>,
    grace_days: i16,
    auto_finalize: bool,
    clock: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            TenantRow,
            "select id, parent_id, kind, name, slug, status, time_zone, currency, invoice_prefix, payment_days,
                issue_day, grace_days, auto_finalize, clock, version, created_at
         from tenants " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<TenantRow> for Tenant {
    type Error = StoreError;

    fn try_from(row: TenantRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            parent: row.parent_id.map(Into::into),
            kind: parse(&row.kind, "tenants.kind")?,
            name: row.name,
            slug: row.slug,
            suspended: row.status == "suspended",
            time_zone: parse(&row.time_zone, "tenants.time_zone")?,
            currency: parse(&row.currency, "tenants.currency")?,
            invoice_prefix: row.invoice_prefix,
            payment_days: row.payment_days,
            issuing: Issuing {
                day: row.issue_day,
                grace_days: row.grace_days,
                auto_finalize: row.auto_finalize,
            },
            clock: row.clock,
            version: row.version,
            created_at: row.created_at,
        })
    }
}

/// What a new tenant begins with.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The tenant above it; none for the platform.
    pub parent: Option<TenantId>,
    /// Platform or MSP.
    pub kind: TenantKind,
    /// The company's name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Where its billing days begin.
    pub time_zone: Tz,
    /// Its own currency.
    pub currency: Currency,
    /// What its invoice numbers begin with.
    pub invoice_prefix: String,
    /// The brand's colours.
    pub primary_color: String,
    /// See above.
    pub accent_color: String,
}

/// Makes a tenant with what every tenant has: key, counter, brand.
pub async fn create(tx: &mut SystemTx, new: &NewTenant) -> Result<TenantId> {
    let (id, now) = (tx.new_id::<TenantId>(), tx.now());
    sqlx::query!(
        "insert into tenants (id, parent_id, kind, name, slug, time_zone, currency, invoice_prefix, created_at,
                              updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        id.uuid(),
        new.parent.map(domain::ids::Id::uuid),
        new.kind.as_str(),
        new.name,
        new.slug,
        new.time_zone.name(),
        new.currency.code(),
        new.invoice_prefix,
        now,
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "tenants_slug_key", "slug"))?;
    insert_tenant_key(tx, id).await?;
    sqlx::query!("insert into invoice_counters (tenant_id) values ($1)", id.uuid())
        .execute(tx.conn()?)
        .await?;
    sqlx::query!(
        "insert into brands (tenant_id, display_name, primary_color, accent_color, updated_at)
         values ($1, $2, $3, $4, $5)",
        id.uuid(),
        new.name,
        new.primary_color,
        new.accent_color,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(id)
}

/// A tenant by id.
pub async fn get(tx: &mut SystemTx, id: TenantId) -> Result<Tenant> {
    select!("where id = $1", id.uuid()).fetch_one(tx.conn()?).await?.try_into()
}

/// The platform operator, once the installation has one.
pub async fn platform(tx: &mut SystemTx) -> Result<Option<Tenant>> {
    select!("where kind = 'platform'").fetch_optional(tx.conn()?).await?.map(Tenant::try_from).transpose()
}

/// The transaction's own tenant.
pub async fn current(tx: &mut TenantTx) -> Result<Tenant> {
    let id = tx.tenant();
    select!("where id = $1", id.uuid()).fetch_one(tx.conn()?).await?.try_into()
}

/// The tenant that a host name belongs to.
pub async fn by_host(tx: &mut SystemTx, host: &str) -> Result<Option<TenantId>> {
    let id = sqlx::query_scalar!("select tenant_id from tenant_hosts where host = $1", host)
        .fetch_optional(tx.conn()?)
        .await?;
    Ok(id.map(Into::into))
}

/// The host names of the transaction's tenant.
pub async fn hosts(tx: &mut TenantTx) -> Result<Vec<String>> {
    let tenant = tx.tenant();
    let hosts = sqlx::query_scalar!(
        "select host from tenant_hosts where tenant_id = $1 order by host",
        tenant.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(hosts)
}

/// Sets the host names of the transaction's tenant.
pub async fn set_hosts(tx: &mut TenantTx, hosts: &[String]) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "delete from tenant_hosts where tenant_id = $1 and not (host = any ($2))",
        tenant.uuid(),
        hosts
    )
    .execute(tx.conn()?)
    .await?;
    sqlx::query!(
        "insert into tenant_hosts (tenant_id, host, created_at)
         select $1, host, $3 from unnest($2::text[]) host
         on conflict (tenant_id, host) do nothing",
        tenant.uuid(),
        hosts,
        now,
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "tenant_hosts_host", "hosts"))?;
    Ok(())
}

/// Shuts a tenant out with its sandboxes, or lets it in again.
pub async fn set_suspended(tx: &mut SystemTx, id: TenantId, suspended: bool) -> Result<()> {
    let now = tx.now();
    let status = if suspended { "suspended" } else { "active" };
    let changed = sqlx::query!(
        "update tenants set status = $2, version = version + 1, updated_at = $3
         where id = $1 or (parent_id = $1 and clock is not null and $2 = 'suspended')",
        id.uuid(),
        status,
        now
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Renames a tenant.
pub async fn rename(tx: &mut SystemTx, id: TenantId, name: &str, version: Option<i32>) -> Result<()> {
    let now = tx.now();
    let changed = sqlx::query!(
        "update tenants set name = $2, version = version + 1, updated_at = $3
         where id = $1 and ($4::integer is null or version = $4)",
        id.uuid(),
        name,
        now,
        version,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(()) }
}

/// Sets when invoices are issued by themselves, and until when they are to be paid. Where nothing was until then, they are from the
/// month on whose day is still to come: what was left to be billed by hand is not issued unasked. Otherwise it goes on where it was.
pub async fn set_billing(
    tx: &mut TenantTx,
    payment_days: i32,
    issuing: Issuing,
    version: Option<i32>,
) -> Result<()> {
    let (tenant, now, today) = (tx.tenant(), tx.now(), tx.today());
    // What was drafted to be approved waits on, where the day is past on which it would have been issued.
    let changed = sqlx::query!(
        "update tenants
         set payment_days = $2, issue_day = $3, grace_days = $7, auto_finalize = $8, version = version + 1, updated_at = $4,
             issued_month = case when $3::smallint is null or not $8 then null
                                 when issue_day is null then app.last_due($6::date, $3)
                                 else coalesce(issued_month, least(drafted_month, app.last_due($6 - $7::smallint, $3))) end,
             drafted_month = case when $9 then coalesce(drafted_month, issued_month, app.last_due($6, $3)) end
         where id = $1 and ($5::integer is null or version = $5)",
        tenant.uuid(),
        payment_days,
        issuing.day,
        now,
        version,
        today,
        issuing.grace_days,
        issuing.auto_finalize,
        issuing.drafts_wait(),
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(()) }
}

/// How the tenant taxes; none where it charges no tax.
pub async fn tax(tx: &mut TenantTx) -> Result<Option<TaxSettings>> {
    let tenant = tx.tenant();
    let found = sqlx::query_scalar!(
        r#"select tax as "tax: Json<TaxSettings>" from tenants where id = $1"#,
        tenant.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(found.map(|found| found.0))
}

/// Sets how the tenant taxes.
pub async fn set_tax(tx: &mut TenantTx, tax: Option<&TaxSettings>, version: Option<i32>) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update tenants set tax = $2, version = version + 1, updated_at = $3
         where id = $1 and ($4::integer is null or version = $4)",
        tenant.uuid(),
        tax.map(Json) as _,
        now,
        version,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(()) }
}

/// The tenants whose invoices of a month are to be issued by themselves now, each month given once and none left out: all
/// that live by the real time, or a sandbox.
pub async fn due_for_run(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<Vec<(TenantId, Month)>> {
    let now = tx.now();
    let rows = sqlx::query!(
        r#"update tenants set issued_month = (issued_month + interval '1 month')::date
           where issue_day is not null and auto_finalize and status = 'active'
             and (clock is null) = ($2::uuid is null) and ($2 is null or id = $2)
             and issued_month
                 < app.last_due((coalesce(clock, $1::timestamptz) at time zone time_zone)::date - grace_days, issue_day)
           returning id, issued_month as "month!""#,
        now,
        sandbox.map(domain::ids::Id::uuid),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), Month::of(row.month))).collect())
}

/// The same of drafts, where these wait for a number of days or for somebody to issue them.
pub async fn due_for_drafts(tx: &mut SystemTx, sandbox: Option<TenantId>) -> Result<Vec<(TenantId, Month)>> {
    let now = tx.now();
    let rows = sqlx::query!(
        r#"update tenants set drafted_month = (drafted_month + interval '1 month')::date
           where issue_day is not null and drafted_month is not null and status = 'active'
             and (clock is null) = ($2::uuid is null) and ($2 is null or id = $2)
             and drafted_month < app.last_due((coalesce(clock, $1::timestamptz) at time zone time_zone)::date, issue_day)
           returning id, drafted_month as "month!""#,
        now,
        sandbox.map(domain::ids::Id::uuid),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), Month::of(row.month))).collect())
}

/// An MSP as the platform operator sees it.
#[derive(Debug, Clone)]
pub struct MspFigures {
    /// The MSP.
    pub tenant: Tenant,
    /// The row that it has among the platform's customers.
    pub customer: CustomerId,
    /// How many customers it has, those that have left not counted.
    pub customers: i64,
    /// Machines that it protects in the given month.
    pub machines: i64,
    /// What it has invoiced for the given month, in minor units of its own currency.
    pub revenue_minor: i64,
}

/// The MSPs below a tenant with their figures for a month, by name.
pub async fn list_msps(
    tx: &mut SystemTx,
    parent: TenantId,
    only: Option<TenantId>,
    month: NaiveDate,
    page: &PageRequest,
) -> Result<Page<MspFigures>> {
    let after: Option<(String, uuid::Uuid)> = page.after()?;
    let (after_name, after_id) = after.unzip();
    let rows = sqlx::query!(
        r#"select t.id, t.parent_id, t.kind, t.name, t.slug, t.status, t.time_zone, t.currency,
                  t.invoice_prefix, t.payment_days, t.issue_day, t.grace_days, t.auto_finalize, t.clock, t.version, t.created_at, c.id as customer_id,
                  lower(t.name) as "sort_name!",
                  (select count(*) from customers m where m.tenant_id = t.id and m.status <> 'closed') as "customers!",
                  coalesce((select sum(u.quantity) from usage_months u
                            join metrics k on k.tenant_id = u.tenant_id and k.key = u.metric
                            where u.tenant_id = t.id and u.month = $3 and k.counts_as = 'machines'), 0)::bigint as "machines!",
                  coalesce((select sum(i.total_minor - i.tax_minor
                                        - (select coalesce(sum(n.total_minor - n.tax_minor), 0) from credit_notes n
                                           where n.tenant_id = i.tenant_id and n.invoice_id = i.id))
                            from invoices i
                            where i.tenant_id = t.id and i.period_start >= $3
                              and i.period_start < $3::date + interval '1 month' and i.status not in ('draft', 'void')
                              and i.currency = t.currency), 0)::bigint as "revenue!"
           from tenants t join customers c on c.tenant_id = $1 and c.downstream_tenant_id = t.id
           where t.parent_id = $1 and ($2::uuid is null or t.id = $2)
             and ($4::text is null or (lower(t.name), t.id) > ($4, $5))
           order by lower(t.name), t.id
           limit $6"#,
        parent.uuid(),
        only.map(domain::ids::Id::uuid),
        month,
        after_name,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows
        .into_iter()
        .map(|row| {
            let figures = MspFigures {
                customer: row.customer_id.into(),
                customers: row.customers,
                machines: row.machines,
                revenue_minor: row.revenue,
                tenant: TenantRow {
                    id: row.id,
                    parent_id: row.parent_id,
                    kind: row.kind,
                    name: row.name,
                    slug: row.slug,
                    status: row.status,
                    time_zone: row.time_zone,
                    currency: row.currency,
                    invoice_prefix: row.invoice_prefix,
                    payment_days: row.payment_days,
                    issue_day: row.issue_day,
                    grace_days: row.grace_days,
                    auto_finalize: row.auto_finalize,
                    clock: row.clock,
                    version: row.version,
                    created_at: row.created_at,
                }
                .try_into()?,
            };
            Ok((row.sort_name, figures))
        })
        .collect::<Result<Vec<_>>>()?;
    // The cursor carries the name as the database lower-cases it, which Rust may do differently.
    let cut = page.cut(rows, |(name, row)| Cursor::of(&(name, row.tenant.id.uuid())));
    Ok(Page { items: cut.items.into_iter().map(|(_, row)| row).collect(), next: cut.next })
}
