//! Suspending a customer, an MSP or a member shuts people out within a second, on every instance; and a
//! tenant always keeps an administrator.

use domain::permissions::Role;
use futures_util::future::join;
use serde_json::{Value, json};
use testkit::{Client, TestApp};

use crate::{is_in, until_everybody_knows};

#[actix_web::test]
async fn a_suspended_customers_people_are_out() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let (a, b) = (app.client("northwind_a_owner").await, app.client("northwind_b_owner").await);
    let elsewhere = app.another_instance().await.with_token(a.token());
    assert!(is_in(&a).await && is_in(&elsewhere).await && is_in(&b).await);
    admin.post("/api/v1/msp/customers/NORTHWIND-A/suspend", &json!({"reason": "unpaid"})).await.expect(200);
    until_everybody_knows().await;
    assert!(!is_in(&a).await && !is_in(&elsewhere).await);
    assert!(is_in(&b).await && is_in(&admin).await, "nobody else");
    assert_eq!(app.sign_in("northwind_a_viewer").await.expect(403).code(), "no_access");
    admin.post("/api/v1/msp/customers/NORTHWIND-A/resume", &Value::Null).await.expect(200);
    assert!(is_in(&a).await);
    app.sign_in("northwind_a_viewer").await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn a_suspended_msp_is_out_with_all_it_has() {
    let app = TestApp::start().await;
    let platform = app.client("platform_admin").await;
    let shut_out = [
        app.client("northwind_admin").await,
        app.client("northwind_a_owner").await,
        app.client("northwind_key").await,
    ];
    let harbor = app.client("harbor_admin").await;
    let msp = format!("/api/v1/platform/msps/{}", app.northwind.tenant);
    platform.post(&format!("{msp}/suspend"), &Value::Null).await.expect(200);
    until_everybody_knows().await;
    for client in &shut_out {
        assert!(!is_in(client).await);
    }
    assert!(is_in(&harbor).await);
    app.sign_in("northwind_billing").await.expect(403);
    platform.post(&format!("{msp}/resume"), &Value::Null).await.expect(200);
    for client in &shut_out {
        assert!(is_in(client).await);
    }
    app.finish().await;
}

async fn put_role(client: &Client, member: &str, role: &str, suspended: bool) -> testkit::Answer {
    let body = json!({"role": role, "suspended": suspended});
    client.put(&format!("/api/v1/msp/users/{member}"), &body).await
}

#[actix_web::test]
async fn a_suspended_or_removed_member_is_out() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let billing = app.client("northwind_billing").await;
    let member = app.person("northwind_billing").membership.to_string();
    put_role(&admin, &member, "msp_billing", true).await.expect(200);
    until_everybody_knows().await;
    assert!(!is_in(&billing).await);
    app.sign_in("northwind_billing").await.expect(403);
    put_role(&admin, &member, "msp_operator", false).await.expect(200);
    let me = billing.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me.json["role"], "msp_operator", "a new role counts for open sessions");
    billing.get("/api/v1/msp/invoices").await.expect(403);
    admin.delete(&format!("/api/v1/msp/users/{member}")).await.expect(204);
    until_everybody_knows().await;
    assert!(!is_in(&billing).await);
    app.finish().await;
}

#[actix_web::test]
async fn there_is_always_an_administrator() {
    let mut app = TestApp::start().await;
    let tenant = app.northwind.tenant;
    let first = app.person("northwind_admin").membership.to_string();
    let admin = app.client("northwind_admin").await;
    for refused in [
        put_role(&admin, &first, "msp_billing", false).await,
        put_role(&admin, &first, "msp_admin", true).await,
        admin.delete(&format!("/api/v1/msp/users/{first}")).await,
    ] {
        assert_eq!((refused.status, refused.code()), (409, "own_membership"));
    }
    // Not by a key, either.
    let new = json!({"name": "team", "scopes": ["users:read", "users:write"]});
    let key = admin.post("/api/v1/msp/api-keys", &new).await.expect(201);
    let key = admin.with_token(key.text("/secret"));
    for refused in [
        put_role(&key, &first, "msp_billing", false).await,
        put_role(&key, &first, "msp_admin", true).await,
        key.delete(&format!("/api/v1/msp/users/{first}")).await,
    ] {
        assert_eq!((refused.status, refused.code()), (409, "last_admin"));
    }
    // Two who remove each other at the same time: one is quicker.
    let second =
        app.add_person(tenant, "second_admin", Role::MspAdmin, None, None).await.membership.to_string();
    let other = app.client("second_admin").await;
    assert!(is_in(&admin).await && is_in(&other).await, "both are known");
    let (second_path, first_path) =
        (format!("/api/v1/msp/users/{second}"), format!("/api/v1/msp/users/{first}"));
    let (one, two) = join(admin.delete(&second_path), other.delete(&first_path)).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "{:?} {:?}", one.json, two.json);
    app.finish().await;
}

#[actix_web::test]
async fn roles_fit_the_place_and_who_gives_them() {
    let app = TestApp::start().await;
    let admin = app.client("northwind_admin").await;
    let (staff, customers) = (
        app.person("northwind_billing").membership.to_string(),
        app.person("northwind_a_viewer").membership.to_string(),
    );
    for (member, role) in [
        (&staff, "customer_owner"),
        (&staff, "platform_admin"),
        (&staff, "nonsense"),
        (&customers, "msp_admin"),
        (&customers, "platform_support"),
    ] {
        let refused = put_role(&admin, member, role, false).await.expect(422);
        assert_eq!(refused.pointers(), ["/role"], "{role}");
    }
    let owner = app.client("northwind_a_owner").await;
    let invite = json!({"email": "x@example.com", "role": "msp_admin"});
    let refused = owner.post("/api/v1/portal/invitations", &invite).await.expect(422);
    assert_eq!(refused.pointers(), ["/role"]);
    app.finish().await;
}
