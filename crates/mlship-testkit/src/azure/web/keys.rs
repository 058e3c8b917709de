//! The keys of a functions host.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::azure::http::Request;
use crate::azure::state::{Resource, State};

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Functions.
    Function,
    /// Everything.
    Master,
}

/// The keys of a new host.
pub(super) fn new(state: &mut State) -> Value {
    let mut key = || {
        use base64::Engine;
        let digest = Sha256::digest(format!("key {}", state.next()));
        base64::engine::general_purpose::URL_SAFE.encode(digest)
    };
    json!({"masterKey": key(), "functionKeys": {"default": key()}, "systemKeys": {}})
}

/// What the key of a call opens; `None` when it has none that fits.
pub(super) fn of_call(site: &Resource, request: &Request) -> Option<Level> {
    let code = request.query("code");
    let given = request.header("x-functions-key").or(code.as_deref())?;
    let keys = site.hidden.get("keys")?;
    if keys["masterKey"] == given {
        return Some(Level::Master);
    }
    let functions = keys["functionKeys"].as_object()?;
    functions.values().any(|key| key == given).then_some(Level::Function)
}
