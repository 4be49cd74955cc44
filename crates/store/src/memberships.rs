//! People's places in a tenant: role, customers, status.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, Id as _, MembershipId, TenantId, UserId},
    permissions::Role,
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// A person's place in a tenant.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// The account.
    pub user: UserId,
    /// The person's address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// What the person is here.
    pub role: Role,
    /// The customer whose people the person is one of.
    pub customer: Option<CustomerId>,
    /// The customers that staff is limited to; `None` where there is no such limit.
    pub only_customers: Option<Vec<CustomerId>>,
    /// Shut out for now.
    pub suspended: bool,
    /// Counts its changes.
    pub version: i32,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

struct MembershipRow {
    /// What the list is sorted by: the name as the database lower-cases it, which Rust may do differently.
    sort_name: String,
    id: uuid::Uuid,
    user_id: uuid::Uuid,
    email: String,
    name: String,
    role: String,
    customer_id: Option<uuid::Uuid>,
    restricted: bool,
    customers: Vec<uuid::Uuid>,
    status: String,
    version: i32,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            MembershipRow,
            r#"select lower(m.name) as "sort_name!", m.id, m.user_id, m.email, m.name, m.role, m.customer_id, m.restricted, m.status, m.version,
                  m.created_at,
                  array(select mc.customer_id from membership_customers mc
                        where mc.tenant_id = m.tenant_id and mc.membership_id = m.id) as "customers!"
           from memberships m "# + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<MembershipRow> for Membership {
    type Error = StoreError;

    fn try_from(row: MembershipRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            user: row.user_id.into(),
            email: row.email,
            name: row.name,
            role: parse(&row.role, "memberships.role")?,
            customer: row.customer_id.map(Into::into),
            only_customers: row.restricted.then(|| row.customers.into_iter().map(Into::into).collect()),
            suspended: row.status == "suspended",
            version: row.version,
            created_at: row.created_at,
        })
    }
}

/// Whose people are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// The tenant's own.
    Staff,
    /// One customer's.
    Customer(CustomerId),
}

/// People by name.
pub async fn list(tx: &mut TenantTx, of: Of, page: &PageRequest) -> Result<Page<Membership>> {
    let after: Option<(String, uuid::Uuid)> = page.after()?;
    let (after_name, after_id) = after.unzip();
    let customer = match of {
        Of::Staff => None,
        Of::Customer(customer) => Some(customer.uuid()),
    };
    let tenant = tx.tenant();
    let rows = select!(
        "where m.tenant_id = $1 and m.customer_id is not distinct from $2
             and ($3::text is null or (lower(m.name), m.id) > ($3, $4))
           order by lower(m.name), m.id
           limit $5",
        tenant.uuid(),
        customer,
        after_name,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    page.cut(rows, |row| Cursor::of(&(&row.sort_name, row.id))).try_map(Membership::try_from)
}

/// One person's place.
pub async fn get(tx: &mut TenantTx, id: MembershipId) -> Result<Membership> {
    let tenant = tx.tenant();
    select!("where m.tenant_id = $1 and m.id = $2", tenant.uuid(), id.uuid())
        .fetch_one(tx.conn()?)
        .await?
        .try_into()
}

/// What may change about a person's place.
#[derive(Debug, Clone)]
pub struct MembershipChange {
    /// The role.
    pub role: Role,
    /// The customers that staff is limited to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// Shut out for now.
    pub suspended: bool,
}

/// Changes a person's place.
pub async fn update(
    tx: &mut TenantTx,
    id: MembershipId,
    version: Option<i32>,
    change: &MembershipChange,
) -> Result<Membership> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update memberships set role = $4, restricted = $5, status = $6, version = version + 1, updated_at = $7
         where tenant_id = $1 and id = $2 and ($3::integer is null or version = $3)",
        tenant.uuid(),
        id.uuid(),
        version,
        change.role.as_str(),
        change.only_customers.is_some(),
        if change.suspended { "suspended" } else { "active" },
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    sqlx::query!(
        "delete from membership_customers where tenant_id = $1 and membership_id = $2",
        tenant.uuid(),
        id.uuid()
    )
    .execute(tx.conn()?)
    .await?;
    insert_customers(tx.conn()?, tenant, id, change.only_customers.as_deref().unwrap_or_default()).await?;
    get(tx, id).await
}

/// Takes a person out of the tenant.
pub async fn remove(tx: &mut TenantTx, id: MembershipId) -> Result<()> {
    let tenant = tx.tenant();
    let removed =
        sqlx::query!("delete from memberships where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
            .execute(tx.conn()?)
            .await?;
    if removed.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// How many people with this role can sign in. Locks them, so that two last administrators cannot
/// remove each other.
pub async fn count_active(tx: &mut TenantTx, role: Role) -> Result<usize> {
    let tenant = tx.tenant();
    let rows = sqlx::query!(
        "select id from memberships where tenant_id = $1 and role = $2 and status = 'active' order by id for update",
        tenant.uuid(),
        role.as_str()
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.len())
}

/// A place to be given to somebody.
#[derive(Debug, Clone)]
pub struct NewMembership {
    /// The tenant.
    pub tenant: TenantId,
    /// The account.
    pub user: UserId,
    /// Its address.
    pub email: String,
    /// Its name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The customer whose people the person joins.
    pub customer: Option<CustomerId>,
    /// The customers that staff is limited to.
    pub only_customers: Option<Vec<CustomerId>>,
}

/// Gives somebody a place in a tenant.
pub async fn create(tx: &mut SystemTx, new: &NewMembership) -> Result<MembershipId> {
    let (id, now) = (tx.new_id::<MembershipId>(), tx.now());
    sqlx::query!(
        "insert into memberships (tenant_id, id, user_id, email, name, role, customer_id, restricted, created_at,
                                  updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        new.tenant.uuid(),
        id.uuid(),
        new.user.uuid(),
        new.email,
        new.name,
        new.role.as_str(),
        new.customer.map(domain::ids::Id::uuid),
        new.only_customers.is_some(),
        now,
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "memberships_tenant_id_user_id_key", "email"))?;
    insert_customers(tx.conn()?, new.tenant, id, new.only_customers.as_deref().unwrap_or_default()).await?;
    Ok(id)
}

async fn insert_customers(
    connection: &mut sqlx::PgConnection,
    tenant: TenantId,
    id: MembershipId,
    customers: &[CustomerId],
) -> Result<()> {
    let customers: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    sqlx::query!(
        "insert into membership_customers (tenant_id, membership_id, customer_id)
         select distinct $1::uuid, $2::uuid, customer from unnest($3::uuid[]) customer",
        tenant.uuid(),
        id.uuid(),
        &customers,
    )
    .execute(connection)
    .await
    .map_err(|error| match &error {
        sqlx::Error::Database(database) if database.is_foreign_key_violation() => StoreError::NotFound,
        _ => error.into(),
    })?;
    Ok(())
}
