//! Finds the login for a registry where Docker keeps it: in its `config.json`, or in the
//! credential helper that this names.

mod helper;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::error::{ErrorKind, RegistryError};
use crate::login::Login;
use crate::reference::canonical_registry;

/// Docker Hub's name in logins.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// Where logins are looked for; the caller reads the environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The folder of Docker's `config.json`: `DOCKER_CONFIG`, or `~/.docker`.
    pub docker_config: Option<PathBuf>,
    /// The folders of programs, as in `PATH`, for `docker-credential-…`.
    pub path: Option<OsString>,
}

/// The login that Docker would use for a registry; anonymous when it has none.
///
/// # Errors
/// The configuration cannot be read, or the helper that it names fails.
pub async fn find(registry: &str, sources: &Sources) -> Result<Login, RegistryError> {
    let Some(folder) = &sources.docker_config else { return Ok(Login::Anonymous) };
    let file = folder.join("config.json");
    let Some(config) = read(&file)? else { return Ok(Login::Anonymous) };
    let registry = canonical_registry(registry);
    let helpers = config.cred_helpers.iter();
    let named = helpers.filter(|(key, _)| host(key) == registry).map(|(_, name)| name).next();
    if let Some(name) = named.or(config.creds_store.as_ref()).filter(|name| !name.is_empty()) {
        let key = if registry == canonical_registry("docker.io") { HUB_KEY } else { registry };
        let found = helper::ask(name, key, sources.path.as_deref()).await?;
        if found != Login::Anonymous || named.is_some() {
            return Ok(found);
        }
    }
    let mut entries = config.auths.iter().filter(|(key, _)| host(key) == registry);
    entries
        .find_map(|(key, entry)| entry.login(&file, key).transpose())
        .unwrap_or(Ok(Login::Anonymous))
}

/// The registry that a key of the configuration is for: `https://r.example/v2/` is `r.example`.
fn host(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    canonical_registry(rest.split('/').next().unwrap_or_default())
}

fn read(file: &Path) -> Result<Option<Config>, RegistryError> {
    let operation = "read Docker's logins in";
    let Ok(metadata) = fs::metadata(file) else { return Ok(None) };
    let wrong =
        |reason: String| RegistryError::new(ErrorKind::Local, operation, file.display(), reason);
    if metadata.len() > LARGEST {
        return Err(wrong(format!("it is larger than {LARGEST} bytes")));
    }
    let text = fs::read(file).map_err(|error| RegistryError::file(operation, file, error))?;
    // The words of the parser may quote what is in the file: only the place is said.
    let config = serde_json::from_slice(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        wrong(format!("it is not as Docker writes it, at line {line}, column {column}"))
    })?;
    Ok(Some(config))
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default, rename = "credHelpers")]
    cred_helpers: BTreeMap<String, String>,
    #[serde(rename = "credsStore")]
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
struct Entry {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    identitytoken: String,
}

impl Entry {
    fn login(&self, file: &Path, key: &str) -> Result<Option<Login>, RegistryError> {
        if !self.identitytoken.is_empty() {
            return Ok(Some(Login::Identity(self.identitytoken.clone())));
        }
        if self.auth.is_empty() {
            let login =
                Login::Basic { user: self.username.clone(), password: self.password.clone() };
            return Ok((!self.username.is_empty()).then_some(login));
        }
        let decoded = STANDARD.decode(&self.auth).ok();
        let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
        let (user, password) = pair.ok_or_else(|| {
            let reason = format!("the login for `{}` is not one", key.escape_debug());
            RegistryError::new(ErrorKind::Local, "read Docker's logins in", file.display(), reason)
                .with_hint(format!("log in anew: `docker login {}`", key.escape_debug()))
        })?;
        // Docker ends some with a zero.
        let password = password.trim_end_matches('\0').to_owned();
        Ok(Some(Login::Basic { user: user.to_owned(), password }))
    }
}
