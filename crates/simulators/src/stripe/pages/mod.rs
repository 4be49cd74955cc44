//! The pages that Stripe hosts.

mod checkout;
mod onboarding;
mod receipt;
mod three_d_secure;

use super::world::{World, text};
use crate::html::{escape, page};
use actix_web::{HttpResponse, http::StatusCode, web};

/// Adds the pages.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(index))
        .route("/connect/onboarding/{token}", web::get().to(onboarding::show))
        .route("/connect/onboarding/{token}", web::post().to(onboarding::submit))
        .route("/c/pay/{id}", web::get().to(checkout::show))
        .route("/c/pay/{id}", web::post().to(checkout::submit))
        .route("/3ds/{id}", web::get().to(three_d_secure::show))
        .route("/3ds/{id}", web::post().to(three_d_secure::submit))
        .route("/receipts/{id}", web::get().to(receipt::show));
}

async fn index() -> HttpResponse {
    page(
        StatusCode::OK,
        "Stripe simulator",
        "<main class=\"narrow\"><h1>Stripe simulator</h1><p>This program plays the part of Stripe. It answers the API \
         below <code>/v1/</code> and shows the pages that Stripe hosts: Checkout, account onboarding, 3-D Secure and \
         receipts. No card is charged and no money moves.</p></main>",
    )
}

/// A page that only says something.
fn message(status: StatusCode, title: &str, detail: &str) -> HttpResponse {
    let body =
        format!("<main class=\"narrow\"><div class=\"card\"><h1>{}</h1>{detail}</div></main>", escape(title));
    page(status, title, &body)
}

fn not_found() -> HttpResponse {
    message(
        StatusCode::NOT_FOUND,
        "There is no such page",
        "<p>The address is wrong, or what it showed is gone.</p>",
    )
}

/// The name that payers know an account by.
fn merchant(world: &World<'_>, scope: Option<&str>) -> String {
    let account = world.object(scope.unwrap_or(&world.state.platform));
    for name in
        [text(&account["business_profile"], "name"), text(&account["settings"]["dashboard"], "display_name")]
    {
        if !name.is_empty() {
            return name.to_owned();
        }
    }
    text(account, "email").to_owned()
}
