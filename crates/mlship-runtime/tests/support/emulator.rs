//! The runtime under the Lambda runtime interface emulator.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::{Response, request};

/// A running emulator; killed when dropped, and the runtime with it.
pub(crate) struct Emulator {
    child: Child,
    address: String,
}

impl Emulator {
    /// Starts on the bundle, with the runtime inside it under the name that Lambda runs.
    pub(crate) fn start(bundle: &Path) -> Self {
        let bootstrap = bundle.join("bootstrap");
        std::fs::hard_link(super::RUNTIME, &bootstrap)
            .or_else(|_| std::fs::copy(super::RUNTIME, &bootstrap).map(drop))
            .unwrap();
        let [address, api] = free_addresses();
        let child = Command::new(mlship_testkit::tools::lambda_emulator())
            .args(["--runtime-interface-emulator-address", &address])
            .args(["--runtime-api-address", &api])
            .args(["--log-level", "error"])
            .arg(&bootstrap)
            .current_dir(bundle)
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "20")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&address).is_err() {
            assert!(Instant::now() < deadline, "the emulator does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, address }
    }

    /// Invokes the function.
    pub(crate) fn invoke(&self, event: &Value) -> Value {
        self.send(event.to_string()).json()
    }

    /// Invokes the function with bytes.
    pub(crate) fn send(&self, event: impl AsRef<[u8]>) -> Response {
        request(&self.address, "POST", "/2015-03-31/functions/function/invocations", event)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The emulator ends its runtime when it is asked to end, and not when it is killed.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-s", "TERM", &pid]).status();
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Addresses that nothing listens on.
fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}
