//! Google's discovery documents: which methods there are, and what may be sent and answered. They
//! are read from the packages of the test environment. Knows nothing of what a method does.

mod ask;
mod document;
mod enums;
mod formats;
mod path;
mod query;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde_json::Value;

pub(crate) use ask::Ask;
use document::{Document, Method};
use path::Found;
use schema::{Check, Direction};

use super::error::Refusal;
use super::http::Request;
use crate::cloud::http::Arrived;

/// All documents, in the order in which they are asked.
static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(document::load);

/// All documents.
pub(crate) struct Discovery {
    documents: &'static [Document],
}

/// A method, its document, and what the path says.
type Chosen = (&'static Document, &'static Method, Found);

/// Whether a path is one for uploads.
pub(crate) fn is_upload(request: &Request) -> bool {
    request.path.starts_with("/upload/") || request.path.starts_with("/resumable/")
}

impl Discovery {
    /// # Panics
    /// When the documents are not installed.
    pub(crate) fn load() -> Self {
        Self { documents: &DOCUMENTS }
    }

    /// Finds the method that a call is for, and checks it.
    ///
    /// # Errors
    /// 404 for an unknown path, 400 for anything that the document does not know.
    pub(crate) fn ask<'r>(&self, request: &'r Request) -> Result<Ask<'r>, Refusal> {
        let (document, method, found) = self.method(request)?;
        let mut problems = query::problems(document, method, request);
        let (mut body, mut remarks) = (Value::Null, Vec::new());
        if !is_upload(request) && request.arrived == Arrived::Whole {
            let mut check = Check::new(document, Direction::Asked, method);
            body = check.body(request);
            problems.append(&mut check.problems);
            remarks = check.remarks;
        }
        if !problems.is_empty() {
            return Err(refusal(&problems));
        }
        Ok(Ask {
            request,
            id: method.id.clone(),
            title: document.title.clone(),
            parameters: found.into_iter().collect(),
            query: query::pairs(request),
            body,
            document,
            method,
            remarks,
        })
    }

    /// The method whose path says most: a verb after a colon is no part of a name.
    fn method(&self, request: &Request) -> Result<Chosen, Refusal> {
        let mut best: Option<(usize, Chosen)> = None;
        for document in self.documents {
            for method in document.of_verb(&request.method, request) {
                let Some((literal, found)) = method.fit(&request.path) else { continue };
                if best.as_ref().is_none_or(|(most, _)| literal > *most) {
                    best = Some((literal, (document, method, found)));
                }
            }
        }
        let message =
            || format!("The requested URL {} was not found on this server.", request.path);
        best.map(|(_, chosen)| chosen).ok_or_else(|| Refusal::not_found(message()))
    }

    /// An answer with its enums as the caller wants them, and what is wrong with it.
    pub(crate) fn shown(&self, ask: &Ask<'_>, body: Value) -> (Value, Vec<String>) {
        let numbers = ask.query("$alt").is_some_and(|alt| alt.ends_with("enum-encoding=int"));
        let direction = if numbers { Direction::AnsweredInNumbers } else { Direction::Answered };
        let Some(schema) = &ask.method.response else { return (body, Vec::new()) };
        let mut check = Check::of(ask.document, direction);
        let shown = check.value(schema, &body, "");
        (shown, check.problems)
    }
}

/// What is said of all that is wrong with a call.
fn refusal(problems: &[String]) -> Refusal {
    let one = |problem: &String| serde_json::json!({"description": problem});
    let message = format!("Invalid JSON payload received. {}", problems.join("\n"));
    Refusal::invalid(message).with(serde_json::json!({
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": problems.iter().map(one).collect::<Vec<_>>(),
    }))
}
