//! The onboarding of a connected account.

use super::{message, not_found};
use crate::{
    html::{escape, page, redirect},
    stripe::{
        Simulator, accounts,
        onboarding::{Opened, open, visited},
        world::text,
    },
};
use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use serde_json::Value;

/// Opens the link, which spends it.
pub(super) async fn show(simulator: web::Data<Simulator>, token: web::Path<String>) -> HttpResponse {
    simulator.change(|world| match open(world, &token) {
        Opened::Unknown => not_found(),
        Opened::Refresh(url) => redirect(&url),
        Opened::Visit(visit, link) => {
            let action = format!("{}/connect/onboarding/{}", world.public_url, *token);
            form(world.object(&link.account), &action, &visit)
        }
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Submitted {
    visit: String,
    #[serde(rename = "do")]
    step: String,
}

/// Completes the onboarding, or leaves it for later: both go to `return_url`, as with Stripe.
pub(super) async fn submit(
    simulator: web::Data<Simulator>,
    token: web::Path<String>,
    form: web::Form<Submitted>,
) -> HttpResponse {
    simulator.change(|world| {
        let Some(link) = visited(world, &token, &form.visit) else {
            let detail =
                "<p>This onboarding session is over. Go back to where you came from and start again.</p>";
            return message(StatusCode::GONE, "This page has expired", detail);
        };
        if form.step == "complete" && accounts::complete_onboarding(world, &link.account).is_err() {
            return not_found();
        }
        redirect(&link.return_url)
    })
}

fn form(account: &Value, action: &str, visit: &str) -> HttpResponse {
    let rows: Vec<String> = [
        ("Business", text(&account["business_profile"], "name")),
        ("Email", text(account, "email")),
        ("Website", text(&account["business_profile"], "url")),
        ("Country", text(account, "country")),
        ("Account", text(account, "id")),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)))
    .collect();
    let rows = rows.concat();
    let done = account["details_submitted"] == true;
    let (lead, button) = if done {
        ("This account is set up. You can confirm its details once more.", "Confirm details")
    } else {
        (
            "Stripe would ask for the business, the people behind it and a bank account. The simulator asks for \
             nothing.",
            "Complete onboarding",
        )
    };
    let body = format!(
        "<main class=\"narrow\"><div class=\"card\">\n<h1>Set up payments</h1>\n<p>{lead}</p>\n<dl>{rows}</dl>\n\
         <form method=\"post\" action=\"{}\">\n<input type=\"hidden\" name=\"visit\" value=\"{}\">\n\
         <button type=\"submit\" name=\"do\" value=\"complete\">{button}</button>\n\
         <button type=\"submit\" name=\"do\" value=\"later\" class=\"plain\">Save for later</button>\n</form>\n</div>\n\
         <p class=\"hint\">Completing it enables charges and payouts and sends <code>account.updated</code>. \
         “Save for later” returns without.</p></main>",
        escape(action),
        escape(visit),
    );
    page(StatusCode::OK, "Set up payments", &body)
}
