//! The only input as an array.

use mlship_bundle::Element;

use super::shape::{self, Given};
use super::{Answers, Run, Tensors};
use crate::problem::{Kind, Problem};
use crate::request::format::npy::{Array, Kept};
use crate::request::number::{Cell, Fault, Scalar, Target};
use crate::request::place::Place;
use crate::tensor::Values;

/// Reads the whole of `body`: a whole tensor, or one example without its first dimension.
pub(super) fn read(body: &[u8], tensors: &Tensors) -> Result<Run, Problem> {
    let [port] = &tensors.ports[..] else {
        let detail = format!(
            "an `.npy` file holds one array, and the model has {} inputs; send JSON",
            tensors.ports.len()
        );
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    };
    let array = Array::read(body).map_err(|(kind, detail)| Problem::new(kind, detail))?;
    let at = |indices: Vec<usize>, (kind, detail): Fault| {
        let place = Place { key: Some(port.name.clone()), indices, ..Place::default() };
        Problem { kind, detail, field: place.pointer() }
    };
    let target = Target::plain(port.element, tensors.range);
    let values =
        values(&array, target).map_err(|(place, fault)| at(array.indices(place), fault))?;
    let given = Given { shape: array.shape, values };
    let (tensor, answers): (_, Answers) =
        shape::fit(port, given, tensors.rows).map_err(|fault| at(Vec::new(), fault))?;
    Ok(Run { inputs: vec![tensor], answers })
}

/// The elements in order, or which of them does not fit.
fn values(array: &Array<'_>, target: Target) -> Result<Values, (usize, Fault)> {
    if let (Some(bytes), Kept::F4, Element::F32) = (array.in_order(), array.kept, target.element) {
        let (elements, _) = bytes.as_chunks();
        return Ok(Values::F32(elements.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()));
    }
    let mut values = Values::empty(target.element);
    for place in 0..array.len() {
        let cell = match (array.scalar(place), target.element) {
            // What JSON cannot say a tensor may still hold.
            (Scalar::Float(value), Element::F32) if !value.is_finite() => Cell::F32(value as f32),
            (Scalar::Float(value), Element::F64) if !value.is_finite() => Cell::F64(value),
            (scalar, _) => target.cell(scalar).map_err(|fault| (place, fault))?,
        };
        cell.push(&mut values);
    }
    Ok(values)
}
