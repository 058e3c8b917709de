//! NumPy's `.npy`, versions 1 to 3: little-endian numbers and booleans, in either order.
//!
//! Form: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The header is a
//! claim: nothing is taken from it before it agrees with the length of the body.

use crate::problem::Kind;
use crate::request::number::{Fault, Scalar};
use crate::request::refuse::echo;

mod header;

/// The most dimensions that NumPy itself has.
const MOST_DIMENSIONS: usize = 64;

/// What the elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::request) enum Kept {
    F4,
    F8,
    I1,
    I2,
    I4,
    I8,
    U1,
    U2,
    U4,
    U8,
    B1,
}

/// An array whose bytes are where they came.
#[derive(Debug)]
pub(in crate::request) struct Array<'b> {
    pub(in crate::request) shape: Vec<usize>,
    pub(in crate::request) kept: Kept,
    /// For each dimension how many elements apart two neighbours lie.
    strides: Vec<usize>,
    bytes: &'b [u8],
}

impl<'b> Array<'b> {
    /// # Errors
    /// When the body is not such an array, or its header contradicts it.
    pub(in crate::request) fn read(body: &'b [u8]) -> Result<Self, Fault> {
        let (header, bytes) = header::split(body)?;
        let header = header::read(header)?;
        let kept = Kept::of(&header.descr)?;
        let shape = header.shape;
        if shape.len() > MOST_DIMENSIONS {
            return Err(malformed(format!("an array has at most {MOST_DIMENSIONS} dimensions")));
        }
        let wanted = shape.iter().try_fold(kept.size(), |size, length| size.checked_mul(*length));
        if wanted != Some(bytes.len()) {
            let shape: Vec<_> = shape.iter().map(usize::to_string).collect();
            return Err(malformed(format!(
                "the header says the shape [{}] of `{}`, and {} bytes follow it",
                shape.join(", "),
                echo(&header.descr),
                bytes.len()
            )));
        }
        if bytes.is_empty() {
            return Err((Kind::EmptyList, "the array is empty".into()));
        }
        let strides = strides(&shape, header.is_fortran);
        Ok(Self { shape, kept, strides, bytes })
    }

    /// How many elements there are.
    pub(in crate::request) fn len(&self) -> usize {
        self.bytes.len() / self.kept.size()
    }

    /// The bytes, when they stand in the order of nested lists.
    pub(in crate::request) fn in_order(&self) -> Option<&'b [u8]> {
        (self.strides == strides(&self.shape, false)).then_some(self.bytes)
    }

    /// The element that is the `place`-th of nested lists.
    pub(in crate::request) fn scalar(&self, place: usize) -> Scalar<'static> {
        let mut at = 0;
        let mut rest = place;
        for (length, stride) in self.shape.iter().zip(&self.strides).rev() {
            at += rest % length * stride;
            rest /= length;
        }
        self.kept.scalar(&self.bytes[at * self.kept.size()..][..self.kept.size()])
    }

    /// The position in nested lists of the `place`-th element.
    pub(in crate::request) fn indices(&self, place: usize) -> Vec<usize> {
        let mut indices = vec![0; self.shape.len()];
        let mut rest = place;
        for (index, length) in indices.iter_mut().zip(&self.shape).rev() {
            *index = rest % length;
            rest /= length;
        }
        indices
    }
}

impl Kept {
    fn of(descr: &str) -> Result<Self, Fault> {
        let (order, kind) = descr.split_at_checked(1).unwrap_or_default();
        Ok(match (order, kind) {
            ("<", "f4") => Kept::F4,
            ("<", "f8") => Kept::F8,
            ("<", "i2") => Kept::I2,
            ("<", "i4") => Kept::I4,
            ("<", "i8") => Kept::I8,
            ("<", "u2") => Kept::U2,
            ("<", "u4") => Kept::U4,
            ("<", "u8") => Kept::U8,
            ("|" | "<", "i1") => Kept::I1,
            ("|" | "<", "u1") => Kept::U1,
            ("|" | "<", "b1") => Kept::B1,
            _ => {
                let detail = format!(
                    "elements of `{}` are not taken; `<f4`, `<f8`, whole numbers and `|b1` are, \
                     little-endian: `array.astype('float32')`",
                    echo(descr)
                );
                return Err((Kind::WrongType, detail));
            }
        })
    }

    fn size(self) -> usize {
        match self {
            Kept::I1 | Kept::U1 | Kept::B1 => 1,
            Kept::I2 | Kept::U2 => 2,
            Kept::F4 | Kept::I4 | Kept::U4 => 4,
            Kept::F8 | Kept::I8 | Kept::U8 => 8,
        }
    }

    /// The element of the bytes, of which there are as many as it has.
    fn scalar(self, bytes: &[u8]) -> Scalar<'static> {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        let low = u64::from_le_bytes(eight);
        match self {
            Kept::F4 => Scalar::Float(f64::from(f32::from_bits(low as u32))),
            Kept::F8 => Scalar::Float(f64::from_bits(low)),
            Kept::I1 => Scalar::Int(i64::from(low as u8 as i8)),
            Kept::I2 => Scalar::Int(i64::from(low as u16 as i16)),
            Kept::I4 => Scalar::Int(i64::from(low as u32 as i32)),
            Kept::I8 => Scalar::Int(low as i64),
            Kept::B1 => Scalar::Bool(low != 0),
            Kept::U1 | Kept::U2 | Kept::U4 | Kept::U8 => {
                i64::try_from(low).map_or(Scalar::Large(low), Scalar::Int)
            }
        }
    }
}

/// How far apart neighbours lie: the last dimension's beside each other, or the first's.
fn strides(shape: &[usize], is_fortran: bool) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    let mut apart = 1;
    let mut set = |dimension: usize| {
        strides[dimension] = apart;
        apart *= shape[dimension];
    };
    match is_fortran {
        true => (0..shape.len()).for_each(&mut set),
        false => (0..shape.len()).rev().for_each(&mut set),
    }
    strides
}

fn malformed(detail: impl Into<String>) -> Fault {
    (Kind::Malformed, detail.into())
}

#[cfg(test)]
mod tests;
