//! The stream of what happened: audit trail, live updates, webhooks.

use chrono::{DateTime, Utc};
use domain::ids::{CustomerId, EventId, Id as _, TenantId};
use serde_json::Value;
use sqlx::PgConnection;

use crate::{Actor, Cursor, Page, PageRequest, RequestInfo, Result, SystemTx, TenantTx};

/// A change, as it is about to be recorded.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What happened: `invoice.finalized`.
    pub kind: &'static str,
    /// To what: `invoice:inv_…`.
    pub subject: String,
    /// Which customer it concerns; who may see the customer may see the event.
    pub customer: Option<CustomerId>,
    /// The details. Never a secret.
    pub data: Value,
}

impl NewEvent {
    /// An event of the tenant itself.
    pub fn new(kind: &'static str, subject: impl Into<String>, data: Value) -> Self {
        Self { kind, subject: subject.into(), customer: None, data }
    }

    /// Says which customer it concerns.
    pub fn of_customer(mut self, customer: CustomerId) -> Self {
        self.customer = Some(customer);
        self
    }
}

/// A recorded event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its place in the tenant's chain, from 1 without gaps.
    pub seq: i64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What.
    pub kind: String,
    /// Who, as `user:usr_…`.
    pub actor: String,
    /// Who, as people know them.
    pub actor_name: String,
    /// To what.
    pub subject: String,
    /// Which customer.
    pub customer: Option<CustomerId>,
    /// The details.
    pub data: Value,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
}

struct EventRow {
    id: uuid::Uuid,
    seq: i64,
    occurred_at: DateTime<Utc>,
    kind: String,
    actor: String,
    actor_name: String,
    subject: String,
    customer_id: Option<uuid::Uuid>,
    data: Value,
    request_id: Option<String>,
    address: Option<String>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            EventRow,
            "select id, seq, occurred_at, type as kind, actor, actor_name, subject, customer_id, data,
                  request_id, address
           from events " + $rest
            $(, $argument)*
        )
    };
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id.into(),
            seq: row.seq,
            occurred_at: row.occurred_at,
            kind: row.kind,
            actor: row.actor,
            actor_name: row.actor_name,
            subject: row.subject,
            customer: row.customer_id.map(Into::into),
            data: row.data,
            request_id: row.request_id,
            address: row.address,
        }
    }
}

/// Appends events of one transaction, in their order.
pub(crate) async fn append(
    connection: &mut PgConnection,
    tenant: TenantId,
    now: DateTime<Utc>,
    actor: &Actor,
    request: &RequestInfo,
    new: &[(EventId, NewEvent)],
) -> Result<()> {
    let events = || new.iter().map(|(_, event)| event);
    let ids: Vec<_> = new.iter().map(|(id, _)| id.uuid()).collect();
    let kinds: Vec<_> = events().map(|event| event.kind.to_owned()).collect();
    let subjects: Vec<_> = events().map(|event| event.subject.clone()).collect();
    let customers: Vec<_> = events().map(|event| event.customer.map(domain::ids::Id::uuid)).collect();
    let data: Vec<_> = events().map(|event| event.data.clone()).collect();
    sqlx::query!(
        "select app.append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant.uuid(),
        &ids,
        now,
        &kinds,
        actor.subject(),
        actor.name(),
        &subjects,
        &customers as _,
        &data,
        request.request_id,
        request.address,
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Only this type, or with a final `.` all types that begin so.
    pub kind: Option<String>,
    /// Only those of one actor.
    pub actor: Option<String>,
    /// Only those of one subject.
    pub subject: Option<String>,
    /// Only those of one customer.
    pub customer: Option<CustomerId>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
}

/// The tenant's events, newest first.
pub async fn list(tx: &mut TenantTx, filter: &EventFilter, page: &PageRequest) -> Result<Page<Event>> {
    let before: Option<i64> = page.after()?;
    let tenant = tx.tenant();
    let rows = select!(
        "where tenant_id = $1
             and ($2::bigint is null or seq < $2)
             and ($3::text is null or type = $3 or ($3 like '%.' and starts_with(type, $3)))
             and ($4::text is null or actor = $4)
             and ($5::text is null or subject = $5)
             and ($6::uuid is null or customer_id = $6)
             and ($7::timestamptz is null or occurred_at >= $7)
             and ($8::timestamptz is null or occurred_at < $8)
           order by seq desc
           limit $9",
        tenant.uuid(),
        before,
        filter.kind,
        filter.actor,
        filter.subject,
        filter.customer.map(domain::ids::Id::uuid),
        filter.from,
        filter.until,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(page.cut(rows.into_iter().map(Event::from).collect(), |event| Cursor::of(&event.seq)))
}

/// The events after a place in the chain, oldest first: what a live stream sends next.
pub async fn after(tx: &mut TenantTx, seq: i64, limit: i64) -> Result<Vec<Event>> {
    let tenant = tx.tenant();
    let rows = select!("where tenant_id = $1 and seq > $2 order by seq limit $3", tenant.uuid(), seq, limit,)
        .fetch_all(tx.conn()?)
        .await?;
    Ok(rows.into_iter().map(Event::from).collect())
}

/// The place of the tenant's newest event, whether the caller may see it or not; 0 where there is none.
///
/// Places are given out in the order in which changes are committed: what is read after this call has every
/// event up to here.
pub async fn chain_head(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant();
    let seq = sqlx::query_scalar!("select seq from event_chains where tenant_id = $1", tenant.uuid())
        .fetch_optional(tx.conn()?)
        .await?;
    Ok(seq.unwrap_or(0))
}

/// Where to begin for the newest `most` of the events after a place: `None` when there are no more than that.
pub async fn newest_after(tx: &mut TenantTx, seq: i64, most: i64) -> Result<Option<i64>> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        "select seq from events where tenant_id = $1 and seq > $2 order by seq desc offset $3 limit 1",
        tenant.uuid(),
        seq,
        most,
    )
    .fetch_optional(tx.conn()?)
    .await?)
}

/// The place of the newest event that the caller may see; 0 where there is none.
pub async fn head(tx: &mut TenantTx) -> Result<i64> {
    let tenant = tx.tenant();
    let seq = sqlx::query_scalar!("select max(seq) from events where tenant_id = $1", tenant.uuid())
        .fetch_one(tx.conn()?)
        .await?;
    Ok(seq.unwrap_or(0))
}

/// The first event of a tenant that does not follow from the one before; `None` when the chain holds.
pub async fn first_broken(tx: &mut TenantTx) -> Result<Option<i64>> {
    let tenant = tx.tenant();
    let seq =
        sqlx::query_scalar!("select app.first_broken_event($1)", tenant.uuid()).fetch_one(tx.conn()?).await?;
    Ok(seq)
}

/// An event with the tenant it belongs to, for the operator's pages.
#[derive(Debug, Clone)]
pub struct TenantEvent {
    /// Whose.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// What.
    pub event: Event,
}

/// What went on at every tenant, newest first.
pub async fn list_all(tx: &mut SystemTx, page: &PageRequest) -> Result<Page<TenantEvent>> {
    let before: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (before_time, before_id) = before.unzip();
    let rows = sqlx::query!(
        r#"select e.tenant_id, t.name as tenant_name, e.id, e.seq, e.occurred_at, e.type as kind, e.actor,
                  e.actor_name, e.subject, e.customer_id, e.data, e.request_id, e.address
           from events e join tenants t on t.id = e.tenant_id
           where $1::timestamptz is null or (e.occurred_at, e.id) < ($1, $2)
           order by e.occurred_at desc, e.id desc
           limit $3"#,
        before_time,
        before_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let events = rows
        .into_iter()
        .map(|row| TenantEvent {
            tenant: row.tenant_id.into(),
            tenant_name: row.tenant_name,
            event: Event {
                id: row.id.into(),
                seq: row.seq,
                occurred_at: row.occurred_at,
                kind: row.kind,
                actor: row.actor,
                actor_name: row.actor_name,
                subject: row.subject,
                customer: row.customer_id.map(Into::into),
                data: row.data,
                request_id: row.request_id,
                address: row.address,
            },
        })
        .collect();
    Ok(page.cut(events, |row| Cursor::of(&(row.event.occurred_at, row.event.id.uuid()))))
}
