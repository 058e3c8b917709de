//! The contract between the tool, which writes a bundle, and the runtime, which serves it.
//!
//! A bundle is a folder with [`FILE`] in it, and what that file names. Types only: nothing here
//! reads or writes a file.

pub mod half;
mod manifest;
pub mod program;
pub mod vocabulary;

pub use manifest::*;

/// The bundle's own description, in JSON, at the top of the folder.
pub const FILE: &str = "bundle.json";

/// The environment variable that tells the runtime where [`Model::fetched`] files are:
/// `s3://bucket/prefix`, `gs://bucket/prefix` or `https://host/prefix`, followed by `/` and a file's
/// SHA-256 in hex.
pub const MODEL_STORE: &str = "MLSHIP_MODEL_STORE";

/// The folder in which a runtime that is not static finds its loader and libraries.
pub const LIBRARIES: &str = "lib";

/// The library of ONNX Runtime, beside the runtime that loads it.
pub const ONNXRUNTIME_FILE: &str = "libonnxruntime.so.1";

/// The version of the contract. A runtime refuses any other.
pub const FORMAT: u32 = 1;
