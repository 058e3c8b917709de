//! What a runtime that is not static needs beside it: itself, the loader and the libraries of the
//! system that it is built on, and their licences.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of the C library, of GCC's libraries, and the loader.
const LIBRARIES: &[&str] = &[
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
];

/// Under whose licences they are.
const LICENCES: &[&str] = &["NOTICE.txt", "LGPL-2.1.txt", "GPL-3.txt", "GCC-EXCEPTION.txt"];

/// The files by the names that they have in an artifact: of the folder that is `given`, else of this
/// system, around the runtime that was built.
pub(crate) fn found(given: Option<&Path>, built: Option<PathBuf>) -> Vec<(String, PathBuf)> {
    let licences = super::folder("CARGO_MANIFEST_DIR").join("libraries");
    let program = "mlship-runtime";
    let mut files: Vec<(String, PathBuf)> =
        LICENCES.iter().map(|name| ((*name).to_owned(), licences.join(name))).collect();
    match (given, built) {
        (Some(folder), _) => {
            let names = LIBRARIES.iter().chain([&program]);
            let folder = folder.join("lib");
            files.extend(names.map(|name| ((*name).to_owned(), folder.join(name))));
        }
        (None, Some(built)) => {
            files.push((program.to_owned(), built));
            files.extend(LIBRARIES.iter().map(|name| ((*name).to_owned(), of_this_system(name))));
        }
        (None, None) => files.clear(),
    }
    files.sort();
    files
}

/// Where the compiler finds a library; it is also what links the runtime.
fn of_this_system(name: &str) -> PathBuf {
    let output = Command::new("cc").arg(format!("-print-file-name={name}")).output();
    let output = output.unwrap_or_else(|error| panic!("`cc` does not run: {error}"));
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(Path::new(&path).is_absolute(), "`cc` does not find `{name}`");
    path.into()
}
