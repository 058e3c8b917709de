//! Google's own Python clients drive the stand-in unchanged, and find nothing odd.

use std::path::PathBuf;
use std::process::Command;

use mlship_testkit::gcp::Cloud;
use mlship_testkit::tools;

/// Lets the clients live one of the lives of `drive.py`; nothing is left of it.
fn lives(life: &str) {
    let cloud = Cloud::start(|_, body| Ok(body.to_vec()));
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("judges/gcp/drive.py");
    let output = Command::new(tools::python())
        // No compiled leftovers beside the sources.
        .arg("-B")
        .arg(script)
        .args([life, &cloud.url()])
        .output()
        .expect("python runs");
    assert!(
        output.status.success(),
        "the clients are not content with {life}:\n{}{}\n{}\n{:?}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        cloud.calls().iter().map(|call| format!("{call}\n")).collect::<String>(),
        cloud.complaints(),
    );
    let remarks = cloud.complaints();
    let odd: Vec<_> = remarks.iter().filter(|one| !one.contains("is read-only")).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn the_client_of_cloud_run_lives_a_services_life() {
    lives("run");
}

#[test]
fn the_client_of_functions_lives_a_functions_life() {
    lives("functions");
}

#[test]
fn the_client_of_storage_sends_and_gets_bytes() {
    lives("storage");
}

#[test]
fn the_client_of_artifact_registry_makes_and_removes_a_repository() {
    lives("registry");
}

#[test]
fn the_clients_of_usage_logging_and_credentials_are_answered() {
    lives("usage");
}
