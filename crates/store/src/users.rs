//! Accounts: one per person over all tenants. Only the system role sees them.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, Id as _, MembershipId, TenantId, UserId},
    permissions::{Role, TenantKind},
};

use crate::{Result, StoreError, SystemTx, error::parse};

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address that it signs in with.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// argon2id in PHC form; none until an invitation was accepted.
    pub password_hash: Option<String>,
}

/// A tenant that a person belongs to.
#[derive(Debug, Clone)]
pub struct TenantAccess {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// Its kind.
    pub tenant_kind: TenantKind,
    /// The person's place in it.
    pub membership: MembershipId,
    /// What the person is there.
    pub role: Role,
    /// The customer whose people the person is one of.
    pub customer: Option<CustomerId>,
    /// That customer's name.
    pub customer_name: Option<String>,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
}

/// The account with this address.
pub async fn by_email(tx: &mut SystemTx, email: &str) -> Result<Option<User>> {
    let row = sqlx::query!("select id, email, name, password_hash from users where email = $1", email)
        .fetch_optional(tx.conn()?)
        .await?;
    Ok(row.map(|row| User {
        id: row.id.into(),
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
    }))
}

/// An account by id.
pub async fn get(tx: &mut SystemTx, id: UserId) -> Result<User> {
    let row = sqlx::query!("select id, email, name, password_hash from users where id = $1", id.uuid())
        .fetch_one(tx.conn()?)
        .await?;
    Ok(User { id: row.id.into(), email: row.email, name: row.name, password_hash: row.password_hash })
}

/// Makes an account.
pub async fn create(
    tx: &mut SystemTx,
    email: &str,
    name: &str,
    password_hash: Option<&str>,
) -> Result<UserId> {
    let (id, now) = (tx.new_id::<UserId>(), tx.now());
    sqlx::query!(
        "insert into users (id, email, name, password_hash, password_changed_at, created_at, updated_at)
         values ($1, $2, $3, $4, case when $4::text is null then null else $5::timestamptz end, $5, $5)",
        id.uuid(),
        email,
        name,
        password_hash,
        now,
    )
    .execute(tx.conn()?)
    .await
    .map_err(|error| StoreError::taken(error, "users_email_key", "email"))?;
    Ok(id)
}

/// Sets a password.
pub async fn set_password(tx: &mut SystemTx, id: UserId, password_hash: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update users set password_hash = $2, password_changed_at = $3, updated_at = $3 where id = $1",
        id.uuid(),
        password_hash,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Renames a person, in every tenant at once.
pub async fn rename(tx: &mut SystemTx, id: UserId, name: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!("update users set name = $2, updated_at = $3 where id = $1", id.uuid(), name, now)
        .execute(tx.conn()?)
        .await?;
    sqlx::query!(
        "update memberships set name = $2, version = version + 1, updated_at = $3 where user_id = $1",
        id.uuid(),
        name,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Where a person may work now, sandboxes last: suspended tenants, memberships and customers left out.
pub async fn tenants_of(tx: &mut SystemTx, id: UserId) -> Result<Vec<TenantAccess>> {
    let rows = sqlx::query!(
        r#"select t.id, t.name, t.kind, m.id as membership_id, m.role, m.customer_id,
                  c.company_name as "customer_name?", t.clock is not null as "is_sandbox!"
           from memberships m
           join tenants t on t.id = m.tenant_id
           left join customers c on c.tenant_id = m.tenant_id and c.id = m.customer_id
           where m.user_id = $1 and m.status = 'active' and t.status = 'active'
             and (m.customer_id is null or c.status in ('trial', 'active'))
           order by t.clock is not null, t.name, t.id"#,
        id.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TenantAccess {
                tenant: row.id.into(),
                tenant_name: row.name,
                tenant_kind: parse(&row.kind, "tenants.kind")?,
                membership: row.membership_id.into(),
                role: parse(&row.role, "memberships.role")?,
                customer: row.customer_id.map(Into::into),
                customer_name: row.customer_name,
                is_sandbox: row.is_sandbox,
            })
        })
        .collect()
}

/// Keeps a reset token's hash; earlier tokens of the person end.
pub async fn start_password_reset(
    tx: &mut SystemTx,
    id: UserId,
    token_hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!("delete from password_resets where user_id = $1", id.uuid()).execute(tx.conn()?).await?;
    sqlx::query!(
        "insert into password_resets (token_hash, user_id, expires_at, created_at) values ($1, $2, $3, $4)",
        token_hash,
        id.uuid(),
        expires_at,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Uses a reset token up and says whose it was.
pub async fn use_password_reset(tx: &mut SystemTx, token_hash: &[u8]) -> Result<Option<UserId>> {
    let now = tx.now();
    let id = sqlx::query_scalar!(
        "update password_resets set used_at = $2
         where token_hash = $1 and used_at is null and expires_at > $2 returning user_id",
        token_hash,
        now
    )
    .fetch_optional(tx.conn()?)
    .await?;
    Ok(id.map(Into::into))
}
