//! Values: tensors whose elements may lie in the program or in the request.

use std::borrow::Cow;

use mlship_bundle::program::ElementKind;

use super::file::File;
use super::shape::{Shape, volume};
use super::{Outcome, fail};
use crate::tensor::{Tensor, Values};

/// A dense tensor, row-major; as many elements as the product of its dimensions.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    pub(super) shape: Shape,
    pub(super) data: Data<'a>,
}

/// A tensor's elements.
#[derive(Debug, Clone)]
pub(super) enum Data<'a> {
    F32(Cow<'a, [f32]>),
    F64(Cow<'a, [f64]>),
    I32(Cow<'a, [i32]>),
    I64(Cow<'a, [i64]>),
    Bool(Cow<'a, [bool]>),
    Text(Vec<Cow<'a, str>>),
}

/// Evaluates an expression over the elements, whatever they are.
macro_rules! each {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            $crate::classical::value::Data::F32($values) => $body,
            $crate::classical::value::Data::F64($values) => $body,
            $crate::classical::value::Data::I32($values) => $body,
            $crate::classical::value::Data::I64($values) => $body,
            $crate::classical::value::Data::Bool($values) => $body,
            $crate::classical::value::Data::Text($values) => $body,
        }
    };
}

/// Evaluates an expression over the elements when they are numbers, else fails.
macro_rules! each_number {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            $crate::classical::value::Data::F32($values) => $body,
            $crate::classical::value::Data::F64($values) => $body,
            $crate::classical::value::Data::I32($values) => $body,
            $crate::classical::value::Data::I64($values) => $body,
            other => return $crate::classical::fail(format!("it cannot take {}", other.name())),
        }
    };
}

/// Evaluates an expression over the elements when they are floats, else fails.
macro_rules! each_float {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            $crate::classical::value::Data::F32($values) => $body,
            $crate::classical::value::Data::F64($values) => $body,
            other => return $crate::classical::fail(format!("it cannot take {}", other.name())),
        }
    };
}

pub(super) use {each, each_float, each_number};

/// A kind of element.
pub(super) trait Item<'a>: Clone + Default + PartialEq {
    fn data(values: Vec<Self>) -> Data<'a>;
    fn slice<'v>(data: &'v Data<'a>) -> Option<&'v [Self]>;
}

macro_rules! items {
    ($($kind:ty: $variant:ident);*) => {$(
        impl<'a> Item<'a> for $kind {
            fn data(values: Vec<Self>) -> Data<'a> {
                Data::$variant(Cow::Owned(values))
            }
            fn slice<'v>(data: &'v Data<'a>) -> Option<&'v [Self]> {
                match data { Data::$variant(values) => Some(values), _ => None }
            }
        }
    )*};
}

items!(f32: F32; f64: F64; i32: I32; i64: I64; bool: Bool);

impl<'a> Item<'a> for Cow<'a, str> {
    fn data(values: Vec<Self>) -> Data<'a> {
        Data::Text(values)
    }
    fn slice<'v>(data: &'v Data<'a>) -> Option<&'v [Self]> {
        match data {
            Data::Text(values) => Some(values),
            _ => None,
        }
    }
}

impl<'a> Value<'a> {
    /// A value of elements.
    pub(super) fn new<T: Item<'a>>(shape: Shape, values: Vec<T>) -> Self {
        Self { shape, data: T::data(values) }
    }

    /// An input of the model.
    pub(super) fn of(tensor: &'a Tensor) -> Outcome<Self> {
        if volume(&tensor.shape)? != tensor.values.len() {
            return fail("an input does not have as many elements as its shape says");
        }
        let data = match &tensor.values {
            Values::F32(values) => Data::F32(Cow::Borrowed(values)),
            Values::F64(values) => Data::F64(Cow::Borrowed(values)),
            Values::I32(values) => Data::I32(Cow::Borrowed(values)),
            Values::I64(values) => Data::I64(Cow::Borrowed(values)),
            Values::Bool(values) => Data::Bool(values.into()),
            Values::String(values) => {
                Data::Text(values.iter().map(|text| Cow::Borrowed(text.as_str())).collect())
            }
        };
        Ok(Self { shape: Shape::from_slice(&tensor.shape), data })
    }

    /// An array of the program.
    pub(super) fn constant(file: &'a File, index: u32) -> Outcome<Self> {
        let array = file.array(index)?;
        let data = match array.element {
            kind if kind == ElementKind::F32 as u32 => Data::F32(file.f32s(index)?.into()),
            kind if kind == ElementKind::F64 as u32 => Data::F64(file.f64s(index)?.into()),
            kind if kind == ElementKind::I32 as u32 => Data::I32(file.i32s(index)?.into()),
            kind if kind == ElementKind::I64 as u32 => Data::I64(file.i64s(index)?.into()),
            kind if kind == ElementKind::Bool as u32 => {
                bool::data(file.bools(index)?.iter().map(|byte| *byte != 0).collect())
            }
            kind if kind == ElementKind::Text as u32 => {
                Data::Text(file.texts(index)?.into_iter().map(Cow::Borrowed).collect())
            }
            _ => return fail("a constant of the program is of no known type"),
        };
        let shape = file.dimensions(array)?;
        if volume(&shape)? != data.len() {
            return fail("a constant of the program does not have its shape");
        }
        Ok(Self { shape, data })
    }

    /// An output of the model.
    pub(super) fn to_tensor(&self) -> Tensor {
        let values = match &self.data {
            Data::F32(values) => Values::F32(values.as_ref().into()),
            Data::F64(values) => Values::F64(values.as_ref().into()),
            Data::I32(values) => Values::I32(values.as_ref().into()),
            Data::I64(values) => Values::I64(values.as_ref().into()),
            Data::Bool(values) => Values::Bool(values.to_vec()),
            Data::Text(values) => {
                Values::String(values.iter().map(|text| text.clone().into_owned()).collect())
            }
        };
        Tensor { shape: self.shape.clone(), values }
    }

    /// The elements, which must be of this kind.
    pub(super) fn slice<'v, T: Item<'a>>(&'v self) -> Outcome<&'v [T]> {
        match T::slice(&self.data) {
            Some(values) => Ok(values),
            None => fail(format!("{} is not the type it needs there", self.data.name())),
        }
    }

    /// The elements as 64-bit integers: of int32 or int64.
    pub(super) fn ints(&self) -> Outcome<Cow<'_, [i64]>> {
        match &self.data {
            Data::I64(values) => Ok(Cow::Borrowed(values)),
            Data::I32(values) => Ok(values.iter().map(|value| i64::from(*value)).collect()),
            other => fail(format!("{} is not an integer type", other.name())),
        }
    }

    /// The one integer it holds.
    pub(super) fn int(&self) -> Outcome<i64> {
        match &*self.ints()? {
            [one] => Ok(*one),
            many => fail(format!("one integer is needed, got {}", many.len())),
        }
    }

    /// Numbers as 32-bit floats.
    pub(super) fn floats(&self) -> Outcome<Cow<'_, [f32]>> {
        Ok(match &self.data {
            Data::F32(values) => Cow::Borrowed(values),
            Data::F64(values) => values.iter().map(|value| *value as f32).collect(),
            Data::I32(values) => values.iter().map(|value| *value as f32).collect(),
            Data::I64(values) => values.iter().map(|value| *value as f32).collect(),
            Data::Bool(values) => values.iter().map(|value| f32::from(*value)).collect(),
            Data::Text(_) => return fail("it cannot take string"),
        })
    }

    /// Numbers as 64-bit floats.
    pub(super) fn doubles(&self) -> Outcome<Cow<'_, [f64]>> {
        Ok(match &self.data {
            Data::F32(values) => values.iter().map(|value| f64::from(*value)).collect(),
            Data::F64(values) => Cow::Borrowed(values),
            Data::I32(values) => values.iter().map(|value| f64::from(*value)).collect(),
            Data::I64(values) => values.iter().map(|value| *value as f64).collect(),
            Data::Bool(values) => values.iter().map(|value| f64::from(*value)).collect(),
            Data::Text(_) => return fail("it cannot take string"),
        })
    }

    /// Rows and columns, as ai.onnx.ml operators see them: one row when there is one dimension.
    pub(super) fn rows(&self) -> (usize, usize) {
        match self.shape.as_slice() {
            [] => (1, 1),
            [columns] => (1, *columns),
            [rows, rest @ ..] => (*rows, rest.iter().product()),
        }
    }
}

impl Data<'_> {
    /// How many.
    pub(super) fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    /// What they are, in ONNX's words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Data::F32(_) => "float",
            Data::F64(_) => "double",
            Data::I32(_) => "int32",
            Data::I64(_) => "int64",
            Data::Bool(_) => "bool",
            Data::Text(_) => "string",
        }
    }
}
