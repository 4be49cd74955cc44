//! Customers of a tenant.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    customers::CustomerStatus,
    ids::{CustomerId, Id as _, TenantId},
    limits::Limits,
    tax::Place,
};
use serde_json::Value;

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// A customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The code that people and addresses use.
    pub code: String,
    /// What may be edited.
    pub details: Details,
    /// Where it stands.
    pub status: CustomerStatus,
    /// What it may use at most.
    pub limits: Limits,
    /// The tenant that this customer is, where it is an MSP of the platform.
    pub downstream_tenant: Option<TenantId>,
    /// Since when it has been suspended, and why.
    pub suspended_at: Option<DateTime<Utc>>,
    /// See above.
    pub suspended_reason: Option<String>,
    /// Counts its changes.
    pub version: i32,
    /// When it was taken on.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// What may be edited about a customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    /// The company.
    pub company_name: String,
    /// The person to talk to.
    pub contact_name: Option<String>,
    /// Where mail goes, invoices included.
    pub contact_email: Option<String>,
    /// Where calls go.
    pub phone: Option<String>,
    /// The postal address, as it is printed.
    pub address: Option<String>,
    /// The tax number, as it is printed.
    pub tax_id: Option<String>,
    /// Where it is, as far as tax goes; none is taken for where the seller is.
    pub place: Option<Place>,
    /// Why it pays no tax, where it does not.
    pub tax_exempt: Option<String>,
    /// What the customer is called in another system.
    pub external_ref: Option<String>,
    /// Notes of the staff.
    pub notes: Option<String>,
    /// When the trial ends.
    pub trial_ends_on: Option<NaiveDate>,
    /// Named switches.
    pub feature_flags: Value,
}

struct CustomerRow {
    /// What the list is sorted by: the name as the database lower-cases it, which Rust may do differently.
    sort_name: String,
    id: uuid::Uuid,
    code: String,
    company_name: String,
    contact_name: Option<String>,
    contact_email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    tax_id: Option<String>,
    country: Option<String>,
    region: Option<String>,
    tax_exempt: Option<String>,
    external_ref: Option<String>,
    notes: Option<String>,
    trial_ends_on: Option<NaiveDate>,
    feature_flags: Value,
    status: String,
    max_machines: Option<i32>,
    storage_gb: Option<i32>,
    max_concurrent_jobs: Option<i32>,
    api_requests_per_minute: Option<i32>,
    downstream_tenant_id: Option<uuid::Uuid>,
    suspended_at: Option<DateTime<Utc>>,
    suspended_reason: Option<String>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(+ $more:tt)* $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            CustomerRow,
            r#"select lower(company_name) as "sort_name!", id, code, company_name, contact_name, contact_email, phone, address, tax_id, country,
                region, tax_exempt, external_ref, notes, trial_ends_on, feature_flags, status, max_machines, storage_gb, max_concurrent_jobs,
                api_requests_per_minute, downstream_tenant_id, suspended_at, suspended_reason, version,
                created_at, updated_at
         from customers "# + $rest $(+ $more)*
            $(, $argument)*
        )
    };
}

impl TryFrom<CustomerRow> for Customer {
    type Error = StoreError;

    fn try_from(row: CustomerRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            code: row.code,
            details: Details {
                company_name: row.company_name,
                contact_name: row.contact_name,
                contact_email: row.contact_email,
                phone: row.phone,
                address: row.address,
                tax_id: row.tax_id,
                place: place(row.country.as_deref(), row.region)?,
                tax_exempt: row.tax_exempt,
                external_ref: row.external_ref,
                notes: row.notes,
                trial_ends_on: row.trial_ends_on,
                feature_flags: row.feature_flags,
            },
            status: parse(&row.status, "customers.status")?,
            limits: Limits {
                max_machines: row.max_machines,
                storage_gb: row.storage_gb,
                max_concurrent_jobs: row.max_concurrent_jobs,
                api_requests_per_minute: row.api_requests_per_minute,
            },
            downstream_tenant: row.downstream_tenant_id.map(Into::into),
            suspended_at: row.suspended_at,
            suspended_reason: row.suspended_reason,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn place(country: Option<&str>, region: Option<String>) -> Result<Option<Place>> {
    let country = country.map(|country| parse(country, "customers.country")).transpose()?;
    Ok(country.map(|country| Place { country, region }))
}

/// How a customer is named in a request: by id, or by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerRef {
    /// By id.
    Id(CustomerId),
    /// By code.
    Code(String),
}

impl std::str::FromStr for CustomerRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A code is written in capitals and an id never is, so the two cannot be taken for each other.
        Ok(text.parse().map_or_else(|_| Self::Code(text.to_owned()), Self::Id))
    }
}

/// A customer to be taken on.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// Its code.
    pub code: String,
    /// What may be edited later.
    pub details: Details,
    /// Where it stands at first.
    pub status: CustomerStatus,
    /// What it may use at most.
    pub limits: Limits,
}

/// Takes a customer on.
pub async fn create(tx: &mut TenantTx, new: &NewCustomer) -> Result<Customer> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<CustomerId>(), tx.now());
    insert(tx.conn()?, tenant, id, None, new, now).await?;
    get(tx, id).await
}

/// Takes on the customer that a new MSP is to the platform.
pub async fn create_downstream(
    tx: &mut SystemTx,
    parent: TenantId,
    downstream: TenantId,
    new: &NewCustomer,
) -> Result<CustomerId> {
    let (id, now) = (tx.new_id::<CustomerId>(), tx.now());
    insert(tx.conn()?, parent, id, Some(downstream), new, now).await?;
    Ok(id)
}

async fn insert(
    connection: &mut sqlx::PgConnection,
    tenant: TenantId,
    id: CustomerId,
    downstream: Option<TenantId>,
    new: &NewCustomer,
    now: DateTime<Utc>,
) -> Result<()> {
    let details = &new.details;
    sqlx::query!(
        "insert into customers (tenant_id, id, code, company_name, contact_name, contact_email, phone, address,
                                tax_id, external_ref, notes, trial_ends_on, feature_flags, status, max_machines,
                                storage_gb, max_concurrent_jobs, api_requests_per_minute, downstream_tenant_id,
                                created_at, updated_at, country, region, tax_exempt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, $21,
                 $22, $23)",
        tenant.uuid(),
        id.uuid(),
        new.code,
        details.company_name,
        details.contact_name,
        details.contact_email,
        details.phone,
        details.address,
        details.tax_id,
        details.external_ref,
        details.notes,
        details.trial_ends_on,
        details.feature_flags,
        new.status.as_str(),
        new.limits.max_machines,
        new.limits.storage_gb,
        new.limits.max_concurrent_jobs,
        new.limits.api_requests_per_minute,
        downstream.map(domain::ids::Id::uuid),
        now,
        details.place.as_ref().map(|place| place.country.code()),
        details.place.as_ref().and_then(|place| place.region.as_deref()),
        details.tax_exempt,
    )
    .execute(connection)
    .await
    .map_err(|error| StoreError::taken(error, "customers_tenant_id_code_key", "code"))?;
    Ok(())
}

/// Finds a customer by id or code.
pub async fn find(tx: &mut TenantTx, customer: &CustomerRef) -> Result<Customer> {
    let code = match customer {
        CustomerRef::Id(id) => return get(tx, *id).await,
        CustomerRef::Code(code) => code,
    };
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and code = $2", tenant.uuid(), code,)
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// A customer by id.
pub async fn get(tx: &mut TenantTx, id: CustomerId) -> Result<Customer> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid(),)
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// What is decided about a customer as a whole, as what of its credit is used, is decided by one change at a time: nobody else
/// holds these until the transaction ends.
pub async fn hold(tx: &mut TenantTx, customers: &[CustomerId]) -> Result<()> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    sqlx::query!(
        "select id from customers where tenant_id = $1 and id = any ($2) order by id for no key update",
        tenant.uuid(),
        &ids
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(())
}

/// Several customers.
pub async fn of(tx: &mut TenantTx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Customer>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let rows =
        select!("where tenant_id = $1 and id = any ($2)", tenant.uuid(), &ids).fetch_all(tx.conn()?).await?;
    rows.into_iter().map(|row| Customer::try_from(row).map(|customer| (customer.id, customer))).collect()
}

/// Changes a customer's details, if it is still the version that the caller read.
pub async fn update(
    tx: &mut TenantTx,
    id: CustomerId,
    version: Option<i32>,
    details: &Details,
) -> Result<Customer> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update customers
         set company_name = $4, contact_name = $5, contact_email = $6, phone = $7, address = $8, tax_id = $9,
             external_ref = $10, notes = $11, trial_ends_on = $12, feature_flags = $13, version = version + 1,
             updated_at = $14, country = $15, region = $16, tax_exempt = $17
         where tenant_id = $1 and id = $2 and ($3::integer is null or version = $3)",
        tenant.uuid(),
        id.uuid(),
        version,
        details.company_name,
        details.contact_name,
        details.contact_email,
        details.phone,
        details.address,
        details.tax_id,
        details.external_ref,
        details.notes,
        details.trial_ends_on,
        details.feature_flags,
        now,
        details.place.as_ref().map(|place| place.country.code()),
        details.place.as_ref().and_then(|place| place.region.as_deref()),
        details.tax_exempt,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// Sets a customer's limits.
pub async fn set_limits(
    tx: &mut TenantTx,
    id: CustomerId,
    version: Option<i32>,
    limits: Limits,
) -> Result<Customer> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update customers
         set max_machines = $4, storage_gb = $5, max_concurrent_jobs = $6, api_requests_per_minute = $7,
             version = version + 1, updated_at = $8
         where tenant_id = $1 and id = $2 and ($3::integer is null or version = $3)",
        tenant.uuid(),
        id.uuid(),
        version,
        limits.max_machines,
        limits.storage_gb,
        limits.max_concurrent_jobs,
        limits.api_requests_per_minute,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// Moves a customer from one state to another; [`StoreError::Stale`] if it was not in the first.
pub async fn set_status(
    tx: &mut TenantTx,
    id: CustomerId,
    from: CustomerStatus,
    to: CustomerStatus,
    reason: Option<&str>,
) -> Result<Customer> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let suspended = to == CustomerStatus::Suspended;
    let changed = sqlx::query!(
        "update customers
         set status = $4, suspended_at = case when $5 then $7::timestamptz end,
             suspended_reason = case when $5 then $6 end, version = version + 1, updated_at = $7
         where tenant_id = $1 and id = $2 and status = $3",
        tenant.uuid(),
        id.uuid(),
        from.as_str(),
        to.as_str(),
        suspended,
        reason,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx, id).await }
}

/// Which customers are wanted, and in which order.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Part of the name, code, contact or external reference.
    pub search: Option<String>,
    /// Only those in this state.
    pub status: Option<CustomerStatus>,
    /// The order.
    pub order: CustomerOrder,
}

/// The order of customers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CustomerOrder {
    /// By what.
    pub by: CustomerKey,
    /// The last first.
    pub down: bool,
}

/// What customers are ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CustomerKey {
    /// The name.
    #[default]
    Name,
    /// The code.
    Code,
    /// When they were taken on.
    Created,
    /// The state, and in each the name.
    Status,
}

/// Customers in order; and how many there are, for the first page.
///
/// Code and time have an index to begin at. The other orders, and the search, read every customer of the tenant: neither
/// `lower` nor `ilike` is leakproof, so below a row-level policy an index would not be used. For the ten thousand that
/// one MSP may have this stays in the milliseconds.
pub async fn list(
    tx: &mut TenantTx,
    filter: &CustomerFilter,
    page: &PageRequest,
) -> Result<(Page<Customer>, Option<i64>)> {
    let rows = ordered(tx, filter, page).await?;
    let total = if page.cursor.is_none() { Some(count(tx, filter).await?) } else { None };
    let page = page.cut(rows, |row| match filter.order.by {
        CustomerKey::Name => Cursor::of(&(&row.sort_name, row.id)),
        CustomerKey::Code => Cursor::of(&(&row.code,)),
        CustomerKey::Created => Cursor::of(&(row.created_at, row.id)),
        CustomerKey::Status => Cursor::of(&(&row.status, &row.sort_name, row.id)),
    });
    Ok((page.try_map(Customer::try_from)?, total))
}

async fn ordered(tx: &mut TenantTx, filter: &CustomerFilter, page: &PageRequest) -> Result<Vec<CustomerRow>> {
    let pattern = filter.search.as_deref().map(contains_pattern);
    let (tenant, down) = (tx.tenant().uuid(), filter.order.down);
    // The statement for one order, in one direction. `$after` are the rows behind the one seen last, `$order` is what
    // follows `order by`.
    macro_rules! in_order {
        ($after:tt, $order:tt, $($key:expr),+) => {
            select!(
                "where tenant_id = $1
               and ($2::text is null or status = $2)
               and ($3::text is null or company_name ilike $3 or code ilike $3 or contact_name ilike $3
                    or contact_email ilike $3 or external_ref ilike $3)
               and "
                    + $after
                    + " order by "
                    + $order
                    + " limit $4",
                tenant,
                filter.status.map(CustomerStatus::as_str),
                pattern,
                page.fetch(),
                $($key),+
            )
            .fetch_all(tx.conn()?)
            .await?
        };
    }
    let rows = match filter.order.by {
        CustomerKey::Name => {
            let (name, id) = page.after::<(String, uuid::Uuid)>()?.unzip();
            if down {
                in_order!(
                    "($5::text is null or (lower(company_name), id) < ($5, $6))",
                    "lower(company_name) desc, id desc",
                    name,
                    id
                )
            } else {
                in_order!(
                    "($5::text is null or (lower(company_name), id) > ($5, $6))",
                    "lower(company_name), id",
                    name,
                    id
                )
            }
        }
        CustomerKey::Code => {
            let code = page.after::<(String,)>()?.map(|(code,)| code);
            if down {
                in_order!("($5::text is null or code < $5)", "code desc", code)
            } else {
                in_order!("($5::text is null or code > $5)", "code", code)
            }
        }
        CustomerKey::Created => {
            let (created, id) = page.after::<(DateTime<Utc>, uuid::Uuid)>()?.unzip();
            if down {
                in_order!(
                    "($5::timestamptz is null or (created_at, id) < ($5, $6))",
                    "created_at desc, id desc",
                    created,
                    id
                )
            } else {
                in_order!(
                    "($5::timestamptz is null or (created_at, id) > ($5, $6))",
                    "created_at, id",
                    created,
                    id
                )
            }
        }
        CustomerKey::Status => {
            let after = page.after::<(String, String, uuid::Uuid)>()?;
            let (status, name, id) =
                after.map_or((None, None, None), |(status, name, id)| (Some(status), Some(name), Some(id)));
            if down {
                in_order!(
                    "($5::text is null or (status, lower(company_name), id) < ($5, $6, $7))",
                    "status desc, lower(company_name) desc, id desc",
                    status,
                    name,
                    id
                )
            } else {
                in_order!(
                    "($5::text is null or (status, lower(company_name), id) > ($5, $6, $7))",
                    "status, lower(company_name), id",
                    status,
                    name,
                    id
                )
            }
        }
    };
    Ok(rows)
}

async fn count(tx: &mut TenantTx, filter: &CustomerFilter) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from customers
               where tenant_id = $1
                 and ($2::text is null or status = $2)
                 and ($3::text is null or company_name ilike $3 or code ilike $3 or contact_name ilike $3
                      or contact_email ilike $3 or external_ref ilike $3)"#,
        tx.tenant().uuid(),
        filter.status.map(CustomerStatus::as_str),
        filter.search.as_deref().map(contains_pattern),
    );
    Ok(count.fetch_one(tx.conn()?).await?)
}

/// A pattern for "contains this text", with the text's own wildcards taken literally.
pub(crate) fn contains_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
