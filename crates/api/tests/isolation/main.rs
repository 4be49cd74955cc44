//! Every operation of the OpenAPI document, called as nobody, as every role, as another MSP and as a sibling:
//! who may not is refused, and what is not theirs does not exist.
//!
//! An operation without an entry in [`cases`] fails, and so does an entry without an operation.

mod cases;
mod document;
mod objects;
mod personas;

use std::collections::BTreeSet;

use actix_web::http::Method;
use cases::{CASES, Case, PUBLIC};
use document::{Operation, operations};
use domain::permissions::Permission;
use objects::{Maker, Object};
use personas::Persona;
use serde_json::{Value, json};
use testkit::{Answer, Client, Msp, TestApp};

fn case_of(operation: &Operation) -> &'static Case {
    let id = &operation.id;
    CASES.iter().find(|case| case.operation == id).unwrap_or_else(|| {
        panic!("`{id}` has no case: add one to crates/api/tests/isolation/cases.rs (or, if anybody may call it, to PUBLIC)")
    })
}

/// The operations that need a token, each with its case.
fn secured() -> Vec<(Operation, &'static Case)> {
    let secured = operations().into_iter().filter(|operation| operation.scopes.is_some());
    secured
        .map(|operation| {
            let case = case_of(&operation);
            (operation, case)
        })
        .collect()
}

/// The body with new numbers, and what it names put in by `name`.
async fn body(maker: &Maker<'_>, case: &Case, name: impl AsyncFn(&str, Object) -> String) -> Value {
    if case.body.is_empty() {
        return Value::Null;
    }
    let text = case.body.replace("{n}", &maker.number().to_string());
    let mut body: Value = serde_json::from_str(&text).expect("the body of the case is JSON");
    for (pointer, object) in case.ids {
        // What may be left out is named where the test says so itself.
        if body.pointer(pointer).is_some() {
            put(&mut body, pointer, &name(pointer, *object).await);
        }
    }
    body
}

/// Puts a name into a body.
fn put(body: &mut Value, pointer: &str, name: &str) {
    match body.pointer_mut(pointer) {
        Some(place) => *place = json!(name),
        None => body[pointer.trim_start_matches('/')] = json!(name),
    }
}

async fn send(client: &Client, operation: &Operation, named: Option<&str>, body: &Value) -> Answer {
    let method: Method = operation.method.parse().expect("a method");
    // The same id, so that answers can be compared to the last byte.
    client
        .request(method, &operation.address(named))
        .header("X-Request-Id", "compared")
        .json(body)
        .send()
        .await
}

/// All of an answer but what it names itself.
fn told(answer: &Answer, name: &str) -> (u16, String, BTreeSet<(String, String)>) {
    let body = String::from_utf8_lossy(&answer.body).replace(name, "…");
    let headers = answer.headers.iter().map(|(name, value)| (name.to_string(), format!("{value:?}")));
    (answer.status, body, headers.collect())
}

fn may(who: &Persona, operation: &Operation) -> bool {
    let scopes = operation.scopes.as_deref().unwrap_or_default();
    scopes.iter().all(|scope| who.allows(scope.parse::<Permission>().expect("the scope is a permission")))
}

/// Who may do it, to a thing of the MSP: the first of its people, or else the platform's.
fn entitled<'a>(all: &'a [Persona], operation: &Operation, object: Option<Object>, msp: &Msp) -> &'a Persona {
    let names = [format!("{}_admin", msp.name), format!("{}_b_owner", msp.name), "platform_admin".to_owned()];
    names
        .iter()
        .filter_map(|name| all.iter().find(|who| who.name == *name))
        .find(|who| may(who, operation) && object.is_none_or(|object| object.is_in_reach_of(who, msp)))
        .unwrap_or_else(|| panic!("nobody may {}", operation.id))
}

#[test]
fn every_operation_has_its_case() {
    let known: BTreeSet<String> = operations().into_iter().map(|operation| operation.id).collect();
    let cases: Vec<&str> = CASES.iter().map(|case| case.operation).collect();
    for case in &cases {
        assert!(known.contains(*case), "`{case}` has a case and is no operation");
        assert_eq!(cases.iter().filter(|other| *other == case).count(), 1, "`{case}` has two cases");
    }
    let public: BTreeSet<String> =
        operations().into_iter().filter(|found| found.scopes.is_none()).map(|found| found.id).collect();
    let expected: BTreeSet<String> = PUBLIC.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(public, expected, "operations that anybody may call");
    for (operation, case) in secured() {
        assert_eq!(operation.parameters.len(), usize::from(!case.path.is_empty()), "{}", operation.id);
    }
}

#[actix_web::test]
async fn nobody_gets_in() {
    let app = TestApp::start().await;
    let maker = Maker::new(&app).await;
    let nobody = app.nobody();
    let ended = {
        let admin = app.client("harbor_admin").await;
        admin.post("/api/v1/auth/sign-out", &Value::Null).await.expect(204);
        app.forget("harbor_admin");
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        admin
    };
    let forged = {
        let mut parts: Vec<String> = ended.token().split('.').map(str::to_owned).collect();
        parts[2] = parts[2].chars().rev().collect();
        nobody.with_token(&parts.join("."))
    };
    for (operation, case) in secured() {
        let id = &operation.id;
        let named = case.path.first().map(|object| maker.never(*object));
        let sent = body(&maker, case, async |_, object| maker.never(object)).await;
        let answer = send(&nobody, &operation, named.as_deref(), &sent).await;
        assert_eq!((answer.status, answer.code()), (401, "no_token"), "{id}");
        assert_eq!(answer.header("WWW-Authenticate"), "Bearer", "{id}");
        for client in [&ended, &forged, &nobody.with_token("bwk_nonsense"), &nobody.with_token("")] {
            let answer = send(client, &operation, named.as_deref(), &sent).await;
            assert_eq!((answer.status, answer.code()), (401, "bad_token"), "{id}");
        }
    }
    app.finish().await;
}

#[actix_web::test]
async fn every_role_may_what_the_table_says() {
    let app = personas::start().await;
    let maker = Maker::new(&app).await;
    let mut refused = 0;
    for who in personas::all(&app) {
        for (operation, case) in secured() {
            let what = format!("{} {}", who.name, operation.id);
            // Nothing is changed for those who follow: what the path names was never made.
            let named = case.path.first().map(|object| maker.never(*object));
            let sent = body(&maker, case, async |_, object| match object {
                Object::Tenant => who.tenant.to_string(),
                _ => maker.never(object),
            })
            .await;
            let answer = send(&app.client(&who.name).await, &operation, named.as_deref(), &sent).await;
            if case.ends_session && answer.status < 300 {
                app.forget(&who.name);
            }
            let forbidden = (answer.status, answer.code()) == (403, "forbidden");
            let said = String::from_utf8_lossy(&answer.body);
            assert_eq!(forbidden, !may(&who, &operation), "{what}: {said}");
            assert!(answer.status < 500 && answer.status != 401, "{what}: {} {said}", answer.status);
            if named.is_some() && !forbidden && answer.code() != "person_required" {
                assert_eq!(answer.status, 404, "{what}: {said}");
            }
            refused += usize::from(forbidden);
        }
    }
    assert!(refused > 100, "the table refuses: {refused}");
    app.finish().await;
}

#[actix_web::test]
async fn what_belongs_to_others_does_not_exist() {
    let app = personas::start().await;
    let maker = Maker::new(&app).await;
    let sql = app.database().superuser().await;
    let all = personas::all(&app);
    let msp = &app.northwind;
    for (operation, case) in secured() {
        for object in case.path {
            let id = &operation.id;
            let (theirs, never) = (maker.make(*object, msp).await, maker.never(*object));
            let owner = entitled(&all, &operation, Some(*object), msp);
            let own_body = body(&maker, case, async |_, object| maker.make(object, msp).await).await;
            let events = "select count(*) from events e join tenants t on t.id = e.tenant_id where t.slug = 'northwind'";
            let before = sql.number(events).await;
            let strangers: Vec<_> =
                all.iter().filter(|who| may(who, &operation) && !object.is_in_reach_of(who, msp)).collect();
            for who in &strangers {
                let client = app.client(&who.name).await;
                let foreign = send(&client, &operation, Some(&theirs), &own_body).await;
                let unknown = send(&client, &operation, Some(&never), &own_body).await;
                // A key has no account of its own, whosever the session is.
                let expected = if foreign.code() == "person_required" { 403 } else { 404 };
                assert_eq!(foreign.status, expected, "{} {id} {object:?}: {:?}", who.name, foreign.json);
                assert_eq!(told(&foreign, &theirs), told(&unknown, &never), "{} {id} {object:?}", who.name);
            }
            assert_eq!(sql.number(events).await, before, "{id} {object:?}: something happened");
            let is_seen_by_all =
                ["get_msp", "update_msp", "suspend_msp", "resume_msp"].contains(&id.as_str());
            assert!(is_seen_by_all || strangers.len() > 1, "{id} {object:?}: strangers {strangers:?}");
            // It is there all the same: for its owner the very same request works.
            let client = app.client(&owner.name).await;
            let answer = send(&client, &operation, Some(&theirs), &own_body).await;
            assert_eq!(answer.status, case.status, "{} {id} {object:?}: {:?}", owner.name, answer.json);
        }
    }
    app.drain().await;
    app.finish().await;
}

#[actix_web::test]
async fn bodies_name_nothing_of_others() {
    let app = personas::start().await;
    let maker = Maker::new(&app).await;
    let all = personas::all(&app);
    for (operation, case) in secured() {
        let id = &operation.id;
        // Another MSP naming ours, and somebody limited to customer A naming what is of others.
        let harbor = entitled(&all, &operation, None, &app.harbor);
        let named = |name: &str| all.iter().find(|who| who.name == name).expect("is there");
        for (who, own) in [
            (harbor, &app.harbor),
            (named("northwind_limited_billing"), &app.northwind),
            (named("northwind_limited_key"), &app.northwind),
        ] {
            if !may(who, &operation) || case.path.iter().any(|object| !object.is_in_reach_of(who, own)) {
                continue;
            }
            for (pointer, object) in case.ids {
                if object.is_in_reach_of(who, &app.northwind) {
                    continue;
                }
                let named = match case.path.first() {
                    Some(object) => Some(maker.make(*object, own).await),
                    None => None,
                };
                let client = app.client(&who.name).await;
                let mut answers = Vec::new();
                let shared = body(&maker, case, async |_, object| {
                    if object.is_in_reach_of(who, own) {
                        maker.make(object, own).await
                    } else {
                        String::new()
                    }
                })
                .await;
                for foreign in [maker.make(*object, &app.northwind).await, maker.never(*object)] {
                    let mut sent = shared.clone();
                    put(&mut sent, pointer, &foreign);
                    let answer = send(&client, &operation, named.as_deref(), &sent).await;
                    let said = String::from_utf8_lossy(&answer.body);
                    assert!((400..500).contains(&answer.status), "{} {id} {pointer}: {said}", who.name);
                    answers.push(told(&answer, &foreign));
                }
                assert_eq!(answers[0], answers[1], "{} {id} {pointer}", who.name);
            }
        }
        if case.path.is_empty() {
            // The same with one's own works.
            let msp = &app.northwind;
            let owner = entitled(&all, &operation, None, msp);
            let sent = body(&maker, case, async |_, object| maker.make(object, msp).await).await;
            let answer = send(&app.client(&owner.name).await, &operation, None, &sent).await;
            assert_eq!(answer.status, case.status, "{} {id}: {:?}", owner.name, answer.json);
            if case.ends_session {
                app.forget(&owner.name);
            }
        }
    }
    app.drain().await;
    app.finish().await;
}

#[actix_web::test]
async fn filters_find_nothing_of_others() {
    let app = personas::start().await;
    let maker = Maker::new(&app).await;
    for (operation, case) in secured() {
        for (name, object) in case.filters {
            for who in ["harbor_admin", "northwind_limited_billing", "northwind_limited_key"] {
                if object.is_in_reach_of(&persona(&app, who), &app.northwind) {
                    continue;
                }
                let client = app.client(who).await;
                let mut answers = Vec::new();
                for foreign in [maker.make(*object, &app.northwind).await, maker.never(*object)] {
                    let path = format!("{}?{name}={foreign}", operation.address(None));
                    let answer =
                        client.request(Method::GET, &path).header("X-Request-Id", "compared").send().await;
                    let found = answer.json["items"].as_array().map_or(0, Vec::len);
                    assert_eq!(found, 0, "{who} {} {name}: {:?}", operation.id, answer.json);
                    answers.push(told(&answer, &foreign));
                }
                assert_eq!(answers[0], answers[1], "{who} {} {name}", operation.id);
            }
        }
    }
    app.finish().await;
}

fn persona(app: &TestApp, name: &str) -> Persona {
    personas::all(app).into_iter().find(|who| who.name == name).expect("is there")
}
