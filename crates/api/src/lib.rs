//! The HTTP interface: routes, extractors, the OpenAPI document.
//!
//! A handler says in its type what it needs: [`Ctx`] with a permission, [`Body`] of a request,
//! [`Params`] of the query. Whatever is wrong with any of them is answered before the handler runs.

mod browser;
pub mod ctx;
mod extract;
mod form;
mod methods;
mod middleware;
mod openapi;
mod origin;
pub mod perm;
mod problem;
mod refunds;
mod reply;
mod revenue;
mod service;
mod strict;

mod api_keys;
mod auth;
mod billing;
mod brand;
mod brand_pictures;
mod cloudevents;
mod credit_notes;
mod credits;
mod customers;
mod events;
mod events_stream;
mod invoices;
mod ledger;
mod meters;
mod metrics;
mod msps;
mod one_off_charges;
mod payment_methods;
mod payments;
mod payouts;
mod plans;
mod portal;
mod portfolio;
mod pricing;
mod sandboxes;
mod subscriptions;
mod tax;
mod team;
mod usage;

pub use brand::{HostBrand, host_brand};
pub use browser::{WebApp, may_be_signed_in};
pub use ctx::Ctx;
pub use extract::{At, Body, OptionalBody, PageParams, Params, RawBody, Upload};
pub use form::Form;
pub use methods::no_route;
pub use middleware::observe;
pub use openapi::document;
pub use problem::{ApiError, ApiResult, not_found};
pub use reply::{Made, reply};
pub use service::service;

use actix_web::web;
use utoipa_actix_web::{scope::scope, service_config::ServiceConfig};

/// The largest body of an ordinary request.
pub const MAX_BODY: usize = 256 * 1024;

/// Every operation of the API, below `/api/v1`.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(
        scope("/api/v1")
            .configure(auth::routes)
            .configure(brand::public_routes)
            .configure(brand_pictures::public_routes)
            .configure(msps::routes)
            .configure(customers::routes)
            .configure(invoices::routes)
            .configure(credit_notes::routes)
            .configure(credits::routes)
            .configure(ledger::routes)
            .configure(revenue::routes)
            .configure(billing::routes)
            .configure(tax::routes)
            .configure(sandboxes::routes)
            .configure(one_off_charges::routes)
            .configure(refunds::routes)
            .configure(payments::routes)
            .configure(payouts::routes)
            .configure(meters::routes)
            .configure(payment_methods::routes)
            .configure(portfolio::routes)
            .configure(portal::routes)
            .configure(usage::routes)
            .configure(metrics::routes)
            .configure(plans::routes)
            .configure(pricing::routes)
            .configure(subscriptions::routes)
            .configure(team::routes)
            .configure(api_keys::routes)
            .configure(brand::routes)
            .configure(brand_pictures::routes)
            .configure(events::routes)
            .configure(events_stream::routes),
    );
}

/// Limits that hold for every route unless it says otherwise.
pub fn limits(config: &mut web::ServiceConfig) {
    config.app_data(web::PayloadConfig::new(MAX_BODY));
}

/// The documentation page at `/docs`, with everything it needs, and the document at `/openapi.json`.
pub fn docs(config: &mut web::ServiceConfig) {
    config
        .route("/openapi.json", web::get().to(openapi::json))
        .service(
            utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}")
                .config(utoipa_swagger_ui::Config::from("/openapi.json")),
        )
        .service(web::redirect("/docs", "/docs/"));
}
