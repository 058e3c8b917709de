//! Paths, methods and replies: the same on every host.

use std::borrow::Cow;

use serde_json::json;

use super::v2::{self, JSON_BYTES};
use crate::problem::{self, Kind, Problem};
use crate::service::Prediction;

/// The header that says what a body is.
pub(super) const CONTENT_TYPE: &str = "content-type";

/// What a path and a method ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// `GET /healthz`: the process lives.
    Health,
    /// `GET /readyz`: the model is loaded.
    Ready,
    /// `GET /metrics`: what was counted.
    Metrics,
    /// `POST /predict`.
    Predict,
    /// `GET /openapi.json`: the description of the service.
    OpenApi,
    /// `GET /`: the page, where there is one.
    Page,
}

/// What a host sends back.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// Of the body.
    pub(super) media_type: Cow<'static, str>,
    /// The methods that the path takes, when the request's is not one.
    pub(super) allow: Option<&'static str>,
    /// Headers of this reply alone.
    pub(super) others: Vec<(&'static str, String)>,
    /// What it says that is wrong.
    pub(super) problem: Option<Kind>,
    /// The bytes.
    pub(super) body: Vec<u8>,
}

/// The path without the slash that some clients put behind it.
pub(super) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path)
}

/// True for the paths of probes, which show no key.
pub(super) fn is_for_probes(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/v2/health/live" | "/v2/health/ready")
}

/// The route, or the reply where there is none.
pub(super) fn route(method: &str, path: &str) -> Result<Route, Reply> {
    let Some((route, allow)) = at(path) else { return Err(not_found()) };
    if allow.split(", ").any(|allowed| allowed == method) {
        return Ok(route);
    }
    let detail = format!("this path takes {allow}");
    let reply = Reply::from(Problem::new(Kind::MethodNotAllowed, detail));
    Err(Reply { allow: Some(allow), ..reply })
}

/// What is at a path, and the methods that it takes.
fn at(path: &str) -> Option<(Route, &'static str)> {
    Some(match path {
        "/healthz" => (Route::Health, "GET, HEAD"),
        "/readyz" => (Route::Ready, "GET, HEAD"),
        "/metrics" => (Route::Metrics, "GET, HEAD"),
        "/predict" => (Route::Predict, "POST"),
        "/openapi.json" => (Route::OpenApi, "GET, HEAD"),
        "/" => (Route::Page, "GET, HEAD"),
        _ => return None,
    })
}

/// True when there is a route at the path.
pub(super) fn is_there(path: &str) -> bool {
    at(path).is_some() || v2::is_under(path)
}

/// The reply where nothing is.
pub(super) fn not_found() -> Reply {
    let detail = "the paths are `/predict`, `/healthz`, `/readyz`, `/metrics`, `/openapi.json` and \
                  those of `/v2`";
    Problem::new(Kind::NotFound, detail).into()
}

impl Reply {
    /// The headers, except those that frame the body.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let others = self.others.iter().map(|(name, value)| (*name, value.as_str()));
        let fixed = self.fixed().map(|(name, value)| -> (_, &str) { (name, value) });
        std::iter::once((CONTENT_TYPE, &*self.media_type)).chain(fixed).chain(others)
    }

    /// Those headers whose values are known beforehand.
    pub(super) fn fixed(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let headers = [
            ("cache-control", Some("no-store")),
            ("allow", self.allow),
            ("retry-after", (self.status == 503).then_some("1")),
            ("www-authenticate", (self.status == 401).then_some("Bearer")),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// An answer.
    pub(super) fn json(body: Vec<u8>) -> Self {
        Self::ok("application/json", body)
    }

    /// A document.
    pub(super) fn ok(media_type: impl Into<Cow<'static, str>>, body: Vec<u8>) -> Self {
        let media_type = media_type.into();
        Reply { status: 200, media_type, allow: None, others: Vec::new(), problem: None, body }
    }

    /// A state, as `{"status": …}`.
    pub(super) fn state(status: &str) -> Self {
        Reply::json(json!({ "status": status }).to_string().into_bytes())
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Reply {
            status: problem.kind.status(),
            media_type: problem::MEDIA_TYPE.into(),
            allow: None,
            others: Vec::new(),
            problem: Some(problem.kind),
            body: problem.to_json(),
        }
    }
}

impl From<Result<Prediction, Problem>> for Reply {
    fn from(answer: Result<Prediction, Problem>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(problem) => return problem.into(),
        };
        let mut reply = Reply::ok(answer.media_type, answer.bytes);
        reply.others.extend(answer.json_bytes.map(|length| (JSON_BYTES, length.to_string())));
        reply
    }
}
