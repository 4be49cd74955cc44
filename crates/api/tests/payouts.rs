//! What an MSP has at the payment provider, and how it reaches the bank.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    money::{Currency, Money},
    payouts::{
        PayoutItemKind,
        PayoutStatus::{self, Canceled, Failed, InTransit, Paid, Pending},
    },
    permissions::Role,
};
use serde_json::{Value, json};
use testkit::{Answer, Balance, Client, Holding, Msp, PayoutItem, PayoutItems, PayoutTold, TestApp};

const PAYOUTS: &str = "/api/v1/msp/payments/payouts";
const BALANCE: &str = "/api/v1/msp/payments/balance";

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

/// An MSP with an account, and its people.
struct Office {
    app: TestApp,
    admin: Client,
    account: String,
    told: u32,
}

impl Office {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        connect(&admin).await;
        app.drain().await;
        let account = account_of(&app.northwind);
        Self { app, admin, account, told: 0 }
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.store().clock().now()
    }

    fn payout(&self, name: &str, status: PayoutStatus) -> PayoutTold {
        let failed = status == Failed;
        PayoutTold {
            payout: name.to_owned(),
            amount: dollars(123_456),
            status,
            automatic: true,
            method: "standard".to_owned(),
            statement_descriptor: None,
            arrives_on: self.now().date_naive() + TimeDelta::days(2),
            failure_code: failed.then(|| "account_closed".to_owned()),
            failure: failed.then(|| "The bank account has been closed".to_owned()),
            made_at: self.now(),
        }
    }

    /// The provider moves a payout on, and says nothing.
    fn at_stripe(&self, name: &str, status: PayoutStatus) {
        self.app.payments.pay_out(&self.account, self.payout(name, status));
    }

    async fn tell(&mut self, kind: &str, payout: &str) {
        self.told += 1;
        self.app.tell(&format!("evt_{}", self.told), &self.account, kind, payout).await;
    }

    async fn all(&self) -> Vec<Value> {
        let found = self.admin.get(PAYOUTS).await.expect(200);
        found.json["items"].as_array().expect("a list").clone()
    }

    async fn only(&self) -> Value {
        let all = self.all().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    /// What the trail tells of payouts, the oldest first.
    async fn events(&self) -> Vec<String> {
        let found = self.admin.get("/api/v1/msp/events?type=payout.&limit=200").await.expect(200);
        let items = found.json["items"].as_array().expect("a list").iter().rev();
        items.map(|event| event["type"].as_str().expect("a text").to_owned()).collect()
    }

    async fn decisions(&self) -> Vec<Value> {
        let found = self.admin.get("/api/v1/msp/portfolio").await.expect(200);
        let items = found.json["attention"].as_array().expect("a list").iter();
        items.filter(|one| one["kind"] == "payout_failed").cloned().collect()
    }

    async fn later(&mut self, by: TimeDelta) {
        self.app.clock.advance(by);
        self.app.forget("northwind_admin");
        self.admin = self.app.client("northwind_admin").await;
        ::app::jobs::upkeep(&self.app.app).await.expect("it is queued");
        self.app.drain().await;
    }
}

fn account_of(msp: &Msp) -> String {
    format!("acct_{}", msp.tenant)
}

async fn connect(admin: &Client) -> Answer {
    let body = json!({"email": "money@example.com", "country": "US"});
    admin.post("/api/v1/msp/payment-setup/connect", &body).await.expect(200);
    admin.post("/api/v1/msp/payment-setup/refresh", &Value::Null).await.expect(200)
}

#[actix_web::test]
async fn the_balance_is_that_of_the_moment() {
    let mut app = TestApp::start().await;
    let (tenant, a) = (app.northwind.tenant, app.northwind.a);
    app.add_person(tenant, "limited", Role::MspBilling, None, Some(vec![a])).await;
    let admin = app.client("northwind_admin").await;
    for path in [BALANCE, PAYOUTS] {
        let none = admin.get(path).await;
        let expected = if path == BALANCE { (409, "payments_not_connected") } else { (200, "") };
        assert_eq!((none.status, if none.status == 200 { "" } else { none.code() }), expected);
    }
    let refused = admin.post(&format!("{PAYOUTS}/refresh"), &Value::Null).await.expect(409);
    assert_eq!(refused.code(), "payments_not_connected");
    connect(&admin).await;
    let empty = admin.get(BALANCE).await.expect(200);
    assert_eq!((&empty.json["holdings"], &empty.json["other_currencies"]), (&json!([]), &json!([])));
    let yen = "JPY".parse().expect("a currency");
    let held = Balance {
        holdings: vec![
            Holding { currency: yen, available: Money::new(900, yen), pending: Money::new(0, yen) },
            Holding { currency: Currency::USD, available: dollars(-250), pending: dollars(10_000) },
        ],
        other_currencies: vec!["ISK".to_owned()],
    };
    app.payments.hold(&account_of(&app.northwind), held);
    let now = admin.get(BALANCE).await.expect(200);
    assert_eq!(now.json["holdings"][1], json!({"available": usd(-250), "pending": usd(10_000)}));
    assert_eq!(now.json["holdings"][0]["available"], json!({"amount_minor": 900, "currency": "JPY"}));
    assert_eq!(now.json["other_currencies"], json!(["ISK"]));
    let read_at: DateTime<Utc> = now.text("/read_at").parse().expect("an instant");
    assert_eq!(read_at, app.store().clock().now());

    // Who is limited to some customers has no business with the money of all of them.
    let limited = app.client("limited").await;
    for path in [BALANCE, PAYOUTS] {
        assert_eq!(limited.get(path).await.expect(403).code(), "restricted");
    }
    assert_eq!(
        limited.post(&format!("{PAYOUTS}/refresh"), &Value::Null).await.expect(403).code(),
        "restricted"
    );
    // The other MSP has an account of its own.
    let other = app.client("harbor_admin").await;
    connect(&other).await;
    assert_eq!(other.get(BALANCE).await.expect(200).json["holdings"], json!([]));

    app.drain().await;
    app.payments.be_away(true);
    assert_eq!(admin.get(BALANCE).await.expect(503).code(), "upstream_unavailable");
    let refused = admin.post(&format!("{PAYOUTS}/refresh"), &Value::Null).await.expect(503);
    assert_eq!(refused.code(), "upstream_unavailable");
    admin.get(PAYOUTS).await.expect(200);
    app.finish().await;
}

/// Every order of these.
fn orders<'a>(of: &[&'a str]) -> Vec<Vec<&'a str>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    (0..of.len())
        .flat_map(|first| {
            let mut rest = of.to_vec();
            let first = rest.remove(first);
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, first);
                order
            })
        })
        .collect()
}

#[actix_web::test]
async fn in_whatever_order_it_is_told_it_ends_the_same() {
    let mut office = Office::open().await;
    let kinds = ["payout.created", "payout.updated", "payout.paid", "payout.failed"];
    let orders = orders(&kinds);
    assert_eq!(orders.len(), 24);
    let mut numbered = 0;
    for order in &orders {
        // All has happened before the first of it is told; and each is told twice, once again as the very same event.
        numbered += 1;
        let name = format!("po_{numbered}");
        office.at_stripe(&name, Failed);
        for kind in order {
            office.tell(kind, &name).await;
            office.told -= 1;
            office.tell(kind, &name).await;
            office.tell(kind, &name).await;
        }
    }
    let found = office.admin.get(&format!("{PAYOUTS}?limit=200")).await.expect(200);
    let all = found.json["items"].as_array().expect("a list");
    assert_eq!(all.len(), orders.len());
    for payout in all {
        assert_eq!(
            (&payout["status"], &payout["failure_code"]),
            (&json!("failed"), &json!("account_closed"))
        );
        assert_eq!((&payout["amount"], &payout["automatic"]), (&usd(123_456), &json!(true)));
    }
    assert_eq!(office.events().await, vec!["payout.failed"; orders.len()]);
    office.app.finish().await;
}

#[actix_web::test]
async fn an_answer_that_was_asked_for_earlier_undoes_nothing() {
    let steps = [Pending, InTransit, Paid, Failed];
    for (done, status) in steps.iter().enumerate() {
        let mut office = Office::open().await;
        office.at_stripe("po_1", *status);
        office.tell("payout.updated", "po_1").await;
        for earlier in &steps[..done] {
            office.at_stripe("po_1", *earlier);
            office.tell("payout.updated", "po_1").await;
            assert_eq!(office.only().await["status"], json!(status), "after {earlier}");
        }
        // Of two ends the first holds: a payout has one.
        if *status == Failed {
            office.at_stripe("po_1", Canceled);
            office.tell("payout.canceled", "po_1").await;
            assert_eq!(office.only().await["status"], "failed");
        }
        office.app.finish().await;
    }
}

#[actix_web::test]
async fn a_payout_that_comes_back_is_to_be_decided_until_another_arrives() {
    let mut office = Office::open().await;
    office.at_stripe("po_1", Pending);
    office.tell("payout.created", "po_1").await;
    assert_eq!(office.only().await["status"], "pending");
    office.at_stripe("po_1", Paid);
    office.tell("payout.paid", "po_1").await;
    assert_eq!((office.events().await, office.decisions().await), (vec!["payout.paid".to_owned()], vec![]));
    // Days later.
    office.later(TimeDelta::days(3)).await;
    let mut back = office.payout("po_1", Failed);
    (back.made_at, back.arrives_on) =
        (back.made_at - TimeDelta::days(3), back.arrives_on - TimeDelta::days(3));
    office.app.payments.pay_out(&office.account, back);
    office.tell("payout.failed", "po_1").await;
    assert_eq!(office.events().await, ["payout.paid", "payout.failed"]);
    let failed = office.only().await;
    let [decision] = &office.decisions().await[..] else { panic!("one thing is to be decided") };
    assert_eq!(decision["payout_id"], failed["id"]);
    assert_eq!(decision["amount"], usd(123_456));
    assert_eq!(decision["reason"], "The bank account has been closed");

    // Another that fails takes its place; one in another currency is another matter; one on its way changes nothing.
    office.later(TimeDelta::days(1)).await;
    office.at_stripe("po_2", Failed);
    office.tell("payout.failed", "po_2").await;
    let mut euros = office.payout("po_3", Paid);
    euros.amount = Money::new(100, "EUR".parse().expect("a currency"));
    office.app.payments.pay_out(&office.account, euros);
    office.tell("payout.paid", "po_3").await;
    office.later(TimeDelta::days(1)).await;
    office.at_stripe("po_4", InTransit);
    office.tell("payout.created", "po_4").await;
    let decisions = office.decisions().await;
    let second = office.all().await.into_iter().find(|one| one["reference"] == "po_2").expect("it is known");
    assert_eq!((decisions.len(), &decisions[0]["payout_id"]), (1, &second["id"]));
    office.at_stripe("po_4", Paid);
    office.tell("payout.paid", "po_4").await;
    assert_eq!(office.decisions().await, Vec::<Value>::new());
    office.app.finish().await;
}

#[actix_web::test]
async fn an_account_brings_its_past_along_and_is_read_every_day() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let account = account_of(&app.northwind);
    let mut office = Office { app, admin, account, told: 0 };
    let mut old = office.payout("po_old", Failed);
    old.made_at -= TimeDelta::days(40);
    office.app.payments.pay_out(&office.account, old);
    let mut new = office.payout("po_new", Paid);
    new.made_at -= TimeDelta::days(4);
    office.app.payments.pay_out(&office.account, new);
    connect(&office.admin).await;
    assert_eq!(office.all().await, Vec::<Value>::new());
    office.app.drain().await;
    let names: Vec<Value> = office.all().await.iter().map(|one| one["reference"].clone()).collect();
    assert_eq!(names, [json!("po_new"), json!("po_old")]);
    // What failed long before the account had its place here is no news.
    assert_eq!(office.events().await, ["payout.paid"]);
    assert_eq!(office.app.payments.payouts_asked(), 1);

    // No event comes of this one; it is found all the same, once a day is over.
    office.at_stripe("po_silent", Failed);
    office.later(TimeDelta::hours(23)).await;
    assert_eq!((office.app.payments.payouts_asked(), office.all().await.len()), (1, 2));
    office.later(TimeDelta::hours(2)).await;
    assert_eq!((office.app.payments.payouts_asked(), office.all().await.len()), (2, 3));
    assert_eq!(office.events().await, ["payout.paid", "payout.failed"]);
    // Or when somebody asks; nothing is told twice.
    office.at_stripe("po_asked", Canceled);
    for _ in 0..2 {
        let read = office.admin.post(&format!("{PAYOUTS}/refresh"), &Value::Null).await.expect(200);
        assert_eq!(read.text("/read_at").parse::<DateTime<Utc>>().expect("an instant"), office.now());
    }
    assert_eq!(office.all().await.len(), 4);
    assert_eq!(office.events().await, ["payout.paid", "payout.failed", "payout.canceled"]);
    office.app.finish().await;
}

#[actix_web::test]
async fn an_msp_sees_its_own_payouts_alone() {
    let mut office = Office::open().await;
    let other = office.app.client("harbor_admin").await;
    connect(&other).await;
    office.at_stripe("po_1", Paid);
    office.tell("payout.paid", "po_1").await;
    let mine = office.only().await["id"].as_str().expect("a text").to_owned();
    assert_eq!(other.get(PAYOUTS).await.expect(200).json["items"], json!([]));
    for path in ["", "/contents"] {
        other.get(&format!("{PAYOUTS}/{mine}{path}")).await.expect(404);
    }
    // The other account's own payout of the same name is another.
    let theirs = account_of(&office.app.harbor);
    office.app.payments.pay_out(&theirs, PayoutTold { amount: dollars(1), ..office.payout("po_1", Failed) });
    office.app.tell("evt_theirs", &theirs, "payout.failed", "po_1").await;
    assert_eq!(office.only().await["amount"], usd(123_456));
    let found = other.get(PAYOUTS).await.expect(200);
    assert_eq!(
        (&found.json["items"][0]["amount"], &found.json["items"][0]["status"]),
        (&usd(1), &json!("failed"))
    );
    assert_eq!(office.events().await, ["payout.paid"]);
    assert_eq!(office.decisions().await, Vec::<Value>::new());
    // An account of nobody's tells the platform, which has no such thing.
    office.app.payments.pay_out("acct_nobody", office.payout("po_9", Failed));
    office.app.tell("evt_nobody", "acct_nobody", "payout.failed", "po_9").await;
    assert_eq!(office.all().await.len(), 1);
    office.app.finish().await;
}

#[actix_web::test]
async fn payouts_are_found_by_state_currency_and_day() {
    let mut office = Office::open().await;
    let day = |day: u32| NaiveDate::from_ymd_opt(2026, 2, day).expect("a day");
    for (number, status, currency) in
        [(1, Paid, "USD"), (2, Failed, "EUR"), (3, Paid, "EUR"), (4, Pending, "USD")]
    {
        let mut told = office.payout(&format!("po_{number}"), status);
        told.amount = Money::new(i64::from(number), currency.parse().expect("a currency"));
        told.arrives_on = day(number);
        // Two were made in one second.
        told.made_at += TimeDelta::seconds(i64::from(number / 2));
        office.app.payments.pay_out(&office.account, told);
        office.tell("payout.updated", &format!("po_{number}")).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let found = office.admin.get(&format!("{PAYOUTS}?{query}")).await.expect(200);
        let items = found.json["items"].as_array().expect("a list").iter();
        let mut names: Vec<_> =
            items.map(|one| one["reference"].as_str().expect("a text")[3..].to_owned()).collect();
        names.sort();
        names
    };
    for (query, expected) in [
        ("", &["1", "2", "3", "4"][..]),
        ("status=paid", &["1", "3"]),
        ("currency=EUR", &["2", "3"]),
        ("status=paid&currency=EUR", &["3"]),
        ("from=2026-02-02&until=2026-02-04", &["2", "3"]),
        ("status=canceled", &[]),
    ] {
        assert_eq!(names(query).await, expected, "{query}");
    }
    let mut seen = Vec::new();
    let mut path = format!("{PAYOUTS}?limit=1");
    loop {
        let page = office.admin.get(&path).await.expect(200);
        seen.push(page.text("/items/0/reference").to_owned());
        let Some(next) = page.json["next_cursor"].as_str() else { break };
        path = format!("{PAYOUTS}?limit=1&cursor={next}");
    }
    assert_eq!((seen.len(), seen[0].as_str(), seen[3].as_str()), (4, "po_4", "po_1"));
    for (query, pointer) in [
        ("status=gone", "status"),
        ("currency=XXX", "currency"),
        ("from=2026-13-01", "from"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("month=2026-02", "month"),
    ] {
        let refused = office.admin.get(&format!("{PAYOUTS}?{query}")).await.expect(422);
        assert_eq!(refused.pointers(), [pointer], "{query}");
    }
    office.app.finish().await;
}

fn movement(number: i64, kind: PayoutItemKind, amounts: [i64; 3]) -> PayoutItem {
    let [amount, platform, provider] = amounts;
    PayoutItem {
        item: format!("txn_{number}"),
        kind,
        told_kind: kind.to_string(),
        amount: dollars(amount),
        platform_fee: dollars(platform),
        provider_fee: dollars(provider),
        net: dollars(amount - platform - provider),
        description: None,
        moved_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(number),
        payment: None,
        about: None,
    }
}

#[actix_web::test]
async fn a_payout_is_explained_by_the_invoices_that_were_paid() {
    let mut office = Office::open().await;
    // An invoice of 90 dollars, paid by card.
    let plan = json!({"code": "FLAT", "name": "Flat", "base_fee": usd(9000)});
    office.admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    let body = json!({"plan": "FLAT", "starts_on": "2020-10-01"});
    office.admin.post("/api/v1/msp/customers/NORTHWIND-B/subscriptions", &body).await.expect(201);
    office.app.keep_card(&office.app.northwind, "pm_1").await;
    let body = json!({"customer": "NORTHWIND-B", "period": "2025-10"});
    let invoice = office.admin.post("/api/v1/msp/invoices", &body).await.expect(201).text("/id").to_owned();
    office.admin.post(&format!("/api/v1/msp/invoices/{invoice}/finalize"), &Value::Null).await.expect(200);
    office.app.drain().await;
    let paid = office.admin.get(&format!("/api/v1/msp/payments?invoice={invoice}")).await.expect(200);
    let reference = paid.text("/items/0/reference").to_owned();
    office.at_stripe("po_before", Failed);
    office.tell("payout.failed", "po_before").await;
    let before = office.only().await["id"].clone();

    // 90.00, less 0.90 and 2.91; 20.00 of it go back; what had failed; somebody else's 5.00; and a fee of Stripe's.
    let about = |item: PayoutItem, payment: Option<&str>, about: Option<&str>| PayoutItem {
        payment: payment.map(str::to_owned),
        about: about.map(str::to_owned),
        ..item
    };
    let items = vec![
        about(movement(5, PayoutItemKind::Refund, [-2000, 0, 0]), Some(&reference), Some("re_1")),
        movement(4, PayoutItemKind::ProviderFee, [-25, 0, 0]),
        about(movement(3, PayoutItemKind::Payment, [500, 0, 45]), Some("pi_elsewhere"), None),
        about(movement(2, PayoutItemKind::PayoutReturned, [123_456, 0, 0]), None, Some("po_before")),
        about(movement(1, PayoutItemKind::Payment, [9000, 90, 291]), Some(&reference), None),
    ];
    let total: i64 = items.iter().map(|item| item.net.amount_minor()).sum();
    assert_eq!(total, 8619 - 2000 + 123_456 + 455 - 25);
    let told = PayoutTold { amount: dollars(total), ..office.payout("po_1", Paid) };
    office.app.payments.pay_out(&office.account, told.clone());
    office.app.payments.fill_payout("po_1", PayoutItems { items: items.clone(), more: false });
    office.tell("payout.paid", "po_1").await;
    let all = office.all().await;
    let payout = all.iter().find(|one| one["reference"] == "po_1").expect("it is known");
    let path = format!("{PAYOUTS}/{}", payout["id"].as_str().expect("a text"));
    assert_eq!(&office.admin.get(&path).await.expect(200).json, payout);
    let contents = office.admin.get(&format!("{path}/contents")).await.expect(200).json;
    assert_eq!(
        contents["sums"],
        json!([
            {"kind": "payment", "count": 2, "amount": usd(9500), "platform_fee": usd(90), "provider_fee": usd(336),
             "net": usd(9074)},
            {"kind": "refund", "count": 1, "amount": usd(-2000), "platform_fee": usd(0), "provider_fee": usd(0),
             "net": usd(-2000)},
            {"kind": "provider_fee", "count": 1, "amount": usd(-25), "platform_fee": usd(0), "provider_fee": usd(0),
             "net": usd(-25)},
            {"kind": "payout_returned", "count": 1, "amount": usd(123_456), "platform_fee": usd(0),
             "provider_fee": usd(0), "net": usd(123_456)},
        ])
    );
    assert_eq!(contents["unexplained"], usd(0));
    let told = contents["items"].as_array().expect("a list");
    assert_eq!(told.len(), 5);
    for item in [&told[0], &told[4]] {
        assert_eq!(item["payment"]["id"], paid.json["items"][0]["id"]);
        assert_eq!(item["payment"]["invoice_id"], json!(invoice));
        assert_eq!(item["payment"]["customer_id"], json!(office.app.northwind.b));
        assert!(item["payment"]["invoice_number"].as_str().is_some_and(|number| !number.is_empty()));
    }
    assert_eq!((&told[2]["payment"], &told[3]["payout_id"]), (&json!(null), &before));
    // The ledger has the payment, and nothing of payouts.
    let balances = office.admin.get("/api/v1/msp/ledger/balances").await.expect(200);
    let cash = balances.json["accounts"].as_array().expect("a list").iter();
    let cash: Vec<_> = cash.filter(|one| one["account"] == "cash").map(|one| &one["balance"]).collect();
    assert_eq!(cash, [&usd(9000 - 90)]);

    // Not all of it is told.
    office.app.payments.fill_payout("po_1", PayoutItems { items: items[..4].to_vec(), more: true });
    let some = office.admin.get(&format!("{path}/contents")).await.expect(200).json;
    assert_eq!(some["unexplained"], usd(8619));
    // What somebody asked for, nobody can explain.
    let asked = PayoutTold { automatic: false, ..office.payout("po_asked", Paid) };
    office.app.payments.pay_out(&office.account, asked);
    office.tell("payout.paid", "po_asked").await;
    let all = office.all().await;
    let asked = all.iter().find(|one| one["reference"] == "po_asked").expect("it is known");
    let unknown = format!("{PAYOUTS}/{}/contents", asked["id"].as_str().expect("a text"));
    assert_eq!(office.admin.get(&unknown).await.expect(409).code(), "payout_not_itemised");
    office.app.payments.be_away(true);
    assert_eq!(
        office.admin.get(&format!("{path}/contents")).await.expect(503).code(),
        "upstream_unavailable"
    );
    office.admin.get(&path).await.expect(200);
    office.app.finish().await;
}
