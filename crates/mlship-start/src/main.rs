//! Starts a runtime that is not static, with the loader and the libraries that lie beside it: static
//! itself, it runs on any Linux, whatever C library that has or lacks. It becomes the runtime, and
//! serves nothing.
//!
//! The loader's options: <https://man7.org/linux/man-pages/man8/ld.so.8.html>.
#![expect(clippy::print_stderr, reason = "nobody else can say why the runtime does not start")]

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use mlship_bundle::{LIBRARIES, LOADER_FILE, ONNXRUNTIME, ONNXRUNTIME_FILE, PROGRAM_FILE};

/// As the runtime ends when its bundle cannot be used.
const UNUSABLE: u8 = 2;

/// Which bundle the runtime serves.
const BUNDLE: &str = "MLSHIP_BUNDLE";

/// What the library of ONNX Runtime looks at before anybody can tell it to send nothing anywhere.
const SEND_NOTHING: &str = "ORT_DISABLE_TELEMETRY";

fn main() -> ExitCode {
    let mut arguments = env::args_os();
    let called = arguments.next().unwrap_or_default();
    let folder = own_folder(&called);
    let libraries = folder.join(LIBRARIES);
    let loader = libraries.join(LOADER_FILE);
    let mut runtime = Command::new(&loader);
    // What the system has cached or configured is for its own programs.
    runtime.args(["--inhibit-cache", "--library-path"]).arg(&libraries);
    runtime.arg("--argv0").arg(&called).arg(libraries.join(PROGRAM_FILE)).args(arguments);
    runtime.env(SEND_NOTHING, "1");
    runtime.env(ONNXRUNTIME, libraries.join(ONNXRUNTIME_FILE));
    if env::var_os(BUNDLE).is_none() {
        runtime.env(BUNDLE, folder);
    }
    let error = runtime.exec();
    eprintln!("mlship-start: cannot start `{}`: {error}", loader.display());
    ExitCode::from(UNUSABLE)
}

/// The folder of this program; by the name that it was called where the system does not say.
fn own_folder(called: &OsString) -> PathBuf {
    let program = env::current_exe().unwrap_or_else(|_| called.into());
    match program.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => ".".into(),
    }
}
