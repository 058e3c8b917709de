//! What an activation asks: the request itself, or an HTTP request that came to a web action
//! (<https://github.com/apache/openwhisk/blob/master/docs/webactions.md#http-context>).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::host::ask::Headers;
use crate::problem::{Kind, Problem};
use crate::request::Wrap;

/// What the names of HTTP context begin with.
const CONTEXT: &str = "__ow_";

/// The one name that a plain action's request for many examples has.
const INSTANCES: &str = "instances";

/// One activation.
#[derive(Debug)]
pub(super) struct Activation {
    /// When OpenWhisk gives it up, in milliseconds since 1970.
    pub(super) deadline_ms: Option<u64>,
    pub(super) asked: Asked,
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The request itself, in JSON.
    Plain { request: Vec<u8>, wrap: Wrap },
    /// An HTTP request.
    Web(Web),
}

/// A web action's request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Web {
    pub(super) method: String,
    pub(super) path: String,
    headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// The line of an activation, of which the names and the key of the action are read over.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    deadline: Option<&'a RawValue>,
}

/// The members of an object, as they are written.
type Members<'a> = BTreeMap<String, &'a RawValue>;

impl Activation {
    /// The activation on a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, Problem> {
        let wire: Wire<'_> = serde_json::from_slice(line).map_err(|error| {
            Problem::new(Kind::NotJson, format!("the activation is not one: {error}"))
        })?;
        // The platform writes the number as text.
        let deadline = wire.deadline.map(|raw| raw.get().trim_matches('"').parse());
        let value = wire.value.map_or("{}", RawValue::get);
        let asked = match serde_json::from_slice::<Members<'_>>(value.as_bytes()) {
            Ok(members) if members.keys().any(|name| name.starts_with(CONTEXT)) => {
                Asked::Web(Web::new(members))
            }
            Ok(members) => {
                let is_many = members.len() == 1
                    && members.get(INSTANCES).is_some_and(|many| many.get().starts_with('['));
                let wrap = if is_many { Wrap::Instances } else { Wrap::Plain };
                Asked::Plain { request: value.into(), wrap }
            }
            // A list; what is neither is refused as on every host.
            Err(_) => Asked::Plain { request: value.into(), wrap: Wrap::Plain },
        };
        Ok(Self { deadline_ms: deadline.and_then(Result::ok), asked })
    }
}

impl Web {
    fn new(mut members: Members<'_>) -> Self {
        let method = text(members.get("__ow_method")).unwrap_or_default().to_ascii_uppercase();
        let headers = members.get("__ow_headers").map_or("{}", |headers| headers.get());
        let headers: BTreeMap<String, Option<String>> =
            serde_json::from_slice(headers.as_bytes()).unwrap_or_default();
        let headers: BTreeMap<String, String> =
            headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let path = match text(members.get("__ow_path")).unwrap_or_default() {
            // The action's own address is where predictions are asked for.
            path if matches!(&*path, "" | "/") && method == "POST" => "/predict".to_owned(),
            path if path.is_empty() => "/".to_owned(),
            path => path,
        };
        let way = match members.contains_key("__ow_query") {
            true => Way::Raw,
            false => Way::Parsed,
        };
        let body = members.remove("__ow_body");
        members.retain(|name, _| !name.starts_with(CONTEXT));
        let media_type = headers.get("content-type").map(String::as_str).unwrap_or_default();
        let body = match body {
            Some(body) => bytes(body.get(), media_type, way),
            // JSON that is an object comes as members beside the context.
            None => object(&members),
        };
        Self { method, path, headers, body }
    }
}

impl Headers for Web {
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(String::as_bytes)
    }
}

/// How the platform hands bodies on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As they are: the action is annotated with `raw-http`.
    Raw,
    /// JSON as JSON, the rest as it is.
    Parsed,
}

/// The bytes of a body that stands apart. What is not text the platform writes as base64, and JSON
/// too where it does not read it.
fn bytes(body: &str, media_type: &str, way: Way) -> Vec<u8> {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    let Ok(text) = serde_json::from_slice::<String>(body.as_bytes()) else { return body.into() };
    match way {
        Way::Parsed if is_json => body.into(),
        _ if kind.starts_with("text/") => text.into_bytes(),
        _ => STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes()),
    }
}

/// The members as one object.
fn object(members: &Members<'_>) -> Vec<u8> {
    let mut object = vec![b'{'];
    for (name, value) in members {
        if object.len() > 1 {
            object.push(b',');
        }
        object.extend(Value::from(name.as_str()).to_string().bytes());
        object.push(b':');
        object.extend(value.get().bytes());
    }
    object.push(b'}');
    object
}

fn text(raw: Option<&&RawValue>) -> Option<String> {
    serde_json::from_slice(raw?.get().as_bytes()).ok()
}

#[cfg(test)]
mod tests;
