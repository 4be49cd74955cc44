//! Things of an MSP that addresses and bodies name, made anew for each request.

use std::cell::Cell;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    ids::{
        ApiKeyId, CreditGrantId, CreditNoteId, CustomerId, InvitationId, InvoiceId, MembershipId,
        OneOffChargeId, PaymentId, PaymentMethodId, PayoutId, PlanId, SessionId, SubscriptionChangeId,
        SubscriptionId, TenantId,
    },
    money::{Currency, Money},
    payouts::PayoutStatus,
};
use serde_json::{Value, json};
use testkit::{Client, Msp, PayoutItems, PayoutTold, TestApp};

use crate::personas::Persona;

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    Customer,
    CustomerCode,
    SubscribedCustomer,
    Staff,
    CustomerUser,
    Invitation,
    CustomerInvitation,
    ApiKey,
    /// A session of customer B's owner.
    Session,
    /// An MSP, by its tenant.
    Msp,
    /// The tenant that it is in.
    Tenant,
    Metric,
    Plan,
    PlanCode,
    /// On trial, with an end to come.
    Subscription,
    /// It has no end.
    RunningSubscription,
    /// A change of one that lies ahead.
    SubscriptionChange,
    /// Of customer B.
    DraftInvoice,
    /// Of customer B.
    IssuedInvoice,
    /// Of customer B.
    CreditNote,
    /// Of customer B.
    CreditGrant,
    /// Of customer B.
    PaymentMethod,
    /// Of customer B, of a cent too much.
    Payment,
    OneOffCharge,
    Sandbox,
    Payout,
}

use Object as O;

impl Object {
    /// Whether somebody may see such an object of this MSP.
    pub fn is_in_reach_of(self, who: &Persona, msp: &Msp) -> bool {
        let staff = who.tenant == msp.tenant && who.customer.is_none();
        match self {
            O::Customer
            | O::CustomerCode
            | O::SubscribedCustomer
            | O::Subscription
            | O::RunningSubscription
            | O::SubscriptionChange
            | O::Staff
            | O::Invitation
            | O::ApiKey
            | O::Sandbox
            | O::Payout => staff && !who.restricted,
            O::CustomerUser
            | O::CustomerInvitation
            | O::DraftInvoice
            | O::IssuedInvoice
            | O::CreditNote
            | O::CreditGrant
            | O::PaymentMethod
            | O::Payment
            | O::OneOffCharge => staff && !who.restricted || who.customer == Some(msp.b),
            O::Session => who.name == format!("{}_b_owner", msp.name),
            O::Metric | O::Plan | O::PlanCode => staff,
            O::Tenant => who.tenant == msp.tenant,
            O::Msp => who.name.starts_with("platform"),
        }
    }
}

/// A payout of a cent, and what the provider calls it.
fn payout(number: u32) -> (String, PayoutTold) {
    let name = format!("po_{number}");
    let told = PayoutTold {
        payout: name.clone(),
        amount: Money::new(1, Currency::USD),
        status: PayoutStatus::Paid,
        automatic: true,
        method: "standard".to_owned(),
        statement_descriptor: None,
        arrives_on: NaiveDate::default(),
        failure_code: None,
        failure: None,
        made_at: DateTime::<Utc>::UNIX_EPOCH,
    };
    (name, told)
}

/// Makes objects, each with a number of its own.
pub struct Maker<'a> {
    pub app: &'a TestApp,
    counter: Cell<u32>,
    months: Cell<u32>,
}

impl<'a> Maker<'a> {
    /// Both MSPs get a metric, a plan, an account that takes payments, and a plan for customer B.
    pub async fn new(app: &'a TestApp) -> Self {
        let maker = Self { app, counter: Cell::new(0), months: Cell::new(0) };
        for msp in [&app.northwind, &app.harbor] {
            let admin = maker.admin(msp).await;
            let metric = json!({"key": "machines", "name": "Machines", "unit": "machine"});
            admin.post("/api/v1/msp/metrics", &metric).await.expect(201);
            let plan = json!({"code": "BASIC", "name": "Basic", "base_fee": {"amount_minor": 5000, "currency": "USD"},
                "components": [{"metric": "machines", "name": "Machines", "price": {"model": "unit", "unit_price": "2.5", "included": "1"}}]});
            admin.post("/api/v1/msp/plans", &plan).await.expect(201);
            maker.subscribe(msp, &msp.b.to_string()).await;
            let connect = json!({"email": "money@example.com", "country": "US"});
            admin.post("/api/v1/msp/payment-setup/connect", &connect).await.expect(200);
            admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200);
        }
        maker
    }

    /// A number that was not given before.
    pub fn number(&self) -> u32 {
        self.counter.set(self.counter.get() + 1);
        self.counter.get()
    }

    async fn admin(&self, msp: &Msp) -> Client {
        self.app.client(&format!("{}_admin", msp.name)).await
    }

    async fn subscribe(&self, msp: &Msp, customer: &str) {
        let path = format!("/api/v1/msp/customers/{customer}/subscriptions");
        let body = json!({"plan": "BASIC", "starts_on": "2016-01-01"});
        self.admin(msp).await.post(&path, &body).await.expect(201);
    }

    /// Makes one and says how it is named.
    pub async fn make(&self, object: Object, msp: &Msp) -> String {
        let number = self.number();
        let admin = self.admin(msp).await;
        let made = async |path: &str, body: Value, pointer: &str| -> String {
            admin.post(&format!("/api/v1/msp/{path}"), &body).await.expect(201).text(pointer).to_owned()
        };
        let email = format!("somebody{number}@example.com");
        match object {
            O::Customer => made("customers", json!({"company_name": "Made"}), "/id").await,
            O::CustomerCode => made("customers", json!({"company_name": "Made"}), "/code").await,
            O::SubscribedCustomer => {
                let id = made("customers", json!({"company_name": "Made"}), "/id").await;
                self.subscribe(msp, &id).await;
                id
            }
            O::Subscription => self.ending_subscription(&admin).await,
            O::RunningSubscription => self.running_subscription(&admin).await,
            O::SubscriptionChange => {
                let id = self.ending_subscription(&admin).await;
                let path = format!("/api/v1/msp/subscriptions/{id}/changes");
                let pause = json!({"kind": "pause", "on": "2026-06-01"});
                admin.post(&path, &pause).await.expect(200).text("/changes/0/id").to_owned()
            }
            O::Staff => self.person(&format!("staff{number}"), msp, None).await,
            O::CustomerUser => self.person(&format!("user{number}"), msp, Some(msp.b)).await,
            O::Invitation => made("invitations", json!({"email": email, "role": "msp_billing"}), "/id").await,
            O::CustomerInvitation => {
                let body = json!({"email": email, "role": "customer_viewer"});
                made(&format!("customers/{}/invitations", msp.b), body, "/id").await
            }
            O::ApiKey => {
                made("api-keys", json!({"name": "k", "scopes": ["customers:read"]}), "/key/id").await
            }
            O::Session => {
                let name = format!("{}_b_owner", msp.name);
                let token = self.app.sign_in(&name).await.expect(200).text("/access_token").to_owned();
                let sessions = admin.with_token(&token).get("/api/v1/auth/sessions").await.expect(200);
                let items = sessions.json["items"].as_array().expect("a list").clone();
                let current =
                    items.iter().find(|session| session["current"] == true).expect("the current one");
                current["id"].as_str().expect("an id").to_owned()
            }
            O::Msp => {
                let platform = self.app.client("platform_admin").await;
                let body = json!({"name": "Made", "slug": format!("made{number}"), "admin_email": email});
                platform.post("/api/v1/platform/msps", &body).await.expect(201).text("/id").to_owned()
            }
            O::Tenant => msp.tenant.to_string(),
            O::Metric => {
                let body = json!({"key": format!("metric{number}"), "name": "Made", "unit": "piece"});
                made("metrics", body, "/key").await
            }
            O::Plan | O::PlanCode => {
                let body = json!({"code": format!("PLAN{number}"), "name": "Made",
                    "base_fee": {"amount_minor": 100, "currency": "USD"}});
                made("plans", body, if object == O::Plan { "/id" } else { "/code" }).await
            }
            O::DraftInvoice => self.draft(msp).await,
            O::IssuedInvoice => self.issued(msp).await,
            O::CreditNote => {
                let path = format!("invoices/{}/credit-notes", self.issued(msp).await);
                made(&path, json!({"reason": "Made"}), "/id").await
            }
            O::CreditGrant => {
                // There cannot be many of which something is left; and no invoice is to be used up by it.
                let amount = json!({"amount_minor": 1, "currency": "USD"});
                let body = json!({"source": "promotional", "amount": amount, "description": "Made"});
                made(&format!("customers/{}/credit/grants", msp.b), body, "/id").await
            }
            O::Sandbox => {
                // There cannot be many at a time.
                let admin = self.admin(msp).await;
                let open = admin.get("/api/v1/msp/sandboxes").await.expect(200);
                for one in open.json["items"].as_array().expect("a list") {
                    let path = format!("/api/v1/msp/sandboxes/{}", one["id"].as_str().expect("an id"));
                    admin.delete(&path).await.expect(204);
                }
                made("sandboxes", json!({"name": format!("Sandbox {number}")}), "/id").await
            }
            O::OneOffCharge => {
                let body = json!({"description": "Made", "unit_price": "1"});
                made(&format!("customers/{}/one-off-charges", msp.b), body, "/id").await
            }
            O::Payment => {
                let id = self.issued(msp).await;
                let invoice = admin.get(&format!("/api/v1/msp/invoices/{id}")).await.expect(200);
                let owed = invoice.json["outstanding"]["amount_minor"].as_i64().expect("an amount");
                let amount = json!({"amount_minor": owed + 1, "currency": "USD"});
                let body = json!({"reference": format!("Wire {number}"), "amount": amount});
                made(&format!("invoices/{id}/payments"), body, "/id").await
            }
            O::Payout => self.paid_out(msp, number).await,
            O::PaymentMethod => self.app.keep_card(msp, &format!("pm_{number}")).await.to_string(),
        }
    }

    /// A payout that the provider has told of.
    async fn paid_out(&self, msp: &Msp, number: u32) -> String {
        let account = format!("acct_{}", msp.tenant);
        let (payout, told) = payout(number);
        self.app.payments.fill_payout(&told.payout, PayoutItems { items: Vec::new(), more: false });
        self.app.payments.pay_out(&account, told);
        self.app.tell(&format!("evt_payout{number}"), &account, "payout.created", &payout).await;
        let admin = self.admin(msp).await;
        let found = admin.get("/api/v1/msp/payments/payouts?limit=200").await.expect(200);
        let mut all = found.json["items"].as_array().expect("a list").iter();
        let made = all.find(|one| one["reference"] == payout).expect("it is known");
        made["id"].as_str().expect("an id").to_owned()
    }

    /// One on trial until a day in 2026, with an end in 2027.
    async fn ending_subscription(&self, admin: &Client) -> String {
        let made = self.running_subscription(admin).await;
        let path = format!("/api/v1/msp/subscriptions/{made}/cancel");
        admin.post(&path, &json!({"ends_on": "2027-06-01"})).await.expect(200);
        made
    }

    async fn running_subscription(&self, admin: &Client) -> String {
        let customer = json!({"company_name": "Made"});
        let id = admin.post("/api/v1/msp/customers", &customer).await.expect(201).text("/id").to_owned();
        let path = format!("/api/v1/msp/customers/{id}/subscriptions");
        let body = json!({"plan": "BASIC", "trial_days": 30});
        admin.post(&path, &body).await.expect(201).text("/id").to_owned()
    }

    async fn issued(&self, msp: &Msp) -> String {
        // With something to be done about it when it is not paid.
        let terms = json!({"payment_days": 14, "dunning": [{"days": 1, "action": "remind"}]});
        self.admin(msp).await.put("/api/v1/msp/billing", &terms).await.expect(200);
        let id = self.draft(msp).await;
        let path = format!("/api/v1/msp/invoices/{id}/finalize");
        self.admin(msp).await.post(&path, &Value::Null).await.expect(200);
        id
    }

    /// A period has one invoice: each takes another month.
    async fn draft(&self, msp: &Msp) -> String {
        let month = self.months.replace(self.months.get() + 1);
        let period = format!("{}-{:02}", 2016 + month / 12, month % 12 + 1);
        let body = json!({"customer": msp.b, "period": period});
        let admin = self.admin(msp).await;
        admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned()
    }

    async fn person(&self, name: &str, msp: &Msp, customer: Option<CustomerId>) -> String {
        let role = match customer {
            Some(_) => domain::permissions::Role::CustomerViewer,
            None => domain::permissions::Role::MspBilling,
        };
        let person = self.app.make_person(msp.tenant, name, role, customer, None).await;
        person.membership.to_string()
    }

    /// A name of the same form that was never given.
    pub fn never(&self, object: Object) -> String {
        let store = self.app.store();
        match object {
            O::Subscription | O::RunningSubscription => store.new_id::<SubscriptionId>().to_string(),
            O::SubscriptionChange => store.new_id::<SubscriptionChangeId>().to_string(),
            O::Customer | O::SubscribedCustomer => store.new_id::<CustomerId>().to_string(),
            O::CustomerCode | O::PlanCode => format!("NEVER-{}", self.number()),
            O::Staff | O::CustomerUser => store.new_id::<MembershipId>().to_string(),
            O::Invitation | O::CustomerInvitation => store.new_id::<InvitationId>().to_string(),
            O::ApiKey => store.new_id::<ApiKeyId>().to_string(),
            O::Session => store.new_id::<SessionId>().to_string(),
            O::Msp | O::Tenant | O::Sandbox => store.new_id::<TenantId>().to_string(),
            O::Metric => format!("never{}", self.number()),
            O::Plan => store.new_id::<PlanId>().to_string(),
            O::DraftInvoice | O::IssuedInvoice => store.new_id::<InvoiceId>().to_string(),
            O::CreditNote => store.new_id::<CreditNoteId>().to_string(),
            O::CreditGrant => store.new_id::<CreditGrantId>().to_string(),
            O::PaymentMethod => store.new_id::<PaymentMethodId>().to_string(),
            O::Payment => store.new_id::<PaymentId>().to_string(),
            O::Payout => store.new_id::<PayoutId>().to_string(),
            O::OneOffCharge => store.new_id::<OneOffChargeId>().to_string(),
        }
    }
}
