//! How a tenant takes payments, what it has asked for and what has come in.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    ids::{ChargeId, CheckoutId, CustomerId, Id as _, InvoiceId, PaymentId, TenantId},
    money::Money,
};

use crate::{Cursor, Page, PageRequest, Result, StoreError, SystemTx, TenantTx, error::parse};

/// A tenant's own account at the payment provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The provider's name for it: `acct_…`.
    pub account: String,
    /// Whether the tenant has told the provider all that it asked for.
    pub details_submitted: bool,
    /// Whether it may take payments.
    pub charges_enabled: bool,
    /// Whether it is paid out.
    pub payouts_enabled: bool,
    /// The platform's share of each payment, in 1/100 of a percent.
    pub fee_basis_points: i32,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The transaction's own account.
pub async fn account(tx: &mut TenantTx) -> Result<Option<Account>> {
    let tenant = tx.tenant();
    Ok(sqlx::query_as!(
        Account,
        "select account, details_submitted, charges_enabled, payouts_enabled, fee_basis_points, updated_at
         from payment_accounts where tenant_id = $1",
        tenant.uuid()
    )
    .fetch_optional(tx.conn()?)
    .await?)
}

/// Keeps the tenant's account; one that is there already stays.
pub async fn add_account(tx: &mut TenantTx, account: &str, fee_basis_points: i32) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "insert into payment_accounts (tenant_id, provider, account, fee_basis_points, created_at, updated_at)
         values ($1, 'stripe', $2, $3, $4, $4) on conflict (tenant_id) do nothing",
        tenant.uuid(),
        account,
        fee_basis_points,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Notes what the provider says of the account; says whether that is news.
pub async fn update_account(
    tx: &mut TenantTx,
    account: &str,
    details_submitted: bool,
    charges_enabled: bool,
    payouts_enabled: bool,
) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update payment_accounts
         set details_submitted = $3, charges_enabled = $4, payouts_enabled = $5, updated_at = $6
         where tenant_id = $1 and account = $2
           and (details_submitted, charges_enabled, payouts_enabled) is distinct from ($3, $4, $5)",
        tenant.uuid(),
        account,
        details_submitted,
        charges_enabled,
        payouts_enabled,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Whose account this is.
pub async fn tenant_of_account(tx: &mut SystemTx, account: &str) -> Result<Option<TenantId>> {
    let tenant = sqlx::query_scalar!("select tenant_id from payment_accounts where account = $1", account)
        .fetch_optional(tx.conn()?)
        .await?;
    Ok(tenant.map(Into::into))
}

/// A Checkout page made for an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its id.
    pub id: CheckoutId,
    /// The customer.
    pub customer: CustomerId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// The account that is paid.
    pub account: String,
    /// The provider's name for it, once made: `cs_…`.
    pub session: Option<String>,
    /// Where to pay, once made.
    pub url: Option<String>,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub fee: Money,
    /// `open`, `processing`, `paid`, `failed` or `expired`.
    pub status: String,
    /// Why the last attempt failed.
    pub last_failure: Option<String>,
    /// A charge of the saved method is made if this fails.
    pub charge_waits: bool,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

struct CheckoutRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    invoice_id: uuid::Uuid,
    account: String,
    session: Option<String>,
    url: Option<String>,
    amount_minor: i64,
    fee_minor: i64,
    currency: String,
    status: String,
    last_failure: Option<String>,
    charge_waits: bool,
    expires_at: DateTime<Utc>,
}

/// The columns that every query for a row of this kind reads. The macros of sqlx take literals only.
macro_rules! select {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            CheckoutRow,
            "select id, customer_id, invoice_id, account, session, url, amount_minor, fee_minor, currency, status,
                last_failure, charge_waits, expires_at
         from checkouts " + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<CheckoutRow> for Checkout {
    type Error = StoreError;

    fn try_from(row: CheckoutRow) -> Result<Self> {
        let currency = parse(&row.currency, "checkouts.currency")?;
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            invoice: row.invoice_id.into(),
            account: row.account,
            session: row.session,
            url: row.url,
            amount: Money::new(row.amount_minor, currency),
            fee: Money::new(row.fee_minor, currency),
            status: row.status,
            last_failure: row.last_failure,
            charge_waits: row.charge_waits,
            expires_at: row.expires_at,
        })
    }
}

/// Keeps a Checkout before the provider is asked for it: its id is what makes asking twice harmless.
pub async fn create_checkout(
    tx: &mut TenantTx,
    customer: CustomerId,
    invoice: InvoiceId,
    account: &str,
    amount: Money,
    fee: Money,
    expires_at: DateTime<Utc>,
) -> Result<CheckoutId> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<CheckoutId>(), tx.now());
    sqlx::query!(
        "insert into checkouts (tenant_id, id, customer_id, invoice_id, account, amount_minor, fee_minor, currency,
                                status, expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $10)",
        tenant.uuid(),
        id.uuid(),
        customer.uuid(),
        invoice.uuid(),
        account,
        amount.amount_minor(),
        fee.amount_minor(),
        amount.currency().code(),
        expires_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(id)
}

/// Notes where the provider has put a Checkout.
pub async fn set_checkout_session(
    tx: &mut TenantTx,
    id: CheckoutId,
    session: &str,
    url: &str,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let (tenant, now) = (tx.tenant(), tx.now());
    sqlx::query!(
        "update checkouts set session = $3, url = $4, expires_at = $5, updated_at = $6
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

/// Moves a Checkout on; says whether that was news. One that is open may become anything; what is on its way comes to an
/// end; and money that has come in is never denied.
pub async fn settle_checkout(
    tx: &mut TenantTx,
    id: CheckoutId,
    status: &str,
    failure: Option<&str>,
) -> Result<bool> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update checkouts
         set status = $3, last_failure = $4, updated_at = $5,
             processing_since = case when $3 = 'processing' then $5::timestamptz else processing_since end
         where tenant_id = $1 and id = $2
           and (status = 'open' or (status = 'processing' and $3 in ('paid', 'failed'))
                or (status <> 'paid' and $3 = 'paid'))",
        tenant.uuid(),
        id.uuid(),
        status,
        failure,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// What payers have paid for an invoice that their banks are at work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processing {
    /// How much.
    pub amount: Money,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What is on its way for an invoice; none where nothing is.
pub async fn processing(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Option<Processing>> {
    let tenant = tx.tenant();
    let found = sqlx::query!(
        r#"select sum(amount_minor)::bigint as "amount!", min(processing_since) as "since!", currency from checkouts
           where tenant_id = $1 and invoice_id = $2 and status = 'processing' group by currency"#,
        tenant.uuid(),
        invoice.uuid(),
    )
    .fetch_optional(tx.conn()?)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let amount = Money::new(row.amount, parse(&row.currency, "checkouts.currency")?);
    Ok(Some(Processing { amount, since: row.since }))
}

/// Has a charge of the saved method wait for what is on its way for an invoice; says whether something is.
pub async fn put_charge_off(tx: &mut TenantTx, invoice: InvoiceId) -> Result<bool> {
    let tenant = tx.tenant();
    let changed = sqlx::query!(
        "update checkouts set charge_waits = true
         where tenant_id = $1 and invoice_id = $2 and status = 'processing'",
        tenant.uuid(),
        invoice.uuid(),
    )
    .execute(tx.conn()?)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Checkouts of all tenants that are on their way.
pub async fn processing_checkouts(tx: &mut SystemTx) -> Result<Vec<(TenantId, CheckoutId)>> {
    let rows = sqlx::query!("select tenant_id, id from checkouts where status = 'processing'")
        .fetch_all(tx.conn()?)
        .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.id.into())).collect())
}

/// The Checkout that this amount of an invoice can be paid at now. One over another amount is from before something came
/// off the invoice.
pub async fn open_checkout(tx: &mut TenantTx, invoice: InvoiceId, amount: Money) -> Result<Option<Checkout>> {
    let (tenant, now) = (tx.tenant(), tx.real_now());
    select!(
        "where tenant_id = $1 and invoice_id = $2 and status = 'open' and expires_at > $3 and amount_minor = $4
         order by created_at desc limit 1",
        tenant.uuid(),
        invoice.uuid(),
        now,
        amount.amount_minor(),
    )
    .fetch_optional(tx.conn()?)
    .await?
    .map(Checkout::try_from)
    .transpose()
}

/// The Checkouts of an invoice that can be paid now, over another amount than this.
pub async fn stale_checkouts(
    tx: &mut TenantTx,
    invoice: InvoiceId,
    amount: Money,
) -> Result<Vec<CheckoutId>> {
    let (tenant, now) = (tx.tenant(), tx.real_now());
    let found = sqlx::query_scalar!(
        "select id from checkouts
         where tenant_id = $1 and invoice_id = $2 and status = 'open' and session is not null and expires_at > $3
           and amount_minor <> $4",
        tenant.uuid(),
        invoice.uuid(),
        now,
        amount.amount_minor(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// The Checkout behind a provider's session.
pub async fn checkout_by_session(tx: &mut TenantTx, session: &str) -> Result<Option<Checkout>> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and session = $2", tenant.uuid(), session)
        .fetch_optional(tx.conn()?)
        .await?
        .map(Checkout::try_from)
        .transpose()
}

/// A Checkout by id.
pub async fn checkout(tx: &mut TenantTx, id: CheckoutId) -> Result<Option<Checkout>> {
    let tenant = tx.tenant();
    select!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .map(Checkout::try_from)
        .transpose()
}

/// Money that has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// From whom.
    pub customer: CustomerId,
    /// For what.
    pub invoice: InvoiceId,
    /// How it came in: `stripe`, `bank_transfer`.
    pub provider: String,
    /// The provider's name for it: `pi_…`.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub fee: Money,
    /// What of it has been paid back, or is on its way.
    pub refunded: Money,
    /// What of it the payer's bank has taken back, or asks about.
    pub disputed: Money,
    /// When.
    pub paid_at: DateTime<Utc>,
}

struct PaymentRow {
    id: uuid::Uuid,
    customer_id: uuid::Uuid,
    invoice_id: uuid::Uuid,
    provider: String,
    reference: String,
    amount_minor: i64,
    fee_minor: i64,
    refunded_minor: i64,
    disputed_minor: i64,
    currency: String,
    paid_at: DateTime<Utc>,
}

/// The columns that every query for a payment reads.
macro_rules! select_payment {
    ($rest:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            PaymentRow,
            r#"select id, customer_id, invoice_id, provider, reference, amount_minor, fee_minor,
                      (select coalesce(sum(r.amount_minor), 0)::bigint from refunds r
                       where r.tenant_id = payments.tenant_id and r.payment_id = payments.id and r.status <> 'failed')
                          as "refunded_minor!",
                      (select coalesce(sum(case when d.closed_at is null then d.amount_minor
                                                else d.taken_minor - d.returned_minor end), 0)::bigint
                       from disputes d
                       where d.tenant_id = payments.tenant_id and d.payment_id = payments.id) as "disputed_minor!",
                      currency, paid_at
               from payments "# + $rest
            $(, $argument)*
        )
    };
}

impl TryFrom<PaymentRow> for Payment {
    type Error = StoreError;

    fn try_from(row: PaymentRow) -> Result<Self> {
        let currency = parse(&row.currency, "payments.currency")?;
        Ok(Self {
            id: row.id.into(),
            customer: row.customer_id.into(),
            invoice: row.invoice_id.into(),
            provider: row.provider,
            reference: row.reference,
            amount: Money::new(row.amount_minor, currency),
            fee: Money::new(row.fee_minor, currency),
            refunded: Money::new(row.refunded_minor, currency),
            disputed: Money::new(row.disputed_minor, currency),
            paid_at: row.paid_at,
        })
    }
}

/// Money to be recorded.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// From whom.
    pub customer: CustomerId,
    /// For what.
    pub invoice: InvoiceId,
    /// By which Checkout.
    pub checkout: Option<CheckoutId>,
    /// By which charge of a saved method.
    pub charge: Option<ChargeId>,
    /// How it came in.
    pub provider: &'static str,
    /// The provider's name for it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// The platform's share of it.
    pub fee: Money,
    /// What of it is more than was owed, and becomes the customer's credit.
    pub credit: Money,
    /// When.
    pub paid_at: DateTime<Utc>,
}

/// Records a payment; `None` where this one has been recorded before.
pub async fn record(tx: &mut TenantTx, new: &NewPayment) -> Result<Option<PaymentId>> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<PaymentId>(), tx.now());
    let done = sqlx::query!(
        "insert into payments (tenant_id, id, customer_id, invoice_id, checkout_id, charge_id, provider, reference,
                               amount_minor, fee_minor, credit_minor, currency, paid_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (tenant_id, provider, reference) do nothing",
        tenant.uuid(),
        id.uuid(),
        new.customer.uuid(),
        new.invoice.uuid(),
        new.checkout.map(domain::ids::Id::uuid),
        new.charge.map(domain::ids::Id::uuid),
        new.provider,
        new.reference,
        new.amount.amount_minor(),
        new.fee.amount_minor(),
        new.credit.amount_minor(),
        new.amount.currency().code(),
        new.paid_at,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok((done.rows_affected() == 1).then_some(id))
}

/// A payment by id.
pub async fn get(tx: &mut TenantTx, id: PaymentId) -> Result<Payment> {
    let tenant = tx.tenant();
    select_payment!("where tenant_id = $1 and id = $2", tenant.uuid(), id.uuid())
        .fetch_optional(tx.conn()?)
        .await?
        .ok_or(StoreError::NotFound)?
        .try_into()
}

/// A payment by the provider's name for it.
pub async fn by_reference(tx: &mut TenantTx, provider: &str, reference: &str) -> Result<Option<Payment>> {
    let tenant = tx.tenant();
    select_payment!(
        "where tenant_id = $1 and provider = $2 and reference = $3",
        tenant.uuid(),
        provider,
        reference
    )
    .fetch_optional(tx.conn()?)
    .await?
    .map(Payment::try_from)
    .transpose()
}

/// Where a payment came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// How it came in: `stripe`, `bank_transfer`.
    pub provider: String,
    /// Of the saved method that was charged, where one was: the brand of the card, and its last digits.
    pub method: (Option<String>, Option<String>),
    /// How much was paid.
    pub amount: Money,
    /// When.
    pub paid_at: DateTime<Utc>,
}

/// Where payments came from.
pub async fn origins(tx: &mut TenantTx, payments: &[PaymentId]) -> Result<HashMap<PaymentId, Origin>> {
    let tenant = tx.tenant();
    let ids: Vec<_> = payments.iter().map(|payment| payment.uuid()).collect();
    let rows = sqlx::query!(
        r#"select p.id, p.provider, p.amount_minor, p.currency, p.paid_at, m.brand as "brand?", m.last4 as "last4?"
           from payments p
                left join charges c on c.tenant_id = p.tenant_id and c.id = p.charge_id
                left join payment_methods m on m.tenant_id = c.tenant_id and m.id = c.payment_method_id
           where p.tenant_id = $1 and p.id = any ($2)"#,
        tenant.uuid(),
        &ids,
    )
    .fetch_all(tx.conn()?)
    .await?;
    rows.into_iter()
        .map(|row| {
            let amount = Money::new(row.amount_minor, parse(&row.currency, "payments.currency")?);
            let method = (row.brand, row.last4);
            let origin = Origin { provider: row.provider, method, amount, paid_at: row.paid_at };
            Ok((row.id.into(), origin))
        })
        .collect()
}

/// When the last payment for an invoice came in.
pub async fn last_paid_at(tx: &mut TenantTx, invoice: InvoiceId) -> Result<Option<DateTime<Utc>>> {
    let tenant = tx.tenant();
    let last = sqlx::query_scalar!(
        "select max(paid_at) from payments where tenant_id = $1 and invoice_id = $2",
        tenant.uuid(),
        invoice.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    Ok(last)
}

/// Which payments are wanted.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Only those of one customer.
    pub customer: Option<CustomerId>,
    /// Only those of one invoice.
    pub invoice: Option<InvoiceId>,
}

/// Payments, the latest first.
pub async fn list(tx: &mut TenantTx, filter: &PaymentFilter, page: &PageRequest) -> Result<Page<Payment>> {
    let after: Option<(DateTime<Utc>, uuid::Uuid)> = page.after()?;
    let (after_time, after_id) = after.unzip();
    let tenant = tx.tenant();
    let rows = select_payment!(
        "where tenant_id = $1 and ($2::uuid is null or customer_id = $2) and ($3::uuid is null or invoice_id = $3)
           and ($4::timestamptz is null or (paid_at, id) < ($4, $5))
         order by paid_at desc, id desc limit $6",
        tenant.uuid(),
        filter.customer.map(domain::ids::Id::uuid),
        filter.invoice.map(domain::ids::Id::uuid),
        after_time,
        after_id,
        page.fetch(),
    )
    .fetch_all(tx.conn()?)
    .await?;
    let rows = rows.into_iter().map(Payment::try_from).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(rows, |row| Cursor::of(&(row.paid_at, row.id.uuid()))))
}
