//! A call on something that runs an image.

use std::collections::BTreeMap;

use super::super::cloud::Served;
use super::super::http::{Request, Response};
use super::super::server::Shared;
use super::key;

/// What the artifact answers to whoever has its key. The state must not be locked.
pub(in super::super) fn answered(
    shared: &Shared,
    request: &Request,
    artifact: &[u8],
    environment: &BTreeMap<String, String>,
) -> Response {
    if let Some(refused) = key::refusal(environment, &request.path, &request.headers) {
        return refused;
    }
    let path = request.target();
    let served = Served {
        artifact,
        environment,
        path: &path,
        method: &request.method,
        headers: &request.headers,
    };
    match (shared.answer)(&served, &request.body) {
        Ok(body) => Response::typed(200, "application/json", body),
        Err(why) if why == "timeout" => Response::text(504, "stream timeout"),
        Err(why) => Response::text(500, &why),
    }
}
