//! A registry as a host: `NAME.azurecr.localhost`. Tokens are sold and asked for here; all else is
//! the real registry's behind it.

use serde_json::json;

use super::super::http::{Request, Response, exchange};
use super::super::server::Shared;
use super::super::state::State;
use super::{registries, tokens};

const DOMAIN: &str = ".azurecr.localhost";

/// The host of a registry.
pub(super) fn host_of(name: &str) -> String {
    format!("{}{DOMAIN}", name.to_lowercase())
}

/// The registry that a host is.
pub(super) fn named(host: &str) -> Option<&str> {
    host.strip_suffix(DOMAIN)
}

/// Answers for the hosts of registries.
pub(in super::super) fn registry_hosts(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    let name = named(&host)?;
    let removed = request.path.strip_prefix("/acr/v1/").filter(|_| request.method == "DELETE");
    let address = {
        let mut state = shared.lock();
        let found = state.named(registries::KIND, name).map(|registry| registry.id.clone());
        let Some(id) = found else { return Some(Response::text(404, "no such registry")) };
        if let Some(answer) = tokens::serve(&mut state, &id.text, request) {
            return Some(answer);
        }
        if let Some(refusal) = refusal(&state, &id.text, request) {
            return Some(refusal);
        }
        if let Some(repository) = removed {
            return Some(match registries::forget(&mut state, &id, repository) {
                true => Response::json(202, &json!({"manifestsDeleted": [], "tagsDeleted": []})),
                false => Response::json(404, &json!({"errors": [{"code": "NAME_UNKNOWN"}]})),
            });
        }
        registries::address(&mut state, &id)?
    };
    let failed = |_| Response::text(502, "the registry behind the stand-in did not answer");
    Some(exchange(address, request).unwrap_or_else(failed))
}

/// The challenge, when the call has no token that is good for it.
fn refusal(state: &State, registry: &str, request: &Request) -> Option<Response> {
    let action = match request.method.as_str() {
        "GET" | "HEAD" => "pull",
        "DELETE" => "delete",
        _ => "push",
    };
    let repository = repository(&request.path);
    let wanted = repository.map(|repository| (repository, action));
    if tokens::lets_in(state.get(registry)?, request, wanted) {
        return None;
    }
    let host = &request.host;
    let mut challenge = format!("Bearer realm=\"http://{host}/oauth2/token\",service=\"{host}\"");
    if let Some(repository) = repository {
        let actions = if action == "push" { "pull,push" } else { action };
        challenge.push_str(&format!(",scope=\"repository:{repository}:{actions}\""));
    }
    Some(tokens::unauthorized().with("www-authenticate", &challenge))
}

/// The repository that a path is about: below `/v2/`, or all of it below `/acr/v1/`.
fn repository(path: &str) -> Option<&str> {
    if let Some(repository) = path.strip_prefix("/acr/v1/") {
        return Some(repository);
    }
    let path = path.strip_prefix("/v2/")?;
    let ends = ["/manifests/", "/blobs/", "/tags/"].iter().filter_map(|middle| path.find(middle));
    ends.min().map(|end| &path[..end])
}
