//! Asks a credential helper (<https://github.com/docker/docker-credential-helpers>), for so long
//! and so much.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::error::{ErrorKind, RegistryError};
use crate::login::Login;

/// How long a helper may take; some ask a service, or the user.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most that is read of its answer, in bytes.
const ANSWER: u64 = 256 << 10;

/// What helpers say when they have nothing.
const NOTHING: &str = "credentials not found in native keychain";

/// The user of an identity token.
const IDENTITY: &str = "<token>";

/// The login that `docker-credential-<name>` has for a registry; anonymous when it has none.
pub(super) async fn ask(
    name: &str,
    registry: &str,
    path: Option<&OsStr>,
) -> Result<Login, RegistryError> {
    let program = format!("docker-credential-{name}");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.bytes().all(plain) {
        return Err(failed(&program, "it is not a program's name"));
    }
    let Some(file) = locate(&program, path) else {
        let error = failed(&program, "there is no such program");
        return Err(error.with_hint("install it, or take it out of Docker's config.json"));
    };
    let (ended, answer) = run(&program, &file, registry).await?;
    match ended {
        Ended::Well => login(&program, &answer),
        Ended::Badly if answer.trim_ascii().starts_with(NOTHING.as_bytes()) => Ok(Login::Anonymous),
        // What it says may be anything, secrets too: it is not repeated.
        Ended::Badly => Err(failed(&program, "it failed")
            .with_hint(format!("see why: `echo {registry} | {program} get`"))),
    }
}

enum Ended {
    Well,
    Badly,
}

fn failed(program: &str, reason: impl Into<String>) -> RegistryError {
    let program = program.escape_debug();
    RegistryError::new(ErrorKind::Local, "ask the credential helper", program, reason)
}

fn login(program: &str, answer: &[u8]) -> Result<Login, RegistryError> {
    let said: Said =
        serde_json::from_slice(answer).map_err(|_| failed(program, "its answer is not a login"))?;
    Ok(match said.username.as_str() {
        IDENTITY => Login::Identity(said.secret),
        _ => Login::Basic { user: said.username, password: said.secret },
    })
}

async fn run(
    program: &str,
    file: &Path,
    registry: &str,
) -> Result<(Ended, Vec<u8>), RegistryError> {
    let mut child = Command::new(file)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(program, error.to_string()))?;
    match tokio::time::timeout(PATIENCE, talk(&mut child, registry)).await {
        Ok(talk) => talk.map_err(|error| failed(program, error.to_string())),
        Err(_) => Err(failed(program, format!("no answer for {} seconds", PATIENCE.as_secs()))),
    }
}

fn locate(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let folders = env::split_paths(path?).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// How it ended, and what it said.
async fn talk(child: &mut Child, registry: &str) -> std::io::Result<(Ended, Vec<u8>)> {
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read has its reasons: what it answers counts.
        stdin.write_all(registry.as_bytes()).await.ok();
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(ANSWER).read_to_end(&mut answer).await?;
    }
    let ended = if child.wait().await?.success() { Ended::Well } else { Ended::Badly };
    Ok((ended, answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    username: String,
    secret: String,
}
