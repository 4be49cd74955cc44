//! Stripe's error object.

use serde_json::{Map, Value, json};

/// What goes wrong in a call, as Stripe words it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<String>,
    pub(crate) message: String,
    param: Option<String>,
    extra: Map<String, Value>,
}

impl ApiError {
    /// An `invalid_request_error` without code.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
            extra: Map::new(),
        }
    }

    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(key.to_owned(), value.into());
        self
    }

    /// The object asked for is not there, or belongs to another account.
    pub(crate) fn missing_resource(kind: &str, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {kind}: '{id}'")).status(404).code("resource_missing").param(param)
    }

    pub(crate) fn missing_param(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}.")).code("parameter_missing").param(param)
    }

    pub(crate) fn unknown_url(method: &str, path: &str) -> Self {
        Self::invalid(format!(
            "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at \
             https://support.stripe.com/."
        ))
        .status(404)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::invalid(message).status(401)
    }

    /// The key has no access to the account named, or there is no such account: Stripe does not say which.
    pub(crate) fn account_invalid(key: &str, account: &str) -> Self {
        Self::invalid(format!(
            "The provided key '{key}' does not have access to account '{account}' (or that account does not exist). \
             Application access may have been revoked."
        ))
        .status(403)
        .code("account_invalid")
    }

    pub(crate) fn idempotency(message: impl Into<String>) -> Self {
        Self { kind: "idempotency_error", ..Self::invalid(message) }
    }

    pub(crate) fn card(code: &str, message: impl Into<String>) -> Self {
        Self { kind: "card_error", ..Self::invalid(message) }.status(402).code(code)
    }

    /// The object below `error`, which is also the form of `last_payment_error`.
    pub(crate) fn object(&self) -> Map<String, Value> {
        let mut object = self.extra.clone();
        if let Some(code) = &self.code {
            object.insert("code".into(), json!(code));
            object.insert(
                "doc_url".into(),
                json!(format!("https://stripe.com/docs/error-codes/{}", dashed(code))),
            );
        }
        if let Some(param) = &self.param {
            object.insert("param".into(), json!(param));
        }
        object.insert("message".into(), json!(self.message));
        object.insert("type".into(), json!(self.kind));
        object
    }

    /// The body of the answer.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut object = self.object();
        if self.status != 401 {
            let url = format!("https://dashboard.stripe.com/test/logs/{request_id}");
            object.insert("request_log_url".into(), json!(url));
        }
        json!({ "error": object })
    }
}

fn dashed(code: &str) -> String {
    code.replace('_', "-")
}
