//! The step in which the card holder's bank makes sure who is paying.

use super::{merchant, message, not_found};
use crate::{
    html::{escape, page, redirect},
    stripe::{
        Simulator,
        checkout_pay::{complete, success_url},
        money,
        payments::{Outcome, authenticated},
        world::{World, number, text},
    },
};
use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;

pub(super) async fn show(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    simulator.change(|world| {
        let intent = world.object(&id);
        if intent["object"] != "payment_intent" {
            return not_found();
        }
        if intent["status"] != "requires_action" {
            return onward(world, &id);
        }
        let amount = money::format(number(intent, "amount"), text(intent, "currency"));
        let method = world.object(text(intent, "payment_method"));
        let body = format!(
            "<main class=\"narrow\"><div class=\"card\">\n<h1>Confirm this payment</h1>\n\
             <p>Your bank wants to be sure that it is you who is paying.</p>\n\
             <dl><dt>To</dt><dd>{}</dd><dt>Amount</dt><dd>{amount}</dd><dt>Card</dt><dd>•••• {}</dd></dl>\n\
             <form method=\"post\" action=\"{}\">\n\
             <button type=\"submit\" name=\"do\" value=\"complete\">Complete authentication</button>\n\
             <button type=\"submit\" name=\"do\" value=\"fail\" class=\"plain\">Fail authentication</button>\n\
             </form>\n</div></main>",
            escape(&merchant(world, world.scope_of(&id).as_deref())),
            escape(text(&method["card"], "last4")),
            escape(&format!("{}/3ds/{}", world.public_url, *id)),
        );
        page(StatusCode::OK, "3-D Secure", &body)
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Submitted {
    #[serde(rename = "do")]
    step: String,
}

pub(super) async fn submit(
    simulator: web::Data<Simulator>,
    id: web::Path<String>,
    form: web::Form<Submitted>,
) -> HttpResponse {
    simulator.change(|world| {
        let intent = world.object(&id);
        if intent["object"] != "payment_intent" {
            return not_found();
        }
        if intent["status"] == "requires_action" {
            let outcome = authenticated(world, &id, form.step == "complete");
            let session = text(world.hidden(&id), "session").to_owned();
            if matches!(outcome, Outcome::Paid) && !session.is_empty() {
                complete(world, &session);
            }
        }
        onward(world, &id)
    })
}

/// Back to whoever sent the payer here.
fn onward(world: &World<'_>, id: &str) -> HttpResponse {
    let intent = world.object(id);
    let paid = intent["status"] == "succeeded";
    let session = text(world.hidden(id), "session");
    if !session.is_empty() {
        return if paid {
            redirect(&success_url(world.object(session)))
        } else {
            redirect(&format!("{}/c/pay/{session}", world.public_url))
        };
    }
    let back = text(world.hidden(id), "return_url");
    if back.is_empty() {
        let title = if paid { "The payment is confirmed" } else { "The payment failed" };
        return message(StatusCode::OK, title, "<p>You can close this page.</p>");
    }
    let joint = if back.contains('?') { '&' } else { '?' };
    redirect(&format!(
        "{back}{joint}payment_intent={id}&payment_intent_client_secret={}&redirect_status={}",
        text(intent, "client_secret"),
        if paid { "succeeded" } else { "failed" },
    ))
}
