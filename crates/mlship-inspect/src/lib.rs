//! Model files to facts: format, inputs, outputs, operators, size.
//!
//! Reads, never runs: no pickle is unpickled and no graph is executed here.

pub mod onnx;
