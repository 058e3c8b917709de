//! Model files to facts: format, inputs, outputs, operators, size.
//!
//! Reads, never runs: no pickle is unpickled and no graph is executed here.

pub mod onnx;
pub mod protobuf;

mod advice;
mod archive;
mod booster;
mod error;
mod facts;
mod folder;
mod graph;
mod inspect;
mod json;
mod missing;
mod pickle;
mod pickled;
mod safetensors;
mod signature;
mod sniff;
mod source;
mod text;

pub use error::InspectError;
pub use facts::*;
pub use graph::dtype_name;
pub use inspect::{inspect, open_onnx, read_onnx};
pub use missing::Missing;
pub use signature::{ClassLabels, InputSignature, Signature, Task, signature};
pub use text::{TextInput, TokenizerBeside, takes_text, text_input, tokenizer_beside};
