//! Dimensions: how many elements, which axis, which element.

use smallvec::smallvec;

use super::{Outcome, fail};
use crate::engine::EngineError;
pub(super) use crate::tensor::Shape;

/// The most elements that one value may have: far above what a request and its model need, far
/// below what memory holds. The fuzzer runs thousands of programs a second and in less memory.
pub(super) const MAX_ELEMENTS: usize = if cfg!(fuzzing) { 1 << 16 } else { 1 << 26 };

/// How many elements there are; fails above [`MAX_ELEMENTS`], and where there would be more without
/// the lengths of zero: a part of such a shape has elements.
#[inline]
pub(super) fn volume(shape: &[usize]) -> Outcome<usize> {
    let (mut product, mut is_empty) = (1usize, false);
    for length in shape {
        is_empty |= *length == 0;
        product = product.saturating_mul((*length).max(1));
    }
    match product > MAX_ELEMENTS {
        true => fail(format!("shape {shape:?} is too large")),
        false => Ok(if is_empty { 0 } else { product }),
    }
}

/// An axis of `rank`, counted from the end when it is negative.
pub(super) fn axis(axis: i64, rank: usize) -> Outcome<usize> {
    let from_start = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    usize::try_from(from_start)
        .ok()
        .filter(|axis| *axis < rank)
        .ok_or_else(|| EngineError(format!("axis {axis} is not one of {rank}")))
}

/// A shape seen from one axis: how many before it, along it, and after it.
pub(super) fn around(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    let outer = shape.iter().take(axis).product();
    let inner = shape.iter().skip(axis + 1).product();
    (outer, shape.get(axis).copied().unwrap_or(1), inner)
}

/// An index along a length, counted from the end when it is negative.
pub(super) fn position(index: i64, length: usize) -> Outcome<usize> {
    let from_start = if index < 0 { index.saturating_add(length as i64) } else { index };
    usize::try_from(from_start)
        .ok()
        .filter(|at| *at < length)
        .ok_or_else(|| EngineError(format!("index {index} is outside {length}")))
}

/// The steps between elements along each axis.
pub(super) fn strides(shape: &[usize]) -> Shape {
    let mut strides: Shape = smallvec![1; shape.len()];
    for at in (1..shape.len()).rev() {
        strides[at - 1] = strides[at] * shape[at];
    }
    strides
}

/// The shape that both broadcast to.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Outcome<Shape> {
    let rank = a.len().max(b.len());
    let at = |shape: &[usize], index: usize| {
        (index + shape.len()).checked_sub(rank).map_or(1, |index| shape[index])
    };
    let mut shape = Shape::with_capacity(rank);
    for index in 0..rank {
        shape.push(match (at(a, index), at(b, index)) {
            (a, b) if a == b => a,
            (1, other) | (other, 1) => other,
            _ => return fail(format!("shapes {a:?} and {b:?} do not go together")),
        });
    }
    volume(&shape)?;
    Ok(shape)
}

/// For each element of `shape`, the element of a `from` that broadcasts to it.
pub(super) fn broadcast_indexes(shape: &[usize], from: &[usize]) -> Vec<usize> {
    let skip = shape.len() - from.len();
    let mut steps: Shape = smallvec![0; shape.len()];
    for (at, step) in strides(from).into_iter().enumerate() {
        steps[skip + at] = if from[at] == 1 { 0 } else { step };
    }
    walk(shape, &steps)
}

/// For each element of `shape` in order, the sum of its coordinates times `steps`.
pub(super) fn walk(shape: &[usize], steps: &[usize]) -> Vec<usize> {
    let mut indexes = vec![0];
    for (length, step) in shape.iter().zip(steps) {
        let mut next = Vec::with_capacity(indexes.len() * length);
        for base in &indexes {
            next.extend((0..*length).map(|at| base + at * step));
        }
        indexes = next;
    }
    indexes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_behind_a_length_of_zero() {
        assert_eq!(volume(&[3, 0, 5]), Ok(0));
        assert_eq!(volume(&[]), Ok(1));
        assert_eq!(volume(&[MAX_ELEMENTS]), Ok(MAX_ELEMENTS));
        for shape in [[0, MAX_ELEMENTS + 1], [MAX_ELEMENTS + 1, 0], [usize::MAX, usize::MAX]] {
            assert!(volume(&shape).is_err(), "{shape:?}");
        }
    }
}
