//! The bundle's own runtime as a process. What it writes goes where this tool writes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{LOOK, announce, asked_to_end, own_port, taken};
use crate::context::Context;
use crate::failure::Failure;
use crate::release::Built;

/// The code that a runtime ends with to be started anew: a prediction took longer than it may.
const START_ANEW: i32 = 70;

/// How long a runtime may take to end after Ctrl-C, which reaches it too.
const GRACE: Duration = Duration::from_secs(2);

/// A bundle that is removed when it is served no more.
struct Bundle(PathBuf);

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Serves until it is asked to end.
pub(crate) async fn process(
    context: &Context,
    built: &Built,
    executable: &str,
    port: u16,
) -> Result<(), Failure> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Failure::usage("the runtime does not run on this system")
            .hint("run its image instead: mlship serve --image"));
    }
    let address = own_port::free(port).await.map_err(|error| taken(port, &error))?;
    // A folder of its own: what is packaged meanwhile does not change under it.
    let work = built.release.project.root.join(".mlship");
    let bundle = Bundle(work.join(format!("serve-{}", std::process::id())));
    built.contents.write(&bundle.0)?;
    built.turn.end();
    let folder = std::fs::canonicalize(&bundle.0)
        .map_err(|error| Failure::internal(format!("the bundle is gone: {error}")))?;
    let mut told = false;
    loop {
        let mut child = start(&folder, executable, address)?;
        let ended = tokio::select! {
            ended = until_ended(context, &mut child, address, &mut told) => ended,
            asked = asked_to_end() => {
                asked.map_err(|error| Failure::internal(format!("no signals: {error}")))?;
                ask_to_end(&child);
                if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
                    let _ = child.kill().await;
                }
                return Ok(());
            }
        };
        let ended = ended.map_err(|error| Failure::internal(format!("it is lost: {error}")))?;
        if ended.code() != Some(START_ANEW) {
            return Err(Failure::answered(format!("the runtime ended: {ended}")));
        }
        context.say("a prediction took longer than `resources.timeout-s`; the runtime starts anew");
    }
}

/// Asks for an end: a signal to this process alone is not one to the runtime.
#[cfg(unix)]
fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // One that has ended already needs no signal.
    let _ = id.map(|id| kill_process(id, Signal::TERM));
}

#[cfg(not(unix))]
fn ask_to_end(_: &Child) {}

fn start(folder: &Path, executable: &str, address: SocketAddr) -> Result<Child, Failure> {
    Command::new(folder.join(executable))
        .env("MLSHIP_BUNDLE", folder)
        .env("PORT", address.port().to_string())
        .env_remove("MLSHIP_LISTEN")
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::internal(format!("the runtime does not start: {error}")))
}

/// Tells the address once it is listened on, and waits for the end.
async fn until_ended(
    context: &Context,
    child: &mut Child,
    address: SocketAddr,
    told: &mut bool,
) -> std::io::Result<ExitStatus> {
    while !*told {
        if let Some(ended) = child.try_wait()? {
            return Ok(ended);
        }
        if TcpStream::connect(address).await.is_ok() {
            announce(context, &format!("http://{address}"), None);
            *told = true;
        } else {
            tokio::time::sleep(LOOK).await;
        }
    }
    child.wait().await
}
