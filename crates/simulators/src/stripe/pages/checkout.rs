//! The Checkout page.

use super::{merchant, message, not_found};
use crate::{
    html::{escape, link, page, redirect},
    stripe::{
        Simulator,
        checkout::KIND,
        checkout_pay::{pay, success_url},
        money,
        payments::{Outcome, Payer},
        world::{World, number, text},
    },
};
use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use serde_json::Value;

const DEFAULT_CARD: &str = "4242 4242 4242 4242";
/// Test cards and what they do when they pay.
const PAYING: [(&str, &str); 6] = [
    ("4242 4242 4242 4242", "is paid"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 9995", "has insufficient funds"),
    ("4000 0025 0000 3155", "asks for 3-D Secure"),
    ("0001 2345 6789", "is a bank account (USD): on its way, and paid days later"),
    ("0002 2222 2227", "is a bank account (USD): on its way, and refused days later"),
];
/// Test cards and what becomes of them when they are saved.
const SAVING: [(&str, &str); 5] = [
    ("4242 4242 4242 4242", "is saved, and pays"),
    ("4000 0000 0000 0341", "is saved, and is declined when it is charged"),
    ("4000 0025 0000 3155", "asks for 3-D Secure once, and pays"),
    ("4000 0027 6000 3184", "asks for 3-D Secure, now and whenever it is charged"),
    ("4000 0000 0000 0002", "is declined at once"),
];

/// What the payer typed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    card: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    country: String,
}

pub(super) async fn show(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    simulator.change(|world| {
        let intent = text(world.hidden(&id), "intent_id");
        let intent = world.object(intent);
        let error = [&intent["last_payment_error"], &intent["last_setup_error"]];
        let reason = error.map(|error| text(error, "message")).concat();
        render(world, &id, &Typed::default(), &reason)
    })
}

pub(super) async fn submit(
    simulator: web::Data<Simulator>,
    id: web::Path<String>,
    form: web::Form<Typed>,
) -> HttpResponse {
    let typed = form.into_inner();
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    simulator.change(|world| {
        if world.object(&id)["object"] != KIND {
            return not_found();
        }
        let payer =
            Payer { name: filled(&typed.name), email: filled(&typed.email), country: filled(&typed.country) };
        match pay(world, &id, &typed.card, payer) {
            Ok(Outcome::Done | Outcome::Processing) => redirect(&success_url(world.object(&id))),
            Ok(Outcome::NeedsAuthentication) => {
                let intent = text(world.hidden(&id), "intent_id");
                redirect(&format!("{}/3ds/{intent}", world.public_url))
            }
            Ok(Outcome::Declined(error)) | Err(error) => render(world, &id, &typed, &error.message),
        }
    })
}

fn render(world: &World<'_>, id: &str, typed: &Typed, reason: &str) -> HttpResponse {
    let session = world.object(id);
    if session["object"] != KIND {
        return not_found();
    }
    let back = text(session, "cancel_url");
    match text(session, "status") {
        "complete" => {
            let done = if session["mode"] == "setup" {
                "Your card is saved.".to_owned()
            } else {
                let total = money::format(number(session, "amount_total"), text(session, "currency"));
                let standing = if session["payment_status"] == "paid" { "is paid" } else { "is on its way" };
                format!("{total} {standing}.")
            };
            let detail = format!(
                "<p class=\"notice good\">{done}</p><a class=\"button\" href=\"{}\">Go on</a>",
                link(&success_url(session)),
            );
            return message(StatusCode::OK, "You’re all done here", &detail);
        }
        "expired" => {
            let detail =
                format!("<p>This payment page has expired. No card was charged.</p>{}", back_link(back));
            return message(StatusCode::OK, "This page has expired", &detail);
        }
        _ => {}
    }
    let merchant = merchant(world, world.scope_of(id).as_deref());
    if session["mode"] == "setup" {
        return render_setup(world, id, typed, reason, &merchant);
    }
    let total = money::format(number(session, "amount_total"), text(session, "currency"));
    let body = format!(
        "<main>\n{back}\n<div class=\"columns\">\n<section aria-labelledby=\"total\">\n\
         <p class=\"merchant\">{merchant}</p>\n<h1 id=\"total\" class=\"total\">{total}</h1>\n{lines}\n</section>\n\
         <section class=\"card\" aria-labelledby=\"pay\">\n<h2 id=\"pay\">Pay with card</h2>\n{notice}\n{form}\n\
         </section>\n</div>\n</main>",
        back = back_link(back),
        merchant = escape(&merchant),
        lines = lines(session, &world.hidden(id)["lines"]),
        notice = notice(reason),
        form = form(world, id, typed, &format!("Pay {total}"), &PAYING),
    );
    page(StatusCode::OK, &format!("Pay {merchant}"), &body)
}

/// The page on which a card is saved.
fn render_setup(world: &World<'_>, id: &str, typed: &Typed, reason: &str, merchant: &str) -> HttpResponse {
    let body = format!(
        "<main class=\"narrow\">\n{back}\n<div class=\"card\">\n<h1>Save a card</h1>\n\
         <p>{merchant} may charge it later, while you are away. Nothing is charged now.</p>\n{notice}\n{form}\n\
         </div>\n</main>",
        back = back_link(text(world.object(id), "cancel_url")),
        merchant = escape(merchant),
        notice = notice(reason),
        form = form(world, id, typed, "Save card", &SAVING),
    );
    page(StatusCode::OK, "Save a card", &body)
}

fn back_link(url: &str) -> String {
    if url.is_empty() {
        String::new()
    } else {
        format!("<a class=\"back\" href=\"{}\">← Back</a>", link(url))
    }
}

fn notice(reason: &str) -> String {
    if reason.is_empty() {
        return String::new();
    }
    format!("<p class=\"notice bad\" role=\"alert\">{}</p>", escape(reason))
}

fn lines(session: &Value, lines: &Value) -> String {
    let currency = text(session, "currency");
    let rows: Vec<String> = lines
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| {
            let quantity = number(line, "quantity");
            let each = if quantity > 1 {
                let unit = money::format(number(&line["price"], "unit_amount"), currency);
                format!("<small>{quantity} × {unit}</small>")
            } else {
                String::new()
            };
            format!(
                "<tr><th scope=\"row\">{}{each}</th><td>{}</td></tr>",
                escape(text(line, "description")),
                money::format(number(line, "amount_total"), currency)
            )
        })
        .collect();
    let rows = rows.concat();
    let total = money::format(number(session, "amount_total"), currency);
    format!(
        "<table><tbody>{rows}</tbody><tfoot><tr><th scope=\"row\">Total due</th><td>{total}</td></tr></tfoot></table>"
    )
}

fn form(world: &World<'_>, id: &str, typed: &Typed, button: &str, cards: &[(&str, &str)]) -> String {
    let session = world.object(id);
    let known = text(&session["customer_details"], "email");
    let (email, fixed) = if known.is_empty() { (typed.email.as_str(), "") } else { (known, " readonly") };
    let card = if typed.card.is_empty() { DEFAULT_CARD } else { &typed.card };
    let name = if typed.name.is_empty() { text(&session["customer_details"], "name") } else { &typed.name };
    let message = text(&session["custom_text"]["submit"], "message");
    let message = if message.is_empty() { String::new() } else { format!("<p>{}</p>", escape(message)) };
    format!(
        "<form method=\"post\" action=\"{action}\">\n\
         <label>Email<input type=\"email\" name=\"email\" value=\"{email}\" autocomplete=\"email\" required{fixed}></label>\n\
         <label>Card number<input name=\"card\" value=\"{card}\" inputmode=\"numeric\" autocomplete=\"off\" required></label>\n\
         <div class=\"pair\">\n\
         <label>Expiry<input name=\"expiry\" value=\"12 / 34\" autocomplete=\"off\"></label>\n\
         <label>CVC<input name=\"cvc\" value=\"123\" inputmode=\"numeric\" autocomplete=\"off\"></label>\n</div>\n\
         <label>Name on card<input name=\"name\" value=\"{name}\" autocomplete=\"cc-name\"></label>\n{message}\
         <button type=\"submit\">{button}</button>\n</form>\n\
         <details><summary>Test cards</summary><ul>\n{cards}\n</ul></details>",
        action = escape(&format!("{}/c/pay/{id}", world.public_url)),
        email = escape(email),
        card = escape(card),
        cards = test_cards(cards),
        name = escape(name),
    )
}

fn test_cards(cards: &[(&str, &str)]) -> String {
    let items = cards.iter().map(|(number, fate)| format!("<li><code>{number}</code> {fate}</li>"));
    items.collect::<Vec<_>>().join("\n")
}
