//! A call on something that runs an image: the key first, as the runtime in it would have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::http::{Request, Response};
use super::super::server::Shared;
use super::super::web;
use super::key;

/// What the artifact answers to whoever has its key. The state must not be locked.
pub(in super::super) fn answered(
    shared: &Shared,
    request: &Request,
    artifact: &Arc<Vec<u8>>,
    environment: &BTreeMap<String, String>,
) -> Response {
    let refused = key::refusal(environment, &request.path, &request.headers);
    refused.unwrap_or_else(|| web::call(shared, request, artifact, environment))
}
