//! The OpenAPI document, collected from the routes themselves.

use actix_web::App;
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, HeaderBuilder, OpenApi, RefOr, Required, ResponseBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::{Object, ObjectBuilder, Type},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt as _;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Bailiwick API",
        version = "1",
        description = "The control plane of a managed service provider, for scripts.\n\n\
            Sign in with `POST /api/v1/auth/sign-in` or make an API key, and send `Authorization: Bearer …`. \
            The scopes of an operation's security are the permissions that it needs.\n\n\
            Money is `{\"amount_minor\": 123450, \"currency\": \"USD\"}`; quantities and unit prices are decimal \
            strings; times are RFC 3339 in UTC. Lists come in pages: send `next_cursor` back as `cursor`. Errors are \
            `application/problem+json` with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(contract::Problem, contract::FieldError, contract::events::EventGap)),
    servers((url = "/", description = "This server"))
)]
struct Base;

/// Operations whose answer must not be kept, or that are harmless when done twice.
const WITHOUT_IDEMPOTENCY_KEY: &[&str] = &[
    "create_api_key",
    "create_msp",
    "suspend_msp",
    "resume_msp",
    "ingest_events",
    "change_password",
    "switch_tenant",
    "create_invoice_pay_link",
    "create_portal_pay_link",
    "connect_payments",
    "refresh_payment_setup",
];

/// Updates of what has no version.
const WITHOUT_IF_MATCH: &[&str] = &["update_metric", "put_brand_picture"];

/// The document of every operation.
pub fn document() -> OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(Base::openapi()).configure(crate::configure).split_for_parts();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for item in document.paths.paths.values_mut() {
        complete(item);
    }
    document
}

/// Adds what every operation has, so that no handler has to repeat it.
fn complete(item: &mut PathItem) {
    let methods = [
        (&mut item.get, false, false),
        (&mut item.post, true, false),
        (&mut item.put, false, true),
        (&mut item.patch, false, true),
        (&mut item.delete, false, false),
    ];
    for (operation, creates, updates) in methods {
        let Some(operation) = operation else { continue };
        add_problem(operation);
        let id = operation.operation_id.clone().unwrap_or_default();
        let signed_in = operation.security.is_some();
        if creates && signed_in && !id.starts_with("sign_") && !WITHOUT_IDEMPOTENCY_KEY.contains(&id.as_str())
        {
            add_header(
                operation,
                "Idempotency-Key",
                "The same key and body get the first answer again and change nothing; another body is refused. Kept for seven days.",
            );
        }
        if updates && !WITHOUT_IF_MATCH.contains(&id.as_str()) {
            add_header(
                operation,
                "If-Match",
                "The `ETag` of what you read. If it has changed since, nothing is changed (412).",
            );
        }
    }
}

fn add_problem(operation: &mut Operation) {
    let problem = ResponseBuilder::new()
        .description("A problem (RFC 9457)")
        .content(
            "application/problem+json",
            Content::new(Some(RefOr::Ref(utoipa::openapi::Ref::from_schema_name("Problem")))),
        )
        .header(
            "X-Request-Id",
            HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::String)))
                .description(Some("The request's id"))
                .build(),
        )
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

fn add_header(operation: &mut Operation, name: &str, description: &str) {
    let parameter: Parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(parameter.into());
}
