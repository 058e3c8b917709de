//! Tensors to the library's values and back. Elements are taken as they are.

use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor as Owned, TensorElementType, TensorRef};

use super::said;
use crate::engine::EngineError;
use crate::tensor::{Tensor, Values};

/// A tensor as the library reads it: where it lies; text is copied.
pub(super) fn given(tensor: &Tensor) -> ort::Result<SessionInputValue<'_>> {
    let shape = tensor.shape.as_slice();
    Ok(match &tensor.values {
        Values::F32(values) => TensorRef::from_array_view((shape, &values[..]))?.into(),
        Values::F64(values) => TensorRef::from_array_view((shape, &values[..]))?.into(),
        Values::I32(values) => TensorRef::from_array_view((shape, &values[..]))?.into(),
        Values::I64(values) => TensorRef::from_array_view((shape, &values[..]))?.into(),
        Values::Bool(values) => TensorRef::from_array_view((shape, &values[..]))?.into(),
        Values::String(values) => Owned::from_string_array((shape, &values[..]))?.into(),
    })
}

/// A value of the library's as a tensor.
///
/// # Errors
/// When it is no tensor, or of elements that answers do not have.
pub(super) fn taken(value: &DynValue) -> Result<Tensor, EngineError> {
    let Some(element) = value.dtype().tensor_type() else {
        return Err(EngineError("an output is no tensor".into()));
    };
    macro_rules! copied {
        ($kind:ident) => {{
            let (shape, elements) = value.try_extract_tensor().map_err(said)?;
            (shape, Values::$kind(elements.into()))
        }};
    }
    let (shape, values) = match element {
        TensorElementType::Float32 => copied!(F32),
        TensorElementType::Float64 => copied!(F64),
        TensorElementType::Int32 => copied!(I32),
        TensorElementType::Int64 => copied!(I64),
        TensorElementType::Bool => copied!(Bool),
        TensorElementType::String => {
            let (shape, elements) = value.try_extract_strings().map_err(said)?;
            (shape, Values::String(elements))
        }
        other => return Err(EngineError(format!("an output has elements of type {other}"))),
    };
    let lengths = shape.iter().map(|length| usize::try_from(*length));
    let shape = lengths.collect::<Result<_, _>>().map_err(said)?;
    Ok(Tensor { shape, values })
}
