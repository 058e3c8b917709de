//! What Resource Manager checks before a provider hears of a call: versions and permissions.

use super::error::{error, forbidden};
use super::http::{Request, Response};
use super::resource_type::ResourceType;
use super::state::State;

/// The api-version must be given and known.
pub(super) fn version(request: &Request, known: &[&str], of: &str) -> Result<(), Response> {
    let Some(version) = request.query("api-version") else {
        let message = "The api-version query parameter (?api-version=) is required for all \
                       requests.";
        return Err(error(400, "MissingApiVersionParameter", message));
    };
    if known.contains(&version.as_str()) {
        return Ok(());
    }
    let supported = known.join(",");
    Err(match of.split_once('/') {
        Some((_, kind)) => {
            let message = format!(
                "No registered resource provider found for location 'westeurope' and API version \
                 '{version}' for type '{kind}'. The supported api-versions are '{supported}'. The \
                 supported locations are 'westeurope, eastus'."
            );
            error(400, "NoRegisteredProviderFound", &message)
        }
        None => {
            let message = format!(
                "The api-version '{version}' is invalid. The supported versions are '{supported}'."
            );
            error(400, "InvalidApiVersionParameter", &message)
        }
    })
}

/// The caller must be allowed to do it.
pub(super) fn permission(state: &State, action: &str, scope: &str) -> Result<(), Response> {
    match state.denied.contains(&action.to_lowercase()) {
        true => Err(forbidden(action, scope)),
        false => Ok(()),
    }
}

/// The action's name, as roles list it: names of resources left out, then what is done.
pub(super) fn action(kind: &dyn ResourceType, method: &str, words: &[&str]) -> String {
    let mut text = kind.name().to_owned();
    for word in words.iter().step_by(2) {
        text.push_str(&format!("/{word}"));
    }
    let verb = match method {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        "POST" => "action",
        _ => "write",
    };
    format!("{text}/{verb}")
}
