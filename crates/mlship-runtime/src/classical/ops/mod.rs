//! The operators of ai.onnx (<https://onnx.ai/onnx/operators/>).

pub(super) mod arg;
pub(super) mod binary;
pub(super) mod cast;
pub(super) mod control;
pub(super) mod create;
pub(super) mod distance;
pub(super) mod gather;
pub(super) mod layout;
pub(super) mod logic;
pub(super) mod matmul;
pub(super) mod number;
pub(super) mod reduce;
pub(super) mod scatter;
pub(super) mod slice;
pub(super) mod softmax;
pub(super) mod text;
pub(super) mod tfidf;
pub(super) mod unary;
