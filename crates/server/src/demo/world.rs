//! Loading the demo world: through the same use cases that people use, with a clock that starts a year
//! ago and moves along. No figure is typed in; the invoices are rated from the usage like any other.

mod catalogue;

use app::{
    App, AppConfig, AppError, auth, brand, invoices, msps, payments,
    subscriptions::{self, ChangeRequest, When},
    team, usage,
};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    brands::{DEFAULT_ACCENT_COLOR, DEFAULT_PRIMARY_COLOR},
    customers::CustomerStatus,
    ids::{CustomerId, TenantId, UserId},
    limits::Limits,
    money::Currency,
    periods::{Month, start_of_day},
    permissions::{Role, TenantKind},
    subscriptions::ChangeKind,
};
use rust_decimal::Decimal;
use serde_json::json;
use store::{
    Actor, Clock, Ids, NewEvent, Reason, RequestInfo, Scope, Store, brands,
    context::TestClock,
    customers::{CustomerRef, Details, NewCustomer},
    memberships::{self, NewMembership},
    plans::PlanRef,
    tenants::{self, NewTenant},
    users,
};

use crate::{
    database::Database,
    demo::{
        PASSWORD,
        customers::{DemoCustomer, Numbers, customers as demo_customers},
    },
    failure::{Failure, Result},
};

/// Who is subscribed for two sites, since last month for one more, and to a second plan beside that.
const SITES: &str = "GLOBEX";
/// The plan that goes with any other.
const CARE: &str = "CARE";

/// How large the first MSP is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Its customers.
    pub customers: usize,
    /// Their machines in the running month.
    pub machines: u32,
}

/// The figures of the platform's own example.
pub const ORDINARY: Size = Size { customers: 47, machines: 2341 };

/// How many months of history there are, the running one included.
const MONTHS: i32 = 12;
/// Usage events that are taken in at a time.
const BATCH: usize = 5_000;

/// Whether the world is still to be made.
pub async fn is_empty(store: &Store) -> Result<bool> {
    Ok(store.system(Reason::Demo, async |tx| tenants::platform(tx).await).await?.is_none())
}

/// Makes the world.
pub async fn load(database: &Database, config: &AppConfig, size: Size) -> Result<()> {
    let now = database.store.clock().now();
    let start = now - TimeDelta::days(366);
    let (clock, hands) = Clock::test(start);
    let store = database.store_with(clock, Ids::seeded(seed(start)))?;
    let app = App::new(store, config.clone(), None, None).await?;
    let world = World { app, hands, now, password_hash: auth::hash_password(PASSWORD).await? };
    world.make(size).await
}

/// The same on the same day; another on another, so that a world that is begun anew has other ids.
fn seed(start: DateTime<Utc>) -> u64 {
    u64::try_from(start.num_days_from_ce()).unwrap_or(1)
}

struct World {
    app: App,
    hands: TestClock,
    now: DateTime<Utc>,
    password_hash: String,
}

/// The administrator of each MSP.
const ADMIN_NAME: &str = "Alex Admin";

/// What makes one MSP differ from the other.
struct MspProfile {
    name: &'static str,
    slug: &'static str,
    prefix: &'static str,
    time_zone: Tz,
    currency: Currency,
    primary_color: &'static str,
    accent_color: &'static str,
    host: &'static str,
    address: &'static str,
    phone: &'static str,
    seed: u64,
}

impl World {
    async fn make(&self, size: Size) -> Result<()> {
        let platform = self.platform().await?;
        let euro: Currency = "EUR".parse().map_err(|_| Failure::new("EUR is not a currency"))?;
        let northwind = MspProfile {
            name: "Northwind IT",
            slug: "northwind",
            prefix: "NW",
            time_zone: Tz::America__New_York,
            currency: Currency::USD,
            primary_color: "#1e40af",
            accent_color: "#f59e0b",
            host: "northwind.localhost",
            address: "400 Commerce Street\nBoston, MA 02110\nUnited States",
            phone: "+1 617 555 0140",
            seed: 1,
        };
        let harbor = MspProfile {
            name: "Harbor Managed Services",
            slug: "harbor",
            prefix: "HB",
            time_zone: Tz::Europe__Berlin,
            currency: euro,
            primary_color: "#0f766e",
            accent_color: "#be185d",
            host: "harbor.localhost",
            address: "Speicherstraße 12\n20457 Hamburg\nGermany",
            phone: "+49 40 555 0188",
            seed: 2,
        };
        self.msp(platform, &northwind, &demo_customers(size.customers, size.machines, northwind.seed))
            .await?;
        let small: Vec<DemoCustomer> = demo_customers(14, 700, harbor.seed).into_iter().skip(5).collect();
        self.msp(platform, &harbor, &small).await
    }

    async fn system<T>(
        &self,
        work: impl AsyncFnOnce(&mut store::SystemTx) -> Result<T, AppError>,
    ) -> Result<T> {
        Ok(self.app.store().system(Reason::Demo, work).await?)
    }

    async fn write<T>(
        &self,
        scope: &Scope,
        work: impl AsyncFnOnce(&mut store::TenantTx) -> Result<T, AppError>,
    ) -> Result<T> {
        Ok(self.app.store().write(scope, work).await?)
    }

    fn set_time(&self, time: DateTime<Utc>) {
        self.hands.advance(time.min(self.now) - self.hands.now());
    }

    async fn platform(&self) -> Result<TenantId> {
        let tenant = self
            .system(async |tx| {
                let tenant = tenants::create(
                    tx,
                    &NewTenant {
                        parent: None,
                        kind: TenantKind::Platform,
                        name: "Meridian Cloud".to_owned(),
                        slug: "platform".to_owned(),
                        time_zone: Tz::UTC,
                        currency: Currency::USD,
                        invoice_prefix: "MC".to_owned(),
                        primary_color: DEFAULT_PRIMARY_COLOR.to_owned(),
                        accent_color: DEFAULT_ACCENT_COLOR.to_owned(),
                    },
                )
                .await?;
                let data = json!({"company": "Meridian Cloud"});
                let event = NewEvent::new("platform.created", format!("tenant:{tenant}"), data);
                tx.record(tenant, &Actor::System(Reason::Demo), &RequestInfo::default(), &event).await?;
                Ok(tenant)
            })
            .await?;
        self.person(tenant, "admin@platform.example", "Pat Meridian", Role::PlatformAdmin, None, None)
            .await?;
        self.person(tenant, "support@platform.example", "Sam Meridian", Role::PlatformSupport, None, None)
            .await?;
        Ok(tenant)
    }

    async fn person(
        &self,
        tenant: TenantId,
        email: &str,
        name: &str,
        role: Role,
        customer: Option<CustomerId>,
        only_customers: Option<Vec<CustomerId>>,
    ) -> Result<UserId> {
        self.system(async |tx| {
            let user = users::create(tx, email, name, Some(&self.password_hash)).await?;
            let membership = memberships::create(
                tx,
                &NewMembership {
                    tenant,
                    user,
                    email: email.to_owned(),
                    name: name.to_owned(),
                    role,
                    customer,
                    only_customers: only_customers.clone(),
                },
            )
            .await?;
            let data = json!({"email": email, "name": name, "role": role});
            let mut event = NewEvent::new("member.added", format!("member:{membership}"), data);
            event.customer = customer;
            tx.record(tenant, &Actor::System(Reason::Demo), &RequestInfo::default(), &event).await?;
            Ok(user)
        })
        .await
    }

    async fn msp(&self, platform: TenantId, profile: &MspProfile, customers: &[DemoCustomer]) -> Result<()> {
        let months = self.months(profile.time_zone);
        let first = months.first().copied().unwrap_or_else(|| Month::of(self.now.date_naive()));
        // The MSP came on board a few days before its first month; for its clocks the year starts again.
        self.set_time(start_of_day(first.first_day(), &profile.time_zone) - TimeDelta::days(3));
        let new = msps::CreateMsp {
            name: profile.name.to_owned(),
            slug: profile.slug.to_owned(),
            admin_email: format!("admin@{}.example", profile.slug),
            time_zone: profile.time_zone,
            currency: profile.currency,
            invoice_prefix: profile.prefix.to_owned(),
        };
        let (tenant, scope) = self
            .system(async |tx| {
                let tenant = msps::provision(tx, platform, &new).await?;
                let data = json!({"name": new.name, "slug": new.slug});
                let event = NewEvent::new("msp.created", format!("tenant:{tenant}"), data);
                tx.record(platform, &Actor::System(Reason::Demo), &RequestInfo::default(), &event).await?;
                Ok((tenant, tx.tenant_scope(tenant).await?))
            })
            .await?;
        self.brand(&scope, profile).await?;
        self.catalogue(&scope, profile.currency).await?;
        let ids = self.take_on(&scope, customers, first).await?;
        self.people(tenant, profile, &ids).await?;
        for month in &months {
            self.month(&scope, profile, customers, *month, months.len()).await?;
        }
        self.set_time(self.now);
        app::jobs::drain(&self.app).await?;
        self.finish(&scope, profile).await
    }

    /// The twelve months up to the running one, in a time zone.
    fn months(&self, zone: Tz) -> Vec<Month> {
        let running = Month::at(self.now, zone);
        (0..MONTHS).rev().map(|back| running.offset(-back)).collect()
    }

    async fn brand(&self, scope: &Scope, profile: &MspProfile) -> Result<()> {
        let settings = brands::Brand {
            display_name: profile.name.to_owned(),
            portal_name: Some(format!("{} portal", profile.name)),
            primary_color: profile.primary_color.to_owned(),
            accent_color: profile.accent_color.to_owned(),
            login_message: Some("Welcome back.".to_owned()),
            support_email: Some(format!("support@{}.example", profile.slug)),
            support_phone: Some(profile.phone.to_owned()),
            legal_name: Some(profile.name.to_owned()),
            address: Some(profile.address.to_owned()),
            invoice_footer: Some("Thank you for your business.".to_owned()),
            ..brands::Brand::default()
        };
        let hosts = [profile.host.to_owned()];
        self.write(scope, async |tx| brand::update(tx, None, &settings, &hosts).await).await?;
        Ok(())
    }

    async fn take_on(
        &self,
        scope: &Scope,
        customers: &[DemoCustomer],
        first: Month,
    ) -> Result<Vec<(String, CustomerId)>> {
        let mut ids = Vec::with_capacity(customers.len());
        let last_month = Month::of(self.now.date_naive()).offset(-1).first_day();
        let one_more = ChangeRequest {
            kind: ChangeKind::Quantity,
            plan: None,
            quantity: Some(3),
            when: When::On(last_month + TimeDelta::days(14)),
        };
        for customer in customers {
            let domain = customer.code.to_ascii_lowercase();
            let trial_ends_on = customer.trial.then(|| (self.now + TimeDelta::days(9)).date_naive());
            let new = NewCustomer {
                code: customer.code.clone(),
                details: Details {
                    company_name: customer.name.clone(),
                    contact_name: Some("Accounts payable".to_owned()),
                    contact_email: Some(format!("billing@{domain}.example")),
                    address: Some("1 Main Street\nSpringfield".to_owned()),
                    trial_ends_on,
                    feature_flags: json!({}),
                    ..Details::default()
                },
                status: if customer.trial { CustomerStatus::Trial } else { CustomerStatus::Active },
                limits: Limits { max_machines: customer.max_machines, ..Limits::default() },
            };
            let id = self
                .write(scope, async |tx| {
                    let made = app::customers::create(tx, &new).await?;
                    let reference = CustomerRef::Id(made.id);
                    let plan = PlanRef::Code(customer.plan.to_owned());
                    let sites = if customer.code == SITES { 2 } else { 1 };
                    let starts_on = Some(first.first_day());
                    let started = subscriptions::start(tx, &reference, &plan, starts_on, 0, sites).await?;
                    if sites > 1 {
                        subscriptions::change(tx, started.id, None, &one_more).await?;
                        let (care, from) = (PlanRef::Code(CARE.to_owned()), last_month + TimeDelta::days(9));
                        subscriptions::start(tx, &reference, &care, Some(from), 0, 1).await?;
                    }
                    Ok(made.id)
                })
                .await?;
            ids.push((customer.code.clone(), id));
        }
        Ok(ids)
    }

    async fn people(
        &self,
        tenant: TenantId,
        profile: &MspProfile,
        ids: &[(String, CustomerId)],
    ) -> Result<()> {
        let at = |name: &str| format!("{name}@{}.example", profile.slug);
        self.person(tenant, &at("admin"), ADMIN_NAME, Role::MspAdmin, None, None).await?;
        self.person(tenant, &at("billing"), "Bailey Billing", Role::MspBilling, None, None).await?;
        let few: Vec<CustomerId> = ids.iter().take(3).map(|(_, id)| *id).collect();
        self.person(tenant, &at("operator"), "Ola Operator", Role::MspOperator, None, Some(few)).await?;
        for (code, id) in ids.iter().filter(|(code, _)| code == "ACME" || code == "GLOBEX") {
            let domain = code.to_ascii_lowercase();
            self.person(
                tenant,
                &format!("owner@{domain}.example"),
                "Olivia Owner",
                Role::CustomerOwner,
                Some(*id),
                None,
            )
            .await?;
            self.person(
                tenant,
                &format!("viewer@{domain}.example"),
                "Vic Viewer",
                Role::CustomerViewer,
                Some(*id),
                None,
            )
            .await?;
        }
        Ok(())
    }

    /// One month: its usage comes in; and at its end it is billed, and what was billed before is paid.
    async fn month(
        &self,
        scope: &Scope,
        profile: &MspProfile,
        customers: &[DemoCustomer],
        month: Month,
        months: usize,
    ) -> Result<()> {
        let running = Month::at(self.now, profile.time_zone);
        let (start, end) = month.period().instants(&profile.time_zone);
        self.set_time(end);
        let back = u32::try_from((0..MONTHS).position(|back| running.offset(-back) == month).unwrap_or(0))
            .unwrap_or(0);
        let events = month_usage(customers, month, start, end.min(self.now), back, months, profile);
        for batch in events.chunks(BATCH) {
            let outcome = self.write(scope, async |tx| usage::ingest(tx, batch).await).await?;
            if let Some(rejected) = outcome.rejected.first() {
                return Err(Failure::new(format!(
                    "a usage event of the demo was refused: {:?}",
                    rejected.errors
                )));
            }
        }
        if month == running {
            return Ok(());
        }
        self.set_time(end + TimeDelta::hours(6));
        invoices::run(&self.app, scope, invoices::RunPayload { period: month, draft: false }).await?;
        app::jobs::drain(&self.app).await?;
        self.set_time(end + TimeDelta::days(9));
        self.pay(scope, month, running).await?;
        app::jobs::drain(&self.app).await?;
        Ok(())
    }

    /// Bank transfers for the invoices of a month. Of the last two months some are still missing.
    async fn pay(&self, scope: &Scope, month: Month, running: Month) -> Result<()> {
        let filter = store::invoices::InvoiceFilter {
            status: Some(domain::invoices::InvoiceStatus::Finalized),
            from: Some(month.first_day()),
            until: Some(month.offset(1).first_day()),
            ..store::invoices::InvoiceFilter::default()
        };
        let mut page = store::PageRequest::first(200);
        let recent = month == running.offset(-1);
        let before = month == running.offset(-2);
        loop {
            let found = self
                .app
                .store()
                .read(scope, async |tx| Ok::<_, AppError>(store::invoices::list(tx, &filter, &page).await?))
                .await?;
            for (index, invoice) in found.items.iter().enumerate() {
                let unpaid = (recent && index % 7 == 1) || (before && index % 23 == 3);
                if unpaid {
                    continue;
                }
                let reference = format!("Transfer for {}", invoice.number.as_deref().unwrap_or_default());
                self.write(scope, async |tx| {
                    payments::record_transfer(
                        &self.app,
                        tx,
                        invoice.id,
                        payments::Transfer::of_all(reference),
                    )
                    .await
                })
                .await?;
            }
            match found.next {
                Some(next) => page.cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// What is going on today: an invitation without an answer.
    async fn finish(&self, scope: &Scope, profile: &MspProfile) -> Result<()> {
        let email = format!("newcomer@{}.example", profile.slug);
        self.write(scope, async |tx| {
            let new = team::Invite { email, role: Role::MspOperator, customer: None, only_customers: None };
            team::invite_in_the_name_of(&self.app, tx, &new, ADMIN_NAME).await
        })
        .await?;
        Ok(())
    }
}

/// The usage of all customers in one month: an event a machine, and a sample of storage a day.
fn month_usage(
    customers: &[DemoCustomer],
    month: Month,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    back: u32,
    months: usize,
    profile: &MspProfile,
) -> Vec<usage::UsageEvent> {
    let days = (month.offset(1).first_day() - month.first_day()).num_days().max(1);
    let mut events = Vec::new();
    for (index, customer) in customers.iter().enumerate() {
        let metric = format!("machines.{}", customer.plan.to_ascii_lowercase());
        // Everybody has grown over the year, from two thirds to today's number.
        let span = u32::try_from(months.saturating_sub(1)).unwrap_or(0).max(1) * 3;
        let machines = customer.machines - customer.machines * back.min(span) / span;
        for machine in 1..=machines {
            let host = format!("{}-{machine:04}", customer.code.to_ascii_lowercase());
            let data = json!({"machine": host, "quantity": "1"}).to_string();
            let time = start + TimeDelta::minutes(i64::from(machine % 50));
            events.push(event(
                profile,
                &metric,
                customer,
                &format!("{host}/{month}"),
                time,
                Decimal::ONE,
                data,
            ));
        }
        let seed = profile.seed * 1_000_003 + u64::try_from(index).unwrap_or(0);
        let mut numbers = Numbers::new(seed + u64::from(back) * 7_919);
        for day in 0..days {
            let time = start + TimeDelta::days(day) + TimeDelta::hours(3);
            if time >= end {
                break;
            }
            // A sample of the day's level, as its share of the month: GB × 1/days.
            let level = Decimal::from(machines * (140 + numbers.below(40)));
            let quantity = (level / Decimal::from(days)).round_dp(6);
            let id = format!("storage/{}/{month}-{:02}", customer.code, day + 1);
            let data = json!({"quantity": quantity.to_string(), "level_gb": level.to_string()}).to_string();
            events.push(event(profile, "storage_gb", customer, &id, time, quantity, data));
        }
    }
    events
}

fn event(
    profile: &MspProfile,
    metric: &str,
    customer: &DemoCustomer,
    id: &str,
    time: DateTime<Utc>,
    quantity: Decimal,
    data: String,
) -> usage::UsageEvent {
    let content = json!([metric, customer.code, time.timestamp_micros(), quantity.to_string(), data]);
    usage::UsageEvent {
        index: 0,
        source: format!("/demo/{}", profile.slug),
        id: id.to_owned(),
        metric: metric.to_owned(),
        customer: customer.code.clone(),
        time: Some(time),
        quantity,
        content_hash: auth::digest(content.to_string().as_bytes()),
        data,
    }
}
