//! What the kinds that run an image by themselves share: container apps and container groups.

mod models;
mod version;

pub(crate) use models::Models;
pub(crate) use version::{Made, refuse_zip};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mlship_core::plan::Step;
use mlship_core::provider::{ErrorKind, ProviderError};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::config::Access;
use crate::error::failed;

/// The port that the runtime in an image listens on, as the image says it.
pub(crate) const PORT: u16 = 8080;
/// The variable with the key that the runtime asks callers for.
pub(crate) const KEY: &str = "MLSHIP_KEY";
/// The variable with the [`crate::stamp::Stamp`] of the version.
pub(crate) const STAMP: &str = "MLSHIP_STAMP";
/// The name of the one container.
pub(crate) const CONTAINER: &str = "mlship";

/// A key that nobody guesses: 32 random bytes.
pub(crate) fn new_key(name: &str) -> Result<String, ProviderError> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        failed(ErrorKind::Failed, "make a key for", name, "the system gives no random numbers")
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A step without differences.
pub(crate) fn step(verb: mlship_core::plan::Verb, resource: &str, name: impl Into<String>) -> Step {
    Step { verb, resource: resource.to_owned(), name: name.into(), differences: Vec::new() }
}

/// Who may call what runs with this environment.
pub(crate) fn access_in(environment: &serde_json::Value) -> Access {
    match environment.as_array().is_some_and(|all| all.iter().any(|one| one["name"] == KEY)) {
        true => Access::Key,
        false => Access::Public,
    }
}

/// The stamp in the environment of a container.
pub(crate) fn stamp_in(environment: &serde_json::Value) -> Option<crate::stamp::Stamp> {
    let all = environment.as_array()?;
    let text = all.iter().find(|one| one["name"] == STAMP)?["value"].as_str()?;
    crate::stamp::Stamp::read(text)
}
