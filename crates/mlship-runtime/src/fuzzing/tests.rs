//! Every input that fuzzing has kept, again: what it once found, and what reaches furthest.

use std::path::{Path, PathBuf};

/// Hands all that is kept for a target to it.
fn again(target: &str, run: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let kept = ["corpus", "regressions"].map(|folder| files(&fuzz().join(folder).join(target)));
    assert!(!kept[0].is_empty(), "nothing is kept for `{target}`");
    for file in kept.into_iter().flatten() {
        let bytes = std::fs::read(&file).unwrap();
        let came_back = std::panic::catch_unwind(|| run(&bytes));
        assert!(came_back.is_ok(), "{}", file.display());
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn bundles() {
    again("bundle", super::bundle_json);
}

#[test]
fn programs() {
    again("program", super::program);
}

#[test]
fn requests() {
    again("request", super::request);
}

#[cfg(feature = "image")]
#[test]
fn pictures() {
    again("image", super::image);
}

#[cfg(feature = "image")]
#[test]
fn forms_with_pictures() {
    again("multipart", super::multipart);
}

#[test]
fn lambda_events() {
    again("lambda_event", super::lambda_event);
}

#[test]
fn wrapped_invocations() {
    again("custom_handler", super::custom_handler);
}

#[test]
fn open_inference_requests() {
    again("infer", super::infer);
}

#[cfg(feature = "networks")]
#[test]
fn texts() {
    const WORDS: &[u8] = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##c\n!\n";
    let form = mlship_compile::TokenizerFile::VocabTxt(mlship_compile::Case::Lowered);
    let words = mlship_compile::tokenizer(WORDS, form).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("words.bin"), words.table).unwrap();
    again("text", |bytes| super::text(bytes, folder.path()));
}

#[test]
fn no_target_is_forgotten() {
    let again = [
        "bundle",
        "custom_handler",
        "image",
        "infer",
        "lambda_event",
        "multipart",
        "program",
        "request",
        "text",
    ];
    let stem = |file: &PathBuf| file.file_stem().unwrap().to_string_lossy().into_owned();
    let mut targets: Vec<_> = files(&fuzz().join("fuzz_targets")).iter().map(stem).collect();
    targets.sort();
    assert_eq!(targets, again, "each target has a test here");
}
