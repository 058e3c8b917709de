//! A push that is killed in the middle of a layer, and the next one; and how much memory one takes.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use mlship_registry::Reference;
use mlship_testkit::registry::faults::{Fault, Intake, Pick, Script};

use crate::image::{image, layer};
use crate::stage::{Stage, push};

const CHUNK: u64 = 16 << 20;

#[tokio::test]
async fn the_next_run_goes_on_after_the_last_whole_chunk() {
    let stage = Stage::new();
    let weights = layer(1, 60_000_000);
    let size = weights.len() as u64;
    let image = image(&stage.layout("x"), &[weights]);
    let name = stage.name("killed:1");
    let hold = vec![(Pick::Nth("PATCH", 2), Fault::Hold(5_000_000))];
    stage.proxy.play(Script { faults: hold, intake: Intake::Whole, ..Script::default() });
    kill_when_held(&stage, &image.layout, &name);
    let before = stage.proxy.sent();
    assert!(before >= 2 * CHUNK + 5_000_000);
    assert_eq!(stage.seen("killed:1"), None);

    let pushed = push(&image, &name).await.unwrap();
    assert_eq!(pushed.uploaded_bytes, size - 2 * CHUNK + image.config_bytes);
    stage.assert_whole("killed:1", &image);
    // Nothing is left of what was kept for this run.
    assert!(!image.layout.with_file_name("uploads").exists());
}

#[tokio::test]
async fn a_registry_that_forgets_what_was_cut_gets_the_layer_anew() {
    let stage = Stage::new();
    let weights = layer(1, 60_000_000);
    let size = weights.len() as u64;
    let image = image(&stage.layout("x"), &[weights]);
    let name = stage.name("killed:1");
    stage.proxy.play(Script::one(Pick::Nth("PATCH", 2), Fault::Hold(5_000_000)));
    kill_when_held(&stage, &image.layout, &name);
    assert_eq!(stage.seen("killed:1"), None);

    let pushed = push(&image, &name).await.unwrap();
    assert_eq!(pushed.uploaded_bytes, size + image.config_bytes);
    stage.assert_whole("killed:1", &image);
    assert!(stage.proxy.sent() < 2 * size);
}

#[tokio::test]
async fn memory_does_not_grow_with_the_layer() {
    let stage = Stage::new();
    let image = image(&stage.layout("x"), &[layer(1, 300_000_000)]);
    // In chunks, and in one piece where the registry takes no chunks.
    for name in ["chunks", "piece"] {
        if name == "piece" {
            stage.proxy.play(Script::one(Pick::Every(&["PATCH"]), Fault::Status(405)));
        }
        let output = example(&image.layout, &stage.name(name)).wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let peak = text.lines().find_map(|line| line.strip_prefix("peak ")).expect("a push");
        let kilobytes: u64 = peak.trim_end_matches(" kB").parse().unwrap();
        assert!(kilobytes < 60_000, "{name}: {kilobytes} kB");
        assert_eq!(stage.seen(name), Some(image.digest.clone()));
    }
}

fn kill_when_held(stage: &Stage, layout: &Path, to: &Reference) {
    let mut child = example(layout, to);
    stage.proxy.wait_for_hold();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Starts `examples/push.rs`, which is built together with the tests.
fn example(layout: &Path, to: &Reference) -> Child {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().unwrap().parent().unwrap().join("examples/push");
    assert!(path.exists(), "`{}` is missing; cargo build --examples", path.display());
    Command::new(path).arg(layout).arg(to.to_string()).stdout(Stdio::piped()).spawn().unwrap()
}
