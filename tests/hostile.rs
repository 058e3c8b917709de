//! Hostile and broken files given to the command: a clear error, an honest exit code, bounded
//! memory, and nothing lost.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::support::{edit, heart_disease, mlship};
use mlship_testkit::sandbox::{Ran, Sandbox};

/// Private memory that any of these may use, in KiB.
const MEMORY_KIB: u32 = 512 * 1024;

/// Runs the tool with its private memory capped.
fn capped(sandbox: &Sandbox, folder: &Path, args: &[&str]) -> Ran {
    let mut command = sandbox.command("sh");
    command
        .current_dir(folder)
        .arg("-c")
        .arg(format!("ulimit -d {MEMORY_KIB}; exec \"$0\" \"$@\""));
    command.arg(env!("CARGO_BIN_EXE_mlship")).args(args);
    command.output().expect("a shell").into()
}

#[test]
fn a_truncated_model_is_named_with_the_place() {
    let (sandbox, project) = heart_disease();
    let model = project.join("model.onnx");
    let bytes = fs::read(&model).expect("the model");
    for part in [1, bytes.len() / 3, bytes.len() - 1] {
        fs::write(&model, &bytes[..part]).expect("a part of it");
        for command in ["inspect", "package"] {
            let args: &[&str] =
                if command == "inspect" { &["inspect", "model.onnx"] } else { &["package"] };
            let ran = capped(&sandbox, &project, args);
            assert!(ran.code == 2 || ran.code == 3 || ran.code == 0, "{command}: {ran:?}");
            assert!(command == "inspect" || ran.code != 0, "{part} bytes were packaged");
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        }
    }
}

#[test]
fn every_flipped_byte_of_a_model_is_an_error_or_a_model() {
    let (sandbox, project) = heart_disease();
    let model = project.join("model.onnx");
    let bytes = fs::read(&model).expect("the model");
    for at in (0..bytes.len()).step_by(bytes.len() / 24) {
        let mut bad = bytes.clone();
        bad[at] ^= 0xff;
        fs::write(&model, &bad).expect("a bad model");
        let ran = capped(&sandbox, &project, &["package"]);
        assert!([0, 2, 3, 7].contains(&ran.code), "byte {at}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "byte {at}: {}", ran.stderr);
    }
}

#[test]
fn a_three_gigabyte_model_is_looked_at_in_bounded_memory() {
    let (sandbox, project) = heart_disease();
    let model = project.join("model.onnx");
    let mut file = File::options().write(true).open(&model).expect("the model");
    let whole = file.seek(SeekFrom::End(0)).expect("its end");
    // One more initializer in the graph's place: an unknown field of almost 3 GB.
    let rest: u64 = 3_000_000_000;
    file.write_all(&[0xfa, 0x07]).expect("a tag");
    let mut length = rest;
    while length >= 0x80 {
        file.write_all(&[(length as u8 & 0x7f) | 0x80]).expect("a length");
        length >>= 7;
    }
    file.write_all(&[length as u8]).expect("a length");
    file.set_len(whole + 8 + rest).expect("a sparse file");
    let ran = capped(&sandbox, &project, &["inspect", "model.onnx"]);
    assert!(ran.code == 0 || ran.code == 2, "{ran:?}");
    let ran = capped(&sandbox, &project, &["package"]);
    assert!(!ran.stderr.contains("panicked") && ran.code != -1, "{ran:?}");
}

#[test]
fn a_hundred_thousand_brackets_are_one_finding() {
    let (sandbox, project) = heart_disease();
    for (name, text) in [
        ("mlship.yaml", "[".repeat(100_000)),
        ("mlship.toml", format!("a = {}", "[".repeat(100_000))),
    ] {
        let path = project.join(name);
        fs::write(&path, text).expect("a manifest");
        let path = path.to_string_lossy().into_owned();
        let ran = capped(&sandbox, &project, &["check-limits", "--manifest", &path]).ended(3);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
        assert!(ran.stderr.len() < 4_000, "{} bytes of message", ran.stderr.len());
    }
}

#[test]
fn a_zip_bomb_as_a_model_is_refused() {
    let (sandbox, project) = heart_disease();
    let bomb = project.join("bomb.zip");
    let made = std::process::Command::new(mlship_testkit::tools::python())
        .args(["-c", BOMB])
        .arg(&bomb)
        .status()
        .expect("python");
    assert!(made.success());
    assert!(fs::metadata(&bomb).expect("a bomb").len() < 16 * 1024 * 1024);
    let ran = capped(&sandbox, &project, &["inspect", "bomb.zip"]);
    assert!(ran.code == 0 || ran.code == 2, "{ran:?}");
    let home = sandbox.path().join("home");
    let ran = capped(&sandbox, &home, &["init", "../project/bomb.zip"]).ended(2);
    assert!(ran.stderr.contains("bomb.zip"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(home).expect("the folder").count(), 0, "nothing is unpacked");
}

/// A zip whose `archive/data.pkl` is 4 GB of zeros.
const BOMB: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    with z.open('archive/data.pkl', 'w', force_zip64=True) as f:
        piece = bytes(1 << 24)
        for _ in range(256): f.write(piece)
";

#[test]
fn a_pickle_is_explained_and_never_run() {
    let (sandbox, project) = heart_disease();
    let pickle = project.join("evil.pkl");
    fs::write(&pickle, b"cos\nsystem\n(S'touch ran'\ntR.").expect("a pickle");
    let ran = mlship(&sandbox, &project, &["inspect", "evil.pkl"]).ended(0);
    assert!(ran.stdout.contains("os.system"), "{}", ran.stdout);
    let ran =
        mlship(&sandbox, &sandbox.path().join("home"), &["init", "../project/evil.pkl"]).ended(2);
    assert!(ran.stderr.contains("would run `os.system`"), "{}", ran.stderr);
    assert!(!project.join("ran").exists() && !sandbox.path().join("home/ran").exists());
}

#[test]
fn what_is_no_file_is_neither_read_as_a_sample_nor_written_over() {
    let (sandbox, project) = heart_disease();
    let pipe = project.join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let ran = mlship(&sandbox, &project, &["package", "--out", "pipe"]).ended(2);
    assert!(ran.stderr.contains("`pipe` is there, and is no file"), "{}", ran.stderr);
    edit(&project, "request: samples/1.json", "request: pipe");
    let ran = mlship(&sandbox, &project, &["package"]).ended(2);
    assert!(ran.stderr.contains("the sample `pipe` is not a file"), "{}", ran.stderr);
}
