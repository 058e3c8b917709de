//! The contract between the tool, which writes a bundle, and the runtime, which serves it.
//!
//! A bundle is a folder with [`FILE`] in it, and what that file names. Types only: nothing here
//! reads or writes a file.

mod column;
pub mod half;
mod manifest;
pub mod program;
pub mod vocabulary;
mod worker;

pub use column::*;
pub use manifest::*;
pub use worker::*;

/// The bundle's own description, in JSON, at the top of the folder.
pub const FILE: &str = "bundle.json";

/// The environment variable that tells the runtime where [`Model::fetched`] files are:
/// `s3://bucket/prefix`, `gs://bucket/prefix` or `https://host/prefix`, followed by `/` and a file's
/// SHA-256 in hex.
pub const MODEL_STORE: &str = "MLSHIP_MODEL_STORE";

/// The folder of a bundle in which a runtime that is not static lies, with its loader and libraries.
pub const LIBRARIES: &str = "lib";

/// The runtime's name in [`LIBRARIES`].
pub const PROGRAM_FILE: &str = "mlship-runtime";

/// The loader's name in [`LIBRARIES`], by which it runs a program with those and no other libraries.
pub const LOADER_FILE: &str = "ld-linux-x86-64.so.2";

/// The name in [`LIBRARIES`] of the library of ONNX Runtime.
pub const ONNXRUNTIME_FILE: &str = "libonnxruntime.so.1";

/// The environment variable that names a library of ONNX Runtime to load instead.
pub const ONNXRUNTIME: &str = "MLSHIP_ONNXRUNTIME_LIBRARY";

/// The environment variable that names the Python to start instead of those that
/// [`Worker::python`] lists: a name that is looked for on `PATH`, or a path.
pub const PYTHON: &str = "MLSHIP_PYTHON";

/// The version of the contract. A runtime refuses any other.
pub const FORMAT: u32 = 1;
