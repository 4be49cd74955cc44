//! What is answered to requests that no operation takes.

use actix_web::http::Method;
use testkit::TestApp;

#[actix_web::test]
async fn an_address_says_which_methods_it_takes() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    for (method, path, status, allow) in [
        (Method::DELETE, "/api/v1/msp/customers", 405, "GET, HEAD, OPTIONS, POST"),
        (Method::GET, "/api/v1/auth/sign-in", 405, "OPTIONS, POST"),
        (Method::HEAD, "/api/v1/auth/sign-in", 405, "OPTIONS, POST"),
        (Method::POST, "/api/v1/msp/brand/logo", 405, "DELETE, OPTIONS, PUT"),
        (Method::TRACE, "/api/v1/brand", 405, "GET, HEAD, OPTIONS"),
        (Method::OPTIONS, "/api/v1/msp/customers/anything", 204, "GET, HEAD, OPTIONS, PATCH"),
        (Method::OPTIONS, "/api/v1/nothing", 404, ""),
        (Method::POST, "/api/v1/nothing", 404, ""),
        (Method::GET, "/", 404, ""),
    ] {
        let answer = nobody.request(method.clone(), path).send().await;
        assert_eq!((answer.status, answer.header("Allow")), (status, allow), "{method} {path}");
        let code = match status {
            405 => "method_not_allowed",
            404 => "not_found",
            _ => "",
        };
        let is_head = method == Method::HEAD;
        assert_eq!(answer.code(), if is_head { "" } else { code }, "{method} {path}");
        if !code.is_empty() {
            assert_eq!(answer.header("Content-Type"), "application/problem+json", "{method} {path}");
        }
    }
    app.finish().await;
}

#[actix_web::test]
async fn head_is_get_without_its_content() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    for path in ["/api/v1/auth/me", "/api/v1/msp/brand", "/api/v1/msp/nothing"] {
        let (get, head) = (admin.get(path).await, admin.request(Method::HEAD, path).send().await);
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for name in ["Content-Type", "ETag", "Cache-Control"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    app.nobody().request(Method::HEAD, "/api/v1/auth/me").send().await.expect(401);
    app.finish().await;
}

#[actix_web::test]
async fn a_sender_is_believed_only_from_a_proxy() {
    let app = TestApp::start().await;
    let body =
        serde_json::json!({"email": app.person("northwind_admin").email, "password": testkit::PASSWORD});
    // The proxies of the world are in 10.0.0.0/8.
    for (peer, expected) in [([10, 0, 0, 7], "203.0.113.9"), ([192, 0, 2, 7], "192.0.2.7")] {
        let client = app.nobody().at(peer);
        let request = client.request(Method::POST, "/api/v1/auth/sign-in");
        let request = request.header("X-Forwarded-For", "198.51.100.66, 203.0.113.9");
        let tokens = request.json(&body).send().await.expect(200);
        let client = client.with_token(tokens.text("/access_token"));
        let events = client.get("/api/v1/msp/events?type=session.started&limit=1").await.expect(200);
        assert_eq!(events.json["items"][0]["address"], expected);
    }
    app.finish().await;
}
