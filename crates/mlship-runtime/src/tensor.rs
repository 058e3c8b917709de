//! What goes into a model and comes out of it.

use mlship_bundle::Element;
use smallvec::SmallVec;

/// Dimensions. They are few: they lie where the tensor does.
pub type Shape = SmallVec<[usize; 4]>;

/// A dense tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its dimensions.
    pub shape: Shape,
    /// Its elements; as many as the product of the dimensions.
    pub values: Values,
}

impl Tensor {
    /// `count` elements along the first dimension, from `start`. Both must lie within it.
    pub(crate) fn rows(&self, start: usize, count: usize) -> Tensor {
        let (Some(length), rest) = (self.shape.first(), self.shape.get(1..).unwrap_or_default())
        else {
            return self.clone();
        };
        let each = self.values.len() / (*length).max(1);
        let mut shape = Shape::from_slice(&[count]);
        shape.extend_from_slice(rest);
        Tensor { shape, values: self.values.slice(start * each..(start + count) * each) }
    }

    /// Adds another tensor's elements along the first dimension. The other dimensions must agree.
    pub(crate) fn append(&mut self, other: Tensor) {
        if let (Some(length), Some(more)) = (self.shape.first_mut(), other.shape.first()) {
            *length += more;
        }
        self.values.append(other.values);
    }
}

/// A tensor's elements. The few numbers of one row lie where the tensor does, in no more room.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 32-bit floats.
    F32(SmallVec<[f32; 4]>),
    /// 64-bit floats.
    F64(SmallVec<[f64; 2]>),
    /// 32-bit integers.
    I32(SmallVec<[i32; 4]>),
    /// 64-bit integers.
    I64(SmallVec<[i64; 2]>),
    /// Booleans.
    Bool(Vec<bool>),
    /// Text.
    String(Vec<String>),
}

impl Values {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I32(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::Bool(values) => values.len(),
            Values::String(values) => values.len(),
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they are.
    pub fn element(&self) -> Element {
        match self {
            Values::F32(_) => Element::F32,
            Values::F64(_) => Element::F64,
            Values::I32(_) => Element::I32,
            Values::I64(_) => Element::I64,
            Values::Bool(_) => Element::Bool,
            Values::String(_) => Element::String,
        }
    }

    /// None, of one element type.
    pub(crate) fn empty(element: Element) -> Values {
        Values::with_capacity(element, 0)
    }

    /// None, of one element type, with room for so many.
    pub(crate) fn with_capacity(element: Element, room: usize) -> Values {
        match element {
            Element::F32 => Values::F32(SmallVec::with_capacity(room)),
            Element::F64 => Values::F64(SmallVec::with_capacity(room)),
            Element::I32 => Values::I32(SmallVec::with_capacity(room)),
            Element::I64 => Values::I64(SmallVec::with_capacity(room)),
            Element::Bool => Values::Bool(Vec::with_capacity(room)),
            Element::String => Values::String(Vec::with_capacity(room)),
        }
    }

    fn slice(&self, range: std::ops::Range<usize>) -> Values {
        match self {
            Values::F32(values) => Values::F32(values[range].into()),
            Values::F64(values) => Values::F64(values[range].into()),
            Values::I32(values) => Values::I32(values[range].into()),
            Values::I64(values) => Values::I64(values[range].into()),
            Values::Bool(values) => Values::Bool(values[range].to_vec()),
            Values::String(values) => Values::String(values[range].to_vec()),
        }
    }

    fn append(&mut self, other: Values) {
        match (self, other) {
            (Values::F32(values), Values::F32(mut more)) => values.append(&mut more),
            (Values::F64(values), Values::F64(mut more)) => values.append(&mut more),
            (Values::I32(values), Values::I32(mut more)) => values.append(&mut more),
            (Values::I64(values), Values::I64(mut more)) => values.append(&mut more),
            (Values::Bool(values), Values::Bool(mut more)) => values.append(&mut more),
            (Values::String(values), Values::String(mut more)) => values.append(&mut more),
            _ => debug_assert!(false, "values of two element types"),
        }
    }
}
