//! One call of the API, and what every resource does with it.

use super::{errors::ApiError, form::Params, state::Record, world::World};
use serde_json::{Map, Value, json};

const EXPAND_DEPTH: usize = 4;

/// A call that is authenticated, scoped and parsed.
pub(crate) struct Call<'a, 'b> {
    pub(crate) world: &'a mut World<'b>,
    /// The connected account named by `Stripe-Account`.
    pub(crate) scope: Option<String>,
    pub(crate) params: Params,
    pub(crate) key: String,
}

/// What a call answers: the object, or Stripe's error.
pub(crate) type Answer = Result<Value, ApiError>;

impl Call<'_, '_> {
    pub(crate) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// An object of this call's account.
    pub(crate) fn demand(&self, kind: &str, id: &str, param: &str) -> Result<&Record, ApiError> {
        self.world.demand(self.scope(), kind, id, param)
    }

    /// Answers one object, whose id came in the path.
    pub(crate) fn retrieve(&self, kind: &str, id: &str, param: &str) -> Answer {
        self.params.check(&[], &[])?;
        Ok(self.demand(kind, id, param)?.object.clone())
    }

    /// The newest objects of a kind, filtered and paged as Stripe does.
    pub(crate) fn list(
        &self,
        kind: &str,
        url: &str,
        filters: &[&str],
        keep: impl Fn(&Params, &Record) -> bool,
    ) -> Answer {
        let mut known = vec!["limit", "starting_after", "ending_before"];
        known.extend(["created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"]);
        known.extend(filters);
        self.params.check(&known, &[])?;
        let created = CreatedFilter::read(&self.params)?;
        let wanted = |record: &&Record| {
            record.scope.as_deref() == self.scope()
                && record.object["object"] == kind
                && record.object["deleted"] != true
                && created.keeps(record)
                && keep(&self.params, record)
        };
        let mut records: Vec<&Record> = self.world.state.objects.values().filter(wanted).collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.seq));
        let objects: Vec<Value> = records.into_iter().map(|record| record.object.clone()).collect();
        page(&self.params, &objects, url)
    }

    /// As [`Self::list`], where every filter asks for equality with a field.
    pub(crate) fn list_by(&self, kind: &str, url: &str, fields: &[&str]) -> Answer {
        self.list(kind, url, fields, |params, record| {
            fields.iter().all(|field| params.text(field).is_none_or(|wanted| record.object[*field] == wanted))
        })
    }

    /// Replaces the ids named by `expand` with the objects they name.
    pub(crate) fn expand(&self, mut answer: Value) -> Answer {
        for path in self.params.list("expand") {
            let refused =
                || ApiError::invalid(format!("This property cannot be expanded ({path}).")).param("expand");
            let parts: Vec<&str> = path.split('.').collect();
            let listed = answer["object"] == "list";
            if parts.len() > EXPAND_DEPTH + usize::from(listed) || (listed && parts[0] != "data") {
                return Err(refused());
            }
            self.expand_at(&mut answer, &parts).ok_or_else(refused)?;
        }
        Ok(answer)
    }

    fn expand_at(&self, object: &mut Value, path: &[&str]) -> Option<()> {
        let Some((field, rest)) = path.split_first() else { return Some(()) };
        if *field == "line_items" && object["object"] == "checkout.session" {
            object["line_items"] = super::checkout::line_items(self.world, object["id"].as_str()?);
            return Some(());
        }
        let target = object.get_mut(*field)?;
        match target {
            Value::Null => Some(()),
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.expand_at(item, rest)),
            Value::Object(_) if rest.is_empty() => None,
            Value::Object(_) => self.expand_at(target, rest),
            Value::String(id) => {
                *target = self.expandable(id)?;
                self.expand_at(target, rest)
            }
            _ => None,
        }
    }

    /// An object of this account, or, for the platform's fee on it, of the platform.
    fn expandable(&self, id: &str) -> Option<Value> {
        let record = self.world.state.objects.get(id)?;
        let own = record.scope.as_deref() == self.scope();
        let shared =
            matches!(record.object["object"].as_str(), Some("application_fee" | "account" | "fee_refund"))
                || (self.scope.is_none() && record.object["object"] == "charge");
        (own || shared).then(|| record.object.clone())
    }
}

/// One page of objects that are in order already.
pub(crate) fn page(params: &Params, objects: &[Value], url: &str) -> Answer {
    let limit = params.integer("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        let bound = if limit < 1 { "greater than or equal to 1" } else { "less than or equal to 100" };
        return Err(ApiError::invalid(format!("This value must be {bound}."))
            .code("parameter_invalid_integer")
            .param("limit"));
    }
    let limit = usize::try_from(limit).unwrap_or(10);
    let position = |param: &str| -> Result<Option<usize>, ApiError> {
        let Some(id) = params.text(param) else { return Ok(None) };
        let found = objects.iter().position(|object| object["id"] == id);
        found.map(Some).ok_or_else(|| ApiError::missing_resource("object", id, param))
    };
    let (start, end, has_more) = match (position("starting_after")?, position("ending_before")?) {
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid("You can only provide one of ending_before or starting_after."));
        }
        (after, None) => {
            let start = after.map_or(0, |index| index + 1);
            let end = (start + limit).min(objects.len());
            (start, end, end < objects.len())
        }
        (None, Some(before)) => {
            let start = before.saturating_sub(limit);
            (start, before, start > 0)
        }
    };
    Ok(json!({"object": "list", "data": objects[start..end], "has_more": has_more, "url": url}))
}

/// A `created` filter: a time, or bounds on it.
#[derive(Default)]
struct CreatedFilter {
    bounds: Vec<(&'static str, i64)>,
}

impl CreatedFilter {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let mut filter = Self::default();
        for key in ["created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"] {
            filter.bounds.extend(params.integer(key)?.map(|bound| (key, bound)));
        }
        Ok(filter)
    }

    fn keeps(&self, record: &Record) -> bool {
        let created = record.object["created"].as_i64().unwrap_or_default();
        self.bounds.iter().all(|(key, bound)| match *key {
            "created[gt]" => created > *bound,
            "created[gte]" => created >= *bound,
            "created[lt]" => created < *bound,
            "created[lte]" => created <= *bound,
            _ => created == *bound,
        })
    }
}

/// The metadata of an object after the changes sent below `key`: an empty value removes its key.
pub(crate) fn metadata(params: &Params, key: &str, old: &Value) -> Answer {
    let mut entries: Map<String, Value> = old.as_object().cloned().unwrap_or_default();
    if params.raw(key) == Some("") {
        entries.clear();
    }
    for name in params.children(key) {
        let value = params.raw(&format!("{key}[{name}]")).unwrap_or_default();
        let too_long = if name.chars().count() > 40 {
            Some(format!("Metadata keys can have up to 40 characters, and {name} has more."))
        } else if value.chars().count() > 500 {
            Some(format!("Metadata values can have up to 500 characters, and that of {name} has more."))
        } else {
            None
        };
        if let Some(message) = too_long {
            return Err(ApiError::invalid(message).param(format!("{key}[{name}]")));
        }
        if value.is_empty() {
            entries.remove(&name);
        } else {
            entries.insert(name, json!(value));
        }
    }
    if entries.len() > 50 {
        return Err(ApiError::invalid("Metadata can have up to 50 keys.").param(key));
    }
    Ok(Value::Object(entries))
}

/// Refuses what is not an absolute `http` or `https` URL.
pub(crate) fn check_url(params: &Params, key: &str) -> Result<(), ApiError> {
    let Some(url) = params.text(key) else { return Ok(()) };
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let valid = host
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_alphanumeric() || first == '['))
        && !url.contains(char::is_whitespace);
    if valid { Ok(()) } else { Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(key)) }
}

/// Refuses what is not an email address.
pub(crate) fn check_email(params: &Params, key: &str) -> Result<(), ApiError> {
    let Some(email) = params.text(key) else { return Ok(()) };
    let valid = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !email.contains(char::is_whitespace)
    });
    if valid {
        return Ok(());
    }
    Err(ApiError::invalid(format!("Invalid email address: {email}")).code("email_invalid").param(key))
}
