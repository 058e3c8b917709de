//! Operators and constants as protobuf messages
//! (field numbers: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).

use mlship_inspect::protobuf::Writer;

use crate::rope::{Payload, Rope};

/// `TensorProto.DataType`.
pub(crate) const FLOAT: i32 = 1;
/// `TensorProto.DataType`.
pub(crate) const INT8: i32 = 3;
/// `TensorProto.DataType`.
pub(crate) const FLOAT16: i32 = 10;

/// `AttributeProto.AttributeType.INT`.
const ATTRIBUTE_INT: u64 = 2;

/// An operator of ai.onnx, as a field of a graph.
pub(crate) fn node(
    op_type: &str,
    inputs: &[&str],
    outputs: &[&str],
    setting: Option<(&str, i64)>,
) -> Vec<u8> {
    let mut node = Writer::default();
    for input in inputs {
        node.bytes(1, input.as_bytes());
    }
    for output in outputs {
        node.bytes(2, output.as_bytes());
    }
    node.bytes(3, format!("{}/{op_type}", outputs.first().unwrap_or(&"")).as_bytes());
    node.bytes(4, op_type.as_bytes());
    if let Some((name, value)) = setting {
        let mut attribute = Writer::default();
        attribute.bytes(1, name.as_bytes());
        // Two's complement in 64 bits, as protobuf has negative integers.
        attribute.int(3, value as u64);
        attribute.int(20, ATTRIBUTE_INT);
        node.bytes(5, &attribute.finish());
    }
    let mut field = Writer::default();
    field.bytes(1, &node.finish());
    field.finish()
}

/// A constant of `length` bytes, as a field of a graph.
pub(crate) fn constant<'a>(
    graph: &mut Rope<'a>,
    name: &str,
    data_type: i32,
    dims: &[i64],
    length: u64,
    payload: Payload<'a>,
) {
    let mut head = Writer::default();
    for dim in dims {
        head.int(1, *dim as u64);
    }
    head.int(2, data_type as u64);
    head.bytes(8, name.as_bytes());
    let mut tensor = Rope::default();
    tensor.made(head.finish());
    tensor.later(9, length, payload);
    graph.message(5, tensor);
}
