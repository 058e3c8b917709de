//! The operators of ai.onnx.ml (<https://onnx.ai/onnx/operators/#ai-onnx-ml>), where the text of
//! the standard leaves something open as onnxruntime does it.

pub(super) mod encode;
pub(super) mod features;
pub(super) mod labels;
pub(super) mod linear;
#[expect(clippy::clone_on_copy, reason = "the same code is for text, which is not Copy")]
pub(super) mod map;
pub(super) mod scores;
pub(super) mod svm;
pub(super) mod tree_classifier;
pub(super) mod tree_regressor;
pub(super) mod trees;
