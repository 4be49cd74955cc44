//! Form-encoded parameters in Stripe's bracket syntax: `line_items[0][price_data][currency]=usd`.

use super::errors::ApiError;

/// The parameters of one call, in the order sent; every key is held as its segments.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(Vec<String>, String)>,
}

impl Params {
    /// Adds what a query string or a form body holds.
    pub(crate) fn add(&mut self, encoded: &[u8]) -> Result<(), ApiError> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(encoded)
            .map_err(|_| ApiError::invalid("Invalid request: the parameters are not valid UTF-8."))?;
        for (key, value) in pairs {
            let mut path = segments(&key)?;
            if let Some(at) = path.iter().position(String::is_empty) {
                let next = self.children_of(&path[..at]).len();
                // `a[][b]=1&a[][c]=2` stays in one element until a key repeats, as in Rack.
                let current = next.saturating_sub(1).to_string();
                path[at] = current;
                let taken = self.pairs.iter().any(|(other, _)| *other == path);
                if next == 0 || taken || at + 1 == path.len() {
                    path[at] = next.to_string();
                }
            }
            self.pairs.push((path, value));
        }
        Ok(())
    }

    /// A canonical text of all parameters, the same whatever their order.
    pub(crate) fn canonical(&self) -> String {
        let mut lines: Vec<String> =
            self.pairs.iter().map(|(path, value)| format!("{}={value:?}", shown(path))).collect();
        lines.sort();
        lines.join("\n")
    }

    /// The value at a path, if it was sent and is not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.raw(key).filter(|value| !value.is_empty())
    }

    /// The value at a path, which may be empty: that unsets a field.
    pub(crate) fn raw(&self, key: &str) -> Option<&str> {
        let path = split(key);
        // The last one wins, as in every form parser.
        self.pairs.iter().rev().find(|(other, _)| *other == path).map(|(_, value)| value.as_str())
    }

    pub(crate) fn required(&self, key: &str) -> Result<&str, ApiError> {
        match self.raw(key) {
            None => Err(ApiError::missing_param(key)),
            Some("") => Err(ApiError::invalid(format!(
                "You passed an empty string for '{key}'. We assume empty values are an attempt to unset a parameter; \
                 however '{key}' cannot be unset. You should remove '{key}' from your request or supply a non-empty \
                 value."
            ))
            .code("parameter_invalid_empty")
            .param(key)),
            Some(value) => Ok(value),
        }
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.text(key) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| {
            ApiError::invalid(format!("Invalid integer: {value}"))
                .code("parameter_invalid_integer")
                .param(key)
        })
    }

    pub(crate) fn required_integer(&self, key: &str) -> Result<i64, ApiError> {
        self.required(key)?;
        self.integer(key)?.ok_or_else(|| ApiError::missing_param(key))
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, ApiError> {
        match self.text(key) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid(format!("Invalid boolean: {other}")).param(key)),
        }
    }

    /// One of a fixed set of words.
    pub(crate) fn one_of(&self, key: &str, words: &[&str]) -> Result<Option<&str>, ApiError> {
        let Some(value) = self.text(key) else { return Ok(None) };
        if words.contains(&value) {
            return Ok(Some(value));
        }
        let listed = match words {
            [only] => (*only).to_owned(),
            [start @ .., last] => format!("one of {}, or {last}", start.join(", ")),
            [] => String::new(),
        };
        Err(ApiError::invalid(format!("Invalid {key}: must be {listed}")).param(key))
    }

    /// Whether anything was sent at or below a path.
    pub(crate) fn has(&self, key: &str) -> bool {
        let path = split(key);
        self.pairs.iter().any(|(other, _)| other.starts_with(&path))
    }

    /// The names directly below a path: list positions in their order, or the keys of an object.
    pub(crate) fn children(&self, key: &str) -> Vec<String> {
        self.children_of(&split(key))
    }

    fn children_of(&self, path: &[String]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (other, _) in &self.pairs {
            if other.len() > path.len() && other.starts_with(path) && !names.contains(&other[path.len()]) {
                names.push(other[path.len()].clone());
            }
        }
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or(u64::MAX));
        names
    }

    /// The values of a list such as `expand[]`.
    pub(crate) fn list(&self, key: &str) -> Vec<&str> {
        self.children(key).iter().filter_map(|name| self.text(&format!("{key}[{name}]"))).collect()
    }

    /// Refuses every parameter outside `known`.
    ///
    /// In a pattern, `*` stands for any one segment and `**` for whatever follows. Names in `unplayed` are parameters
    /// that Stripe has and this simulator does not: the refusal says so, instead of calling them unknown.
    pub(crate) fn check(&self, known: &[&str], unplayed: &[&str]) -> Result<(), ApiError> {
        let patterns: Vec<Vec<String>> = known.iter().map(|pattern| split(pattern)).collect();
        for (path, value) in &self.pairs {
            if path[0] == "expand" {
                continue;
            }
            if unplayed.contains(&path[0].as_str()) {
                return Err(ApiError::invalid(format!(
                    "The simulator does not play the parameter {}.",
                    path[0]
                ))
                .code("parameter_not_simulated")
                .param(shown(path)));
            }
            let (depth, complete) =
                patterns.iter().map(|pattern| reach(pattern, path)).max().unwrap_or((0, false));
            if depth < path.len() {
                let param = shown(&path[..=depth]);
                return Err(ApiError::invalid(format!("Received unknown parameter: {param}"))
                    .code("parameter_unknown")
                    .param(param));
            }
            // `metadata=` empties an object, `metadata=text` is a mistake.
            if !complete && !value.is_empty() {
                return Err(ApiError::invalid("Invalid object").param(shown(path)));
            }
        }
        Ok(())
    }
}

/// How many leading segments of `path` a pattern allows, and whether the two end together.
fn reach(pattern: &[String], path: &[String]) -> (usize, bool) {
    for (index, segment) in path.iter().enumerate() {
        match pattern.get(index).map(String::as_str) {
            Some("**") => return (path.len(), true),
            Some(allowed) if allowed == "*" || allowed == segment => {}
            _ => return (index, false),
        }
    }
    (path.len(), pattern.len() == path.len())
}

fn split(key: &str) -> Vec<String> {
    segments(key).unwrap_or_else(|_| vec![key.to_owned()])
}

fn segments(key: &str) -> Result<Vec<String>, ApiError> {
    let malformed = || ApiError::invalid(format!("Invalid request: malformed parameter name {key}"));
    let (head, mut rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    if head.is_empty() {
        return Err(malformed());
    }
    let mut path = vec![head.to_owned()];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(malformed)?;
        let end = inner.find(']').ok_or_else(malformed)?;
        path.push(inner[..end].to_owned());
        rest = &inner[end + 1..];
    }
    Ok(path)
}

fn shown(path: &[String]) -> String {
    let rest: Vec<String> = path[1..].iter().map(|segment| format!("[{segment}]")).collect();
    format!("{}{}", path[0], rest.concat())
}

#[cfg(test)]
mod tests {
    use super::Params;

    fn params(text: &str) -> Params {
        let mut params = Params::default();
        params.add(text.as_bytes()).expect("well-formed");
        params
    }

    #[test]
    fn nested_values_are_found_by_their_path() {
        let sent = params(
            "line_items[0][price_data][unit_amount]=1200&line_items[10][quantity]=2&line_items[2][quantity]=1",
        );
        assert_eq!(sent.integer("line_items[0][price_data][unit_amount]").expect("a number"), Some(1200));
        assert_eq!(sent.children("line_items"), ["0", "2", "10"]);
        assert!(sent.has("line_items[0][price_data]"));
        assert!(!sent.has("line_items[1]"));
    }

    #[test]
    fn empty_brackets_count_up() {
        assert_eq!(params("expand[]=a&expand[]=b").list("expand"), ["a", "b"]);
        let objects = params("items[][name]=a&items[][price]=1&items[][name]=b&items[][price]=2");
        assert_eq!(objects.text("items[0][price]"), Some("1"));
        assert_eq!(objects.text("items[1][name]"), Some("b"));
        assert_eq!(objects.text("items[1][price]"), Some("2"));
    }

    #[test]
    fn unknown_parameters_are_named_as_far_as_they_are_unknown() {
        let known = ["email", "metadata[*]", "address[city]", "settings[**]"];
        let unknown =
            |text: &str| params(text).check(&known, &["shipping"]).expect_err("refused").body("req_1");
        assert_eq!(unknown("colour=red")["error"]["param"], "colour");
        assert_eq!(unknown("colour[deep][er]=red")["error"]["param"], "colour");
        assert_eq!(unknown("address[planet]=x")["error"]["param"], "address[planet]");
        assert_eq!(unknown("email[x]=1")["error"]["code"], "parameter_unknown");
        assert_eq!(unknown("metadata=text")["error"]["message"], "Invalid object");
        assert_eq!(unknown("shipping[name]=x")["error"]["code"], "parameter_not_simulated");
        for fine in ["email=a", "metadata[k]=v", "metadata=", "settings[a][b][c]=1", "expand[]=x", ""] {
            assert!(params(fine).check(&known, &[]).is_ok(), "{fine}");
        }
    }

    #[test]
    fn the_canonical_text_ignores_order_and_sees_values() {
        assert_eq!(params("a=1&b=2").canonical(), params("b=2&a=1").canonical());
        assert_ne!(params("a=1&b=2").canonical(), params("a=1&b=3").canonical());
    }

    #[test]
    fn malformed_names_are_refused() {
        for bad in ["[a]=1", "a[b=1", "a[b]c=1"] {
            assert!(Params::default().add(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
