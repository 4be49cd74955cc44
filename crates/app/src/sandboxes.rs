//! Sandboxes: an MSP tries out in them what a customer's life brings. Each is a tenant of its own, with plans and terms like
//! those of the MSP, whose clock stands still until somebody moves it on.

use chrono::{Days, Months, NaiveDate};
use domain::{
    ids::TenantId,
    periods::{Month, start_of_day},
    permissions::{Role, TenantKind},
    plans::PlanStatus,
    tax::TaxSettings,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{
    Actor, Customers, NewEvent, PageRequest, Principal, Reason, RequestInfo, StoreError, SystemTx, TenantTx,
    brands,
    jobs::{self as queue, ClaimedJob, NewJob},
    maintenance,
    memberships::{self, NewMembership},
    metrics::{self, NewMetric},
    plans::{self, NewComponent, Plan, PlanDetails},
    sandboxes::{self, Sandbox},
    tenants::{self, Issuing, NewTenant, Tenant},
    users,
};

use crate::{
    App, AppError, Result,
    billing_settings::{self, BillingSettings},
    jobs,
};

/// The kind of the job.
pub(crate) const ADVANCE: &str = "sandbox.advance";

/// How many an MSP can have at a time.
const MOST: usize = 5;

/// How far a clock is moved on at most, at a time and in all.
const MOST_DAYS: i64 = 800;
const MOST_MONTHS: u32 = 120;

/// How often it is looked what a day brings.
const LOOKS: usize = 4;

/// What a sandbox begins with.
struct Copied {
    tenant: Tenant,
    brand: brands::Brand,
    metrics: Vec<metrics::Metric>,
    plans: Vec<Plan>,
    billing: BillingSettings,
    tax: Option<TaxSettings>,
}

/// Makes a sandbox with the metrics, plans, brand and terms of the MSP as they are now. Who makes it is its administrator.
pub async fn create(app: &App, principal: &Principal, request: &RequestInfo, name: &str) -> Result<Sandbox> {
    let Actor::User { user, .. } = *principal.actor() else {
        return Err(AppError::conflict(
            "needs_person",
            "Only a person can make a sandbox: somebody has to work in it.",
        ));
    };
    if principal.clock().is_some() {
        return Err(AppError::conflict("not_here", "A sandbox has no sandboxes of its own."));
    }
    let store = app.store();
    let copied = store.read(&principal.scope(request.clone()), async |tx| read(tx).await).await?;
    let (sandbox, scope) = store
        .system(Reason::Provision, async |tx| {
            let owner = principal.tenant();
            if sandboxes::list(tx, owner).await?.len() >= MOST {
                return Err(AppError::conflict(
                    "too_many_sandboxes",
                    format!("There can be at most {MOST} sandboxes; close one first."),
                ));
            }
            let place = sandboxes::count_ever(tx, owner).await? + 1;
            let new = NewTenant {
                parent: Some(owner),
                kind: TenantKind::Msp,
                name: name.to_owned(),
                slug: format!("{}-sandbox-{place}", copied.tenant.slug),
                time_zone: copied.tenant.time_zone,
                currency: copied.tenant.currency,
                invoice_prefix: copied.tenant.invoice_prefix.clone(),
                primary_color: copied.brand.primary_color.clone(),
                accent_color: copied.brand.accent_color.clone(),
            };
            let tenant = tenants::create(tx, &new).await?;
            sandboxes::stop_clock(tx, tenant).await?;
            let person = users::get(tx, user).await?;
            let membership = NewMembership {
                tenant,
                user,
                email: person.email,
                name: person.name,
                role: Role::MspAdmin,
                customer: None,
                only_customers: None,
            };
            memberships::create(tx, &membership).await?;
            let event = NewEvent::new("sandbox.created", format!("tenant:{tenant}"), json!({"name": name}));
            tx.record(owner, principal.actor(), request, &event).await?;
            Ok((sandboxes::get(tx, tenant).await?, tx.tenant_scope(tenant).await?))
        })
        .await?;
    let filled = store.write(&scope, async |tx| fill(tx, &copied).await).await;
    if let Err(error) = filled {
        // A half of one is none.
        close_tenant(app, sandbox.tenant).await?;
        return Err(error);
    }
    Ok(sandbox)
}

async fn read(tx: &mut TenantTx) -> Result<Copied> {
    let (mut metrics, mut plans) = (Vec::new(), Vec::new());
    let mut page = PageRequest::first(200);
    loop {
        let found = metrics::list(tx, &page).await?;
        metrics.extend(found.items);
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    loop {
        let found = plans::list(tx, Some(PlanStatus::Active), &page).await?;
        plans.extend(found.items);
        page.cursor = found.next;
        if page.cursor.is_none() {
            break;
        }
    }
    let (billing, _) = billing_settings::get(tx).await?;
    let (tenant, brand) = (tenants::current(tx).await?, brands::get(tx).await?);
    let tax = tenants::tax(tx).await?;
    Ok(Copied { tenant, brand, metrics, plans, billing, tax })
}

async fn fill(tx: &mut TenantTx, copied: &Copied) -> Result<()> {
    for metric in &copied.metrics {
        let metrics::Metric { key, name, unit, counts_as, rolls_up, .. } = metric.clone();
        metrics::create(tx, &NewMetric { key, name, unit, counts_as, rolls_up }).await?;
    }
    for plan in &copied.plans {
        let components = plan.components.iter();
        let details = PlanDetails {
            name: plan.name.clone(),
            description: plan.description.clone(),
            base_fee: plan.base_fee,
            rhythm: plan.rhythm,
            components: components
                .map(|it| NewComponent {
                    metric: it.metric.clone(),
                    name: it.name.clone(),
                    price: it.price.clone(),
                })
                .collect(),
            adjustments: plan.adjustments.clone(),
            tax_class: plan.tax_class.clone(),
            // In a sandbox there is no Stripe: all is billed here.
            billed_at: None,
        };
        plans::create(tx, &plan.code, &details).await?;
    }
    brands::update(tx, None, &copied.brand).await?;
    tenants::set_tax(tx, copied.tax.as_ref(), None).await?;
    // Invoices come by themselves: nobody presses a button on each first of a month of a year that takes a minute.
    let copied = &copied.billing;
    let issuing = Issuing { day: copied.issuing.day.or(Some(1)), auto_finalize: true, ..copied.issuing };
    let billing = BillingSettings { issuing, ..copied.clone() };
    billing_settings::update(tx, None, &billing).await
}

async fn close_tenant(app: &App, tenant: TenantId) -> Result<()> {
    Ok(app
        .store()
        .system(Reason::Provision, async |tx| tenants::set_suspended(tx, tenant, true).await)
        .await?)
}

/// The sandboxes of the caller's MSP; none for who is limited to some customers.
pub async fn list(app: &App, principal: &Principal) -> Result<Vec<Sandbox>> {
    if principal.customers() != &Customers::All {
        return Ok(Vec::new());
    }
    let owner = principal.tenant();
    Ok(app.store().system(Reason::Provision, async |tx| sandboxes::list(tx, owner).await).await?)
}

/// A sandbox of the caller's MSP, or the one that the caller is in.
pub async fn get(app: &App, principal: &Principal, id: TenantId) -> Result<Sandbox> {
    let found = app.store().system(Reason::Provision, async |tx| sandboxes::get(tx, id).await).await?;
    let here = principal.tenant();
    let all = principal.customers() == &Customers::All;
    if all && (found.owner == here || found.tenant == here) {
        Ok(found)
    } else {
        Err(StoreError::NotFound.into())
    }
}

/// Closes a sandbox: nobody works in it any more.
pub async fn close(app: &App, principal: &Principal, request: &RequestInfo, id: TenantId) -> Result<()> {
    let sandbox = get(app, principal, id).await?;
    if sandbox.owner != principal.tenant() {
        return Err(AppError::conflict("not_here", "A sandbox is closed from outside."));
    }
    app.store()
        .system(Reason::Provision, async |tx| {
            tenants::set_suspended(tx, id, true).await?;
            let event =
                NewEvent::new("sandbox.closed", format!("tenant:{id}"), json!({"name": sandbox.name}));
            tx.record(principal.tenant(), principal.actor(), request, &event).await?;
            Ok::<_, AppError>(())
        })
        .await
}

#[derive(Serialize, Deserialize)]
struct Payload {}

/// Lets the days pass in a sandbox until one begins, with all that they bring.
pub async fn advance(app: &App, principal: &Principal, id: TenantId, to: NaiveDate) -> Result<Sandbox> {
    let sandbox = get(app, principal, id).await?;
    let store = app.store();
    let scope = store.system(Reason::Provision, async |tx| tx.tenant_scope(id).await).await?;
    let today = sandbox.clock.with_timezone(&scope.time_zone()).date_naive();
    let last = sandbox.created_at.date_naive().checked_add_months(Months::new(MOST_MONTHS));
    let problem = match () {
        () if to <= today => Some(format!("must be later than {today}: time does not go back")),
        () if (to - today).num_days() > MOST_DAYS => {
            Some(format!("must be at most {MOST_DAYS} days later than {today}"))
        }
        () if last.is_none_or(|last| to > last) => {
            Some("must be at most ten years after the sandbox was made".to_owned())
        }
        () => None,
    };
    if let Some(problem) = problem {
        return Err(AppError::field("/to", problem));
    }
    let target = start_of_day(to, &scope.time_zone());
    store
        .system(Reason::Provision, async |tx| {
            if !sandboxes::begin(tx, id, target).await? {
                return Err(AppError::conflict("advancing", "The clock is being moved on already."));
            }
            queue::enqueue_for(tx, id, &NewJob::now(ADVANCE, json!(Payload {}))).await?;
            Ok(sandboxes::get(tx, id).await?)
        })
        .await
}

/// Does what was queued: day by day, and nothing of a day is left over when the next begins. Cut off, it goes on where it
/// was.
pub(crate) async fn work(app: &App, job: &ClaimedJob) -> Result<()> {
    let done = pass(app, job).await;
    if done.as_ref().is_err_and(|error| !error.is_transient() || job.attempts >= job.max_attempts) {
        // It will not be tried again: the clock stands still where it has come to.
        app.store().system(Reason::Jobs, async |tx| sandboxes::end(tx, job.tenant).await).await?;
    }
    done
}

async fn pass(app: &App, job: &ClaimedJob) -> Result<()> {
    let (store, tenant) = (app.store(), job.tenant);
    let zone = job.scope().time_zone();
    loop {
        jobs::settle(app, tenant, job.id).await?;
        let sandbox = match store.system(Reason::Jobs, async |tx| sandboxes::get(tx, tenant).await).await {
            Ok(sandbox) => sandbox,
            // Closed meanwhile.
            Err(StoreError::NotFound) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let Some(target) = sandbox.target else { return Ok(()) };
        if sandbox.clock >= target {
            return finish(app, &sandbox).await;
        }
        let today = sandbox.clock.with_timezone(&zone).date_naive();
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let next = start_of_day(tomorrow, &zone).min(target);
        store
            .system(Reason::Jobs, async |tx| {
                // Before anything of that month is there.
                let month = Month::at(next, zone);
                maintenance::ensure_partitions(tx, month.first_day(), month.offset(1).first_day()).await?;
                Ok::<_, AppError>(sandboxes::set_clock(tx, tenant, next).await?)
            })
            .await?;
        // As often as an hour of a day may: one step can follow another on the same day.
        for _ in 0..LOOKS {
            let look = async |tx: &mut SystemTx| jobs::look_after_billing(tx, Some(tenant)).await;
            if store.system(Reason::Jobs, look).await? == 0 {
                break;
            }
            jobs::settle(app, tenant, job.id).await?;
        }
    }
}

async fn finish(app: &App, sandbox: &Sandbox) -> Result<()> {
    let tenant = sandbox.tenant;
    app.store()
        .system(Reason::Jobs, async |tx| {
            sandboxes::end(tx, tenant).await?;
            let event =
                NewEvent::new("sandbox.advanced", format!("tenant:{tenant}"), json!({"to": sandbox.clock}));
            tx.record(tenant, &Actor::System(Reason::Jobs), &RequestInfo::default(), &event).await?;
            Ok::<_, AppError>(())
        })
        .await
}
