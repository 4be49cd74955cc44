//! A platform with two MSPs, made through the use cases of the product.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use ::app::{App, AppConfig, TrustedProxies, WebhookSecrets, auth, jobs as background, msps};
use chrono::DateTime;
use chrono_tz::Tz;
use domain::{
    brands::{DEFAULT_ACCENT_COLOR, DEFAULT_PRIMARY_COLOR},
    ids::{CustomerId, MembershipId, PaymentMethodId, TenantId, UserId},
    money::Currency,
    permissions::{Role, TenantKind},
};
use store::{
    Clock, Ids, MasterKey, PoolSizes, Reason, RequestInfo, Scope, Sealer, Store,
    context::TestClock,
    jobs,
    memberships::{self, NewMembership},
    payment_methods::{self, NewPaymentMethod},
    tenants::{self, NewTenant},
    users,
};
use tokio::sync::OnceCell;

use crate::{CustomerBuilder, FakePayments, TestDatabase};

/// Everybody's password.
pub const PASSWORD: &str = "a horse walks into a bar";

/// 15 November 2025, 12:00 UTC: when every world begins.
const START: i64 = 1_763_208_000;

/// What may differ from world to world.
#[derive(Debug, Clone, Copy)]
pub struct WorldOptions {
    /// Connections for tenants.
    pub tenant_connections: usize,
    /// Connections of the system role.
    pub system_connections: usize,
    /// By way of a relay; see [`TestDatabase::relayed_urls`].
    pub relayed: bool,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self { tenant_connections: 4, system_connections: 4, relayed: false }
    }
}

/// Somebody who can sign in, known by a name such as `northwind_admin`.
#[derive(Debug, Clone)]
pub struct Person {
    /// The address.
    pub email: String,
    /// The account.
    pub user: UserId,
    /// The place in the tenant.
    pub membership: MembershipId,
    /// The tenant.
    pub tenant: TenantId,
    /// What the person is there.
    pub role: Role,
    /// The company, for a customer's people.
    pub customer: Option<CustomerId>,
    /// The customers that staff is limited to.
    pub only_customers: Option<Vec<CustomerId>>,
}

/// An MSP with two customers.
#[derive(Debug, Clone)]
pub struct Msp {
    /// `northwind` or `harbor`.
    pub name: &'static str,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its first customer, with an owner and a viewer; the operator is limited to it.
    pub a: CustomerId,
    /// Its second customer, with an owner.
    pub b: CustomerId,
}

/// A database with a platform, two MSPs and their people, and the application on top.
///
/// People: `platform_admin`, `platform_support`; and for each of `northwind` and `harbor`: `…_admin`,
/// `…_operator` (limited to customer A), `…_billing`, `…_a_owner`, `…_a_viewer`, `…_b_owner`.
pub struct World {
    /// The application.
    pub app: App,
    /// Where customers pay.
    pub payments: Arc<FakePayments>,
    /// Moves the clock of the whole world.
    pub clock: TestClock,
    /// The platform's tenant.
    pub platform: TenantId,
    /// An MSP.
    pub northwind: Msp,
    /// Another MSP.
    pub harbor: Msp,
    people: BTreeMap<String, Person>,
    finished: bool,
    // Dropped last: the pools of the application lead to it.
    database: TestDatabase,
}

impl World {
    /// Makes the world.
    pub async fn start() -> Self {
        Self::with(WorldOptions::default()).await
    }

    /// Makes the world with other options.
    pub async fn with(options: WorldOptions) -> Self {
        let database = TestDatabase::create().await;
        let begin = DateTime::from_timestamp(START, 0).expect("the instant exists");
        let (clock, handle) = Clock::test(begin);
        let key = MasterKey::from_hex(&"5a".repeat(32)).expect("the key is well formed");
        let sizes = PoolSizes { tenant: options.tenant_connections, system: options.system_connections };
        let urls = if options.relayed { database.relayed_urls().await } else { database.urls() };
        let store = Store::new(&urls, sizes, clock, Ids::seeded(2025), Sealer::new(key))
            .expect("the store is set up");
        let config = AppConfig {
            public_url: "https://app.example.com".to_owned(),
            mail_from: "noreply@example.com".to_owned(),
            access_token_seconds: 900,
            demo: true,
            application_fee_basis_points: 100,
            webhook_secrets: Some(WebhookSecrets {
                platform: "whsec_platform".into(),
                connect: "whsec_connect".into(),
            }),
            trusted_proxies: TrustedProxies::parse(&["10.0.0.0/8".to_owned()]).expect("a network"),
        };
        let payments = Arc::new(FakePayments::default());
        let app =
            App::new(store, config, None, Some(payments.clone())).await.expect("the application is set up");
        Self::populate(app, payments, handle, database).await.expect("the world is made")
    }

    async fn populate(
        app: App,
        payments: Arc<FakePayments>,
        clock: TestClock,
        database: TestDatabase,
    ) -> ::app::Result<Self> {
        let platform = app
            .store()
            .system(Reason::Provision, async |tx| {
                let new = NewTenant {
                    parent: None,
                    kind: TenantKind::Platform,
                    name: "Platform".to_owned(),
                    slug: "platform".to_owned(),
                    time_zone: Tz::UTC,
                    currency: Currency::USD,
                    invoice_prefix: "INV".to_owned(),
                    primary_color: DEFAULT_PRIMARY_COLOR.to_owned(),
                    accent_color: DEFAULT_ACCENT_COLOR.to_owned(),
                };
                tenants::create(tx, &new).await
            })
            .await?;
        let mut people = BTreeMap::new();
        for (name, role) in
            [("platform_admin", Role::PlatformAdmin), ("platform_support", Role::PlatformSupport)]
        {
            people.insert(name.to_owned(), add_person(&app, platform, name, role, None, None).await?);
        }
        let northwind = add_msp(&app, platform, "northwind", &mut people).await?;
        let harbor = add_msp(&app, platform, "harbor", &mut people).await?;
        Ok(Self { app, payments, clock, platform, northwind, harbor, people, finished: false, database })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        self.app.store()
    }

    /// The database.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Somebody, by name.
    pub fn person(&self, name: &str) -> &Person {
        self.people
            .get(name)
            .unwrap_or_else(|| panic!("there is no `{name}`; there are {:?}", self.people.keys()))
    }

    /// The names of everybody.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.people.keys().map(String::as_str)
    }

    /// Adds somebody to a tenant: staff, limited to customers or not, or one of a customer's people.
    pub async fn add_person(
        &mut self,
        tenant: TenantId,
        name: &str,
        role: Role,
        customer: Option<CustomerId>,
        only_customers: Option<Vec<CustomerId>>,
    ) -> Person {
        let person = self.make_person(tenant, name, role, customer, only_customers).await;
        self.people.insert(name.to_owned(), person.clone());
        person
    }

    /// Keeps a card of an MSP's customer B, as a visit to the payment provider's page does.
    pub async fn keep_card(&self, msp: &Msp, reference: &str) -> PaymentMethodId {
        let new = NewPaymentMethod {
            customer: msp.b,
            account: format!("acct_{}", msp.tenant),
            payer: format!("cus_{}", msp.b),
            reference: reference.to_owned(),
            kind: "card".to_owned(),
            brand: Some("visa".to_owned()),
            last4: Some("4242".to_owned()),
            expires: Some((2030, 4)),
        };
        let scope = self.tenant_scope(msp.tenant).await;
        let kept = self.store().write(&scope, async |tx| {
            tx.without_event();
            payment_methods::keep(tx, &new).await
        });
        kept.await.expect("it is kept").expect("it is new").id
    }

    /// The same for somebody whom nobody will ask for by name.
    pub async fn make_person(
        &self,
        tenant: TenantId,
        name: &str,
        role: Role,
        customer: Option<CustomerId>,
        only_customers: Option<Vec<CustomerId>>,
    ) -> Person {
        add_person(&self.app, tenant, name, role, customer, only_customers)
            .await
            .expect("the person is added")
    }

    /// All of a tenant's data, on the program's own account.
    pub async fn tenant_scope(&self, tenant: TenantId) -> Scope {
        self.store()
            .system(Reason::Provision, async |tx| tx.tenant_scope(tenant).await)
            .await
            .expect("the tenant exists")
    }

    /// What somebody may touch, as a request of theirs would.
    pub async fn scope(&self, name: &str) -> Scope {
        let email = &self.person(name).email;
        let issued = auth::sign_in(&self.app, email, PASSWORD, None, &auth::Device::default())
            .await
            .expect("the password is right");
        let principal = self
            .app
            .authenticate(&issued.access_token)
            .await
            .expect("the store answers")
            .expect("it is good");
        principal.scope(RequestInfo::default())
    }

    /// A customer to be taken on.
    pub fn customer(&self, msp: &Msp) -> CustomerBuilder<'_> {
        CustomerBuilder::new(self, msp.tenant)
    }

    /// The token of the link in the last mail to an address; none where no mail went there.
    pub async fn mailed_token(&self, address: &str) -> Option<String> {
        let sql = self.database.superuser().await;
        let query = format!(
            "select text_body from mails where to_address = '{address}' order by created_at desc, id desc limit 1"
        );
        let text = sql.column(&query).await.into_iter().next()?;
        let (_, rest) = text.split_once("token=")?;
        Some(rest.split_whitespace().next()?.to_owned())
    }

    /// Does all background work that is due.
    pub async fn drain(&self) -> usize {
        background::drain(&self.app).await.expect("jobs can be claimed")
    }

    /// Does what is left in the queue and asserts that nothing stays: no job given up, none put off.
    pub async fn finish(mut self) {
        self.drain().await;
        self.finished = true;
        let depth = self
            .store()
            .system(Reason::Jobs, async |tx| jobs::depth(tx).await)
            .await
            .expect("the queue is read");
        if (depth.queued, depth.running, depth.dead) == (0, 0, 0) {
            return;
        }
        let sql = self.database.superuser().await;
        let mut text = String::new();
        for row in sql.rows("select kind, state, attempts, run_at, last_error, payload from jobs").await {
            let _ = write!(text, "\n  {}", row.join(" | "));
        }
        panic!("jobs are left in the queue:{text}");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "the test ends without `finish()`, which looks at the queue"
        );
    }
}

/// Hashing takes a while; everybody's hash is the same one.
async fn password_hash() -> ::app::Result<&'static str> {
    static HASH: OnceCell<String> = OnceCell::const_new();
    Ok(HASH.get_or_try_init(|| auth::hash_password(PASSWORD)).await?)
}

async fn add_person(
    app: &App,
    tenant: TenantId,
    name: &str,
    role: Role,
    customer: Option<CustomerId>,
    only_customers: Option<Vec<CustomerId>>,
) -> ::app::Result<Person> {
    let hash = password_hash().await?;
    let email = format!("{}@example.com", name.replace('_', "."));
    let (user, membership) = app
        .store()
        .system(Reason::Provision, async |tx| {
            let user = users::create(tx, &email, name, Some(hash)).await?;
            let new = NewMembership {
                tenant,
                user,
                email: email.clone(),
                name: name.to_owned(),
                role,
                customer,
                only_customers: only_customers.clone(),
            };
            Ok::<_, ::app::AppError>((user, memberships::create(tx, &new).await?))
        })
        .await?;
    Ok(Person { email, user, membership, tenant, role, customer, only_customers })
}

async fn add_msp(
    app: &App,
    platform: TenantId,
    name: &'static str,
    people: &mut BTreeMap<String, Person>,
) -> ::app::Result<Msp> {
    let new = msps::CreateMsp {
        name: format!("{} IT", capitalized(name)),
        slug: name.to_owned(),
        admin_email: format!("{name}.admin@example.com"),
        time_zone: Tz::UTC,
        currency: Currency::USD,
        invoice_prefix: name.to_ascii_uppercase().chars().take(3).collect(),
    };
    let (tenant, scope) = app
        .store()
        .system(Reason::Provision, async |tx| {
            let tenant = msps::provision(tx, platform, &new).await?;
            Ok::<_, ::app::AppError>((tenant, tx.tenant_scope(tenant).await?))
        })
        .await?;
    let customer = async |suffix: &str| {
        let new = crate::builders::new_customer(
            &format!("{}-{suffix}", name.to_ascii_uppercase()),
            &format!("{} customer {suffix}", capitalized(name)),
        );
        app.store().write(&scope, async |tx| ::app::customers::create(tx, &new).await).await
    };
    let (a, b) = (customer("A").await?.id, customer("B").await?.id);
    for (suffix, role, customer, only) in [
        ("admin", Role::MspAdmin, None, None),
        ("operator", Role::MspOperator, None, Some(vec![a])),
        ("billing", Role::MspBilling, None, None),
        ("a_owner", Role::CustomerOwner, Some(a), None),
        ("a_viewer", Role::CustomerViewer, Some(a), None),
        ("b_owner", Role::CustomerOwner, Some(b), None),
    ] {
        let known_as = format!("{name}_{suffix}");
        let person = add_person(app, tenant, &known_as, role, customer, only).await?;
        people.insert(known_as, person);
    }
    Ok(Msp { name, tenant, a, b })
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
