//! The demo's own pages: who may sign in, what mail has come, and the way to the simulator's pages.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use app::App;
use domain::ids::MailId;
use minijinja::{AutoEscape, Environment, context};
use serde::Deserialize;
use serde_json::json;
use store::{PageRequest, Reason, StoreError, mails};

use crate::demo::{LOGINS, PASSWORD};

/// What the pages need to know.
#[derive(Clone)]
pub struct Demo {
    /// Where the simulators listen.
    pub simulators: String,
    /// For the way there.
    pub http: reqwest::Client,
}

/// The routes below `/demo`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/demo", web::get().to(index))
        .route("/demo/mail", web::get().to(mailbox))
        .route("/demo/mail.json", web::get().to(mailbox_json))
        .route("/demo/mail/{mail}", web::get().to(mail))
        .route("/demo/stripe/{tail:.*}", web::route().to(stripe));
}

fn render(name: &str, values: &minijinja::Value) -> HttpResponse {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let templates = [
        ("layout", include_str!("layout.html")),
        ("index", include_str!("index.html")),
        ("mailbox", include_str!("mailbox.html")),
        ("mail", include_str!("mail.html")),
    ];
    for (name, source) in templates {
        if let Err(error) = environment.add_template(name, source) {
            return failed(&error);
        }
    }
    match environment.get_template(name).and_then(|template| template.render(values)) {
        Ok(html) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-src 'self'; form-action 'self'",
            ))
            .body(html),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> HttpResponse {
    tracing::error!(%error, "a page of the demo failed");
    HttpResponse::InternalServerError().content_type("text/plain").body("This page of the demo failed.\n")
}

async fn index(app: web::Data<App>) -> HttpResponse {
    let base = &app.config().public_url;
    let logins: Vec<_> = LOGINS
        .iter()
        .map(|login| {
            context! { who => login.who, email => login.email, url => app::mail::link_base(base, login.host) }
        })
        .collect();
    render("index", &context! { logins, password => PASSWORD, base => base.clone() })
}

#[derive(Deserialize)]
struct MailboxQuery {
    to: Option<String>,
}

async fn find(app: &App, to: Option<&str>) -> Result<Vec<mails::Mail>, StoreError> {
    let page = PageRequest::first(200);
    Ok(app.store().system(Reason::Demo, async |tx| mails::list_all(tx, to, &page).await).await?.items)
}

async fn mailbox(app: web::Data<App>, query: web::Query<MailboxQuery>) -> HttpResponse {
    match find(&app, query.to.as_deref()).await {
        Ok(found) => {
            let mails: Vec<_> = found
                .iter()
                .map(|mail| {
                    context! {
                        id => mail.id.to_string(), from => mail.from_name.clone(), to => mail.to_address.clone(),
                        subject => mail.subject.clone(), at => mail.created_at.format("%Y-%m-%d %H:%M").to_string(),
                    }
                })
                .collect();
            render("mailbox", &context! { mails, to => query.to.clone() })
        }
        Err(error) => failed(&error),
    }
}

async fn mailbox_json(app: web::Data<App>, query: web::Query<MailboxQuery>) -> HttpResponse {
    match find(&app, query.to.as_deref()).await {
        Ok(found) => {
            let items: Vec<_> = found
                .iter()
                .map(|mail| {
                    json!({
                        "id": mail.id, "tenant_id": mail.tenant, "kind": mail.kind, "from_name": mail.from_name,
                        "reply_to": mail.reply_to, "to_address": mail.to_address, "to_name": mail.to_name,
                        "subject": mail.subject, "text_body": mail.text_body, "html_body": mail.html_body,
                        "invoice_id": mail.invoice, "status": mail.status, "created_at": mail.created_at,
                    })
                })
                .collect();
            HttpResponse::Ok().json(json!({ "items": items }))
        }
        Err(error) => failed(&error),
    }
}

async fn mail(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let Ok(id) = id.parse::<MailId>() else { return HttpResponse::NotFound().finish() };
    match app.store().system(Reason::Demo, async |tx| mails::get_any(tx, id).await).await {
        Ok(mail) => render(
            "mail",
            &context! {
                from => mail.from_name, to => mail.to_address, subject => mail.subject, html => mail.html_body,
                text => mail.text_body, at => mail.created_at.format("%Y-%m-%d %H:%M").to_string(),
                invoice => mail.invoice.map(|invoice| invoice.to_string()),
            },
        ),
        Err(StoreError::NotFound) => HttpResponse::NotFound().finish(),
        Err(error) => failed(&error),
    }
}

/// The simulator's pages for people; its API and its controls are not for the network.
async fn stripe(
    request: HttpRequest,
    demo: web::Data<Demo>,
    tail: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let for_people = ["c/", "connect/", "3ds/", "receipts/"].iter().any(|prefix| tail.starts_with(prefix));
    if !for_people || tail.contains("..") {
        return HttpResponse::NotFound().finish();
    }
    let query = request.query_string();
    let mark = if query.is_empty() { "" } else { "?" };
    let url = format!("http://{}/{tail}{mark}{query}", demo.simulators);
    let method =
        reqwest::Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or(reqwest::Method::GET);
    let mut forward = demo.http.request(method, url).body(body.to_vec());
    if let Some(kind) = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) {
        forward = forward.header("Content-Type", kind);
    }
    let answer = match forward.send().await {
        Ok(answer) => answer,
        Err(error) => return failed(&error),
    };
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16())
        .unwrap_or(actix_web::http::StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for name in ["content-type", "location", "content-security-policy", "cache-control"] {
        if let Some(value) = answer.headers().get(name).and_then(|value| value.to_str().ok()) {
            response.insert_header((name, value));
        }
    }
    match answer.bytes().await {
        Ok(bytes) => response.body(bytes),
        Err(error) => failed(&error),
    }
}
