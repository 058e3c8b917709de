//! The same elements in another shape or order.

use smallvec::smallvec;

use super::gather::picked;
use super::reduce::given_axes;
use crate::classical::call::{Call, Kernel, Outputs, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{
    Shape, around, axis, broadcast, broadcast_indexes, strides, volume, walk,
};
use crate::classical::value::{Item, Value, each};
use crate::classical::{Outcome, fail};

/// The same value in another shape.
pub(crate) fn shaped<'a>(value: &Value<'a>, shape: Shape) -> Outcome<Outputs<'a>> {
    if volume(&shape)? != value.data.len() {
        return fail(format!("{} elements do not fill {shape:?}", value.data.len()));
    }
    Ok(smallvec![Value { shape, data: value.data.clone() }])
}

/// `Reshape`.
pub(crate) fn reshape(params: &Params<'_>) -> Outcome<Kernel> {
    let zero_is_zero = params.flag("allowzero", false)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let wanted = call.input(1)?.ints()?;
        let mut shape = Shape::with_capacity(wanted.len());
        for (at, length) in wanted.iter().enumerate() {
            shape.push(match *length {
                0 if !zero_is_zero => *x.shape.get(at).unwrap_or(&0),
                -1 => 1,
                length => usize::try_from(length).unwrap_or(usize::MAX),
            });
        }
        if let Some(open) = wanted.iter().position(|length| *length == -1) {
            shape[open] = x.data.len().checked_div(volume(&shape)?).unwrap_or(0);
        }
        shaped(x, shape)
    }))
}

/// `Flatten`.
pub(crate) fn flatten(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", 1)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let rank = x.shape.len();
        let along = if along == rank as i64 { rank } else { axis(along, rank)? };
        let rows = x.shape[..along].iter().product();
        let columns = x.shape[along..].iter().product();
        shaped(x, smallvec![rows, columns])
    }))
}

/// `Squeeze`.
pub(crate) fn squeeze(params: &Params<'_>) -> Outcome<Kernel> {
    let fixed = params.ints("axes")?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let mut gone = vec![false; x.shape.len()];
        match given_axes(call, 1, fixed.as_ref())? {
            Some(axes) => {
                for along in axes {
                    gone[axis(along, x.shape.len())?] = true;
                }
            }
            None => gone = x.shape.iter().map(|length| *length == 1).collect(),
        }
        let kept = x.shape.iter().zip(&gone).filter(|(_, gone)| !**gone);
        shaped(x, kept.map(|(length, _)| *length).collect())
    }))
}

/// `Unsqueeze`.
pub(crate) fn unsqueeze(params: &Params<'_>) -> Outcome<Kernel> {
    let fixed = params.ints("axes")?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let axes = given_axes(call, 1, fixed.as_ref())?.unwrap_or_default();
        let rank = x.shape.len() + axes.len();
        let mut new = vec![false; rank];
        for along in axes {
            new[axis(along, rank)?] = true;
        }
        let mut old = x.shape.iter();
        let shape = new.iter().map(|new| if *new { 1 } else { *old.next().unwrap_or(&1) });
        shaped(x, shape.collect())
    }))
}

/// `Transpose`.
pub(crate) fn transpose(params: &Params<'_>) -> Outcome<Kernel> {
    let fixed = params.ints("perm")?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let rank = x.shape.len();
        let order = match &fixed {
            Some(order) => order.iter().map(|at| axis(*at, rank)).collect::<Outcome<Vec<_>>>()?,
            None => (0..rank).rev().collect(),
        };
        let steps = strides(&x.shape);
        let shape: Shape = order.iter().map(|at| x.shape[*at]).collect();
        if volume(&shape)? != x.data.len() {
            return fail("its order is not of all axes");
        }
        let at = walk(&shape, &order.iter().map(|at| steps[*at]).collect::<Vec<_>>());
        Ok(smallvec![picked(x, shape, &at)])
    }))
}

/// `Concat`.
pub(crate) fn concat(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", 1)?;
    Ok(boxed(move |call| {
        let first = call.input(0)?;
        let along = axis(along, first.shape.len())?;
        let mut total = 0;
        for at in 0..call.count() {
            let shape = &call.input(at)?.shape[..];
            if !are_alike_but_for(along, shape, &first.shape) {
                return fail(format!("{shape:?} and {:?} do not go together", first.shape));
            }
            total += shape[along];
        }
        let mut shape = first.shape.clone();
        shape[along] = total;
        Ok(smallvec![each!(&first.data, values => joined(values, call, shape, along))?])
    }))
}

/// Whether two shapes have the same lengths along every axis but one, which both have.
fn are_alike_but_for(along: usize, a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().zip(b).enumerate().all(|(at, (a, b))| at == along || a == b)
}

fn joined<'a, T: Item<'a>>(
    _values: &[T],
    call: &Call<'_, 'a>,
    shape: Shape,
    along: usize,
) -> Outcome<Value<'a>> {
    let (outer, _, inner) = around(&shape, along);
    let mut out = Vec::with_capacity(volume(&shape)?);
    for block in 0..outer {
        for at in 0..call.count() {
            let value = call.input(at)?;
            let width = value.shape[along] * inner;
            match value.slice::<T>()?[block * width..(block + 1) * width] {
                [ref one] => out.push(one.clone()),
                ref many => out.extend_from_slice(many),
            }
        }
    }
    Ok(Value::new(shape, out))
}

/// `Expand`.
pub(crate) fn expand(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?;
        let shape = broadcast(&x.shape, &lengths(call.input(1)?)?)?;
        let at = broadcast_indexes(&shape, &x.shape);
        Ok(smallvec![picked(x, shape, &at)])
    }))
}

/// `Tile`.
pub(crate) fn tile(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?;
        let times = lengths(call.input(1)?)?;
        if times.len() != x.shape.len() {
            return fail("it repeats as many axes as there are");
        }
        // Each axis becomes two, how often and how long; the first takes no step.
        let steps = strides(&x.shape);
        let (mut split, mut step, mut shape) = (Vec::new(), Vec::new(), Shape::new());
        for at in 0..times.len() {
            split.extend([times[at], x.shape[at]]);
            step.extend([0, steps[at]]);
            shape.push(times[at].saturating_mul(x.shape[at]));
        }
        volume(&shape)?;
        Ok(smallvec![picked(x, shape, &walk(&split, &step))])
    }))
}

/// Lengths, as a value holds them.
pub(crate) fn lengths(value: &Value<'_>) -> Outcome<Shape> {
    value
        .ints()?
        .iter()
        .map(|length| {
            usize::try_from(*length).or_else(|_| fail(format!("`{length}` is no length")))
        })
        .collect()
}

/// `Shape`.
pub(crate) fn shape(params: &Params<'_>) -> Outcome<Kernel> {
    let (start, end) = (params.int("start", 0)?, params.maybe_int("end")?);
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let rank = x.shape.len() as i64;
        let bound = |at: i64| (if at < 0 { at.saturating_add(rank) } else { at }).clamp(0, rank);
        let (start, end) = (bound(start) as usize, end.map_or(rank, bound) as usize);
        let part = x.shape.get(start..end).unwrap_or_default();
        let lengths: Vec<i64> = part.iter().map(|length| *length as i64).collect();
        Ok(smallvec![Value::new(smallvec![lengths.len()], lengths)])
    }))
}
