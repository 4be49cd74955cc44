//! The OpenAPI document, collected from the routes themselves.

use std::sync::OnceLock;

use actix_web::{App, HttpResponse, web};
use app::AppError;
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

use crate::ApiResult;

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
    components(schemas(
        contract::Problem,
        contract::FieldError,
        // Named in a parameter or a stream alone, where they are not found.
        contract::brand::PictureFormat,
        contract::events::EventGap,
        contract::customers::CustomerSort,
        contract::usage::UsageSort
    )),
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
    "create_payment_method_link",
    "create_portal_payment_method_link",
    "charge_invoice",
    "charge_portal_invoice",
    "connect_payments",
    "refresh_payment_setup",
    "create_sandbox",
    "advance_sandbox",
];

/// Changes of what has a version that are no updates by their method.
const WITH_IF_MATCH: &[&str] =
    &["create_credit_note", "void_invoice", "write_off_invoice", "hold_dunning", "continue_dunning"];

/// Updates of what has no version.
const WITHOUT_IF_MATCH: &[&str] = &["update_metric", "put_brand_picture", "set_stripe_customer"];

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

/// The document as it is sent. Made when it is first asked for.
pub(crate) async fn json() -> ApiResult {
    static JSON: OnceLock<web::Bytes> = OnceLock::new();
    let json = if let Some(json) = JSON.get() {
        json.clone()
    } else {
        let made = serde_json::to_vec(&document()).map_err(AppError::internal)?;
        JSON.get_or_init(|| made.into()).clone()
    };
    Ok(HttpResponse::Ok().content_type("application/json").body(json))
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
        if updates && !WITHOUT_IF_MATCH.contains(&id.as_str()) || WITH_IF_MATCH.contains(&id.as_str()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        brands::AssetKind,
        customers::CustomerStatus,
        invoices::InvoiceStatus,
        permissions::{Permission, Role},
    };
    use serde_json::{Value, json};

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = serde_json::to_value(document()).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100, "the document was read");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn words_are_those_of_the_wire() {
        let document = serde_json::to_value(document()).unwrap();
        for (name, words) in [
            ("AssetKind", json!(AssetKind::ALL)),
            ("CustomerStatus", json!(CustomerStatus::ALL)),
            ("InvoiceStatus", json!(InvoiceStatus::ALL)),
            ("Permission", json!(Permission::ALL)),
            ("Role", json!(Role::ALL)),
        ] {
            assert_eq!(document["components"]["schemas"][name]["enum"], words, "{name}");
        }
    }
}
