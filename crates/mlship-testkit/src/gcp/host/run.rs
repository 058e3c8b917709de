//! Really runs what is deployed: a program with its port in `PORT`, or a function's sources under
//! Google's functions framework.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::cloud::http::{Arrived, Request};
use crate::cloud::process::{End, Process, free_address};
use crate::cloud::served::Served;
use crate::cloud::unpack::unpack;
use crate::gcp::{NEVER_LISTENS, START};
use crate::tools;

/// What mlship calls the program in its artifacts.
const PROGRAM: &str = "bootstrap";

/// Answers for `Cloud::start` that really run what is deployed, from when it is deployed. The
/// command is the program called `bootstrap`, or else the one executable file; a zip is run by the
/// functions framework. Its process finds the stand-in as its metadata server and as its storage.
/// One runs for each artifact with each environment; all end with the stand-in.
pub fn run() -> impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static {
    let running: Mutex<BTreeMap<Vec<u8>, Arc<Process>>> = Mutex::default();
    move |served, body| {
        let mut digest = Sha256::new();
        digest.update(served.artifact);
        digest.update(format!("{:?}", served.environment));
        let key = digest.finalize().to_vec();
        let process = running.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let process = match process {
            Some(process) => process,
            None => {
                let started = start(served).map_err(|why| format!("{NEVER_LISTENS}: {why}"))?;
                let process = Arc::new(started);
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(running.entry(key).or_insert(process))
            }
        };
        match served.method {
            START => Ok(Vec::new()),
            _ => call(&process, served, body),
        }
    }
}

/// Unpacks an artifact and starts what is in it.
fn start(served: &Served<'_>) -> Result<Process, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    unpack(served.artifact, "", folder.path())?;
    let address = free_address()?;
    let is_function = served.environment.contains_key("FUNCTION_TARGET");
    let (mut command, end) = match is_function {
        true => (framework(folder.path(), served.environment), End::Ask),
        false => (program(folder.path())?, End::Kill),
    };
    let port = address.port().to_string();
    command.env_clear().envs(served.environment).env("PORT", &port);
    if is_function {
        command.args(["--host", "127.0.0.1", "--port", &port]);
    }
    if let Ok(path) = std::env::var("PATH") {
        command.env("PATH", path);
    }
    let host = served.headers.get("host").map_or("", String::as_str);
    if let Some((_, own)) = host.rsplit_once(':') {
        command.env("GCE_METADATA_HOST", format!("127.0.0.1:{own}"));
        command.env("STORAGE_EMULATOR_HOST", format!("http://127.0.0.1:{own}"));
    }
    let started = Process::start(&mut command, address, folder, end)?;
    started.ok_or_else(|| "the container ended by itself".to_owned())
}

fn framework(folder: &Path, environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(tools::tool("venv/bin/functions-framework"));
    let target = environment.get("FUNCTION_TARGET").map_or("main", String::as_str);
    command.args(["--target", target, "--source", "main.py"]).current_dir(folder);
    command
}

fn program(folder: &Path) -> Result<Command, String> {
    let mut programs = Vec::new();
    executables(folder, &mut programs).map_err(|error| error.to_string())?;
    let named = programs.iter().find(|path| path.ends_with(PROGRAM));
    let path = match (named, programs.as_slice()) {
        (Some(path), _) | (None, [path]) => path.clone(),
        (None, all) => return Err(format!("{} files can be executed, not one", all.len())),
    };
    let mut command = Command::new(&path);
    command.current_dir(path.parent().unwrap_or(folder));
    Ok(command)
}

fn executables(folder: &Path, all: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        if kind.is_dir() {
            executables(&entry.path(), all)?;
        } else if kind.permissions().mode() & 0o111 != 0 {
            all.push(entry.path());
        }
    }
    Ok(())
}

/// Hands a call on; an answer with another status than 200 comes back as an error with it.
fn call(process: &Process, served: &Served<'_>, body: &[u8]) -> Result<Vec<u8>, String> {
    let (path, query) = served.path.split_once('?').unwrap_or((served.path, ""));
    let request = Request {
        method: served.method.to_owned(),
        host: "127.0.0.1".into(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: served.headers.clone(),
        body: body.to_vec(),
        arrived: Arrived::Whole,
    };
    let answer = process.exchange(&request)?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(format!("{status} {}", String::from_utf8_lossy(&answer.body))),
    }
}
