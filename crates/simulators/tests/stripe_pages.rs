//! The hosted pages, reached below a path prefix that the proxy takes away or leaves.

mod common;

use common::{Api, SESSION};
use reqwest::Response;
use serde_json::Value;
use simulators::{Config, Handle};

const PUBLIC: &str = "https://demo.example/demo/stripe";

async fn start() -> (Handle, Api) {
    let config = Config { public_url: Some(format!("{PUBLIC}/")), ..Config::default() };
    let handle = simulators::start(config).await.expect("it starts");
    let api = Api::of(&handle);
    (handle, api)
}

fn path(url: &Value) -> String {
    let url = url.as_str().expect("a URL");
    url.strip_prefix(PUBLIC).unwrap_or_else(|| panic!("{url} is not below {PUBLIC}")).to_owned()
}

async fn page(api: &Api, path: &str) -> (u16, String) {
    let response = api.http.get(format!("{}{path}", api.base)).send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("text"))
}

async fn submit(api: &Api, path: &str, form: &str) -> Response {
    let request = api.http.post(format!("{}{path}", api.base)).body(form.to_owned());
    request.header("Content-Type", "application/x-www-form-urlencoded").send().await.expect("an answer")
}

fn location(response: &Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().expect("text").to_owned()
}

/// The value of a hidden field.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).expect("the field");
    rest.split('"').next().expect("a value")
}

async fn open_session(api: &Api, more: &str) -> (Api, String, Value) {
    let connected = api.on(&api.onboarded().await);
    let (status, session) = connected.post("/v1/checkout/sessions", &format!("{SESSION}{more}")).await;
    assert_eq!(status, 200, "{session}");
    (connected, path(&session["url"]), session)
}

#[tokio::test]
async fn onboarding_is_completed_on_its_page_once() {
    let (handle, api) = start().await;
    let (_, account) = api.post("/v1/accounts", "country=DE&business_profile[name]=<b>Acme</b>").await;
    let id = account["id"].as_str().expect("an id");
    let form = format!(
        "account={id}&type=account_onboarding&refresh_url=https://app.example/new&return_url=https://app.example/done"
    );
    let (_, link) = api.post("/v1/account_links", &form).await;
    let at = path(&link["url"]);
    let (status, html) = page(&api, &at).await;
    assert_eq!(status, 200);
    assert!(
        html.contains("no real money")
            && html.contains("&lt;b&gt;Acme&lt;/b&gt;")
            && !html.contains("<b>Acme")
    );
    assert!(html.contains(&format!("action=\"{PUBLIC}{at}\"")));
    let again = api.http.get(format!("{}{at}", api.base)).send().await.expect("an answer");
    assert_eq!(location(&again), "https://app.example/new", "a link opens once");
    let visit = hidden(&html, "visit");
    assert_eq!(submit(&api, &at, "visit=guess&do=complete").await.status(), 410);
    let later = submit(&api, &at, &format!("visit={visit}&do=later")).await;
    assert_eq!(location(&later), "https://app.example/done");
    let (_, before) = api.get(&format!("/v1/accounts/{id}")).await;
    assert_eq!(before["charges_enabled"], false, "the way back proves nothing");
    let done = submit(&api, &at, &format!("visit={visit}&do=complete")).await;
    assert_eq!(location(&done), "https://app.example/done");
    let (_, after) = api.get(&format!("/v1/accounts/{id}")).await;
    assert_eq!((&after["charges_enabled"], &after["details_submitted"]), (&true.into(), &true.into()));
    assert_eq!(after["requirements"]["currently_due"], serde_json::json!([]));
    assert_eq!(page(&api, "/connect/onboarding/none").await.0, 404);
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn checkout_is_paid_on_its_page() {
    let (handle, api) = start().await;
    let (connected, at, session) = open_session(
        &api,
        "&line_items[1][quantity]=1\
        &line_items[1][price_data][currency]=eur&line_items[1][price_data][unit_amount]=50\
        &line_items[1][price_data][product_data][name]=<script>",
    )
    .await;
    let (status, html) = page(&api, &at).await;
    assert_eq!(status, 200);
    for part in ["€120.50", "2 × €60.00", "4242 4242 4242 4242", "https://app.example/back", "&lt;script&gt;"]
    {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("<script>"));
    assert_eq!(page(&api, &format!("/demo/stripe{at}")).await.0, 200, "a proxy that keeps the prefix");

    let declined = submit(&api, &at, "card=4000 0000 0000 0002&email=pay@customer.example").await;
    assert_eq!(declined.status(), 200);
    assert!(declined.text().await.expect("text").contains("Your card was declined."));
    let unknown = submit(&api, &at, "card=1234&email=pay@customer.example").await;
    assert!(unknown.text().await.expect("text").contains("card number is incorrect"));

    let paid = submit(&api, &at, "card=4242424242424242&email=pay@customer.example&name=P").await;
    let success = format!("https://app.example/ok?s={}", session["id"].as_str().expect("an id"));
    assert_eq!(location(&paid), success);
    let twice = submit(&api, &at, "card=4242424242424242&email=pay@customer.example").await;
    assert_eq!(location(&twice), success);
    let (_, charges) = connected.get("/v1/charges").await;
    let outcomes: Vec<&str> =
        charges["data"].as_array().expect("data").iter().filter_map(|c| c["status"].as_str()).collect();
    assert_eq!(outcomes, ["succeeded", "failed"], "declined once, paid once");
    let (_, intents) = connected.get("/v1/payment_intents").await;
    assert_eq!(intents["data"].as_array().map(Vec::len), Some(1), "both of one intent");
    let (_, html) = page(&api, &at).await;
    assert!(html.contains("is paid") && html.contains("https://app.example/ok"));
    let receipt = path(&charges["data"][0]["receipt_url"]);
    assert!(page(&api, &receipt).await.1.contains("€120.50"));
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn three_d_secure_is_a_step_between() {
    let (handle, api) = start().await;
    let (connected, at, session) = open_session(&api, "").await;
    let card = "card=4000 0025 0000 3155&email=pay@customer.example";
    let asked = location(&submit(&api, &at, card).await);
    let step = path(&Value::String(asked.clone()));
    let (_, html) = page(&api, &step).await;
    assert!(
        html.contains("3155") && html.contains("€120.00") && html.contains(&format!("action=\"{asked}\""))
    );
    let failed = submit(&api, &step, "do=fail").await;
    assert_eq!(location(&failed), format!("{PUBLIC}{at}"));
    assert!(page(&api, &at).await.1.contains("unable to authenticate"));

    let step = path(&Value::String(location(&submit(&api, &at, card).await)));
    let passed = submit(&api, &step, "do=complete").await;
    assert!(location(&passed).starts_with("https://app.example/ok?s=cs_test_"));
    let id = session["id"].as_str().expect("an id");
    let (_, session) = connected.get(&format!("/v1/checkout/sessions/{id}")).await;
    assert_eq!((&session["status"], &session["payment_status"]), (&"complete".into(), &"paid".into()));
    let again = submit(&api, &step, "do=complete").await;
    assert!(location(&again).starts_with("https://app.example/ok"));
    let (_, charges) = connected.get("/v1/charges").await;
    assert_eq!(charges["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        charges["data"][0]["payment_method_details"]["card"]["three_d_secure"]["result"],
        "authenticated"
    );
    handle.stop().await.expect("stopped");
}

#[tokio::test]
async fn an_expired_session_takes_no_money() {
    let (handle, api) = start().await;
    let (connected, at, session) = open_session(&api, "").await;
    let id = session["id"].as_str().expect("an id");
    let step = path(&Value::String(location(
        &submit(&api, &at, "card=4000002500003155&email=pay@customer.example").await,
    )));
    connected.post(&format!("/v1/checkout/sessions/{id}/expire"), "").await;
    assert!(page(&api, &at).await.1.contains("has expired"));
    submit(&api, &step, "do=complete").await;
    submit(&api, &at, "card=4242424242424242&email=pay@customer.example").await;
    let (_, charges) = connected.get("/v1/charges").await;
    assert_eq!(charges["data"].as_array().map(Vec::len), Some(0));
    let (_, session) = connected.get(&format!("/v1/checkout/sessions/{id}")).await;
    assert_eq!((&session["status"], &session["payment_status"]), (&"expired".into(), &"unpaid".into()));
    handle.stop().await.expect("stopped");
}
