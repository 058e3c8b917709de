//! The runtime binaries that the tool carries inside itself. Holds bytes and runs none.
//!
//! The build script makes them on a Linux x86-64 host. Elsewhere the tool carries those that
//! `MLSHIP_RUNTIME_CLASSICAL`, `MLSHIP_RUNTIME_NEURAL` and `MLSHIP_RUNTIME_FULL` name when it is
//! built, or none.

mod variety;

pub use variety::Variety;

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

/// The runtime of that variety; `None` when this build of the tool carries none for the
/// architecture.
pub fn runtime(variety: Variety, architecture: Architecture) -> Option<Runtime> {
    match (architecture, variety) {
        (Architecture::X86_64, Variety::Classical) => CLASSICAL,
        (Architecture::X86_64, Variety::Neural) => NEURAL,
        (Architecture::X86_64, Variety::Full) => FULL,
        (Architecture::Aarch64, _) => None,
    }
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
