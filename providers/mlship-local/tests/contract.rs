//! The provider contract, on this machine.

#![expect(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use mlship_testkit::contract::contract;
use support::Machine;

#[tokio::test]
async fn keeps_the_contract() {
    let machine = Machine::new();
    let releases = [machine.release("clear", &[]), machine.release("ill", &[])];
    let state = machine.state();
    contract(&machine.local, releases, &move || digest(&state)).await;
    machine.assert_clean();
}

/// Every path below, and what stands in every file but the log.
fn digest(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    for path in paths {
        path.hash(&mut hasher);
        if path.is_dir() {
            digest(&path).hash(&mut hasher);
        } else if !path.ends_with("service.log") {
            fs::read(&path).unwrap().hash(&mut hasher);
        }
    }
    hasher.finish()
}
