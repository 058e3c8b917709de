//! Against a real Docker Engine: images loaded, built, saved and run, and what each cap does.

mod build;
mod images;
mod none;
mod run;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_engine::Engine;
use mlship_testkit::engine::DockerEngine;
use mlship_testkit::fixture::made_once;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The engine of the tests, and what it is kept by.
async fn engine() -> (Engine, DockerEngine) {
    let running = DockerEngine::running();
    let engine = Engine::connect(Some(&running.address())).await.expect("an engine");
    (engine, running)
}

/// A folder with the static program `probe`.
fn probe() -> PathBuf {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/probe.rs"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probe");
    made_once(&folder, &[source], |folder| {
        let status = Command::new("rustc")
            .args(["--edition", "2024", "-O", "-C", "target-feature=+crt-static", "-o"])
            .arg(folder.join("probe"))
            .arg(source)
            .status();
        assert!(status.expect("rustc runs").success(), "the probe cannot be compiled");
    });
    folder
}

/// Writes a `docker load` archive of an image with the probe alone. The `label` makes it another
/// image than that of other tests.
fn archive(label: &str, to: &mut dyn Write) -> io::Result<()> {
    let mut layer = tar::Builder::new(Vec::new());
    layer.mode(tar::HeaderMode::Deterministic);
    layer.append_path_with_name(probe().join("probe"), "probe")?;
    let layer = layer.into_inner()?;
    let digest: String = Sha256::digest(&layer).iter().map(|byte| format!("{byte:02x}")).collect();
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/probe"], "Labels": {"test": label}},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
    });
    let manifest =
        json!([{"Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"]}]).to_string();
    let config = config.to_string();
    let mut archive = tar::Builder::new(to);
    let entries: [(&str, &[u8]); 3] = [
        ("layer.tar", &layer),
        ("config.json", config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ];
    for (name, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, bytes)?;
    }
    archive.finish()
}
