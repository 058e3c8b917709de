//! The Open Inference Protocol as `tritonclient` and KServe's own client speak it, over plain HTTP
//! and through Lambda.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::Path;
use std::process::Command;

use support::bridge::Bridge;
use support::emulator::Emulator;
use support::server::Server;
use support::{bundles, run};
use tempfile::TempDir;

/// The models that the script asks.
fn models() -> [TempDir; 3] {
    [
        bundles::write_classical(&bundles::types()),
        bundles::write(&bundles::linear()),
        bundles::write_text(&bundles::text()),
    ]
}

/// Runs the script on the addresses of the models.
fn judge(addresses: [&str; 3]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/v2.py");
    let python = mlship_testkit::tools::clients_python();
    let output = run(Command::new(python).arg(script).args(addresses));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "all as expected\n");
}

#[test]
fn other_peoples_clients_are_served_over_http() {
    let models = models();
    let mut servers = models.each_ref().map(|folder| Server::start(folder.path()));
    for server in &mut servers {
        assert_eq!(server.notice()["event"], "ready");
    }
    judge(servers.each_ref().map(|server| server.address.as_str()));
}

#[test]
fn other_peoples_clients_are_served_through_lambda() {
    let models = models();
    let bridges = models.each_ref().map(|folder| Bridge::start(Emulator::start(folder.path())));
    judge(bridges.each_ref().map(|bridge| bridge.address.as_str()));
}
