//! The operators of ai.onnx (<https://onnx.ai/onnx/operators/>).

pub(super) mod arg;
pub(super) mod binary;
pub(super) mod cast;
pub(super) mod control;
#[expect(clippy::clone_on_copy, reason = "the same code is for text, which is not Copy")]
pub(super) mod create;
pub(super) mod distance;
#[expect(clippy::clone_on_copy, reason = "the same code is for text, which is not Copy")]
pub(super) mod gather;
pub(super) mod layout;
#[expect(clippy::clone_on_copy, reason = "the same code is for text, which is not Copy")]
pub(super) mod logic;
pub(super) mod matmul;
pub(super) mod number;
pub(super) mod reduce;
#[expect(clippy::clone_on_copy, reason = "the same code is for text, which is not Copy")]
pub(super) mod scatter;
pub(super) mod slice;
pub(super) mod softmax;
pub(super) mod text;
pub(super) mod tfidf;
pub(super) mod unary;
