//! Sessions, refresh tokens and the keys that sign access tokens.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ids::{CustomerId, Id as _, MembershipId, SessionId, TenantId, UserId},
    permissions::{Permission, Role},
};

use crate::{Actor, Customers, Principal, Result, SystemTx, error::parse};

/// How long after its rotation a refresh token still works. Two tabs that wake up together both send
/// the token they have; the second must not look like a thief.
pub const ROTATION_GRACE: TimeDelta = TimeDelta::seconds(30);

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Who.
    pub user: UserId,
    /// In which tenant.
    pub tenant: TenantId,
    /// By which membership.
    pub membership: MembershipId,
    /// The browser or program, as it calls itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<String>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
}

/// A session, as its owner sees it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// In which tenant.
    pub tenant: TenantId,
    /// The browser or program.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<String>,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it last refreshed.
    pub last_seen_at: DateTime<Utc>,
}

/// Opens a session with its first refresh token.
pub async fn create(tx: &mut SystemTx, new: &NewSession, refresh_hash: &[u8]) -> Result<SessionId> {
    let (id, now) = (tx.new_id::<SessionId>(), tx.now());
    sqlx::query!(
        "insert into sessions (id, user_id, tenant_id, membership_id, user_agent, address, created_at, last_seen_at,
                               expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        id.uuid(),
        new.user.uuid(),
        new.tenant.uuid(),
        new.membership.uuid(),
        new.user_agent,
        new.address,
        now,
        new.expires_at,
    )
    .execute(tx.conn()?)
    .await?;
    add_refresh_token(tx, id, refresh_hash, new.expires_at).await?;
    Ok(id)
}

async fn add_refresh_token(
    tx: &mut SystemTx,
    session: SessionId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "insert into refresh_tokens (hash, session_id, created_at, expires_at) values ($1, $2, $3, $4)",
        hash,
        session.uuid(),
        now,
        expires_at
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// What came of a refresh.
#[derive(Debug, Clone)]
pub enum Refresh {
    /// The session goes on with the new token.
    Rotated {
        /// The session.
        session: SessionId,
        /// Whose.
        user: UserId,
        /// In which tenant.
        tenant: TenantId,
    },
    /// A token came back that had been rotated a while ago. The session has been ended.
    Reused {
        /// The session.
        session: SessionId,
        /// Whose.
        user: UserId,
        /// In which tenant.
        tenant: TenantId,
    },
    /// No such token, or its session is over.
    Invalid,
}

/// Exchanges a refresh token for the next one.
pub async fn rotate(tx: &mut SystemTx, old_hash: &[u8], new_hash: &[u8]) -> Result<Refresh> {
    let now = tx.now();
    // The session's row is the lock: two refreshes of one session take turns.
    let row = sqlx::query!(
        "select r.rotated_at, s.id, s.user_id, s.tenant_id, s.expires_at
         from refresh_tokens r join sessions s on s.id = r.session_id
         where r.hash = $1 and r.expires_at > $2 and s.revoked_at is null and s.expires_at > $2
         for update of s",
        old_hash,
        now
    )
    .fetch_optional(tx.conn()?)
    .await?;
    let Some(row) = row else { return Ok(Refresh::Invalid) };
    let (session, user, tenant) = (SessionId::from(row.id), row.user_id.into(), row.tenant_id.into());
    // Read again under the lock: the first of two concurrent refreshes has rotated it by now.
    let rotated_at = sqlx::query_scalar!("select rotated_at from refresh_tokens where hash = $1", old_hash)
        .fetch_one(tx.conn()?)
        .await?;
    if rotated_at.is_some_and(|rotated| now - rotated > ROTATION_GRACE) {
        revoke(tx, session, "refresh token reused").await?;
        return Ok(Refresh::Reused { session, user, tenant });
    }
    sqlx::query!(
        "update refresh_tokens set rotated_at = coalesce(rotated_at, $2) where hash = $1",
        old_hash,
        now
    )
    .execute(tx.conn()?)
    .await?;
    add_refresh_token(tx, session, new_hash, row.expires_at).await?;
    sqlx::query!("update sessions set last_seen_at = $2 where id = $1", session.uuid(), now)
        .execute(tx.conn()?)
        .await?;
    Ok(Refresh::Rotated { session, user, tenant })
}

/// Ends a session.
pub async fn revoke(tx: &mut SystemTx, id: SessionId, why: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update sessions set revoked_at = $2, revoked_for = $3 where id = $1 and revoked_at is null",
        id.uuid(),
        now,
        why
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Ends all sessions of a person, except one.
pub async fn revoke_all(
    tx: &mut SystemTx,
    user: UserId,
    except: Option<SessionId>,
    why: &str,
) -> Result<u64> {
    let now = tx.now();
    let done = sqlx::query!(
        "update sessions set revoked_at = $3, revoked_for = $4
         where user_id = $1 and revoked_at is null and id is distinct from $2",
        user.uuid(),
        except.map(domain::ids::Id::uuid),
        now,
        why
    )
    .execute(tx.conn()?)
    .await?;
    Ok(done.rows_affected())
}

/// A person's open sessions, the latest first.
pub async fn list(tx: &mut SystemTx, user: UserId) -> Result<Vec<Session>> {
    let now = tx.now();
    let rows = sqlx::query!(
        "select id, tenant_id, user_agent, address, created_at, last_seen_at from sessions
         where user_id = $1 and revoked_at is null and expires_at > $2
         order by last_seen_at desc, id limit 200",
        user.uuid(),
        now
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Session {
            id: row.id.into(),
            tenant: row.tenant_id.into(),
            user_agent: row.user_agent,
            address: row.address,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        })
        .collect())
}

/// Everything that makes a session good: it is open, and person, tenant and customer are not suspended.
pub async fn principal(tx: &mut SystemTx, id: SessionId) -> Result<Option<Principal>> {
    let now = tx.now();
    let row = sqlx::query!(
        r#"select s.user_id, s.tenant_id, m.id as membership_id, m.role, m.name, m.customer_id, m.restricted,
                  t.kind, t.time_zone, t.currency, t.clock, c.api_requests_per_minute as "requests_per_minute?",
                  array(select mc.customer_id from membership_customers mc
                        where mc.tenant_id = m.tenant_id and mc.membership_id = m.id) as "customers!"
           from sessions s
           join memberships m on m.tenant_id = s.tenant_id and m.id = s.membership_id
           join tenants t on t.id = s.tenant_id
           left join customers c on c.tenant_id = m.tenant_id and c.id = m.customer_id
           where s.id = $1 and s.revoked_at is null and s.expires_at > $2
             and m.status = 'active' and t.status = 'active'
             and (m.customer_id is null or c.status in ('trial', 'active'))"#,
        id.uuid(),
        now
    )
    .fetch_optional(tx.conn()?)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let role: Role = parse(&row.role, "memberships.role")?;
    let portal_customer = row.customer_id.map(CustomerId::from);
    let customers = match (portal_customer, row.restricted) {
        (Some(customer), _) => Customers::Only(Arc::from([customer])),
        (None, true) => Customers::Only(row.customers.into_iter().map(CustomerId::from).collect()),
        (None, false) => Customers::All,
    };
    let permissions = Permission::ALL.iter().copied().filter(|permission| role.allows(*permission)).collect();
    Ok(Some(Principal {
        tenant: row.tenant_id.into(),
        tenant_kind: parse(&row.kind, "tenants.kind")?,
        actor: Actor::User {
            user: row.user_id.into(),
            membership: row.membership_id.into(),
            session: id,
            role,
            name: row.name,
        },
        customers,
        permissions,
        portal_customer,
        time_zone: parse(&row.time_zone, "tenants.time_zone")?,
        currency: parse(&row.currency, "tenants.currency")?,
        clock: row.clock,
        requests_per_minute: row.requests_per_minute.and_then(|limit| u32::try_from(limit).ok()),
    }))
}

/// Forgets sessions and tokens that ended before a time.
pub async fn forget_before(tx: &mut SystemTx, before: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!("delete from sessions where expires_at < $1 or revoked_at < $1", before)
        .execute(tx.conn()?)
        .await?;
    sqlx::query!("delete from password_resets where expires_at < $1", before).execute(tx.conn()?).await?;
    Ok(done.rows_affected())
}

/// A key that signs access tokens.
#[derive(Clone)]
pub struct SigningKey {
    /// Its name in a token's header.
    pub kid: String,
    /// The private key, sealed under the master key.
    pub sealed_key: Vec<u8>,
    /// The public key.
    pub public_key: Vec<u8>,
}

/// The keys that tokens may be signed with, the newest first.
pub async fn signing_keys(tx: &mut SystemTx) -> Result<Vec<SigningKey>> {
    let rows = sqlx::query!(
        "select kid, sealed_key, public_key from signing_keys where retired_at is null order by created_at desc, kid"
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SigningKey { kid: row.kid, sealed_key: row.sealed_key, public_key: row.public_key })
        .collect())
}

/// Keeps a signing key, unless another instance was quicker: then that one counts.
pub async fn add_first_signing_key(tx: &mut SystemTx, key: &SigningKey) -> Result<()> {
    let now = tx.now();
    sqlx::query!("select pg_advisory_xact_lock(hashtext('signing_keys'))").execute(tx.conn()?).await?;
    sqlx::query!(
        "insert into signing_keys (kid, sealed_key, public_key, created_at)
         select $1, $2, $3, $4 where not exists (select from signing_keys where retired_at is null)",
        key.kid,
        key.sealed_key,
        key.public_key,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
