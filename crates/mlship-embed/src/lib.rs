//! The runtime binaries that the tool carries inside itself. Holds bytes and runs none.
//!
//! The build script makes them on a Linux x86-64 host. Elsewhere the tool carries those that
//! `MLSHIP_RUNTIME_CLASSICAL` and `MLSHIP_RUNTIME_NEURAL` name when it is built, or none.

use mlship_bundle::EngineKind;

/// A static Linux binary of `mlship-runtime`.
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

/// The smallest runtime that has the engine; `None` when this build of the tool carries none for
/// the architecture.
pub fn runtime(engine: EngineKind, architecture: Architecture) -> Option<Runtime> {
    match (architecture, engine) {
        (Architecture::X86_64, EngineKind::Classical) => CLASSICAL,
        (Architecture::X86_64, EngineKind::Neural) => NEURAL,
        (Architecture::Aarch64, _) => None,
    }
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
