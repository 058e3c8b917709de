//! A registry as a host: `LOCATION-docker.pkg.localhost`. Logins are asked for here; all else is the
//! real registry's behind it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::images;
use crate::gcp::http::{Request, Response, exchange};
use crate::gcp::server::Shared;
use crate::gcp::state::State;
use crate::gcp::tokens;
use crate::registry::Registry;

const DOMAIN: &str = "-docker.pkg.localhost";

/// The host of the repositories of a location.
pub(super) fn host_of(location: &str) -> String {
    format!("{location}{DOMAIN}")
}

/// The full name of the repository that a path of a host is in: `PROJECT/REPOSITORY/NAME`.
pub(super) fn repository(host: &str, path: &str) -> Option<String> {
    let location = host.strip_suffix(DOMAIN)?;
    let (project, rest) = path.split_once('/')?;
    let (repository, _) = rest.split_once('/')?;
    Some(format!("projects/{project}/locations/{location}/repositories/{repository}"))
}

/// Answers for the hosts of registries.
pub(in crate::gcp) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    host.strip_suffix(DOMAIN)?;
    let token = token(request);
    if request.path == "/v2/token" {
        return Some(match token {
            Some(token) => Response::json(200, &json!({"token": token, "expires_in": 3600})),
            None => error(401, "UNAUTHORIZED", "authentication failed"),
        });
    }
    if token.is_none() {
        let host = &request.host;
        let challenge = format!("Bearer realm=\"http://{host}/v2/token\",service=\"{host}\"");
        return Some(
            error(401, "UNAUTHORIZED", "unauthorized").with("www-authenticate", &challenge),
        );
    }
    let Some(path) = request.path.strip_prefix("/v2/").filter(|path| !path.is_empty()) else {
        return Some(Response::json(200, &json!({})));
    };
    let repository = repository(&host, path);
    let address = {
        let mut state = shared.lock();
        if let Some(refusal) = refusal(&state, request, repository.as_deref()) {
            return Some(refusal);
        }
        images::process(&mut state, &repository?).map(Registry::address)?
    };
    let failed = |_| Response::text(502, "the registry behind the stand-in did not answer");
    Some(exchange(address, request).unwrap_or_else(failed))
}

/// An access token: as a bearer, or as the password of `oauth2accesstoken`.
fn token(request: &Request) -> Option<String> {
    let header = request.header("authorization")?;
    let token = match header.strip_prefix("Basic ") {
        Some(basic) => {
            let login = String::from_utf8(STANDARD.decode(basic.trim()).ok()?).ok()?;
            login.strip_prefix("oauth2accesstoken:")?.to_owned()
        }
        None => request.bearer()?.to_owned(),
    };
    // An identity token is for services.
    (!token.is_empty() && tokens::claims(&token).is_none()).then_some(token)
}

fn error(status: u16, code: &str, message: &str) -> Response {
    Response::json(status, &json!({"errors": [{"code": code, "message": message}]}))
}

fn refusal(state: &State, request: &Request, repository: Option<&str>) -> Option<Response> {
    if state.disabled.contains("artifactregistry.googleapis.com") {
        let message =
            "Artifact Registry API has not been used in project before or it is disabled.";
        return Some(error(403, "DENIED", message));
    }
    let permission = match request.method.as_str() {
        "GET" | "HEAD" => "artifactregistry.repositories.downloadArtifacts",
        "DELETE" => "artifactregistry.repositories.deleteArtifacts",
        _ => "artifactregistry.repositories.uploadArtifacts",
    };
    let name = repository.unwrap_or_default();
    if state.denied.contains(permission) {
        let message = format!(
            "Permission \"{permission}\" denied on resource \"{name}\" (or it may not exist)"
        );
        return Some(error(403, "DENIED", &message));
    }
    if !state.repositories.contains_key(name) {
        let id = name.rsplit('/').next().unwrap_or_default();
        return Some(error(404, "NAME_UNKNOWN", &format!("Repository \"{id}\" not found")));
    }
    None
}
