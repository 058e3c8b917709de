//! The host that runs functions: where it is, its keys, and whether it found the function.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::Method;
use serde_json::Value;

use crate::arm::{Arm, Call, Id};
use crate::config::Access;
use crate::connect::Cloud;
use crate::error::failed;
use crate::smoke::{Door, Key};
use crate::web::may_pass;

/// How often a host that is there and says that it failed is asked again: one that has just been
/// given something new may still tell of the old.
const LOOKS_AT_A_FAILURE: u32 = 5;

/// The names that an app or a slot answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// Where functions are called.
    pub(crate) standard: String,
    /// Where packages are published.
    pub(crate) scm: Option<String>,
}

impl Hosts {
    /// Out of an app or slot as Azure shows it.
    pub(crate) fn of(found: &Value) -> Option<Self> {
        let properties = &found["properties"];
        let named = |of_type: &str| {
            let all = properties["hostNameSslStates"].as_array()?;
            let one = all.iter().find(|one| one["hostType"] == of_type)?;
            one["name"].as_str().map(str::to_owned)
        };
        let default = properties["defaultHostName"].as_str().map(str::to_owned);
        Some(Self { standard: default.or_else(|| named("Standard"))?, scm: named("Repository") })
    }
}

/// The keys of a host.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Opens the host's own addresses.
    pub(crate) master: String,
    /// Opens the functions.
    pub(crate) function: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// Those of an app or slot, once its host has made them.
    pub(crate) async fn read(arm: &Arm, app: &Id) -> Result<Self, ProviderError> {
        let call = Call { operation: "read the keys of", resource: app.name() };
        for left in (0..arm.pace.polls).rev() {
            let found = match arm.post(call, app, "host/default/listkeys", &Value::Null).await {
                // The host has not started yet.
                Err(error) if left > 0 && has_not_started(&error) => Value::Null,
                found => found?,
            };
            let function = found["functionKeys"]["default"].as_str();
            if let (Some(master), Some(function)) = (found["masterKey"].as_str(), function) {
                return Ok(Self { master: master.to_owned(), function: function.to_owned() });
            }
            tokio::time::sleep(arm.pace.poll).await;
        }
        Err(failed(ErrorKind::Failed, call.operation, call.resource, "its host makes no keys"))
    }
}

/// Resource Manager asks the host itself, and says so when there is none.
fn has_not_started(error: &ProviderError) -> bool {
    error.kind == ErrorKind::NotFound || error.reason.contains("host runtime")
}

/// Where callers come in: with the function key, unless everyone may.
pub(crate) fn door(hosts: &Hosts, keys: &Keys, access: Access) -> Door {
    let key = match access {
        Access::Key => Key::Function(keys.function.clone()),
        Access::Public => Key::None,
    };
    Door { host: hosts.standard.clone(), key }
}

/// Tells the front end of the functions that the package has.
pub(crate) async fn sync(arm: &Arm, app: &Id) -> Result<(), ProviderError> {
    let call = Call { operation: "make known the functions of", resource: app.name() };
    arm.post(call, app, "syncfunctiontriggers", &Value::Null).await.map(|_| ())
}

/// Waits until the host runs and has a function to call.
///
/// # Errors
/// [`ErrorKind::Failed`] when it does not start, or finds no function in the package.
pub(crate) async fn until_ready(
    cloud: &Cloud,
    hosts: &Hosts,
    keys: &Keys,
    name: &str,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    progress.step("wait for the functions host");
    running(cloud, hosts, keys, name).await?;
    let call = Call { operation: "list the functions of", resource: name };
    for _ in 0..LOOKS_AT_A_FAILURE {
        let found = ask(cloud, call, hosts, keys, "/admin/functions").await?;
        if found.as_array().is_some_and(|all| !all.is_empty()) {
            return Ok(());
        }
        tokio::time::sleep(cloud.pace().poll).await;
    }
    let reason = "the host found no function in the package";
    let error = failed(ErrorKind::Failed, "start the functions of", name, reason);
    Err(error.with_hint(
        "its zip must have `host.json`, `predict/function.json`, and `handler` as an executable; \
         run `mlship package` again and look at what it made",
    ))
}

async fn running(
    cloud: &Cloud,
    hosts: &Hosts,
    keys: &Keys,
    name: &str,
) -> Result<(), ProviderError> {
    let call = Call { operation: "look at the host of", resource: name };
    let mut failures = 0;
    for _ in 0..cloud.pace().polls {
        let status = ask(cloud, call, hosts, keys, "/admin/host/status").await?;
        match status["state"].as_str() {
            Some("Running") => return Ok(()),
            Some("Error") => failures += 1,
            _ => {}
        }
        if failures > LOOKS_AT_A_FAILURE {
            let why = status["errors"][0].as_str().unwrap_or("it does not say why");
            let reason = format!("its host fails: {why}");
            let error = failed(ErrorKind::Failed, "start the functions of", name, reason);
            return Err(error.with_hint("`mlship logs --provider azure` shows what it wrote"));
        }
        tokio::time::sleep(cloud.pace().poll).await;
    }
    let reason = "its host does not start in the time that mlship waits";
    let error = failed(ErrorKind::Unavailable, "start the functions of", name, reason);
    Err(error.with_hint("run the same command again; it goes on where it stopped"))
}

/// What the host says at one of its own addresses; null while it is not there.
async fn ask(
    cloud: &Cloud,
    call: Call<'_>,
    hosts: &Hosts,
    keys: &Keys,
    path: &str,
) -> Result<Value, ProviderError> {
    let request = || {
        let request = cloud.web.request(Method::GET, &hosts.standard, path);
        request.header("x-functions-key", &keys.master)
    };
    let mut answer = cloud.web.send(call, request()).await;
    for _ in 0..cloud.pace().retries {
        if !matches!(&answer, Err(error) if error.kind == ErrorKind::Unavailable) {
            break;
        }
        tokio::time::sleep(cloud.pace().retry_backoff).await;
        answer = cloud.web.send(call, request()).await;
    }
    match answer {
        Ok(answer) if answer.status <= 299 => {
            Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
        }
        // Keys that were just made are not known everywhere yet, and hosts restart.
        Ok(answer) if may_pass(answer.status) || [401, 403, 429, 500].contains(&answer.status) => {
            Ok(Value::Null)
        }
        Ok(answer) => {
            Err(crate::error::refused(call.operation, call.resource, answer.status, &answer.body))
        }
        Err(error) => Err(error),
    }
}
