//! ONNX files, read by a bounded parser of our own.

mod graph;

pub use graph::*;
