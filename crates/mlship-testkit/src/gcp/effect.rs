//! Whether a call writes.

use crate::cloud::call::Effect;
use crate::cloud::http::Request;

/// Whether it changes anything. Calling what is deployed, and asking for tokens, does not.
pub(super) fn of(request: &Request) -> Effect {
    let host = request.host_name();
    match request.method.as_str() {
        _ if host.ends_with(".run.localhost") => Effect::Read,
        "PUT" | "PATCH" | "DELETE" => Effect::Write,
        "POST" if posts_to_write(request) => Effect::Write,
        _ => Effect::Read,
    }
}

fn posts_to_write(request: &Request) -> bool {
    let reads = ["generateUploadUrl", "generateIdToken", "generateAccessToken", "list"];
    let verb = request.path.rsplit(':').next().unwrap_or_default();
    let tests = verb == "testIamPermissions" || request.path.ends_with("/token");
    let only_tried = request.query("validateOnly").is_some_and(|value| value == "true");
    !(reads.contains(&verb) || tests || only_tried)
}
