//! A recorded call, and whether it writes.

use std::fmt;

use serde_json::Value;

use super::http::Request;

/// A request that arrived, whatever became of it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// With the port.
    pub host: String,
    /// As it was sent.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// What was sent.
    pub body: Body,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was answered; `None` when the connection was dropped.
    pub status: Option<u16>,
    /// What was answered, when it was JSON.
    pub answer: Option<Value>,
    effect: Effect,
}

/// A body that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// There was none.
    Empty,
    /// It was JSON.
    Json(Value),
    /// It was something else.
    Bytes {
        /// How many.
        length: usize,
        /// As the header says.
        media_type: String,
    },
}

/// Whether a call changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only looks. Calling what is deployed is counted here.
    Read,
    /// It makes, changes or removes something.
    Write,
}

impl Call {
    pub(crate) fn of(request: &Request, effect: Effect) -> Self {
        let media_type = request.header("content-type").unwrap_or_default().to_owned();
        let body = match serde_json::from_slice(&request.body) {
            _ if request.body.is_empty() => Body::Empty,
            Ok(value) if media_type.contains("json") => Body::Json(value),
            _ => Body::Bytes { length: request.body.len(), media_type },
        };
        Self {
            method: request.method.clone(),
            host: request.host.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body,
            headers: request.headers.clone().into_iter().collect(),
            status: None,
            answer: None,
            effect,
        }
    }

    /// A value of the query, decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// Whether it changes anything.
    pub fn effect(&self) -> Effect {
        self.effect
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or("dropped".to_owned(), |status| status.to_string());
        write!(f, "{} {}{} -> {status}", self.method, self.host, self.path)
    }
}
