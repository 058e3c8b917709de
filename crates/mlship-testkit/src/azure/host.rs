//! The functions host for custom handlers, for real: unpacks an artifact with its modes, starts the
//! handler with its port in the environment, and hands calls on as the host does, as they came or
//! wrapped, whichever `host.json` asks for. Keys and routes are the stand-in's business.

mod wrapped;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::cloud::Served;
use super::http::{Arrived, Request, Response};
use super::web;
use crate::cloud::process::{End, Process, free_address};
use crate::cloud::unpack::unpack;

/// A running handler; it ends with this value.
#[derive(Debug)]
pub struct Host {
    process: Process,
    hands_on: HandsOn,
}

/// Where functions are in an image.
const WWWROOT: &str = "home/site/wwwroot";

/// How calls reach the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HandsOn {
    /// As they came.
    Plain,
    /// In JSON, to a path that is the function's name.
    Wrapped,
}

impl Host {
    /// Unpacks an artifact (a zip, or the tars of an image's layers) and starts its handler.
    ///
    /// # Errors
    /// What the host would say of it: no `host.json`, a handler that is not there, cannot be run,
    /// or ends by itself.
    pub fn start(artifact: &[u8], environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        unpack(artifact, WWWROOT, folder.path())?;
        let host = std::fs::read(folder.path().join("host.json"))
            .map_err(|error| format!("host.json: {error}"))?;
        let host: Value =
            serde_json::from_slice(&host).map_err(|error| format!("host.json: {error}"))?;
        let handler = &host["customHandler"];
        let on = |name: &str| handler[name] == true;
        let hands_on = match on("enableProxyingHttpRequest") || on("enableForwardingHttpRequest") {
            true => HandsOn::Plain,
            false => HandsOn::Wrapped,
        };
        let description = &handler["description"];
        let name = description["defaultExecutablePath"].as_str().ok_or("no custom handler")?;
        let arguments = description["arguments"].as_array().map(Vec::as_slice).unwrap_or_default();
        let address = free_address()?;
        let mut command = Command::new(folder.path().join(name));
        command
            .args(arguments.iter().filter_map(Value::as_str))
            .current_dir(folder.path())
            .env_clear()
            .envs(environment)
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", address.port().to_string());
        let process = Process::start(&mut command, address, folder, End::Kill)
            .map_err(|error| format!("could not start `{name}`: {error}"))?
            .ok_or_else(|| format!("`{name}` ended by itself"))?;
        Ok(Self { process, hands_on })
    }

    /// Hands a call on and its answer back.
    ///
    /// # Errors
    /// `STATUS BODY` when the handler answers with another status than 200.
    pub fn call(&self, served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
        let answer = match self.hands_on {
            HandsOn::Plain => self.process.exchange(&plain(served, body))?,
            HandsOn::Wrapped => {
                let path = served.path.split('?').next().unwrap_or_default();
                let found = web::function_of(served.artifact, served.method, path);
                let (name, [input, output]) = found.ok_or("404 no such function")?;
                let request = wrapped::request(&name, &input, served, body);
                wrapped::answer(&self.process.exchange(&request)?, &output)?
            }
        };
        match answer {
            Response { status: 200, body, .. } => Ok(body),
            Response { status, body, .. } => {
                Err(format!("{status} {}", String::from_utf8_lossy(&body)))
            }
        }
    }

    /// Where the artifact was unpacked.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }
}

/// Answers for `Cloud::start` that really run what is deployed. One handler runs for each artifact
/// with each environment; all end with the stand-in.
pub fn run() -> impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static {
    let running: Mutex<BTreeMap<Vec<u8>, Arc<Host>>> = Mutex::default();
    move |served, body| {
        let mut digest = Sha256::new();
        digest.update(served.artifact);
        digest.update(format!("{:?}", served.environment));
        let key = digest.finalize().to_vec();
        let host = {
            let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
            match running.get(&key) {
                Some(host) => Arc::clone(host),
                None => {
                    let host = Arc::new(Host::start(served.artifact, served.environment)?);
                    running.insert(key, Arc::clone(&host));
                    host
                }
            }
        };
        host.call(served, body)
    }
}

fn plain(served: &Served<'_>, body: &[u8]) -> Request {
    let (path, query) = served.path.split_once('?').unwrap_or((served.path, ""));
    let mut headers = served.headers.clone();
    // The host is a client of its own, and says which of its calls this is.
    headers.insert("user-agent".into(), "Azure-Functions-Host/4.0".into());
    headers.insert("x-azure-functions-invocationid".into(), "0".into());
    Request {
        method: served.method.to_owned(),
        host: "127.0.0.1".into(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.to_vec(),
        arrived: Arrived::Whole,
    }
}
