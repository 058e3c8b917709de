//! The library of ONNX Runtime on this machine: named by the user, kept from before, or brought by
//! pip from the registry that the user's pip asks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mlship_package::onnxruntime::{
    OnnxRuntime, OnnxRuntimeError, PLATFORM, PYTHON, VERSION, WHEEL_SHA256,
};

use crate::cache::cache;
use crate::context::Context;
use crate::failure::Failure;

/// What downloads a wheel, and its first arguments: the first that is there is asked.
const PIPS: &[(&str, &[&str])] =
    &[("pip3", &[]), ("pip", &[]), ("python3", &["-m", "pip"]), ("uvx", &["pip"])];

/// Why there is no library.
pub(super) enum Missing {
    /// What was named, or kept, or brought, is not it.
    Refused(OnnxRuntimeError),
    /// It is not here and could not be brought.
    Absent(String),
}

impl Missing {
    /// What the user can do.
    pub(super) fn hint() -> String {
        format!(
            "name a wheel or an installed package: --onnxruntime PATH; elsewhere it is had by: \
             pip download onnxruntime=={VERSION} --no-deps --only-binary :all: --python-version \
             {PYTHON} --platform {PLATFORM}"
        )
    }
}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Refused(error @ OnnxRuntimeError::Other { .. }) => {
                Failure::verification(error.to_string()).hint(Missing::hint())
            }
            Missing::Refused(error) => Failure::usage(error.to_string()).hint(Missing::hint()),
            Missing::Absent(cause) => Failure::usage(cause).hint(Missing::hint()),
        }
    }
}

/// The library.
pub(super) fn library(context: &Context) -> Result<OnnxRuntime, Missing> {
    let folder = cache().ok_or_else(|| {
        Missing::Absent("neither `XDG_CACHE_HOME` nor `HOME` says where to keep a library".into())
    })?;
    let folder = folder.join(format!("mlship/onnxruntime-{VERSION}"));
    if let Some(named) = context.onnxruntime() {
        return OnnxRuntime::take(named, &folder).map_err(Missing::Refused);
    }
    if let Some(kept) = OnnxRuntime::kept(&folder).map_err(Missing::Refused)? {
        return Ok(kept);
    }
    context.say(&format!("  bringing ONNX Runtime {VERSION} (24 MB) with pip"));
    let incoming = folder.with_extension(format!("wheel-{}", std::process::id()));
    let brought = bring(&incoming)
        .and_then(|wheel| OnnxRuntime::take(&wheel, &folder).map_err(Missing::Refused));
    let _ = fs::remove_dir_all(&incoming);
    brought
}

/// Lets pip bring the wheel into `folder`; pip compares its digest.
fn bring(folder: &Path) -> Result<PathBuf, Missing> {
    let absent = |cause: String| {
        Missing::Absent(format!("ONNX Runtime {VERSION} could not be brought: {cause}"))
    };
    let wanted = folder.join("wanted.txt");
    fs::create_dir_all(folder)
        .and_then(|()| {
            fs::write(&wanted, format!("onnxruntime=={VERSION} --hash=sha256:{WHEEL_SHA256}\n"))
        })
        .map_err(|error| absent(format!("could not write `{}`: {error}", wanted.display())))?;
    for (program, first) in PIPS {
        let mut pip = Command::new(program);
        pip.args(*first).args(["download", "--quiet", "--no-deps", "--disable-pip-version-check"]);
        pip.args(["--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON]);
        pip.args(["--platform", PLATFORM, "--requirement"]).arg(&wanted).arg("--dest").arg(folder);
        let ran = match pip.stdin(Stdio::null()).output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            ran => ran.map_err(|error| absent(format!("`{program}` does not start: {error}")))?,
        };
        let wheel = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let wheel = wheel.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl"));
        return wheel.filter(|_| ran.status.success()).ok_or_else(|| {
            let said = String::from_utf8_lossy(&ran.stderr);
            let line = said.lines().rev().find(|line| line.starts_with("ERROR"));
            absent(format!("`{program}` says: {}", line.unwrap_or("nothing")))
        });
    }
    Err(absent("there is no pip".into()))
}
