//! Starts and stops one runtime process. Watches nothing and keeps no record.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::system;
use super::unpack::BOOTSTRAP;

/// How long a runtime has to end by itself after SIGTERM.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Starts the runtime of the unpacked artifact `bundle` on 127.0.0.1, with a bare environment.
/// It dies with the calling thread.
pub(crate) fn launch(bundle: &Path, port: u16, memory_mb: u32) -> io::Result<Child> {
    let mut command = std::process::Command::new(bundle.join(BOOTSTRAP));
    command
        .current_dir(bundle)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("PORT", port.to_string())
        .env("MLSHIP_LISTEN", format!("127.0.0.1:{port}"))
        .env("MLSHIP_BUNDLE", bundle)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    system::confine(&mut command, u64::from(memory_mb) * 1024 * 1024);
    Command::from(command).kill_on_drop(true).spawn()
}

/// Asks the runtime to end, makes it end when it does not, and ends what it started.
pub(crate) async fn stop(child: &mut Child) {
    let Some(pid) = child.id() else { return };
    system::signal(pid, libc::SIGTERM);
    if timeout(STOP_WITHIN, child.wait()).await.is_err() {
        system::signal_group(pid, libc::SIGKILL);
        let _ = child.wait().await;
    }
    end_group(pid);
}

/// Ends what a runtime that has just ended left behind in its group.
pub(crate) fn end_group(pid: u32) {
    system::signal_group(pid, libc::SIGKILL);
}

/// Why a process ended, in words.
pub(crate) fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(libc::SIGABRT)) => "aborted (signal 6), as it does when memory is short".into(),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".into(),
    }
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// True when nobody listens on the port.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
