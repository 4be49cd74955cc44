//! The operations as the OpenAPI document has them.

use serde_json::Value;

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    /// `GET` …
    pub method: String,
    /// With its parameters in braces.
    pub path: String,
    /// The names of the path's parameters that name a thing.
    pub parameters: Vec<String>,
    /// The permissions that it needs; `None` where anybody may call it.
    pub scopes: Option<Vec<String>>,
    /// All that the document says of it.
    pub said: Value,
}

impl Operation {
    /// Where it is for a thing of this name.
    pub fn address(&self, named: Option<&str>) -> String {
        let parameters = self.parameters.iter();
        parameters.fold(self.path.clone(), |path, parameter| {
            path.replace(&format!("{{{parameter}}}"), named.expect("the path names a thing"))
        })
    }
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(api::document()).expect("the document is JSON");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, said) in item.as_object().expect("a path is an object") {
            let texts = |value: &Value| -> Vec<String> {
                value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let in_path = || {
                let parameters = said["parameters"].as_array().into_iter().flatten();
                parameters.filter(|parameter| parameter["in"] == "path").filter_map(|parameter| {
                    Some((parameter["name"].as_str()?, word_of(&document, &parameter["schema"])))
                })
            };
            // One of a few words is nobody's thing: the first of them does.
            let path = in_path().fold(path.clone(), |path, (name, word)| match word {
                Some(word) => path.replace(&format!("{{{name}}}"), word),
                None => path,
            });
            found.push(Operation {
                id: said["operationId"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path}: no operation id"))
                    .to_owned(),
                method: method.to_ascii_uppercase(),
                path,
                parameters: in_path()
                    .filter(|(_, word)| word.is_none())
                    .map(|(name, _)| name.to_owned())
                    .collect(),
                scopes: said.get("security").map(|security| texts(&security[0]["bearer"])),
                said: said.clone(),
            });
        }
    }
    assert!(found.len() > 50, "the document was read");
    found
}

/// The first word of a schema that lists them.
fn word_of<'a>(document: &'a Value, schema: &Value) -> Option<&'a str> {
    let pointer = schema["$ref"].as_str()?.strip_prefix('#')?;
    document.pointer(pointer)?["enum"][0].as_str()
}

#[test]
fn every_operation_is_described() {
    let operations = operations();
    for operation in &operations {
        let (id, said) = (&operation.id, &operation.said);
        assert_eq!(
            operations.iter().filter(|other| other.id == *id).count(),
            1,
            "{id} stands for two operations"
        );
        assert_eq!(said["tags"].as_array().map(Vec::len), Some(1), "{id}: one tag");
        assert!(said["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{id}: a summary");
        let problem = &said["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(problem, "#/components/schemas/Problem", "{id}: what a problem looks like");
        let responses = said["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}: what success looks like");
        for parameter in said["parameters"].as_array().into_iter().flatten() {
            let text = parameter["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{id}: the parameter {} is not described", parameter["name"]);
        }
        for security in said["security"].as_array().into_iter().flatten() {
            for scope in security["bearer"].as_array().into_iter().flatten() {
                let scope = scope.as_str().unwrap_or_default();
                assert!(scope.parse::<domain::permissions::Permission>().is_ok(), "{id}: {scope}");
            }
        }
    }
}
