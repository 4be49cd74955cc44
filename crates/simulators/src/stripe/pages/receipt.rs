//! The receipt of a charge.

use super::{merchant, message, not_found};
use crate::{
    html::escape,
    stripe::{
        Simulator, money,
        world::{number, text},
    },
};
use actix_web::{HttpResponse, http::StatusCode, web};

pub(super) async fn show(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    simulator.change(|world| {
        let charge = world.object(&id);
        if charge["object"] != "charge" || charge["paid"] != true {
            return not_found();
        }
        let currency = text(charge, "currency");
        let refunded = number(charge, "amount_refunded");
        let back = if refunded > 0 {
            format!("<dt>Refunded</dt><dd>{}</dd>", money::format(refunded, currency))
        } else {
            String::new()
        };
        let card = &charge["payment_method_details"]["card"];
        let detail = format!(
            "<dl><dt>Paid to</dt><dd>{}</dd><dt>Amount</dt><dd>{}</dd>{back}<dt>Card</dt><dd>{} •••• {}</dd>\
             <dt>Charge</dt><dd><code>{}</code></dd></dl>",
            escape(&merchant(world, world.scope_of(&id).as_deref())),
            money::format(number(charge, "amount"), currency),
            escape(text(card, "brand")),
            escape(text(card, "last4")),
            escape(&id),
        );
        message(StatusCode::OK, "Receipt", &detail)
    })
}
