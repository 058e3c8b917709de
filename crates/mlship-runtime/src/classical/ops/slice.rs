//! `Slice` and `Split`.

use smallvec::smallvec;

use super::gather::picked;
use super::reduce::given_axes;
use crate::classical::call::{Kernel, Outputs, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{Shape, around, axis, strides, volume};
use crate::classical::{Outcome, fail};

/// `Slice`, with its bounds as attributes or as inputs.
pub(crate) fn slice(params: &Params<'_>) -> Outcome<Kernel> {
    let fixed = (params.ints("starts")?, params.ints("ends")?, params.ints("axes")?);
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let starts = given_axes(call, 1, fixed.0.as_ref())?.unwrap_or_default();
        let ends = given_axes(call, 2, fixed.1.as_ref())?.unwrap_or_default();
        let axes = given_axes(call, 3, fixed.2.as_ref())?;
        let axes = axes.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = given_axes(call, 4, None)?.unwrap_or_else(|| vec![1; starts.len()]);
        if starts.len() != ends.len() || starts.len() != axes.len() || starts.len() != steps.len() {
            return fail("its bounds are of several lengths");
        }
        let mut chosen: Vec<Vec<usize>> = x.shape.iter().map(|d| (0..*d).collect()).collect();
        for (nth, along) in axes.iter().enumerate() {
            let along = axis(*along, x.shape.len())?;
            chosen[along] = along_one(x.shape[along], starts[nth], ends[nth], steps[nth])?;
        }
        let shape: Shape = chosen.iter().map(Vec::len).collect();
        volume(&shape)?;
        let mut at = vec![0];
        for (positions, step) in chosen.iter().zip(strides(&x.shape)) {
            at =
                at.iter().flat_map(|base| positions.iter().map(move |p| base + p * step)).collect();
        }
        Ok(smallvec![picked(x, shape, &at)])
    }))
}

fn along_one(length: usize, start: i64, end: i64, step: i64) -> Outcome<Vec<usize>> {
    let length = length as i64;
    let from_start = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |at: i64| from_start(at).clamp(low.min(high), high.max(low));
    let (mut at, end) = (clamp(start), clamp(end));
    let mut positions = Vec::new();
    match step {
        0 => return fail("its step is zero"),
        1.. => {
            while at < end {
                positions.push(at as usize);
                at = at.saturating_add(step);
            }
        }
        _ => {
            while at > end {
                positions.push(at as usize);
                at = at.saturating_add(step);
            }
        }
    }
    Ok(positions)
}

/// `Split`, into equal parts or as told.
pub(crate) fn split(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", 0)?;
    let fixed = params.ints("split")?;
    let parts = match params.maybe_int("num_outputs")? {
        Some(parts) => usize::try_from(parts).unwrap_or(0),
        None => params.outputs,
    };
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let along = axis(along, x.shape.len())?;
        let (outer, length, inner) = around(&x.shape, along);
        let lengths = match given_axes(call, 1, fixed.as_ref())? {
            Some(lengths) => {
                lengths.iter().map(|l| usize::try_from(*l).unwrap_or(length + 1)).collect()
            }
            None => equal(length, parts)?,
        };
        if lengths.iter().try_fold(0usize, |sum, l| sum.checked_add(*l)) != Some(length) {
            return fail(format!("parts {lengths:?} do not make up {length}"));
        }
        let mut first = 0;
        let mut values = Outputs::with_capacity(lengths.len());
        for part in lengths {
            let mut at = Vec::new();
            for block in 0..outer {
                let start = (block * length + first) * inner;
                at.extend(start..start + part * inner);
            }
            let mut shape = x.shape.clone();
            shape[along] = part;
            values.push(picked(x, shape, &at));
            first += part;
        }
        Ok(values)
    }))
}

/// Equal parts; the last is shorter when they cannot be.
fn equal(length: usize, parts: usize) -> Outcome<Vec<usize>> {
    if parts == 0 || parts > length.max(1) {
        return fail(format!("{length} cannot be split into {parts}"));
    }
    let each = length.div_ceil(parts);
    let mut lengths = vec![each; parts];
    lengths[parts - 1] = length.saturating_sub(each * (parts - 1));
    Ok(lengths)
}
