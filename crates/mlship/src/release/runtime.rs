//! The runtime's binary: one that the user names, else the one that the tool carries.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use mlship_bundle::{LIBRARIES, LOADER_FILE, PROGRAM_FILE};
use mlship_embed::{Architecture, Companion, Variety, companions};
use mlship_package::sha256;

use crate::failure::Failure;

/// What starts a runtime that is not static.
const START: &str = "mlship-start";

/// A runtime's binary.
pub(crate) struct Runtime {
    /// The file.
    pub(crate) bytes: Cow<'static, [u8]>,
    /// SHA-256 of the file, in hex.
    pub(crate) sha256: String,
    /// What it needs in the folder [`LIBRARIES`].
    pub(crate) beside: Vec<Beside>,
}

/// A file beside a runtime.
pub(crate) struct Beside {
    /// Its name.
    pub(crate) name: String,
    /// The file.
    pub(crate) bytes: Cow<'static, [u8]>,
    /// Whether it is started as a program.
    pub(crate) is_program: bool,
}

/// The runtime binary of that variety: from the environment, else the one carried inside.
pub(crate) fn runtime(variety: Variety, architecture: Architecture) -> Result<Runtime, Failure> {
    let variable = variety.variable();
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        return match variety {
            Variety::OnnxRuntime => given_folder(&path, variable, architecture),
            _ => given(path, variable, architecture),
        };
    }
    let embedded = mlship_embed::runtime(variety, architecture);
    let carried = embedded.map(|runtime| Runtime {
        bytes: Cow::Borrowed(runtime.bytes),
        sha256: runtime.sha256.into(),
        beside: companions(variety, architecture).iter().map(carried_beside).collect(),
    });
    carried.ok_or_else(|| {
        let (name, target) = match architecture {
            Architecture::X86_64 => ("x86_64", "x86_64-unknown-linux-gnu"),
            Architecture::Aarch64 => ("arm64", "aarch64-unknown-linux-gnu"),
        };
        Failure::usage(format!("this build of mlship carries no runtime for Linux on {name}"))
            .hint(format!(
                "set `{variable}` to one; where that target is installed it is built by:"
            ))
            .hint(format!("cargo build --profile runtime -p mlship-runtime --target {target}"))
    })
}

fn given(path: PathBuf, variable: &str, architecture: Architecture) -> Result<Runtime, Failure> {
    let bytes = fs::read(&path).map_err(|error| {
        Failure::usage(format!("could not read `{}`: {error}", path.display()))
            .hint(format!("`{variable}` must name a runtime binary for Linux"))
    })?;
    // ELF: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, `e_machine`.
    let machine = bytes.get(18..20).filter(|_| bytes.starts_with(b"\x7fELF"));
    let wanted = match architecture {
        Architecture::X86_64 => [62, 0],
        Architecture::Aarch64 => [183, 0],
    };
    if machine != Some(&wanted) {
        return Err(Failure::usage(format!(
            "`{}` is no Linux program for the architecture that is deployed to",
            path.display()
        ))
        .hint(format!("`{variable}` names it")));
    }
    Ok(Runtime { sha256: sha256(&bytes), bytes: bytes.into(), beside: Vec::new() })
}

/// A folder with the program that starts a runtime, and the runtime and its libraries in the folder
/// [`LIBRARIES`] of that.
fn given_folder(
    folder: &Path,
    variable: &str,
    architecture: Architecture,
) -> Result<Runtime, Failure> {
    let runtime = given(folder.join(START), variable, architecture)?;
    let libraries = folder.join(LIBRARIES);
    let unreadable = |error| {
        Failure::usage(format!("could not read `{}`: {error}", libraries.display()))
            .hint(format!("`{variable}` must name a folder with `{START}` and `{LIBRARIES}` in it"))
    };
    let mut beside = Vec::new();
    for entry in fs::read_dir(&libraries).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = fs::read(entry.path()).map_err(unreadable)?.into();
        let is_program = [LOADER_FILE, PROGRAM_FILE].contains(&name.as_str());
        beside.push(Beside { name, bytes, is_program });
    }
    Ok(Runtime { beside, ..runtime })
}

fn carried_beside(companion: &Companion) -> Beside {
    Beside {
        name: companion.name.into(),
        bytes: Cow::Borrowed(companion.file.bytes),
        is_program: companion.is_program(),
    }
}
