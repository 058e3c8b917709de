//! Whether a call writes.

use crate::cloud::call::Effect;
use crate::cloud::http::Request;

/// Whether it changes anything.
pub(super) fn of(request: &Request) -> Effect {
    match request.method.as_str() {
        _ if is_for_what_is_deployed(request) => Effect::Read,
        "PUT" | "PATCH" | "DELETE" => Effect::Write,
        "POST" if posts_to_write(request) => Effect::Write,
        _ => Effect::Read,
    }
}

/// Whether it goes to a host where something that was deployed answers.
fn is_for_what_is_deployed(request: &Request) -> bool {
    let host = request.host.to_lowercase();
    let sites = host.contains(".azurewebsites.") && !host.contains(".scm.");
    sites || host.contains(".azurecontainerapps.") || host.contains(".azurecontainer.")
}

/// A POST writes when it is one of Resource Manager's actions that does not merely list, check,
/// get or query, or a deployment, or the start of an upload to a registry.
fn posts_to_write(request: &Request) -> bool {
    let path = request.path.to_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if path.starts_with("/subscriptions/") || path.starts_with("/providers/") {
        return !["list", "check", "query", "get"].iter().any(|verb| last.starts_with(verb));
    }
    path.starts_with("/v2/") || ["/api/publish", "/api/zipdeploy"].contains(&path.as_str())
}
