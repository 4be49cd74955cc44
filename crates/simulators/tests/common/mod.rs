//! What the tests share: a receiver of webhooks, and an onboarded account.

#![allow(dead_code, reason = "each test program uses a part, one of them all: nothing to expect")]

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use simulators::{Config, Endpoint, EndpointKind, Handle};
use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

pub const SECRET: &str = "whsec_platform";
pub const CONNECT_SECRET: &str = "whsec_connect";

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub signature: String,
    pub body: String,
}

impl Received {
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        self.event()["type"].as_str().expect("a type").to_owned()
    }
}

/// A receiver that keeps what it gets and answers with a status of choice.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            received: Arc::default(),
            status: Arc::new(AtomicU16::new(200)),
        };
        let shared = receiver.clone();
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::new(shared.clone())).default_service(web::to(receive))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("listening")
        .run();
        tokio::spawn(server);
        receiver
    }

    pub fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("not poisoned").clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.received().iter().map(Received::kind).collect()
    }

    pub fn clear(&self) {
        self.received.lock().expect("not poisoned").clear();
    }

    /// Waits until so many requests have come in.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(Instant::now() < deadline, "{count} webhooks expected, {:?} came", self.kinds());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn endpoints(&self) -> Vec<Endpoint> {
        let endpoint = |kind, path: &str, secret: &str| Endpoint {
            kind,
            url: format!("http://{}/{path}", self.address),
            secret: secret.to_owned(),
        };
        vec![
            endpoint(EndpointKind::Platform, "platform", SECRET),
            endpoint(EndpointKind::Connect, "connect", CONNECT_SECRET),
        ]
    }
}

async fn receive(request: HttpRequest, body: String, to: web::Data<Receiver>) -> HttpResponse {
    let signature = request.headers().get("Stripe-Signature").and_then(|value| value.to_str().ok());
    let received = Received {
        path: request.path().to_owned(),
        signature: signature.unwrap_or_default().to_owned(),
        body,
    };
    to.received.lock().expect("not poisoned").push(received);
    let status = to.status.load(Ordering::SeqCst);
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status")).finish()
}

/// A raw client of the API.
pub struct Api {
    pub base: String,
    pub http: reqwest::Client,
    pub account: Option<String>,
}

impl Api {
    pub fn of(handle: &Handle) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self { base: format!("http://{}", handle.address()), http, account: None }
    }

    pub fn on(&self, account: &str) -> Self {
        Self { base: self.base.clone(), http: self.http.clone(), account: Some(account.to_owned()) }
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth("sk_test_raw");
        match &self.account {
            Some(account) => request.header("Stripe-Account", account),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(reqwest::Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, form: &str) -> (u16, Value) {
        answer(self.form(path, form)).await
    }

    pub fn form(&self, path: &str, form: &str) -> reqwest::RequestBuilder {
        self.request(reqwest::Method::POST, path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }

    pub async fn control(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.http.post(format!("{}/_simulator/{path}", self.base)).json(&body)).await
    }

    /// An account that has been through onboarding.
    pub async fn onboarded(&self) -> String {
        let (status, account) = self.post("/v1/accounts", "country=DE&email=ops@msp.example").await;
        assert_eq!(status, 200, "{account}");
        let id = account["id"].as_str().expect("an id").to_owned();
        let (status, account) = self.control(&format!("accounts/{id}/onboard"), json!({})).await;
        assert_eq!((status, &account["charges_enabled"]), (200, &json!(true)));
        id
    }

    /// An open session of 120.00 euros with a fee of 3.00.
    pub async fn session(&self) -> String {
        let (status, session) = self.post("/v1/checkout/sessions", SESSION).await;
        assert_eq!(status, 200, "{session}");
        session["id"].as_str().expect("an id").to_owned()
    }
}

pub const SESSION: &str = "mode=payment&success_url=https://app.example/ok?s={CHECKOUT_SESSION_ID}\
    &cancel_url=https://app.example/back&client_reference_id=inv_1&customer_email=pay@customer.example\
    &line_items[0][quantity]=2&line_items[0][price_data][currency]=eur\
    &line_items[0][price_data][unit_amount]=6000&line_items[0][price_data][product_data][name]=Invoice 1\
    &payment_intent_data[application_fee_amount]=300&payment_intent_data[metadata][invoice]=inv_1&metadata[tenant]=t1";

pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

pub async fn simulator(receiver: Option<&Receiver>) -> Handle {
    let endpoints = receiver.map(Receiver::endpoints).unwrap_or_default();
    simulators::start(Config { endpoints, ..Config::default() }).await.expect("it starts")
}
