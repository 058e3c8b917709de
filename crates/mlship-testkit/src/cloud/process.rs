//! What was deployed, as a process on this machine that answers over HTTP.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use super::http::{Request, Response, exchange};

/// A running process; it ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    /// Holds what was unpacked.
    folder: TempDir,
    end: End,
}

/// How a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// At once.
    Kill,
    /// It is told, so that it can end what it started.
    Ask,
}

impl Process {
    /// Starts a command that is to listen at `address`, with these files, and waits until it does.
    /// False is one that ended by itself.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(
        command: &mut Command,
        address: SocketAddr,
        folder: TempDir,
        end: End,
    ) -> Result<Option<Self>, String> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut process = Self { child, address, folder, end };
        Ok(process.listens()?.then_some(process))
    }

    /// Hands a request on and its answer back.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) fn exchange(&self, request: &Request) -> Result<Response, String> {
        exchange(self.address, request)
            .map_err(|error| format!("502 the handler did not answer: {error}"))
    }

    /// Where the files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// False when it ended.
    fn listens(&mut self) -> Result<bool, String> {
        loop {
            let up = TcpStream::connect(self.address).is_ok();
            let over = self.child.try_wait().map_err(|error| error.to_string())?.is_some();
            if up || over {
                return Ok(!over);
            }
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.end == End::Ask {
            let told = Command::new("kill").arg(self.child.id().to_string()).status();
            // Four seconds are more than any needs; what hangs is killed.
            let mut looks = if told.is_ok() { 400 } else { 0 };
            while looks > 0 && matches!(self.child.try_wait(), Ok(None)) {
                sleep(Duration::from_millis(10));
                looks -= 1;
            }
        }
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An address that nothing listens at.
pub(crate) fn free_address() -> Result<SocketAddr, String> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map_err(|error| error.to_string())
}
