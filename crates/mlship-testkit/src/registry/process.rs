//! `docker-registry` as a process of the test's own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use crate::tools;

/// The user that a registry with logins knows.
pub const USER: &str = "tester";

/// Her password.
pub const PASSWORD: &str = "open sesame";

/// Bcrypt of [`PASSWORD`], with five rounds.
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW";

/// A running registry with a storage of its own; it ends with this value.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Registry {
    /// Starts one that knows no logins.
    pub fn start() -> Self {
        Self::with("", "")
    }

    /// Starts one that knows no logins and lets manifests be removed.
    pub fn start_that_removes() -> Self {
        Self::with("", ", delete: {enabled: true}")
    }

    /// Starts one that lets in [`USER`] with [`PASSWORD`] alone.
    pub fn start_with_login() -> Self {
        Self::with("auth: {htpasswd: {realm: tests, path: FOLDER/htpasswd}}\n", "")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Host and port, as in names of images.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The folder where it keeps blobs.
    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage")
    }

    /// # Panics
    /// When it is not installed or does not come up.
    fn with(settings: &str, storage: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().display().to_string();
        fs::write(folder.path().join("htpasswd"), format!("{USER}:{HASH}\n")).expect("a login");
        for _ in 0..5 {
            let address = free_address();
            let config = format!(
                "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
                 storage: {{filesystem: {{rootdirectory: {at}/storage}}{storage}}}\n\
                 http: {{addr: '{address}', secret: tests}}\n{}",
                settings.replace("FOLDER", &at)
            );
            let file = folder.path().join("config.yml");
            fs::write(&file, config).expect("a configuration");
            let mut process = Command::new(tools::docker_registry())
                .arg("serve")
                .arg(file)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("docker-registry starts");
            if answers(&mut process, address) {
                return Self { process, address, folder };
            }
        }
        panic!("docker-registry does not come up");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// False when it ended, for another process may have taken the port.
fn answers(process: &mut Child, address: SocketAddr) -> bool {
    loop {
        let up = TcpStream::connect(address).is_ok();
        let over = process.try_wait().expect("its state is known").is_some();
        if up || over {
            return !over;
        }
        sleep(Duration::from_millis(20));
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
