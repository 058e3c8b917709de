//! JSON against the schemas of a document: fields, types, enums, formats.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::document::{Document, Method};
use super::formats;
use crate::gcp::http::Request;

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the API. Enums come out by name.
    Asked,
    /// From it, with enums by name.
    Answered,
    /// From it, with enums by number.
    AnsweredInNumbers,
}

/// One check, and what it found.
pub(super) struct Check<'d> {
    document: &'d Document,
    direction: Direction,
    method: Option<&'d Method>,
    /// What is refused.
    pub(super) problems: Vec<String>,
    /// What Google passes over.
    pub(super) remarks: Vec<String>,
}

/// The names of an enum; none when it is no enum.
pub(super) fn names(schema: &Value) -> Vec<&str> {
    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether a path of a field mask leads to a field.
pub(super) fn has_path(document: &Document, schema: &Value, path: &str) -> bool {
    let mut schema = resolved(document, schema);
    for word in path.split('.') {
        if schema.get("additionalProperties").is_some() || schema["type"] == "array" {
            return true;
        }
        let Some(field) = schema["properties"].get(&*camel(word)) else { return false };
        schema = resolved(document, field);
    }
    true
}

fn resolved<'d>(document: &'d Document, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(name) => &document.schemas[name],
        None => schema,
    }
}

/// `service_account` is `serviceAccount` too.
fn camel(name: &str) -> Cow<'_, str> {
    if !name.contains('_') || name.starts_with('_') {
        return name.into();
    }
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    let rest = words.map(|word| {
        let (head, tail) = word.split_at(word.len().min(1));
        head.to_uppercase() + tail
    });
    rest.fold(first, |all, word| all + &word).into()
}

impl<'d> Check<'d> {
    pub(super) fn new(document: &'d Document, direction: Direction, method: &'d Method) -> Self {
        Self { method: Some(method), ..Self::of(document, direction) }
    }

    pub(super) fn of(document: &'d Document, direction: Direction) -> Self {
        Self { document, direction, method: None, problems: Vec::new(), remarks: Vec::new() }
    }

    /// The body of a call; `Null` for none.
    pub(super) fn body(&mut self, request: &Request) -> Value {
        let schema = self.method.and_then(|method| method.request.as_ref());
        match (schema, request.body.is_empty()) {
            (None, true) => Value::Null,
            (None, false) if request.body == b"{}" => Value::Null,
            (None, false) => self.wrong("", "the method takes no body"),
            (Some(_), true) => json!({}),
            (Some(schema), false) => match serde_json::from_slice::<Value>(&request.body) {
                Ok(body) => self.value(schema, &body, ""),
                Err(error) => self.wrong("", &format!("the body is no JSON: {error}")),
            },
        }
    }

    fn wrong(&mut self, at: &str, why: &str) -> Value {
        self.problems.push(match at {
            "" => why.to_owned(),
            at => format!("Invalid value at '{}': {why}", at.trim_start_matches('.')),
        });
        Value::Null
    }

    /// A value as it is meant: fields by their own names, enums as the direction has them.
    pub(super) fn value(&mut self, schema: &Value, value: &Value, at: &str) -> Value {
        let schema = &resolved(self.document, schema).clone();
        let names = names(schema);
        if !names.is_empty() {
            return self.one_of(&names, value, at);
        }
        match (schema["type"].as_str().unwrap_or("any"), value) {
            ("any", _) => self.any(value, at),
            ("object", Value::Object(members)) => self.object(schema, members, at),
            ("array", Value::Array(items)) => {
                let one =
                    |(index, item)| self.value(&schema["items"], item, &format!("{at}[{index}]"));
                Value::Array(items.iter().enumerate().map(one).collect())
            }
            ("boolean", Value::Bool(_)) => value.clone(),
            ("number", Value::Number(_)) => value.clone(),
            ("integer", _) => self.whole(schema, value, at),
            ("string", _) => self.text(schema, value, at),
            (kind, _) => self.wrong(at, &format!("{value} is no {kind}")),
        }
    }

    fn object(&mut self, schema: &Value, members: &Map<String, Value>, at: &str) -> Value {
        let mut meant = Map::new();
        for (name, value) in members {
            let inside = format!("{at}.{name}");
            let camel = if self.direction == Direction::Asked { camel(name) } else { name.into() };
            if let Some(field) = schema["properties"].get(&*camel) {
                if value.is_null() {
                    continue;
                }
                if self.passed_over(field, &camel) {
                    let at = inside.trim_start_matches('.');
                    self.remarks.push(format!("'{at}' is read-only and was passed over"));
                    continue;
                }
                meant.insert(camel.into_owned(), self.value(field, value, &inside));
            } else if let Some(items) = schema.get("additionalProperties") {
                meant.insert(name.clone(), self.value(items, value, &inside));
            } else if name != "@type" {
                let at = if at.is_empty() { String::new() } else { format!(" at '{}'", &at[1..]) };
                self.problems.push(format!("Unknown name \"{name}\"{at}: Cannot find field."));
            }
        }
        self.required(schema, &meant, at);
        Value::Object(meant)
    }

    /// An etag is read-only in the documents, and sent all the same.
    fn passed_over(&self, field: &Value, name: &str) -> bool {
        self.direction == Direction::Asked && field["readOnly"] == true && name != "etag"
    }

    /// What Storage says that an insert needs, and what the descriptions of others begin with.
    fn required(&mut self, schema: &Value, meant: &Map<String, Value>, at: &str) {
        let Some(method) = self.method.map(|method| method.id.clone()) else { return };
        let creates = method.ends_with(".create");
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let by_method = &field["annotations"]["required"];
            let by_method = by_method.as_array().is_some_and(|all| all.contains(&json!(method)));
            let said = field["description"].as_str().unwrap_or_default().starts_with("Required.");
            if (by_method || creates && said) && !meant.contains_key(name) {
                self.wrong(&format!("{at}.{name}"), "the field is required");
            }
        }
    }

    fn one_of(&mut self, names: &[&str], value: &Value, at: &str) -> Value {
        let enums = &self.document.enums;
        let name = match value {
            Value::String(name) => Some(name.as_str()).filter(|name| names.contains(name)),
            Value::Number(number) => {
                let name = number.as_i64().and_then(|number| enums.name(names, number));
                name.filter(|name| names.contains(name))
            }
            _ => None,
        };
        let Some(name) = name.map(str::to_owned) else {
            return self.wrong(at, &format!("{value} is none of {}", names.join(", ")));
        };
        match self.direction {
            Direction::AnsweredInNumbers => match enums.number(names, &name) {
                Some(number) => json!(number),
                None => json!(name),
            },
            _ => json!(name),
        }
    }

    fn whole(&mut self, schema: &Value, value: &Value, at: &str) -> Value {
        let format = schema["format"].as_str().unwrap_or("int32");
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) if self.direction == Direction::Asked => text.clone(),
            _ => String::new(),
        };
        let number = text.parse::<i64>().ok().filter(|_| formats::fits(format, &text));
        match number {
            Some(number) => json!(number),
            None => self.wrong(at, &format!("{value} is no {format}")),
        }
    }

    fn text(&mut self, schema: &Value, value: &Value, at: &str) -> Value {
        let format = schema["format"].as_str().unwrap_or_default();
        let number = ["int64", "uint64"].contains(&format) && self.direction == Direction::Asked;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(given) if number => given.to_string(),
            _ => return self.wrong(at, &format!("{value} is no string")),
        };
        match formats::fits(format, &text) {
            true => json!(text),
            false => self.wrong(at, &format!("\"{text}\" is no {format}")),
        }
    }

    /// Anything; when it says its type and the document has it, that.
    fn any(&mut self, value: &Value, at: &str) -> Value {
        let kind = value["@type"].as_str().and_then(|kind| kind.rsplit('.').next());
        let Some(kind) = kind else { return value.clone() };
        let names = [kind.to_owned(), format!("GoogleCloudRunV2{kind}")];
        let known = names.iter().find(|name| self.document.schemas.get(*name).is_some());
        let Some(name) = known else { return value.clone() };
        let mut meant = self.value(&json!({"$ref": name}), value, at);
        meant["@type"] = value["@type"].clone();
        meant
    }
}
