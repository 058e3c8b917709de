//! Real files, cut and flipped: an error, a warning, or a file of no known kind; never a panic.

use std::fs;
use std::path::Path;

use mlship_inspect::{Format, inspect};

use crate::setup::models;

/// Files whose content is not read to its end, so that a cut is not seen.
const NOT_READ: &[&str] = &[
    "xgboost-ubj",
    "joblib-bz2",
    "joblib-lzma",
    "joblib-xz",
    "x.npy",
    "torch-legacy-module",
    "torch-legacy-tensors",
    "evil-torch-legacy",
];

fn files() -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(models()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    assert!(files.len() > 30);
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_cut_file_is_not_taken_for_whole() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut");
    for path in files() {
        let bytes = fs::read(&path).unwrap();
        for length in [bytes.len() / 4, bytes.len() / 2, bytes.len() * 3 / 4, bytes.len() - 1] {
            fs::write(&cut, &bytes[..length]).unwrap();
            let seen = match inspect(&cut) {
                Err(error) => error.to_string().contains("cut"),
                Ok(facts) => !facts.warnings.is_empty() || facts.format == Format::Unknown,
            };
            let exempt = NOT_READ.contains(&&*name(&path));
            assert!(seen || exempt, "{} cut at {length} of {}", name(&path), bytes.len());
        }
    }
}

#[test]
fn every_short_cut_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut");
    for path in files() {
        let bytes = fs::read(&path).unwrap();
        for length in 0..bytes.len().min(200) {
            fs::write(&cut, &bytes[..length]).unwrap();
            let _ = inspect(&cut).map(|facts| facts.format);
        }
    }
}

#[test]
fn flipped_bytes_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let flipped = folder.path().join("flipped");
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut recognised = 0;
    for path in files().iter().filter(|path| path.metadata().unwrap().len() < 200_000) {
        let bytes = fs::read(path).unwrap();
        for _ in 0..100 {
            let mut bytes = bytes.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                bytes[at] ^= 1 << random(8);
            }
            fs::write(&flipped, &bytes).unwrap();
            recognised += usize::from(inspect(&flipped).is_ok());
        }
    }
    assert!(recognised > 1000);
}
