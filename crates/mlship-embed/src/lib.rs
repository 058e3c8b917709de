//! The runtime binaries that the tool carries inside itself. Holds bytes and runs none.
//!
//! The build script makes them on a Linux x86-64 host. Elsewhere the tool carries those that
//! `MLSHIP_RUNTIME_CLASSICAL`, `MLSHIP_RUNTIME_PYTHON`, `MLSHIP_RUNTIME_NEURAL`,
//! `MLSHIP_RUNTIME_FULL` and `MLSHIP_RUNTIME_ONNXRUNTIME` name when it is built, or none.
//!
//! The runtime that loads ONNX Runtime cannot be static. It goes into an artifact with a loader and a
//! C library of its own, and what is started there is a small static program that starts it so.

mod variety;

pub use variety::Variety;

/// A Linux binary of `mlship-runtime`; but for what is in [`companions`] it is static.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    /// The file.
    pub bytes: &'static [u8],
    /// SHA-256 of the file, in hex.
    pub sha256: &'static str,
}

/// What a binary runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Intel and AMD, 64-bit.
    X86_64,
    /// ARM, 64-bit.
    Aarch64,
}

/// A file that a runtime needs beside it, in the folder [`mlship_bundle::LIBRARIES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion {
    /// Its name in that folder.
    pub name: &'static str,
    /// The file.
    pub file: Runtime,
}

impl Companion {
    /// True for what is started as a program.
    pub fn is_program(&self) -> bool {
        [mlship_bundle::PROGRAM_FILE, mlship_bundle::LOADER_FILE].contains(&self.name)
    }
}

/// What the runtime of that variety needs beside it, sorted by name.
pub fn companions(variety: Variety, architecture: Architecture) -> &'static [Companion] {
    match (variety, architecture) {
        (Variety::OnnxRuntime, Architecture::X86_64) => ONNXRUNTIME,
        _ => &[],
    }
}

/// The runtime of that variety, or what starts it; `None` when this build of the tool carries none for the
/// architecture.
pub fn runtime(variety: Variety, architecture: Architecture) -> Option<Runtime> {
    match (architecture, variety) {
        (Architecture::X86_64, Variety::Classical) => CLASSICAL,
        (Architecture::X86_64, Variety::Neural) => NEURAL,
        (Architecture::X86_64, Variety::Full) => FULL,
        (Architecture::X86_64, Variety::Python) => PYTHON,
        (Architecture::X86_64, Variety::OnnxRuntime) => START,
        (Architecture::Aarch64, _) => None,
    }
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
