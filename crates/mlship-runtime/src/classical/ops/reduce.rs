//! Reductions over axes.

use smallvec::smallvec;

use crate::classical::call::{Call, Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{Shape, axis, strides, volume, walk};
use crate::classical::value::{Data, Value};
use crate::classical::{Outcome, fail};

/// A reduction: how floats, and how integers, become one.
#[derive(Clone, Copy)]
pub(crate) struct Reduction {
    pub(crate) floats: fn(&mut dyn Iterator<Item = f64>) -> f64,
    pub(crate) ints: fn(&mut dyn Iterator<Item = i64>) -> i64,
}

fn sum(values: &mut dyn Iterator<Item = i64>) -> i64 {
    values.fold(0, i64::wrapping_add)
}

fn log_sum_exp(values: &mut dyn Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top.is_infinite() {
        return top;
    }
    top + values.iter().map(|value| (value - top).exp()).sum::<f64>().ln()
}

fn mean(values: &mut dyn Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn integer_mean(values: &mut dyn Iterator<Item = i64>) -> i64 {
    let (sum, count) =
        values.fold((0i64, 0i64), |(sum, count), value| (sum.wrapping_add(value), count + 1));
    sum.checked_div(count).unwrap_or(0)
}

fn highest(values: &mut dyn Iterator<Item = f64>) -> f64 {
    values
        .fold(f64::NEG_INFINITY, |top, value| if top > value || top.is_nan() { top } else { value })
}

fn lowest(values: &mut dyn Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, |low, value| if low < value || low.is_nan() { low } else { value })
}

/// The reduction of that operator.
pub(crate) fn named(name: &str) -> Option<Reduction> {
    let of = |floats, ints| Some(Reduction { floats, ints });
    match name {
        "ReduceL1" => of(|v| v.map(f64::abs).sum(), |v| sum(&mut v.map(i64::wrapping_abs))),
        "ReduceL2" => of(
            |v| v.map(|x| x * x).sum::<f64>().sqrt(),
            |v| (sum(&mut v.map(|x| x.wrapping_mul(x))) as f64).sqrt() as i64,
        ),
        "ReduceLogSum" => of(|v| v.sum::<f64>().ln(), |v| (sum(v) as f64).ln() as i64),
        "ReduceLogSumExp" => of(log_sum_exp, |v| log_sum_exp(&mut v.map(|x| x as f64)) as i64),
        "ReduceMax" => of(highest, |v| v.max().unwrap_or(i64::MIN)),
        "ReduceMin" => of(lowest, |v| v.min().unwrap_or(i64::MAX)),
        "ReduceMean" => of(mean, integer_mean),
        "ReduceProd" => of(|v| v.product(), |v| v.fold(1, i64::wrapping_mul)),
        "ReduceSum" => of(|v| v.sum(), sum),
        "ReduceSumSquare" => {
            of(|v| v.map(|x| x * x).sum(), |v| sum(&mut v.map(|x| x.wrapping_mul(x))))
        }
        _ => None,
    }
}

/// A reduction's kernel; the axes are an attribute or the second input.
pub(crate) fn reduce(params: &Params<'_>, reduction: Reduction) -> Outcome<Kernel> {
    let fixed = params.ints("axes")?;
    let keep = params.flag("keepdims", true)?;
    let none_means_none = params.flag("noop_with_empty_axes", false)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let axes = given_axes(call, 1, fixed.as_ref())?.unwrap_or_default();
        let mut reduced = vec![axes.is_empty() && !none_means_none; x.shape.len()];
        for at in axes {
            reduced[axis(at, x.shape.len())?] = true;
        }
        Ok(smallvec![reduced_value(x, &reduced, keep, reduction)?])
    }))
}

/// Axes as an input or as an attribute.
pub(crate) fn given_axes(
    call: &Call<'_, '_>,
    input: usize,
    fixed: Option<&Vec<i64>>,
) -> Outcome<Option<Vec<i64>>> {
    match call.maybe(input)? {
        Some(axes) => Ok(Some(axes.ints()?.into_owned())),
        None => Ok(fixed.cloned()),
    }
}

fn reduced_value<'a>(
    x: &Value<'a>,
    reduced: &[bool],
    keep: bool,
    reduction: Reduction,
) -> Outcome<Value<'a>> {
    let steps = strides(&x.shape);
    let only = |of: bool, from: &[usize]| -> Shape {
        from.iter().zip(reduced).filter(|(_, is)| **is == of).map(|(value, _)| *value).collect()
    };
    let kept = only(false, &x.shape);
    volume(&kept)?;
    let starts = walk(&kept, &only(false, &steps));
    let offsets = walk(&only(true, &x.shape), &only(true, &steps));
    let shape = match keep {
        true => x.shape.iter().zip(reduced).map(|(d, is)| if *is { 1 } else { *d }).collect(),
        false => kept,
    };
    let Reduction { floats, ints } = reduction;
    macro_rules! fold {
        ($values:expr, $run:expr, $wide:ty, $narrow:ty) => {
            Value::new(
                shape,
                starts
                    .iter()
                    .map(|start| {
                        let mut each = offsets.iter().map(|at| $values[start + at] as $wide);
                        $run(&mut each) as $narrow
                    })
                    .collect(),
            )
        };
    }
    Ok(match &x.data {
        Data::F32(values) => fold!(values, floats, f64, f32),
        Data::F64(values) => fold!(values, floats, f64, f64),
        Data::I32(values) => fold!(values, ints, i64, i32),
        Data::I64(values) => fold!(values, ints, i64, i64),
        Data::Bool(values) => Value::new(
            shape,
            starts
                .iter()
                .map(|start| ints(&mut offsets.iter().map(|at| i64::from(values[start + at]))) == 1)
                .collect(),
        ),
        Data::Text(_) => return fail("it cannot take string"),
    })
}
