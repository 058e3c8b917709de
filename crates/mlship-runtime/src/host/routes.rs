//! Paths, methods and replies: the same on every host.

use serde_json::json;

use crate::problem::{self, Kind, Problem};
use crate::service::Prediction;

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
}

/// What a host sends back.
#[derive(Debug)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// Of the body.
    pub(super) media_type: &'static str,
    /// The methods that the path takes, when the request's is not one.
    pub(super) allow: Option<&'static str>,
    /// Headers of this reply alone.
    pub(super) others: Vec<(&'static str, String)>,
    /// What it says that is wrong.
    pub(super) problem: Option<Kind>,
    /// The bytes.
    pub(super) body: Vec<u8>,
}

/// True for the paths of probes, which show no key.
pub(super) fn is_for_probes(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// The route, or the reply where there is none.
pub(super) fn route(method: &str, path: &str) -> Result<Route, Reply> {
    let (route, allow) = match path {
        "/healthz" => (Route::Health, "GET, HEAD"),
        "/readyz" => (Route::Ready, "GET, HEAD"),
        "/metrics" => (Route::Metrics, "GET, HEAD"),
        "/predict" => (Route::Predict, "POST"),
        _ => {
            let detail = "the paths are `/predict`, `/healthz`, `/readyz` and `/metrics`";
            return Err(Problem::new(Kind::NotFound, detail).into());
        }
    };
    if allow.split(", ").any(|allowed| allowed == method) {
        return Ok(route);
    }
    let detail = format!("this path takes {allow}");
    let reply = Reply::from(Problem::new(Kind::MethodNotAllowed, detail));
    Err(Reply { allow: Some(allow), ..reply })
}

impl Reply {
    /// The headers, except those that frame the body.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let headers = [
            ("content-type", Some(self.media_type)),
            ("cache-control", Some("no-store")),
            ("allow", self.allow),
            ("retry-after", (self.status == 503).then_some("1")),
            ("www-authenticate", (self.status == 401).then_some("Bearer")),
        ];
        let others = self.others.iter().map(|(name, value)| (*name, value.as_str()));
        headers.into_iter().filter_map(|(name, value)| Some((name, value?))).chain(others)
    }

    /// An answer.
    pub(super) fn json(body: Vec<u8>) -> Self {
        Self::ok("application/json", body)
    }

    /// A document.
    pub(super) fn ok(media_type: &'static str, body: Vec<u8>) -> Self {
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
            media_type: problem::MEDIA_TYPE,
            allow: None,
            others: Vec::new(),
            problem: Some(problem.kind),
            body: problem.to_json(),
        }
    }
}

impl From<Result<Prediction, Problem>> for Reply {
    fn from(answer: Result<Prediction, Problem>) -> Self {
        answer.map_or_else(Reply::from, |answer| Reply::ok(answer.media_type, answer.bytes))
    }
}
