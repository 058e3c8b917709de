//! Where the largest are, and running sums.

use smallvec::smallvec;

use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{around, axis, volume};
use crate::classical::value::{Value, each, each_number};
use crate::classical::{Outcome, fail};

/// Which end of the order is wanted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// The largest first.
    Largest,
    /// The smallest first.
    Smallest,
}

/// `ArgMax` and `ArgMin`: the first of equals, unless the last is asked for.
pub(crate) fn arg(params: &Params<'_>, end: End) -> Outcome<Kernel> {
    let along = params.int("axis", 0)?;
    let keep = params.flag("keepdims", true)?;
    let last = params.flag("select_last_index", false)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let along = axis(along, x.shape.len())?;
        let (outer, length, inner) = around(&x.shape, along);
        if length == 0 {
            return fail("its axis is empty");
        }
        let found = each_number!(&x.data, values => {
            lines(outer, length, inner).map(|line| best(values, line, end, last)).collect()
        });
        let mut shape = x.shape.clone();
        if keep {
            shape[along] = 1
        } else {
            let _ = shape.remove(along);
        }
        Ok(smallvec![Value::new::<i64>(shape, found)])
    }))
}

/// A line of elements along an axis: the first, the step, and how many.
type Line = (usize, usize, usize);

fn lines(outer: usize, length: usize, inner: usize) -> impl Iterator<Item = Line> {
    (0..outer * inner).map(move |at| {
        let start = (at / inner) * length * inner + at % inner;
        (start, inner, length)
    })
}

fn best<T: Number>(values: &[T], (start, step, length): Line, end: End, last: bool) -> i64 {
    let mut found = 0;
    for at in 1..length {
        let (held, next) = (values[start + found * step], values[start + at * step]);
        let better = if end == End::Largest { next > held } else { next < held };
        if better || (last && next == held) {
            found = at;
        }
    }
    found as i64
}

/// `TopK`: of equals, the one that comes first.
pub(crate) fn top_k(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", -1)?;
    let fixed = params.maybe_int("k")?;
    let end = if params.flag("largest", true)? { End::Largest } else { End::Smallest };
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let count = match fixed {
            Some(count) => count,
            None => call.input(1)?.int()?,
        };
        let along = axis(along, x.shape.len())?;
        let (outer, length, inner) = around(&x.shape, along);
        let Some(count) = usize::try_from(count).ok().filter(|count| *count <= length) else {
            return fail(format!("there are not {count} along its axis"));
        };
        let mut shape = x.shape.clone();
        shape[along] = count;
        let mut indexes = vec![0i64; volume(&shape)?];
        let values = each_number!(&x.data, values => {
            let mut chosen = vec![Default::default(); indexes.len()];
            for (nth, line) in lines(outer, length, inner).enumerate() {
                let first = (nth / inner) * count * inner + nth % inner;
                for (rank, at) in sorted(values, line, end, count).into_iter().enumerate() {
                    chosen[first + rank * inner] = values[line.0 + at * line.1];
                    indexes[first + rank * inner] = at as i64;
                }
            }
            Value::new(shape.clone(), chosen)
        });
        Ok(smallvec![values, Value::new(shape, indexes)])
    }))
}

fn sorted<T: Number>(
    values: &[T],
    (start, step, length): Line,
    end: End,
    count: usize,
) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    let before = |a: &usize, b: &usize| {
        let (x, y) = (values[start + a * step], values[start + b * step]);
        let forward = x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()));
        let ordered = if end == End::Largest { forward.reverse() } else { forward };
        ordered.then(a.cmp(b))
    };
    if count > 0 && count < length {
        order.select_nth_unstable_by(count - 1, before);
        order.truncate(count);
    }
    order.truncate(count);
    order.sort_unstable_by(before);
    order
}

/// `CumSum`.
pub(crate) fn cum_sum(params: &Params<'_>) -> Outcome<Kernel> {
    let exclusive = params.flag("exclusive", false)?;
    let reverse = params.flag("reverse", false)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let along = axis(call.input(1)?.int()?, x.shape.len())?;
        let (outer, length, inner) = around(&x.shape, along);
        Ok(smallvec![each_number!(&x.data, values => {
            let mut sums = values.to_vec();
            for (start, step, length) in lines(outer, length, inner) {
                let mut sum = Number::ZERO;
                for nth in 0..length {
                    let nth = if reverse { length - 1 - nth } else { nth };
                    let at = start + nth * step;
                    let next = Number::add(sum, values[at]);
                    sums[at] = if exclusive { sum } else { next };
                    sum = next;
                }
            }
            Value::new(x.shape.clone(), sums)
        })])
    }))
}

/// `NonZero`: the coordinates, one row for each axis.
pub(crate) fn non_zero(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?;
        let found: Vec<usize> = each!(&x.data, values => {
            let zero = zero_like(values);
            values.iter().enumerate().filter(|(_, v)| **v != zero).map(|(at, _)| at).collect()
        });
        let mut coordinates = Vec::with_capacity(found.len() * x.shape.len());
        for (step, length) in crate::classical::shape::strides(&x.shape).iter().zip(&x.shape) {
            coordinates.extend(found.iter().map(|at| (at / step % length) as i64));
        }
        Ok(smallvec![Value::new(smallvec![x.shape.len(), found.len()], coordinates)])
    }))
}

fn zero_like<T: Default>(_values: &[T]) -> T {
    T::default()
}
