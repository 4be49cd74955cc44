//! The API of a world, in process.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::SocketAddr,
    ops::{Deref, DerefMut},
    rc::Rc,
};

use actix_web::{http::Method, test, web};
use aws_lc_rs::hmac;
use domain::permissions::Permission;
use serde_json::json;

use crate::{Answer, Client, PASSWORD, World, WorldOptions, client::Service};

/// Where nobody in particular asks from.
const NOWHERE: ([u8; 4], u16) = ([192, 0, 2, 1], 40_000);

/// A [`World`] with its API.
///
/// Beside the people of the world there are the API keys `northwind_key` and `harbor_key`.
pub struct TestApp {
    world: World,
    service: Service,
    tokens: RefCell<BTreeMap<String, String>>,
}

impl Deref for TestApp {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for TestApp {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl TestApp {
    /// What the API keys may do.
    pub const KEY_SCOPES: [Permission; 4] = [
        Permission::CustomersRead,
        Permission::CustomersWrite,
        Permission::UsageRead,
        Permission::UsageWrite,
    ];

    /// Makes the world and its API.
    pub async fn start() -> Self {
        Self::with(WorldOptions::default()).await
    }

    /// The same with other options.
    pub async fn with(options: WorldOptions) -> Self {
        Self::of(World::with(options).await).await
    }

    /// The API of a world.
    pub async fn of(world: World) -> Self {
        let service = service(world.app.clone()).await;
        Self { world, service, tokens: RefCell::default() }
    }

    /// Another process on the same database, as nobody: it shares nothing but the store.
    pub async fn another_instance(&self) -> Client {
        let config = self.app.config().clone();
        let app = ::app::App::new(self.store().clone(), config, None, None).await.expect("it is set up");
        Client::new(service(app).await, None, NOWHERE.into())
    }

    /// Nobody.
    pub fn nobody(&self) -> Client {
        Client::new(self.service.clone(), None, NOWHERE.into())
    }

    /// Somebody, signed in (once: the token is kept).
    pub async fn client(&self, name: &str) -> Client {
        let kept = self.tokens.borrow().get(name).cloned();
        let token = match kept {
            Some(token) => token,
            None => self.new_token(name).await,
        };
        self.tokens.borrow_mut().insert(name.to_owned(), token.clone());
        Client::new(self.service.clone(), Some(token), self.address(name))
    }

    /// Keeps a token under a name: an API key's, say.
    pub fn keep(&self, name: &str, token: &str) {
        self.tokens.borrow_mut().insert(name.to_owned(), token.to_owned());
    }

    /// Forgets somebody's token, for tests that have ended the session.
    pub fn forget(&self, name: &str) {
        self.tokens.borrow_mut().remove(name);
    }

    /// Signs somebody in anew, whatever token is kept.
    pub async fn sign_in(&self, name: &str) -> Answer {
        let body = json!({"email": self.person(name).email, "password": PASSWORD});
        let nobody = Client::new(self.service.clone(), None, self.address(name));
        nobody.post("/api/v1/auth/sign-in", &body).await
    }

    async fn new_token(&self, name: &str) -> String {
        let Some(msp) = name.strip_suffix("_key") else {
            return self.sign_in(name).await.expect(200).text("/access_token").to_owned();
        };
        let admin = Box::pin(self.client(&format!("{msp}_admin"))).await;
        let body = json!({"name": name, "scopes": Self::KEY_SCOPES});
        admin.post("/api/v1/msp/api-keys", &body).await.expect(201).text("/secret").to_owned()
    }

    /// Everybody has a place of their own, so that limits by address meet one at a time.
    fn address(&self, name: &str) -> SocketAddr {
        let number =
            self.names().position(|known| known == name).and_then(|number| u8::try_from(number).ok());
        ([198, 51, 100, number.unwrap_or(255)], 40_000).into()
    }

    /// What Stripe tells of an object on an account, signed as Stripe signs it; and the work that comes of it.
    pub async fn tell(&self, event: &str, account: &str, kind: &str, object: &str) {
        let now = self.store().clock().now().timestamp();
        let event = json!({"id": event, "type": kind, "account": account, "created": now,
                           "data": {"object": {"id": object}}});
        let body = event.to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"whsec_connect");
        let signature = hmac::sign(&key, format!("{now}.{body}").as_bytes());
        let header = format!("t={now},v1={}", hex::encode(signature.as_ref()));
        let nobody = self.nobody();
        let request = nobody.request(Method::POST, "/api/v1/webhooks/stripe/connect");
        request.header("Stripe-Signature", &header).bytes("application/json", body).send().await.expect(204);
        self.drain().await;
    }

    /// See [`World::finish`].
    pub async fn finish(self) {
        self.world.finish().await;
    }
}

async fn service(app: ::app::App) -> Service {
    let service = Rc::new(test::init_service(api::service(web::Data::new(app))).await);
    Rc::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            let response = test::call_service(&*service, request.to_request()).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            // A live stream has no end to wait for.
            let is_stream =
                headers.get("Content-Type").is_some_and(|value| value.as_bytes() == b"text/event-stream");
            let body = if is_stream { web::Bytes::new() } else { test::read_body(response).await };
            Answer::new(status, headers, body)
        })
    })
}
