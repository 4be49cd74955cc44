//! Invitations into a tenant.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, Id as _, InvitationId, TenantId},
    permissions::Role,
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// An invitation that was sent.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which tenant.
    pub tenant: TenantId,
    /// Whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// As one of whose people.
    pub customer: Option<CustomerId>,
    /// The customers that staff will be limited to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// Who sent it.
    pub invited_by: String,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    /// When it was accepted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
}

struct InvitationRow {
    id: uuid::Uuid,
    tenant_id: uuid::Uuid,
    email: String,
    role: String,
    customer_id: Option<uuid::Uuid>,
    restricted: bool,
    customer_ids: Vec<uuid::Uuid>,
    invited_by: String,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StoreError;

    fn try_from(row: InvitationRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            tenant: row.tenant_id.into(),
            email: row.email,
            role: parse(&row.role, "invitations.role")?,
            customer: row.customer_id.map(Into::into),
            only_customers: row.restricted.then(|| row.customer_ids.into_iter().map(Into::into).collect()),
            invited_by: row.invited_by,
            expires_at: row.expires_at,
            accepted_at: row.accepted_at,
            created_at: row.created_at,
        })
    }
}

/// An invitation to be sent.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// As one of whose people.
    pub customer: Option<CustomerId>,
    /// The customers that staff will be limited to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// SHA-256 of the token in the mail.
    pub token_hash: Vec<u8>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

/// Keeps an invitation. An open one to the same address for the same place ends.
pub async fn create(tx: &mut TenantTx, new: &NewInvitation) -> Result<Invitation> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<InvitationId>(), tx.now());
    let invited_by = tx.scope().actor().name().to_owned();
    let customer = new.customer.map(domain::ids::Id::uuid);
    let only: Vec<_> = new.only_customers.iter().flatten().map(|customer| customer.uuid()).collect();
    sqlx::query!(
        "update invitations set revoked_at = $4
         where tenant_id = $1 and email = $2 and customer_id is not distinct from $3 and accepted_at is null
           and revoked_at is null",
        tenant.uuid(),
        new.email,
        customer,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    sqlx::query!(
        "insert into invitations (tenant_id, id, email, role, customer_id, restricted, customer_ids, token_hash,
                                  invited_by, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant.uuid(),
        id.uuid(),
        new.email,
        new.role.as_str(),
        customer,
        new.only_customers.is_some(),
        &only,
        new.token_hash,
        invited_by,
        new.expires_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(Invitation {
        id,
        tenant,
        email: new.email.clone(),
        role: new.role,
        customer: new.customer,
        only_customers: new.only_customers.clone(),
        invited_by,
        expires_at: new.expires_at,
        accepted_at: None,
        created_at: now,
    })
}

/// Invitations that nobody has answered yet, newest first.
pub async fn list_open(
    tx: &mut TenantTx,
    customer: Option<CustomerId>,
    page: &PageRequest,
) -> Result<Page<Invitation>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let tenant = tx.tenant();
    let rows = sqlx::query_as!(
        InvitationRow,
        "select id, tenant_id, email, role, customer_id, restricted, customer_ids, invited_by, expires_at,
                accepted_at, created_at
         from invitations
         where tenant_id = $1 and accepted_at is null and revoked_at is null
           and ($2::uuid is null or customer_id = $2)
           and ($3::timestamptz is null or (created_at, id) < ($3, $4))
         order by created_at desc, id desc
         limit $5",
        tenant.uuid(),
        customer.map(domain::ids::Id::uuid),
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Invitation::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.created_at, row.id.uuid()))))
}

/// Takes an open invitation back.
pub async fn revoke(tx: &mut TenantTx, id: InvitationId) -> Result<Invitation> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query_as!(
        InvitationRow,
        "update invitations set revoked_at = $3
         where tenant_id = $1 and id = $2 and accepted_at is null and revoked_at is null
         returning id, tenant_id, email, role, customer_id, restricted, customer_ids, invited_by, expires_at,
                   accepted_at, created_at",
        tenant.uuid(),
        id.uuid(),
        now
    )
    .fetch_one(tx.conn()?)
    .await?
    .try_into()
}

/// The open invitation behind a token, locked until it is accepted or not.
pub async fn by_token(tx: &mut SystemTx, token_hash: &[u8]) -> Result<Option<Invitation>> {
    let now = tx.now();
    sqlx::query_as!(
        InvitationRow,
        "select id, tenant_id, email, role, customer_id, restricted, customer_ids, invited_by, expires_at,
                accepted_at, created_at
         from invitations
         where token_hash = $1 and accepted_at is null and revoked_at is null and expires_at > $2
         for update",
        token_hash,
        now
    )
    .fetch_optional(tx.conn()?)
    .await?
    .map(Invitation::try_from)
    .transpose()
}

/// Marks an invitation accepted.
pub async fn accept(tx: &mut SystemTx, invitation: &Invitation) -> Result<()> {
    let now = tx.now();
    let changed = sqlx::query!(
        "update invitations set accepted_at = $3 where tenant_id = $1 and id = $2 and accepted_at is null",
        invitation.tenant.uuid(),
        invitation.id.uuid(),
        now
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(()) }
}
