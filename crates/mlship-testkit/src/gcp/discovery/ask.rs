//! A call that was checked against the document of its API.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, Method};
use super::schema::{Check, Direction};
use crate::gcp::error::Refusal;
use crate::gcp::http::Request;

/// A call that was checked against the document of its API.
pub(crate) struct Ask<'r> {
    pub(crate) request: &'r Request,
    /// The method's id: `run.projects.locations.services.create`.
    pub(crate) id: String,
    /// The API's title: `Cloud Run Admin API`.
    pub(crate) title: String,
    /// The path's parameters, decoded: `name` is `projects/P/locations/L/services/S`.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The query's, decoded, in their order.
    pub(crate) query: Vec<(String, String)>,
    /// The JSON body with enums by name and lowerCamelCase fields; `Null` when there was none.
    pub(crate) body: Value,
    pub(super) document: &'static Document,
    pub(super) method: &'static Method,
    /// What Google would pass over, and mlship has no business to send.
    pub(crate) remarks: Vec<String>,
}

impl Ask<'_> {
    /// A parameter of the path.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// All values of the query by that name.
    pub(crate) fn query_all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(is, _)| is == name).map(|(_, value)| value.as_str()).collect()
    }

    /// `run.googleapis.com`.
    pub(crate) fn service(&self) -> String {
        format!("{}.googleapis.com", self.id.split('.').next().unwrap_or_default())
    }

    /// What the call is about: the full name, or the bucket.
    pub(crate) fn resource(&self) -> String {
        let first = ["name", "resource", "parent", "service.name", "function.name", "bucket"];
        let found = first.iter().map(|name| self.path(name)).find(|value| !value.is_empty());
        found.unwrap_or_default().to_owned()
    }

    /// The project that the path names.
    pub(crate) fn project(&self) -> Option<&str> {
        let in_name = |value: &'_ String| value.starts_with("projects/");
        let name = self.parameters.values().find(|value| in_name(value))?;
        name.split('/').nth(1)
    }

    /// Whether bytes are asked for or sent, not JSON.
    pub(crate) fn is_media(&self) -> bool {
        self.query("alt") == Some("media")
    }

    /// What is sent apart from the body, checked as the body would be.
    ///
    /// # Errors
    /// 400 for anything that the document does not know.
    pub(crate) fn checked(&self, body: &Value) -> Result<Value, Refusal> {
        let mut check = Check::new(self.document, Direction::Asked, self.method);
        let schema = self.method.request.clone().unwrap_or_default();
        let meant = check.value(&schema, body, "");
        match check.problems.is_empty() {
            true => Ok(meant),
            false => Err(super::refusal(&check.problems)),
        }
    }
}
