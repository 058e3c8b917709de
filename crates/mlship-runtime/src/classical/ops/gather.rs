//! Elements picked by index.

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{Shape, around, axis, position, strides, volume};
use crate::classical::value::{Item, Value, each};
use crate::classical::{Outcome, fail};

/// The elements at these places.
pub(crate) fn picked<'a>(value: &Value<'a>, shape: Shape, at: &[usize]) -> Value<'a> {
    each!(&value.data, values => Value::new(shape, at.iter().map(|at| values[*at].clone()).collect()))
}

/// `Gather`.
pub(crate) fn gather(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", 0)?;
    Ok(boxed(move |call| {
        let (x, indexes) = (call.input(0)?, call.input(1)?);
        let along = axis(along, x.shape.len())?;
        let (outer, length, inner) = around(&x.shape, along);
        let mut shape = Shape::from_slice(&x.shape[..along]);
        shape.extend_from_slice(&indexes.shape);
        shape.extend_from_slice(&x.shape[along + 1..]);
        let count = volume(&shape)?;
        let indexes = indexes.ints()?;
        let starts = (0..outer).flat_map(|block| {
            let start = move |index: &i64| Ok((block * length + position(*index, length)?) * inner);
            indexes.iter().map(start)
        });
        Ok(smallvec![each!(&x.data, values => runs(values, shape, count, starts, inner))?])
    }))
}

/// Runs of `width` elements that begin at these places, `count` elements in all.
fn runs<'a, T: Item<'a>>(
    values: &[T],
    shape: Shape,
    count: usize,
    starts: impl Iterator<Item = Outcome<usize>>,
    width: usize,
) -> Outcome<Value<'a>> {
    let mut out = Vec::with_capacity(count);
    for start in starts {
        let start = start?;
        out.extend_from_slice(&values[start..start + width]);
    }
    Ok(Value::new(shape, out))
}

/// `GatherElements`.
pub(crate) fn gather_elements(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", 0)?;
    Ok(boxed(move |call| {
        let (x, indexes) = (call.input(0)?, call.input(1)?);
        let at = element_places(x, indexes, along)?;
        Ok(smallvec![picked(x, indexes.shape.clone(), &at)])
    }))
}

/// For each index, the place in `x` that it means along an axis.
pub(crate) fn element_places(
    x: &Value<'_>,
    indexes: &Value<'_>,
    along: i64,
) -> Outcome<Vec<usize>> {
    let along = axis(along, x.shape.len())?;
    let fits = x.shape.len() == indexes.shape.len()
        && x.shape.iter().zip(&indexes.shape).enumerate().all(|(at, (x, i))| at == along || i <= x);
    if !fits {
        return fail(format!("indexes {:?} do not fit {:?}", indexes.shape, x.shape));
    }
    let (from, to) = (strides(&indexes.shape), strides(&x.shape));
    let place = |(nth, index): (usize, i64)| {
        let mut at = position(index, x.shape[along])? * to[along];
        for dimension in (0..from.len()).filter(|dimension| *dimension != along) {
            at += nth / from[dimension] % indexes.shape[dimension] * to[dimension];
        }
        Ok(at)
    };
    indexes.ints()?.iter().copied().enumerate().map(place).collect()
}

/// `GatherND`.
pub(crate) fn gather_nd(params: &Params<'_>) -> Outcome<Kernel> {
    let batch = usize::try_from(params.int("batch_dims", 0)?).unwrap_or(usize::MAX);
    Ok(boxed(move |call| {
        let (x, indexes) = (call.input(0)?, call.input(1)?);
        let Some((&width, index_shape)) = indexes.shape.split_last() else {
            return fail("its indexes are a scalar");
        };
        let fits = batch <= index_shape.len()
            && batch.saturating_add(width) <= x.shape.len()
            && index_shape[..batch] == x.shape[..batch];
        if !fits {
            return fail(format!("indexes {:?} do not fit {:?}", indexes.shape, x.shape));
        }
        let rest = &x.shape[batch + width..];
        let mut shape = Shape::from_slice(index_shape);
        shape.extend_from_slice(rest);
        let (steps, inner) = (strides(&x.shape), rest.iter().product::<usize>());
        let per_batch: usize = index_shape[batch..].iter().product();
        let block: usize = x.shape[batch..].iter().product();
        let mut at = Vec::with_capacity(volume(&shape)?);
        let all = indexes.ints()?;
        for nth in 0..volume(index_shape)? {
            let mut start = nth / per_batch * block;
            for (k, index) in all[nth * width..(nth + 1) * width].iter().enumerate() {
                start += position(*index, x.shape[batch + k])? * steps[batch + k];
            }
            at.extend(start..start + inner);
        }
        Ok(smallvec![picked(x, shape, &at)])
    }))
}

/// `Compress`.
pub(crate) fn compress(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.maybe_int("axis")?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let keep: &[bool] = call.input(1)?.slice()?;
        let shape = if along.is_some() { x.shape.clone() } else { smallvec![x.data.len()] };
        let along = axis(along.unwrap_or(0), shape.len())?;
        let (outer, length, inner) = around(&shape, along);
        let kept: Vec<usize> =
            (0..length).filter(|at| keep.get(*at).copied().unwrap_or(false)).collect();
        let mut at = Vec::new();
        for block in 0..outer {
            for index in &kept {
                let start = (block * length + index) * inner;
                at.extend(start..start + inner);
            }
        }
        let mut shape = shape;
        shape[along] = kept.len();
        Ok(smallvec![picked(x, shape, &at)])
    }))
}
