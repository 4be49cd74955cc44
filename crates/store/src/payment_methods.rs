//! Payment methods that customers keep, and the pages on which they save them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ids::{CustomerId, Id as _, MethodSetupId, PaymentMethodId};

use crate::{Result, StoreError, TenantTx, customers};

/// The provider's name for a customer on the tenant's account, once it has one.
pub async fn payer(tx: &mut TenantTx, customer: CustomerId, account: &str) -> Result<Option<String>> {
    let tenant = tx.tenant();
    Ok(sqlx::query_scalar!(
        "select payer from payers where tenant_id = $1 and customer_id = $2 and account = $3",
        tenant.uuid(),
        customer.uuid(),
        account
    )
    .fetch_optional(tx.conn()?)
    .await?)
}

/// Keeps the provider's name for a customer, and gives the one that is kept: the first.
pub async fn keep_payer(
    tx: &mut TenantTx,
    customer: CustomerId,
    account: &str,
    payer: &str,
) -> Result<String> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "insert into payers (tenant_id, customer_id, account, payer, created_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        tenant.uuid(),
        customer.uuid(),
        account,
        payer,
        now
    )
    .execute(tx.conn()?)
    .await?;
    self::payer(tx, customer, account).await?.ok_or(StoreError::NotFound)
}

/// Whom the provider knows by a name, where that is known.
pub async fn payer_of(tx: &mut TenantTx, account: &str, payer: &str) -> Result<Option<CustomerId>> {
    let tenant = tx.tenant();
    let found = sqlx::query_scalar!(
        "select customer_id from payers where tenant_id = $1 and account = $2 and payer = $3 order by 1 limit 1",
        tenant.uuid(),
        account,
        payer,
    );
    Ok(found.fetch_optional(tx.conn()?).await?.map(Into::into))
}

/// Names a customer as the account has it; in place of another name, where it had one. Not where a payment method is kept
/// under that: then nothing changes, and it says so.
pub async fn set_payer(tx: &mut TenantTx, customer: CustomerId, account: &str, payer: &str) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let done = sqlx::query!(
        "insert into payers (tenant_id, customer_id, account, payer, created_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, customer_id, account) do update set payer = excluded.payer
         where payers.payer = excluded.payer
            or not exists (select from payment_methods m
                           where m.tenant_id = $1 and m.customer_id = $2 and m.account = $3 and m.removed_at is null)",
        tenant.uuid(),
        customer.uuid(),
        account,
        payer,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where a page leads back to. Two pages of a customer differ by it, so that nobody comes out where the other went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// The portal's page of payment methods.
    Portal,
    /// A word of thanks, for those who have no account in the portal.
    Outside,
}

impl Back {
    fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Outside => "outside",
        }
    }
}

/// A page on which a customer saves a payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSetup {
    /// Its id.
    pub id: MethodSetupId,
    /// The customer.
    pub customer: CustomerId,
    /// The tenant's account.
    pub account: String,
    /// The customer on it.
    pub payer: String,
    /// Where the page is, once made.
    pub url: Option<String>,
    /// `open`, `saved` or `expired`.
    pub status: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

struct MethodSetupRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    account: String,
    payer: String,
    url: Option<String>,
    status: String,
    expires_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select_setup {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            MethodSetupRow,
            "select id, customer_id, account, payer, url, status, expires_at from method_setups " + $rest
            $(, $argument)*
        )
    };
}

impl From<MethodSetupRow> for MethodSetup {
    fn from(row: MethodSetupRow) -> Self {
        Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            account: row.account,
            payer: row.payer,
            url: row.url,
            status: row.status,
            expires_at: row.expires_at,
        }
    }
}

/// Keeps a page before the provider is asked for it: its id is what makes asking twice harmless.
pub async fn create_setup(
    tx: &mut TenantTx,
    customer: CustomerId,
    account: &str,
    payer: &str,
    back: Back,
    expires_at: DateTime<Utc>,
) -> Result<MethodSetup> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<MethodSetupId>(), tx.now());
    sqlx::query!(
        "insert into method_setups (tenant_id, id, customer_id, account, payer, status, back, expires_at, created_at,
                                    updated_at)
         values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $8)",
        tenant.uuid(),
        id.uuid(),
        customer.uuid(),
        account,
        payer,
        back.as_str(),
        expires_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    setup(tx, id).await?.ok_or(StoreError::NotFound)
}

/// The page that a customer can use now, if there is one.
pub async fn open_setup(
    tx: &mut TenantTx,
    customer: CustomerId,
    account: &str,
    back: Back,
) -> Result<Option<MethodSetup>> {
    let (tenant, now) = (tx.tenant(), tx.real_now());
    let row = select_setup!(
        "where tenant_id = $1 and customer_id = $2 and account = $3 and status = 'open' and expires_at > $4 and back = $5
         order by created_at desc limit 1",
        tenant.uuid(),
        customer.uuid(),
        account,
        now,
        back.as_str(),
    )
    .fetch_optional(tx.conn()?)
    .await?;
    Ok(row.map(Into::into))
}

/// Notes where the provider has put a page.
pub async fn set_setup_session(
    tx: &mut TenantTx,
    id: MethodSetupId,
    session: &str,
    url: &str,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update method_setups set session = $3, url = $4, expires_at = $5, updated_at = $6
         where tenant_id = $1 and id = $2",
        tenant.uuid(),
        id.uuid(),
        session,
        url,
        expires_at,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A page by id.
pub async fn setup(tx: &mut TenantTx, id: MethodSetupId) -> Result<Option<MethodSetup>> {
    let tenant = tx.tenant();
    let row = select_setup!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?;
    Ok(row.map(Into::into))
}

/// The page behind a provider's session.
pub async fn setup_by_session(tx: &mut TenantTx, session: &str) -> Result<Option<MethodSetup>> {
    let tenant = tx.tenant();
    let row = select_setup!("where tenant_id = $1 and session = $2", tenant.uuid(), session)
        .fetch_optional(tx.conn()?)
        .await?;
    Ok(row.map(Into::into))
}

/// Ends an open page: `saved` or `expired`. Says whether it was open.
pub async fn end_setup(tx: &mut TenantTx, id: MethodSetupId, status: &str) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update method_setups set status = $3, updated_at = $4 where tenant_id = $1 and id = $2 and status = 'open'",
        tenant.uuid(),
        id.uuid(),
        status,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// A payment method that a customer keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// Whose.
    pub customer: CustomerId,
    /// The tenant's account.
    pub account: String,
    /// The customer on it.
    pub payer: String,
    /// The provider's name for it: `pm_…`.
    pub reference: String,
    /// The provider's word for what it is: `card`, `sepa_debit`.
    pub kind: String,
    /// Who issued it: `visa`.
    pub brand: Option<String>,
    /// The last digits of its number.
    pub last4: Option<String>,
    /// The last year and month in which it can be used.
    pub expires: Option<(i32, i32)>,
    /// Whether invoices are charged to it when they are issued.
    pub is_default: bool,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
}

struct PaymentMethodRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    account: String,
    payer: String,
    reference: String,
    kind: String,
    brand: Option<String>,
    last4: Option<String>,
    expires_year: Option<i32>,
    expires_month: Option<i32>,
    is_default: bool,
    created_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select_method {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            PaymentMethodRow,
            "select id, customer_id, account, payer, reference, kind, brand, last4, expires_year, expires_month,
                    is_default, created_at
             from payment_methods " + $rest
            $(, $argument)*
        )
    };
}

impl From<PaymentMethodRow> for PaymentMethod {
    fn from(row: PaymentMethodRow) -> Self {
        Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            account: row.account,
            payer: row.payer,
            reference: row.reference,
            kind: row.kind,
            brand: row.brand,
            last4: row.last4,
            expires: row.expires_year.zip(row.expires_month),
            is_default: row.is_default,
            created_at: row.created_at,
        }
    }
}

/// A payment method to be kept.
#[derive(Debug, Clone)]
pub struct NewPaymentMethod {
    /// Whose.
    pub customer: CustomerId,
    /// The tenant's account.
    pub account: String,
    /// The customer on it.
    pub payer: String,
    /// The provider's name for it.
    pub reference: String,
    /// The provider's word for what it is.
    pub kind: String,
    /// Who issued it.
    pub brand: Option<String>,
    /// The last digits of its number.
    pub last4: Option<String>,
    /// The last year and month in which it can be used.
    pub expires: Option<(i32, i32)>,
}

/// Keeps a payment method; `None` where this one was kept before. A customer's first one is its default.
pub async fn keep(tx: &mut TenantTx, new: &NewPaymentMethod) -> Result<Option<PaymentMethod>> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<PaymentMethodId>(), tx.now());
    customers::hold(tx, &[new.customer]).await?;
    let (year, month) = new.expires.unzip();
    let done = sqlx::query!(
        "insert into payment_methods (tenant_id, id, customer_id, account, payer, reference, kind, brand, last4,
                                      expires_year, expires_month, is_default, created_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                not exists (select 1 from payment_methods where tenant_id = $1 and customer_id = $3 and is_default), $12
         on conflict (tenant_id, reference) do nothing",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.account,
        new.payer,
        new.reference,
        new.kind,
        new.brand,
        new.last4,
        year,
        month,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if done.rows_affected() == 0 { Ok(None) } else { get(tx, id).await.map(Some) }
}

/// A kept method; one that was removed is not found.
pub async fn get(tx: &mut TenantTx, id: PaymentMethodId) -> Result<PaymentMethod> {
    let tenant = tx.tenant();
    let row =
        select_method!("where tenant_id = $1 and id = $2 and removed_at is null", tenant.uuid(), id.uuid())
            .fetch_one(tx.conn()?)
            .await?;
    Ok(row.into())
}

/// A method that was kept at some time: a charge names it for ever.
pub async fn ever(tx: &mut TenantTx, id: PaymentMethodId) -> Result<PaymentMethod> {
    let tenant = tx.tenant();
    let row = select_method!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_one(tx.conn()?)
        .await?;
    Ok(row.into())
}

/// What a customer keeps, the default first.
pub async fn list(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<PaymentMethod>> {
    let tenant = tx.tenant();
    let rows = select_method!(
        "where tenant_id = $1 and customer_id = $2 and removed_at is null order by is_default desc, created_at, id",
        tenant.uuid(),
        customer.uuid()
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What a customer's invoices are charged to, if anything: its default method, on an account that takes payments.
pub async fn default_of(tx: &mut TenantTx, customer: CustomerId) -> Result<Option<PaymentMethod>> {
    Ok(defaults_of(tx, &[customer]).await?.remove(&customer))
}

/// The same of several customers, of those who have one.
pub async fn defaults_of(
    tx: &mut TenantTx,
    customers: &[CustomerId],
) -> Result<HashMap<CustomerId, PaymentMethod>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = select_method!(
        "where tenant_id = $1 and customer_id = any ($2) and is_default
           and exists (select from payment_accounts a
                       where a.tenant_id = $1 and a.account = payment_methods.account and a.charges_enabled)",
        tenant.uuid(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(PaymentMethod::from).map(|method| (method.customer, method)).collect())
}

/// From now on invoices are charged to this one.
pub async fn make_default(tx: &mut TenantTx, method: &PaymentMethod) -> Result<PaymentMethod> {
    let tenant = tx.tenant();
    customers::hold(tx, &[method.customer]).await?;
    sqlx::query!(
        "update payment_methods set is_default = false where tenant_id = $1 and customer_id = $2 and is_default",
        tenant.uuid(),
        method.customer.uuid()
    )
    .execute(tx.conn()?)
    .await?;
    sqlx::query!(
        "update payment_methods set is_default = true where tenant_id = $1 and id = $2 and removed_at is null",
        tenant.uuid(),
        method.id.uuid()
    )
    .execute(tx.conn()?)
    .await?;
    get(tx, method.id).await
}

/// Forgets a method. Where it was the default there is none until another is made it: nobody is charged by a method that
/// was not chosen.
pub async fn remove(tx: &mut TenantTx, method: &PaymentMethod) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    customers::hold(tx, &[method.customer]).await?;
    let changed = sqlx::query!(
        "update payment_methods set is_default = false, removed_at = $3
         where tenant_id = $1 and id = $2 and removed_at is null",
        tenant.uuid(),
        method.id.uuid(),
        now
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
