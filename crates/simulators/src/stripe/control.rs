//! `/_simulator`: what a test or a demo asks of the simulator and Stripe has no call for.

use super::{
    Simulator, accounts, checkout_pay, debits,
    errors::ApiError,
    payment_methods,
    payments::{self, Outcome, Payer},
    payouts, refunds,
    webhooks::{self, Disorder},
    world::text,
};
use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use serde_json::{Value, json};

/// Adds the control routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/_simulator/webhooks", web::post().to(disorder))
        .route("/_simulator/deliveries", web::get().to(deliveries))
        .route("/_simulator/checkout/{id}/pay", web::post().to(pay))
        .route("/_simulator/payment_intents/{id}/finish", web::post().to(finish_debit))
        .route("/_simulator/payment_methods/{id}/behave_like", web::post().to(behave_like))
        .route("/_simulator/refunds/{id}/finish", web::post().to(finish_refund))
        .route("/_simulator/accounts/{id}/onboard", web::post().to(onboard))
        .route("/_simulator/accounts/{id}/pay_out", web::post().to(pay_out))
        .route("/_simulator/payouts/{id}/move", web::post().to(move_payout))
        .route("/_simulator/events/{id}/redeliver", web::post().to(redeliver));
}

fn answer(result: Result<Value, ApiError>) -> HttpResponse {
    match result {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            HttpResponse::build(status).json(error.body("req_simulator"))
        }
    }
}

async fn disorder(simulator: web::Data<Simulator>, body: web::Json<Disorder>) -> HttpResponse {
    simulator.change(|world| {
        world.state.disorder = *body;
        world.state.dirty = true;
    });
    HttpResponse::Ok().json(*body)
}

async fn deliveries(simulator: web::Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.change(|world| webhooks::shown(world)))
}

/// A payment without a browser, or a card that is saved without one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pay {
    card: Option<String>,
    email: Option<String>,
    name: Option<String>,
    /// What becomes of the 3-D Secure step, if the card asks for one; without it, it stays open.
    authenticate: Option<bool>,
}

async fn pay(simulator: web::Data<Simulator>, id: web::Path<String>, body: web::Json<Pay>) -> HttpResponse {
    let Pay { card, email, name, authenticate } = body.into_inner();
    let card = card.unwrap_or_else(|| "4242424242424242".to_owned());
    answer(simulator.change(|world| {
        let known = text(&world.object(&id)["customer_details"], "email").is_empty();
        let email = email.or_else(|| known.then(|| "payer@example.com".to_owned()));
        let mut outcome = checkout_pay::pay(world, &id, &card, Payer { name, email, country: None })?;
        if let (Outcome::NeedsAuthentication, Some(succeeded)) = (&outcome, authenticate) {
            let intent = text(world.hidden(&id), "intent_id").to_owned();
            outcome = payments::authenticated(world, &intent, succeeded);
            if matches!(outcome, Outcome::Done) {
                checkout_pay::complete(world, &id);
            }
        }
        match outcome {
            Outcome::Declined(error) => Err(error),
            Outcome::Done => {
                let session = world.object(&id).clone();
                let outcome = if session["mode"] == "setup" { "saved" } else { "paid" };
                Ok(json!({"outcome": outcome, "redirect": checkout_pay::success_url(&session), "session": session}))
            }
            Outcome::Processing => {
                let session = world.object(&id);
                let redirect = checkout_pay::success_url(session);
                Ok(json!({"outcome": "processing", "redirect": redirect, "session": session}))
            }
            Outcome::NeedsAuthentication => {
                let intent = text(world.hidden(&id), "intent_id");
                let url = format!("{}/3ds/{intent}", world.public_url);
                Ok(json!({"outcome": "requires_action", "redirect": url, "session": world.object(&id)}))
            }
        }
    }))
}

/// The test card whose fate a saved card is to have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BehaveLike {
    card: String,
}

async fn behave_like(
    simulator: web::Data<Simulator>,
    id: web::Path<String>,
    body: web::Json<BehaveLike>,
) -> HttpResponse {
    answer(simulator.change(|world| payment_methods::behave_like(world, &id, &body.card)))
}

async fn finish_debit(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    answer(simulator.change(|world| debits::finish(world, &id)))
}

async fn finish_refund(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    answer(simulator.change(|world| refunds::finish(world, &id)))
}

async fn onboard(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    answer(simulator.change(|world| accounts::complete_onboarding(world, &id)))
}

async fn pay_out(
    simulator: web::Data<Simulator>,
    id: web::Path<String>,
    body: web::Json<payouts::PayOut>,
) -> HttpResponse {
    answer(simulator.change(|world| payouts::pay_out(world, &id, &body)))
}

async fn move_payout(
    simulator: web::Data<Simulator>,
    id: web::Path<String>,
    body: web::Json<payouts::Move>,
) -> HttpResponse {
    answer(simulator.change(|world| payouts::move_on(world, &id, &body)))
}

async fn redeliver(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    answer(simulator.change(|world| {
        if world.object(&id)["object"] != "event" {
            return Err(ApiError::missing_resource("event", &id, "id"));
        }
        Ok(json!({"event": *id, "queued": webhooks::queue(world, &id)}))
    }))
}
