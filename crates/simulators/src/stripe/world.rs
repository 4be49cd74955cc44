//! What a change works on: the state, the time, the settings and who caused it.

use super::{State, errors::ApiError, state::Record, webhooks};
use crate::{config::Endpoint, ids};
use serde_json::{Map, Value, json};

/// The API version whose shapes are played.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// What an event says of the call that caused it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// The state while it is held, and what goes with it.
pub(crate) struct World<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) public_url: &'a str,
    pub(crate) endpoints: &'a [Endpoint],
    pub(crate) now: i64,
    pub(crate) cause: Cause,
}

/// A copy of the official fixture of a resource.
macro_rules! blank {
    ($name:literal) => {
        $crate::stripe::world::parse_fixture(include_str!(concat!("../../fixtures/stripe/", $name, ".json")))
    };
}
pub(crate) use blank;

pub(crate) fn parse_fixture(text: &str) -> Value {
    serde_json::from_str(text).expect("the fixtures are valid JSON")
}

/// Sets several fields of an object.
pub(crate) fn set(object: &mut Value, fields: Value) {
    if let (Value::Object(target), Value::Object(fields)) = (object, fields) {
        target.extend(fields);
    }
}

/// The text of a field, or "" where there is none.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// The number in a field, or 0 where there is none.
pub(crate) fn number(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_default()
}

impl World<'_> {
    /// Keeps a new object under its `id`, which it returns.
    pub(crate) fn insert(&mut self, scope: Option<&str>, object: Value) -> String {
        let id = text(&object, "id").to_owned();
        let record = Record {
            scope: scope.map(str::to_owned),
            seq: self.state.next_seq(),
            object,
            hidden: Value::Null,
        };
        self.state.objects.insert(id.clone(), record);
        id
    }

    /// An object of the given kind in the given scope; anything else does not exist.
    pub(crate) fn find(&self, scope: Option<&str>, kind: &str, id: &str) -> Option<&Record> {
        let record = self.state.objects.get(id)?;
        (record.scope.as_deref() == scope && record.object["object"] == kind).then_some(record)
    }

    /// As [`Self::find`], with Stripe's error naming the parameter that held the id.
    pub(crate) fn demand(
        &self,
        scope: Option<&str>,
        kind: &str,
        id: &str,
        param: &str,
    ) -> Result<&Record, ApiError> {
        self.find(scope, kind, id).ok_or_else(|| ApiError::missing_resource(kind, id, param))
    }

    /// The object of an id that is known to be there.
    pub(crate) fn object(&self, id: &str) -> &Value {
        self.state.objects.get(id).map_or(&Value::Null, |record| &record.object)
    }

    pub(crate) fn hidden(&self, id: &str) -> &Value {
        self.state.objects.get(id).map_or(&Value::Null, |record| &record.hidden)
    }

    pub(crate) fn scope_of(&self, id: &str) -> Option<String> {
        self.state.objects.get(id).and_then(|record| record.scope.clone())
    }

    /// Sets fields of a kept object.
    pub(crate) fn edit(&mut self, id: &str, fields: Value) {
        if let Some(record) = self.state.objects.get_mut(id) {
            set(&mut record.object, fields);
            self.state.dirty = true;
        }
    }

    /// Sets fields of what is known of an object and not shown.
    pub(crate) fn edit_hidden(&mut self, id: &str, fields: Value) {
        if let Some(record) = self.state.objects.get_mut(id) {
            if record.hidden.is_null() {
                record.hidden = json!({});
            }
            set(&mut record.hidden, fields);
            self.state.dirty = true;
        }
    }

    /// Records an event with a snapshot of the object and queues it for the endpoint that listens.
    pub(crate) fn emit(&mut self, scope: Option<&str>, kind: &str, object: Value) -> String {
        self.emit_changed(scope, kind, object, None)
    }

    /// As [`Self::emit`], with the fields that differ from `before` as `previous_attributes`.
    pub(crate) fn emit_changed(
        &mut self,
        scope: Option<&str>,
        kind: &str,
        object: Value,
        before: Option<&Value>,
    ) -> String {
        let mut data = json!({});
        if let Some(before) = before {
            data["previous_attributes"] = changed(before, &object);
        }
        data["object"] = object;
        let mut event = blank!("event");
        let id = ids::random("evt_", 24);
        set(
            &mut event,
            json!({
                "id": id, "type": kind, "created": self.now, "api_version": API_VERSION, "data": data,
                "request": {"id": self.cause.request_id, "idempotency_key": self.cause.idempotency_key},
            }),
        );
        if let Some(account) = scope {
            event["account"] = json!(account);
        }
        let id = self.insert(scope, event);
        webhooks::queue(self, &id);
        id
    }
}

/// The fields of `before` that are different in `after`, with their former values.
fn changed(before: &Value, after: &Value) -> Value {
    let mut previous = Map::new();
    for (key, value) in before.as_object().into_iter().flatten() {
        let now = &after[key];
        if value == now {
            continue;
        }
        let nested = value.is_object() && now.is_object();
        previous.insert(key.clone(), if nested { changed(value, now) } else { value.clone() });
    }
    Value::Object(previous)
}

#[cfg(test)]
mod tests {
    use super::changed;
    use serde_json::json;

    #[test]
    fn previous_attributes_hold_former_values_of_what_changed_only() {
        let before = json!({"a": 1, "b": {"c": 1, "d": 2}, "e": [1], "f": null});
        let after = json!({"a": 1, "b": {"c": 1, "d": 3}, "e": [2], "f": "x"});
        assert_eq!(changed(&before, &after), json!({"b": {"d": 2}, "e": [1], "f": null}));
    }
}
