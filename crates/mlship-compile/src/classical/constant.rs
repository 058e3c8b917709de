//! ONNX tensors to arrays.

use mlship_inspect::onnx::{Tensor, TensorData};

use super::writer::Elements;
use super::{CompileError, malformed};

/// The numbers of `TensorProto.DataType` that the engine has.
pub(super) const F32: i32 = 1;
pub(super) const I32: i32 = 6;
pub(super) const I64: i32 = 7;
pub(super) const TEXT: i32 = 8;
pub(super) const BOOL: i32 = 9;
pub(super) const F64: i32 = 11;

/// A tensor's dimensions and elements; `file` is what it was parsed from.
pub(super) fn elements(
    tensor: &Tensor,
    file: &[u8],
) -> Result<(Vec<usize>, Elements), CompileError> {
    let wrong = |problem: &str| malformed(&tensor.name, problem);
    let dims: Result<Vec<usize>, _> = tensor.dims.iter().map(|d| usize::try_from(*d)).collect();
    let dims = dims.map_err(|_| wrong("a dimension is negative"))?;
    let count = dims.iter().try_fold(1usize, |product, d| product.checked_mul(*d));
    let count = count.ok_or_else(|| wrong("the dimensions are too large"))?;
    let elements = match &tensor.data {
        TensorData::Raw(range) => {
            let bytes = file.get(range.clone()).ok_or_else(|| wrong("it is not in the file"))?;
            raw(tensor.data_type, bytes)
        }
        TensorData::External { .. } => return Err(wrong("its elements are in another file")),
        listed => converted(tensor.data_type, listed),
    };
    let elements = elements.ok_or_else(|| wrong("its elements are not of its type"))?;
    if elements.len() != count {
        return Err(wrong("it does not have as many elements as its dimensions say"));
    }
    Ok((dims, elements))
}

fn raw(data_type: i32, bytes: &[u8]) -> Option<Elements> {
    Some(match data_type {
        F32 => Elements::F32(cast(bytes, f32::from_le_bytes)),
        F64 => Elements::F64(cast(bytes, f64::from_le_bytes)),
        I32 => Elements::I32(cast(bytes, i32::from_le_bytes)),
        I64 => Elements::I64(cast(bytes, i64::from_le_bytes)),
        BOOL => Elements::Bool(bytes.iter().map(|byte| u8::from(*byte != 0)).collect()),
        TEXT if bytes.is_empty() => Elements::Text(Vec::new()),
        _ => return None,
    })
}

fn cast<T, const N: usize>(bytes: &[u8], from: fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|chunk| from(*chunk)).collect()
}

fn converted(data_type: i32, data: &TensorData) -> Option<Elements> {
    Some(match (data_type, data) {
        (F32, TensorData::Floats(values)) => Elements::F32(values.clone()),
        (F64, TensorData::Doubles(values)) => Elements::F64(values.clone()),
        (I32, TensorData::Ints(values)) => {
            Elements::I32(values.iter().map(|value| *value as i32).collect())
        }
        (I64, TensorData::Ints(values)) => Elements::I64(values.clone()),
        (BOOL, TensorData::Ints(values)) => {
            Elements::Bool(values.iter().map(|value| u8::from(*value != 0)).collect())
        }
        (TEXT, TensorData::Strings(values)) => Elements::Text(texts(values)?),
        _ => return None,
    })
}

/// Bytes as text, `None` when they are not UTF-8.
pub(super) fn texts(values: &[Vec<u8>]) -> Option<Vec<String>> {
    values.iter().map(|bytes| String::from_utf8(bytes.clone()).ok()).collect()
}

impl Elements {
    /// How many.
    pub(super) fn len(&self) -> usize {
        match self {
            Elements::F32(values) => values.len(),
            Elements::F64(values) => values.len(),
            Elements::I32(values) => values.len(),
            Elements::I64(values) => values.len(),
            Elements::Bool(values) => values.len(),
            Elements::Text(values) => values.len(),
            Elements::Nodes(values) => values.len(),
            Elements::U32(values) => values.len(),
        }
    }
}
