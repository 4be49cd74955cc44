//! Tax: what is set, what invoices come to by it, what is booked, credited, verified and told.

use actix_web::http::Method;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Answer, Client, TestApp};

fn usd(minor: i64) -> Value {
    json!({"amount_minor": minor, "currency": "USD"})
}

/// An MSP in Germany: 19 % there, none on late fees, and a tax of 20 % for consumers in France.
fn germany() -> Value {
    json!({"country": "DE", "rules": [
        {"name": "VAT", "country": "DE", "percent": "19"},
        {"name": "VAT", "country": "DE", "class": "late_fee", "percent": "0"},
        {"name": "VAT", "country": "DE", "class": "books", "percent": "7"},
        {"name": "TVA", "country": "FR", "percent": "20"},
    ]})
}

struct Shop {
    app: TestApp,
    admin: Client,
}

impl Shop {
    /// $100.01 a month. The clock stands in November.
    async fn open(taxes: Value) -> Self {
        let app = TestApp::start().await;
        let admin = app.client("northwind_admin").await;
        let plan = json!({"code": "FLAT", "name": "Flat", "base_fee": usd(10_001)});
        admin.post("/api/v1/msp/plans", &plan).await.expect(201);
        admin.put("/api/v1/msp/taxes", &taxes).await.expect(200);
        Self { app, admin }
    }

    async fn customer(&self, code: &str, more: Value) {
        let mut body = json!({"company_name": code, "code": code});
        body.as_object_mut().expect("it is there").extend(more.as_object().expect("it is there").clone());
        self.admin.post("/api/v1/msp/customers", &body).await.expect(201);
        let path = format!("/api/v1/msp/customers/{code}/subscriptions");
        let body = json!({"plan": "FLAT", "starts_on": "2025-08-01"});
        self.admin.post(&path, &body).await.expect(201);
    }

    async fn invoice(&self, code: &str, period: &str) -> Answer {
        let body = json!({"customer": code, "period": period});
        let draft = self.admin.post("/api/v1/msp/invoices", &body).await.expect(201);
        let path = format!("/api/v1/msp/invoices/{}/finalize", draft.text("/id"));
        let issued = self.admin.post(&path, &json!({})).await.expect(200);
        for field in ["total", "tax"] {
            assert_eq!(draft.json[field], issued.json[field], "{field}");
        }
        // Whoever computes it again comes to the same.
        let scope = self.app.tenant_scope(self.app.northwind.tenant).await;
        let id: InvoiceId = issued.text("/id").parse().expect("an id");
        let verified = self.app.store().read(&scope, async |tx| app::invoices::verify(tx, id).await);
        assert!(verified.await.expect("it is rated").is_equal());
        issued
    }

    async fn balances(&self) -> Vec<(String, i64)> {
        let balances = self.admin.get("/api/v1/msp/ledger/balances").await.expect(200).json;
        let of = |one: &Value| {
            let minor = one["balance"]["amount_minor"].as_i64().expect("it is there");
            (one["account"].as_str().expect("it is there").to_owned(), minor)
        };
        balances["accounts"]
            .as_array()
            .expect("it is there")
            .iter()
            .map(of)
            .filter(|(_, minor)| *minor != 0)
            .collect()
    }
}

fn held<const N: usize>(accounts: [(&str, i64); N]) -> Vec<(String, i64)> {
    accounts.map(|(account, minor)| (account.to_owned(), minor)).to_vec()
}

#[actix_web::test]
async fn an_invoice_has_the_tax_of_its_place_and_its_credit_notes_take_it_back_to_the_cent() {
    let shop = Shop::open(germany()).await;
    shop.customer("ONE", json!({"country": "DE"})).await;
    let charge = json!({"description": "A book", "unit_price": "10.03", "tax_class": "books"});
    shop.admin.post("/api/v1/msp/customers/ONE/one-off-charges", &charge).await.expect(201);
    let invoice = shop.invoice("ONE", "2025-10").await;
    // 19 % of 100.01 are 19.0019, 7 % of 10.03 are 0.7021.
    assert_eq!((&invoice.json["tax"], &invoice.json["total"]), (&usd(1_970), &usd(12_974)));
    assert_eq!(
        invoice.json["taxes"],
        json!({"treatment": "domestic", "prices": "exclusive", "rounding": "invoice", "amounts": [
            {"name": "VAT", "percent": "19", "classes": ["standard"], "base": usd(10_001), "amount": usd(1_900)},
            {"name": "VAT", "percent": "7", "classes": ["books"], "base": usd(1_003), "amount": usd(70)},
        ]})
    );
    assert_eq!(
        shop.balances().await,
        held([("receivable", 12_974), ("revenue", -11_004), ("tax_payable", -1_970)])
    );

    // A third of the fee, twice, then all that is left: 6.33, 6.34, 6.33 and 0.70.
    let id = invoice.text("/id");
    let path = format!("/api/v1/msp/invoices/{id}/credit-notes");
    let line = invoice.text("/lines/0/id");
    let mut tax = Vec::new();
    for _ in 0..2 {
        let body = json!({"reason": "A third", "lines": [{"line_id": line, "amount": usd(3_334)}]});
        let note = shop.admin.post(&path, &body).await.expect(201);
        tax.push(note.json["tax"]["amount_minor"].as_i64().unwrap());
        assert_eq!(note.json["total"], usd(3_334 + tax.last().unwrap()));
    }
    let rest = shop.admin.post(&path, &json!({"reason": "The rest"})).await.expect(201);
    assert_eq!(tax, [633, 634]);
    assert_eq!(rest.json["tax"], usd(1_970 - 633 - 634));
    assert_eq!(
        rest.json["taxes"],
        json!([
            {"name": "VAT", "percent": "19", "amount": usd(633)},
            {"name": "VAT", "percent": "7", "amount": usd(70)},
        ])
    );
    assert_eq!(shop.balances().await, []);
    let now = shop.admin.get(&format!("/api/v1/msp/invoices/{id}")).await.expect(200);
    assert_eq!((now.text("/status"), &now.json["credited"]), ("paid", &usd(12_974)));
    for path in [format!("invoices/{id}/pdf"), format!("credit-notes/{}/pdf", rest.text("/id"))] {
        let pdf = shop.admin.get(&format!("/api/v1/msp/{path}")).await.expect(200);
        assert!(pdf.body.starts_with(b"%PDF"));
    }
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_is_in_the_prices_changes_no_total() {
    let mut terms = germany();
    terms["prices"] = json!("inclusive");
    let shop = Shop::open(terms).await;
    shop.customer("ONE", json!({"country": "DE"})).await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    // 100.01 / 1.19 = 84.0420…
    assert_eq!((&invoice.json["tax"], &invoice.json["total"]), (&usd(1_597), &usd(10_001)));
    assert_eq!(
        shop.balances().await,
        held([("receivable", 10_001), ("revenue", -8_404), ("tax_payable", -1_597)])
    );
    let path = format!("/api/v1/msp/invoices/{}/credit-notes", invoice.text("/id"));
    let note = shop.admin.post(&path, &json!({"reason": "All of it"})).await.expect(201);
    assert_eq!((&note.json["tax"], &note.json["total"]), (&usd(1_597), &usd(10_001)));
    assert_eq!(shop.balances().await, []);
    // A void takes it back as well.
    let invoice = shop.invoice("ONE", "2025-09").await;
    let path = format!("/api/v1/msp/invoices/{}/void", invoice.text("/id"));
    shop.admin.post(&path, &json!({"reason": "x"})).await.expect(200);
    assert_eq!(shop.balances().await, []);
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_was_given_up_and_what_was_paid_is_credited_with_its_tax() {
    let shop = Shop::open(germany()).await;
    shop.customer("ONE", json!({"country": "DE"})).await;
    let given_up = shop.invoice("ONE", "2025-09").await;
    let path = |invoice: &Answer, deed: &str| format!("/api/v1/msp/invoices/{}/{deed}", invoice.text("/id"));
    let reason = json!({"reason": "x"});
    shop.admin.post(&path(&given_up, "write-off"), &reason).await.expect(200);
    assert_eq!(
        shop.balances().await,
        held([("revenue", -10_001), ("tax_payable", -1_900), ("bad_debt", 11_901)])
    );
    shop.admin.post(&path(&given_up, "credit-notes"), &reason).await.expect(201);
    assert_eq!(shop.balances().await, []);

    // What a change costs is shown with the tax, as the invoice will have it.
    let plan = json!({"code": "DEAR", "name": "Dear", "base_fee": usd(20_000)});
    shop.admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    let subscription = shop.admin.get(&shop.admin.subscription("ONE").await).await.expect(200);
    let path = format!("/api/v1/msp/subscriptions/{}/changes/preview", subscription.text("/id"));
    let body = json!({"kind": "plan", "plan": "DEAR", "on": "2025-12-01"});
    let preview = shop.admin.post(&path, &body).await.expect(200);
    assert_eq!(preview.json["months"][0]["before"]["total"], usd(11_901));
    assert_eq!(preview.json["months"][0]["after"]["total"], usd(23_800));
    shop.app.finish().await;
}

#[actix_web::test]
async fn revenue_is_without_tax_wherever_it_is_told() {
    for (prices, revenue) in [("exclusive", 10_001), ("inclusive", 8_404)] {
        let mut terms = germany();
        terms["prices"] = json!(prices);
        let shop = Shop::open(terms).await;
        shop.customer("ONE", json!({"country": "DE"})).await;
        let portfolio = shop.admin.get("/api/v1/msp/portfolio").await.expect(200);
        assert_eq!(portfolio.json["revenue_this_month"], usd(revenue), "{prices}");
        shop.invoice("ONE", "2025-11").await;
        let platform = shop.app.client("platform_admin").await;
        let msps = platform.get("/api/v1/platform/msps").await.expect(200);
        let found = msps.json["items"].as_array().unwrap().iter().find(|msp| msp["name"] == "Northwind IT");
        assert_eq!(found.expect("it is there")["revenue_this_month"], usd(revenue), "{prices}");
        shop.app.finish().await;
    }
}

#[actix_web::test]
async fn who_is_elsewhere_pays_what_the_rules_say() {
    let shop = Shop::open(germany()).await;
    let vat = "ATU13585627";
    for (code, more, treatment, tax) in [
        ("HERE", json!({}), "domestic", 1_900),
        ("BUSINESS", json!({"country": "AT", "tax_id": vat}), "reverse_charge", 0),
        ("CONSUMER", json!({"country": "AT"}), "domestic", 1_900),
        ("PARIS", json!({"country": "FR"}), "destination", 2_000),
        ("ZURICH", json!({"country": "CH", "tax_id": "CHE-116.281.710"}), "not_taxed", 0),
        (
            "EMBASSY",
            json!({"country": "DE", "tax_exempt": "Article 151 of Directive 2006/112/EC"}),
            "exempt",
            0,
        ),
    ] {
        shop.customer(code, more).await;
        let invoice = shop.invoice(code, "2025-10").await;
        assert_eq!(
            (invoice.text("/taxes/treatment"), &invoice.json["tax"]),
            (treatment, &usd(tax)),
            "{code}"
        );
    }
    // The next one by the usage so far says so, too.
    let subscription = shop.admin.get(&shop.admin.subscription("PARIS").await).await.expect(200);
    let path = format!("/api/v1/msp/subscriptions/{}/upcoming", subscription.text("/id"));
    let upcoming = shop.admin.get(&path).await.expect(200);
    assert_eq!(upcoming.text("/taxes/treatment"), "destination");
    assert_eq!(upcoming.json["total"], usd(12_001));
    shop.app.finish().await;
}

#[actix_web::test]
async fn an_invoice_keeps_the_tax_that_it_was_issued_with_and_its_evidence_gives_the_same() {
    let shop = Shop::open(germany()).await;
    shop.customer("ONE", json!({"country": "DE"})).await;
    let invoice = shop.invoice("ONE", "2025-10").await;
    // No rule, and no customer's move, changes what was issued.
    shop.admin.put("/api/v1/msp/taxes", &json!({})).await.expect(200);
    shop.admin.patch("/api/v1/msp/customers/ONE", &json!({"country": "FR"})).await.expect(200);
    let path = format!("/api/v1/msp/invoices/{}", invoice.text("/id"));
    assert_eq!(shop.admin.get(&path).await.expect(200).json["taxes"], invoice.json["taxes"]);
    let evidence = shop.admin.get(&format!("{path}/evidence")).await.expect(200);
    let evidence: domain::evidence::Evidence = serde_json::from_slice(&evidence.body).unwrap();
    let taxes = evidence.taxes(&evidence.lines).unwrap();
    assert_eq!(json!(taxes), invoice.json["taxes"]);
    // Who has set nothing up charges none.
    let next = shop.invoice("ONE", "2025-09").await;
    assert_eq!((&next.json["tax"], &next.json["taxes"]), (&usd(0), &Value::Null));
    // Neither the server nor anybody else changes the tax of an invoice.
    let sql = shop.app.database().superuser().await;
    for column in ["tax = null, tax_minor = 0", "tax_minor = 1"] {
        let refused = sql.attempt(&format!("update invoices set {column} where tax is not null")).await;
        assert!(refused.is_err());
    }
    shop.app.finish().await;
}

#[actix_web::test]
async fn what_makes_no_sense_is_named() {
    let shop = Shop::open(json!({})).await;
    let admin = &shop.admin;
    for (body, pointers) in [
        (json!({"country": "EL"}), vec!["/country"]),
        (json!({"region": "BY"}), vec!["/country"]),
        (
            json!({"country": "DE", "rules": [{"name": "VAT", "country": "DE", "percent": "101"}]}),
            vec!["/rules/0/percent"],
        ),
        (json!({"country": "DE", "prices": "both"}), vec!["/prices"]),
        (
            json!({"country": "DE", "region": "bavaria", "rules": [
                {"name": " ", "country": "DE", "percent": "1", "from": "2025-01-01", "until": "2025-01-01"},
                {"name": "A", "country": "DE", "class": "A B", "percent": "0.00001"},
            ]}),
            vec!["/region", "/rules/0/name", "/rules/0/until", "/rules/1/class", "/rules/1/percent"],
        ),
    ] {
        assert_eq!(admin.put("/api/v1/msp/taxes", &body).await.expect(422).pointers(), pointers, "{body}");
    }
    for (body, pointers) in [
        (json!({"country": "AT", "tax_id": "ATU13585626"}), vec!["/tax_id"]),
        (json!({"country": "GR", "tax_id": "EL12"}), vec!["/tax_id"]),
        (json!({"region": "QC"}), vec!["/region"]),
        (json!({"country": "CA", "region": "Quebec"}), vec!["/region"]),
        (json!({"country": "xx"}), vec!["/country"]),
    ] {
        let mut new = json!({"company_name": "X"});
        new.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let answer = admin.post("/api/v1/msp/customers", &new).await.expect(422);
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    // The number of a country that VAT numbers are not known of is taken as it is; another country has other parts.
    let new = json!({"company_name": "X", "code": "X-1", "country": "CA", "region": "QC", "tax_id": "1234567890 TQ 0001"});
    admin.post("/api/v1/msp/customers", &new).await.expect(201);
    let moved = admin.patch("/api/v1/msp/customers/X-1", &json!({"country": "DE"})).await.expect(200);
    assert_eq!((moved.text("/country"), &moved.json["region"]), ("DE", &Value::Null));
    let nowhere = admin.patch("/api/v1/msp/customers/X-1", &json!({"country": null})).await.expect(200);
    assert_eq!(nowhere.json["country"], Value::Null);

    // A stale change is refused, and staff who may only read do not write.
    let read = admin.get("/api/v1/msp/taxes").await.expect(200);
    let version = read.json["version"].to_string();
    let send = async || {
        let request = admin.request(Method::PUT, "/api/v1/msp/taxes").json(&germany());
        request.header("If-Match", &version).send().await
    };
    let set = send().await.expect(200);
    assert_eq!(set.json["rules"].as_array().map(Vec::len), Some(4));
    send().await.expect(412);
    shop.app.finish().await;
}
