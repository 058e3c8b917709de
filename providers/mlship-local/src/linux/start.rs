//! Starts a service's supervisor, tells it to look again, and stops it. Writes no record.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::candidate::{LOOK_EVERY, READY_WITHIN};
use super::folder::Folder;
use super::launch::{STOP_WITHIN, ending};
use super::observe::is_ready;
use super::record::{Phase, Service};
use super::{strays, system};

/// How long a supervisor may take beyond its runtime to end, and to say that it has begun.
const SUPERVISOR_WITHIN: Duration = Duration::from_secs(5);

/// Makes the supervisor run the service as recorded, and waits until it is ready. The error is
/// the reason, in words.
pub(crate) async fn run(
    folder: &Folder,
    supervisor: &[OsString],
    service: &Service,
) -> Result<(), String> {
    let started = Instant::now();
    let mut spawned = None;
    let mut told = Told::Nothing;
    while started.elapsed() < READY_WITHIN {
        match folder.status().filter(|status| status.supervisor.is_alive()) {
            Some(status) if status.version == service.live && status.port == service.port => {
                match status.phase {
                    Phase::Running(process) => {
                        let left = READY_WITHIN.saturating_sub(started.elapsed());
                        if is_ready(service.port, left).await && process.is_alive() {
                            return Ok(());
                        }
                    }
                    Phase::Waiting(reason) => return Err(format!("the process {reason}")),
                }
            }
            Some(status) if told == Told::Nothing => {
                status.supervisor.signal(libc::SIGHUP);
                told = Told::Reload;
            }
            Some(_) => {}
            None if spawned.is_none() && !folder.is_supervised() => {
                let start = spawn(folder, supervisor);
                spawned =
                    Some(start.map_err(|error| format!("no supervisor could start: {error}"))?);
            }
            None => ended(folder, spawned.as_ref())?,
        }
        sleep(LOOK_EVERY).await;
    }
    Err(format!("the process was not ready within {} s", READY_WITHIN.as_secs()))
}

#[derive(PartialEq, Eq)]
enum Told {
    Nothing,
    Reload,
}

/// Ends the supervisor and all it runs. True when there was something to end.
pub(crate) async fn stop(folder: &Folder) -> io::Result<bool> {
    let mut was_running = false;
    let asked = Instant::now();
    while folder.is_supervised() {
        was_running = true;
        let status = folder.status().filter(|status| status.supervisor.is_alive());
        let over = asked.elapsed() > STOP_WITHIN + SUPERVISOR_WITHIN;
        match status {
            Some(status) if over => status.supervisor.signal(libc::SIGKILL),
            Some(status) => status.supervisor.signal(libc::SIGTERM),
            None if over => {
                let reason = "a supervisor holds the folder and does not say which process it is";
                return Err(io::Error::other(reason));
            }
            None => {}
        }
        sleep(LOOK_EVERY).await;
    }
    let strays = strays::end(folder)?;
    folder.clear_status()?;
    Ok(was_running || strays > 0)
}

/// Starts a supervisor that does not depend on this process. How it ends comes over the channel.
fn spawn(folder: &Folder, supervisor: &[OsString]) -> io::Result<Receiver<ExitStatus>> {
    let none = || io::Error::new(io::ErrorKind::InvalidInput, "no supervisor command is known");
    let (program, arguments) = supervisor.split_first().ok_or_else(none)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(folder.path())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(last_words(folder))?);
    system::detach(&mut command);
    let mut child = command.spawn()?;
    let (tell, ended) = channel();
    // Somebody must reap it if it ends before this process does.
    std::thread::spawn(move || {
        if let Ok(status) = child.wait() {
            let _ = tell.send(status);
        }
    });
    Ok(ended)
}

fn ended(folder: &Folder, spawned: Option<&Receiver<ExitStatus>>) -> Result<(), String> {
    let Some(status) = spawned.and_then(|ended| ended.try_recv().ok()) else { return Ok(()) };
    let said = fs::read_to_string(last_words(folder)).unwrap_or_default();
    let said = said.trim();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    Err(format!("the supervisor {}{said}", ending(status)))
}

fn last_words(folder: &Folder) -> std::path::PathBuf {
    folder.path().join("supervisor.err")
}
