//! The whole API put together, the same for the server and for the tests.

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web,
};
use app::App;
use utoipa_actix_web::AppExt as _;

/// Every route with its limits, the answer for addresses that do not exist, and what happens to every
/// request. Routes that are added to it are wrapped as well.
pub fn service(
    app: web::Data<App>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let (http, _) =
        actix_web::App::new().app_data(app).into_utoipa_app().configure(crate::configure).split_for_parts();
    http.configure(crate::limits).default_service(web::to(crate::no_route)).wrap(from_fn(crate::observe))
}
