//! Libraries of real wheels, made smaller, loaded and used.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be is a failure")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_slim::compact;
use mlship_testkit::tools::python;

/// Trains and asks a model, and prints what it answers, every digit of it.
const SCRIPT: &str = "
import sys
sys.path[:0] = sys.argv[1:]
import numpy, scipy.linalg, scipy.sparse, sklearn
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
assert all(one.__file__.startswith(sys.argv[1]) for one in (numpy, scipy, sklearn)), numpy.__file__
x, y = make_classification(200, random_state=0)
for model in (LogisticRegression(), GradientBoostingClassifier(random_state=0), SVC()):
    model.fit(x, y)
    print(model.decision_function(x).tolist())
print(scipy.linalg.svdvals(x).tolist(), scipy.sparse.csr_matrix(x).sum())
";

fn packages() -> PathBuf {
    let told = Command::new(python())
        .args(["-c", "import numpy, os; print(os.path.dirname(os.path.dirname(numpy.__file__)))"])
        .output()
        .unwrap();
    PathBuf::from(String::from_utf8(told.stdout).unwrap().trim())
}

fn answers(folder: &Path, others: &Path) -> String {
    let out = Command::new(python())
        .args(["-B", "-S", "-c", SCRIPT])
        .args([folder, others])
        .env("OMP_NUM_THREADS", "1")
        .env("OPENBLAS_NUM_THREADS", "1")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn is_library(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    name.ends_with(".so") || name.contains(".so.")
}

/// Copies a folder with its libraries compacted; gives bytes of them before and after.
fn copy(from: &Path, to: &Path) -> (usize, usize) {
    fs::create_dir_all(to).unwrap();
    let mut bytes = (0, 0);
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            let (before, after) = copy(&path, &target);
            bytes = (bytes.0 + before, bytes.1 + after);
        } else if is_library(&path) {
            let library = fs::read(&path).unwrap();
            let smaller = compact(&library);
            let written = smaller.as_ref().unwrap_or(&library);
            bytes = (bytes.0 + library.len(), bytes.1 + written.len());
            assert!(compact(written).is_none(), "{}: once is enough", path.display());
            fs::write(target, written).unwrap();
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
    bytes
}

#[test]
fn libraries_of_wheels_answer_as_before_and_are_smaller() {
    let packages = packages();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (mut before, mut after) = (0, 0);
    for name in ["numpy", "numpy.libs", "scipy", "scipy.libs", "sklearn", "scikit_learn.libs"] {
        let sizes = copy(&packages.join(name), &folder.path().join(name));
        (before, after) = (before + sizes.0, after + sizes.1);
    }
    println!("{before} bytes of libraries, {after} compacted");
    assert!(after < before);
    assert_eq!(answers(folder.path(), &packages), answers(&packages, &packages));
}

#[test]
fn what_is_no_library_or_damaged_is_left_or_stays_in_bounds() {
    assert_eq!(compact(b""), None);
    assert_eq!(compact(b"no library at all"), None);
    let entry = fs::read_dir(packages().join("numpy.libs")).unwrap().next().unwrap();
    let library = fs::read(entry.unwrap().path()).unwrap();
    for length in (0..library.len()).step_by(library.len() / 50) {
        let _ = compact(&library[..length]);
    }
    let mut seed = 1_u64;
    for _ in 0..300 {
        let mut damaged = library[..library.len().min(1 << 20)].to_vec();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The headers are where it can be led astray.
        let place = (seed >> 33) as usize % 1024;
        damaged[place] = (seed >> 25) as u8;
        let _ = compact(&damaged);
    }
}

/// The header of a segment: its kind is its first four bytes.
const SEGMENT: usize = 56;

#[test]
fn what_a_tool_left_behind_in_a_segment_of_its_own_goes() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let source = folder.path().join("a.c");
    fs::write(&source, "int two(void) { return 2; }\n").unwrap();
    let path = folder.path().join("a.so");
    let mut command = Command::new("cc");
    let made = command.args(["-shared", "-fPIC", "-o"]).arg(&path).arg(&source).status().unwrap();
    assert!(made.success());
    let plain = fs::read(&path).unwrap();
    let mut patched = plain.clone();
    patched.resize(patched.len().next_multiple_of(0x1000), 0);
    let place = patched.len() as u64;
    patched.extend([b'Z'; 0x10000]);
    let table = u64::from_le_bytes(patched[32..40].try_into().unwrap()) as usize;
    let count = u16::from_le_bytes(patched[56..58].try_into().unwrap()) as usize;
    let headers = (0..count).map(|number| table + number * SEGMENT);
    // The header of the stack comes behind those of what is mapped.
    let stack = 0x6474_e551_u32.to_le_bytes();
    let header = headers.into_iter().find(|at| patched[*at..at + 4] == stack).unwrap();
    let (address, bytes) = (0x0100_0000_u64 + place, 0x10000_u64);
    let longs = [place, address, address, bytes, bytes, 0x1000].map(u64::to_le_bytes);
    patched[header..header + 8].copy_from_slice(&[1, 0, 0, 0, 4, 0, 0, 0]);
    patched[header + 8..header + SEGMENT].copy_from_slice(&longs.concat());
    let wanted = compact(&plain).unwrap().len();
    let smaller = compact(&patched).unwrap();
    assert_eq!(smaller.len(), wanted);
    for (name, library) in [("patched.so", &patched), ("smaller.so", &smaller)] {
        let path = folder.path().join(name);
        fs::write(&path, library).unwrap();
        let script = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).two())";
        let out = Command::new(python()).args(["-c", script]).arg(&path).output().unwrap();
        assert_eq!(out.stdout, b"2\n", "{}", String::from_utf8_lossy(&out.stderr));
    }
}
