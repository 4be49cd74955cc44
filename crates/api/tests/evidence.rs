//! What an invoice was computed from is sealed, given out to the byte, and rated to the same lines again.

use actix_web::http::Method;
use app::invoices::Verdict;
use domain::ids::InvoiceId;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

/// An issued invoice with tiers, groups, a level over time and a discount.
async fn issue(app: &TestApp, admin: &Client) -> (String, Value) {
    for (key, unit) in [("hosts", "host"), ("vault", "GB")] {
        let body = json!({"key": key, "name": key, "unit": unit});
        admin.post("/api/v1/msp/metrics", &body).await.expect(201);
    }
    let plan = json!({
        "code": "TIERS", "name": "Tiers", "base_fee": {"amount_minor": 5_000, "currency": "USD"},
        "components": [
            {"metric": "hosts", "name": "Hosts", "price": {
                "model": "graduated", "group_by": ["os"],
                "tiers": [{"from": "0", "up_to": "10", "unit_price": "5"}, {"from": "10", "unit_price": "3", "flat_fee": "7"}],
                "discounts": [{"name": "Launch", "percent": "10"}]}},
            {"metric": "vault", "name": "Vault", "price": {
                "model": "unit", "unit_price": "0.03",
                "aggregation": {"function": "time_weighted_sum", "readings": "levels", "per": "period"}}},
        ],
        "minimum": "100",
    });
    admin.post("/api/v1/msp/plans", &plan).await.expect(201);
    admin
        .post("/api/v1/msp/customers", &json!({"company_name": "Sealed", "code": "SEALED"}))
        .await
        .expect(201);
    let body = json!({"plan": "TIERS", "starts_on": "2025-10-11"});
    admin.post("/api/v1/msp/customers/SEALED/subscriptions", &body).await.expect(201);
    let event = |id: &str, metric: &str, time: &str, data: Value| {
        json!({"specversion": "1.0", "id": id, "source": "test", "type": metric, "subject": "SEALED", "time": time,
               "data": data})
    };
    let events = json!([
        event("1", "hosts", "2025-10-12T00:00:00Z", json!({"quantity": "10.5", "os": "linux"})),
        event("2", "hosts", "2025-10-13T00:00:00Z", json!({"quantity": 4, "os": "windows"})),
        // Before the first day that is served.
        event("3", "hosts", "2025-10-01T12:00:00Z", json!({"quantity": 400, "os": "linux"})),
        event("4", "vault", "2025-09-30T12:00:00Z", json!({"quantity": 3_100})),
        event("5", "vault", "2025-10-25T00:00:00Z", json!({"quantity": 6_200})),
    ]);
    let request = admin.request(Method::POST, "/api/v1/ingest/events");
    let body = events.to_string();
    request.bytes("application/cloudevents-batch+json", body).send().await.expect(200);
    let body = json!({"customer": "SEALED", "period": "2025-10"});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let id = draft.text("/id").to_owned();
    let issued = admin.post(&format!("/api/v1/msp/invoices/{id}/finalize"), &json!({})).await.expect(200);
    app.drain().await;
    (id, issued.json)
}

async fn verify(app: &TestApp, id: &str) -> Verdict {
    let scope = app.tenant_scope(app.northwind.tenant).await;
    let id: InvoiceId = id.parse().expect("an id");
    app.store()
        .read(&scope, async |tx| app::invoices::verify(tx, id).await)
        .await
        .expect("it can be verified")
}

#[actix_web::test]
async fn an_invoice_can_be_computed_again_and_shows_what_was_tampered_with() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let (id, issued) = issue(&app, &admin).await;
    let lines: Vec<_> =
        issued["lines"].as_array().unwrap().iter().map(|line| &line["amount"]["amount_minor"]).collect();
    // Served are 21 of 31 days. Fee: 50 × 21 ÷ 31 = 33.870… Linux: 10 × 5 + 0.5 × 3 + 7 × 21 ÷ 31 = 56.241… Windows:
    // 4 × 5. Discount: 10 % of 76.24. Vault: 3,100 GB for 14 days, then 6,200 GB for 7: (3,100 × 14 + 6,200 × 7) ÷ 31
    // = 2,800 GB-months at 0.03. All of it is more than the minimum of 100 × 21 ÷ 31.
    assert_eq!(lines, [3_387, 5_624, 2_000, -762, 8_400]);

    let evidence = admin.get(&format!("/api/v1/msp/invoices/{id}/evidence")).await.expect(200);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &evidence.body);
    assert_eq!(issued["seal"], hex::encode(digest));
    assert_eq!(evidence.json["rules"], 1);
    assert!(verify(&app, &id).await.is_equal());

    // Somebody with all the rights in the world changes a line behind the program's back.
    let superuser = app.database().superuser().await;
    superuser
        .run(
            "set session_replication_role = replica;
              update invoice_lines set amount_minor = amount_minor + 1 where description = 'Vault'",
        )
        .await;
    let verdict = verify(&app, &id).await;
    assert!(verdict.seal_fits && !verdict.is_equal());
    let [difference] = verdict.differences.as_slice() else { panic!("{:?}", verdict.differences) };
    assert_eq!(difference.place, 4);
    assert_eq!(difference.given.as_ref().unwrap().amount.amount_minor(), 8_401);
    assert_eq!(difference.computed.as_ref().unwrap().amount.amount_minor(), 8_400);
    // And then the evidence, to make it fit.
    superuser.run("update invoice_evidence set body = replace(body, '\"0.03\"', '\"0.030000357\"')").await;
    assert!(!verify(&app, &id).await.seal_fits);
    app.finish().await;
}

#[actix_web::test]
async fn a_draft_has_no_evidence() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let fee = json!({"amount_minor": 10_000, "currency": "USD"});
    admin
        .post("/api/v1/msp/plans", &json!({"code": "FLAT", "name": "Flat", "base_fee": fee}))
        .await
        .expect(201);
    admin
        .post("/api/v1/msp/customers", &json!({"company_name": "Drafted", "code": "DRAFTED"}))
        .await
        .expect(201);
    let body = json!({"plan": "FLAT", "starts_on": "2025-10-01"});
    admin.post("/api/v1/msp/customers/DRAFTED/subscriptions", &body).await.expect(201);
    let body = json!({"customer": "DRAFTED", "period": "2025-10"});
    let draft = admin.post("/api/v1/msp/invoices", &body).await.expect(201);
    let path = format!("/api/v1/msp/invoices/{}/evidence", draft.text("/id"));
    assert_eq!(admin.get(&path).await.expect(409).code(), "no_evidence");
    assert_eq!(draft.json["seal"], Value::Null);
    app.finish().await;
}
