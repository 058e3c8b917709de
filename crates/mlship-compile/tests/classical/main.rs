//! The classical engine, from ONNX file to answer, against the ONNX project's tests and onnxruntime.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be is a failure")]

mod cases;
mod fused;
mod hostile;
mod large_forest;
mod nodes;
mod trained_models;
