//! The step in which the card holder's bank makes sure who is paying.

use super::{merchant, message, not_found};
use crate::{
    html::{escape, page, redirect},
    stripe::{
        Simulator,
        checkout_pay::{complete, success_url},
        money,
        payments::{Outcome, authenticated},
        setup_intents,
        world::{World, number, text},
    },
};
use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use serde_json::Value;

pub(super) async fn show(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    simulator.change(|world| {
        let intent = world.object(&id);
        if !is_intent(intent) {
            return not_found();
        }
        if intent["status"] != "requires_action" {
            return onward(world, &id);
        }
        let (what, amount) = if intent["object"] == setup_intents::KIND {
            ("Confirm this card", String::new())
        } else {
            let amount = money::format(number(intent, "amount"), text(intent, "currency"));
            ("Confirm this payment", format!("<dt>Amount</dt><dd>{amount}</dd>"))
        };
        let method = world.object(text(intent, "payment_method"));
        let body = format!(
            "<main class=\"narrow\"><div class=\"card\">\n<h1>{what}</h1>\n\
             <p>Your bank wants to be sure that it is you.</p>\n\
             <dl><dt>To</dt><dd>{}</dd>{amount}<dt>Card</dt><dd>•••• {}</dd></dl>\n\
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
        if !is_intent(intent) {
            return not_found();
        }
        if intent["status"] == "requires_action" {
            let outcome = authenticated(world, &id, form.step == "complete");
            let session = text(world.hidden(&id), "session").to_owned();
            if matches!(outcome, Outcome::Done) && !session.is_empty() {
                complete(world, &session);
            }
        }
        onward(world, &id)
    })
}

/// Back to whoever sent the payer here.
fn onward(world: &World<'_>, id: &str) -> HttpResponse {
    let intent = world.object(id);
    let done = intent["status"] == "succeeded";
    let setup = intent["object"] == setup_intents::KIND;
    let session = text(world.hidden(id), "session");
    if !session.is_empty() {
        return if done {
            redirect(&success_url(world.object(session)))
        } else {
            redirect(&format!("{}/c/pay/{session}", world.public_url))
        };
    }
    let back = text(world.hidden(id), "return_url");
    if back.is_empty() {
        let title = match (setup, done) {
            (false, true) => "The payment is confirmed",
            (false, false) => "The payment failed",
            (true, true) => "The card is saved",
            (true, false) => "The card is not saved",
        };
        return message(StatusCode::OK, title, "<p>You can close this page.</p>");
    }
    let joint = if back.contains('?') { '&' } else { '?' };
    let kind = text(intent, "object");
    redirect(&format!(
        "{back}{joint}{kind}={id}&{kind}_client_secret={}&redirect_status={}",
        text(intent, "client_secret"),
        if done { "succeeded" } else { "failed" },
    ))
}

fn is_intent(object: &Value) -> bool {
    object["object"] == "payment_intent" || object["object"] == setup_intents::KIND
}
