//! Requests to the API, in process.

use std::{net::SocketAddr, pin::Pin, rc::Rc};

use actix_web::{
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    test::TestRequest,
    web::Bytes,
};
use serde_json::Value;

pub(crate) type Service = Rc<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came; that of a live stream is not waited for.
    pub body: Bytes,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Self { status, headers, body, json }
    }

    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// All headers of a name.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).filter_map(|value| value.to_str().ok()).collect()
    }

    /// The problem's code; empty where the answer is none.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Which fields are wrong.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// A text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> &str {
        self.json
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text at {pointer} of {}", String::from_utf8_lossy(&self.body)))
    }

    /// Asserts the status and hands the answer on.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// Somebody with a token, or nobody.
#[derive(Clone)]
pub struct Client {
    service: Service,
    token: Option<String>,
    address: SocketAddr,
}

impl Client {
    pub(crate) fn new(service: Service, token: Option<String>, address: SocketAddr) -> Self {
        Self { service, token, address }
    }

    /// The token that is sent.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// The same place with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller at another network address.
    pub fn at(&self, address: [u8; 4]) -> Self {
        Self { address: (address, 40_000).into(), ..self.clone() }
    }

    /// A request to be completed.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut inner = TestRequest::default().method(method).uri(path).peer_addr(self.address);
        if let Some(token) = &self.token {
            inner = inner.insert_header(("Authorization", format!("Bearer {token}")));
        }
        RequestBuilder { inner, service: self.service.clone() }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// POST with a JSON body; null sends none.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).send().await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PATCH, path).json(body).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// The path of a customer's subscription that has not ended: of several, of the one that was made first.
    pub async fn subscription(&self, customer: &str) -> String {
        let path = format!("/api/v1/msp/subscriptions?customer={customer}&ended=false");
        let found = self.get(&path).await.expect(200).json;
        let id =
            found["items"].as_array().and_then(|items| items.last()).and_then(|item| item["id"].as_str());
        format!("/api/v1/msp/subscriptions/{}", id.unwrap_or_else(|| panic!("{customer}: {found}")))
    }
}

/// A request to be sent.
pub struct RequestBuilder {
    inner: TestRequest,
    service: Service,
}

impl RequestBuilder {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the header's name is well formed");
        let value: HeaderValue = value.parse().expect("the header's value is well formed");
        self.inner = self.inner.insert_header((name, value));
        self
    }

    /// A JSON body; null leaves it out.
    pub fn json(self, body: &Value) -> Self {
        if body.is_null() { self } else { self.bytes("application/json", body.to_string()) }
    }

    /// Any body.
    pub fn bytes(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.inner = self.inner.insert_header(("Content-Type", content_type)).set_payload(body);
        self
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        (self.service)(self.inner).await
    }
}
