//! Lines along an axis, scaled to one: `Softmax`, `LogSoftmax` and `LpNormalization`.

use smallvec::smallvec;

use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{around, axis};
use crate::classical::value::{Value, each_float};
use crate::classical::{Outcome, fail};

/// What is given of each line.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// Probabilities.
    Plain,
    /// Their logarithms.
    Log,
}

/// Over one axis; before version 13, over everything from that axis on.
pub(crate) fn softmax(params: &Params<'_>, scale: Scale) -> Outcome<Kernel> {
    let flattened = params.opset < 13;
    let along = params.int("axis", if flattened { 1 } else { -1 })?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let along = axis(along, x.shape.len())?;
        let (outer, mut length, mut inner) = around(&x.shape, along);
        if flattened {
            length *= inner;
            inner = 1;
        }
        Ok(smallvec![each_float!(&x.data, values => {
            let mut out = values.to_vec();
            for block in 0..outer {
                for at in 0..inner {
                    line(&mut out, block * length * inner + at, inner, length, scale);
                }
            }
            Value::new(x.shape.clone(), out)
        })])
    }))
}

fn line<T: Number>(values: &mut [T], start: usize, step: usize, length: usize, scale: Scale) {
    let at = |nth: usize| start + nth * step;
    let top = (0..length).map(|nth| values[at(nth)].to_f64()).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = (0..length).map(|nth| (values[at(nth)].to_f64() - top).exp()).sum();
    for nth in 0..length {
        let shifted = values[at(nth)].to_f64() - top;
        values[at(nth)] = T::from_f64(match scale {
            Scale::Plain => shifted.exp() / sum,
            Scale::Log => shifted - sum.ln(),
        });
    }
}

/// `LpNormalization`; a line of zeros stays as it is.
pub(crate) fn lp_normalization(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", -1)?;
    let norm: fn(&mut dyn Iterator<Item = f64>) -> f64 = match params.int("p", 2)? {
        1 => |line| line.map(f64::abs).sum(),
        2 => |line| line.map(|value| value * value).sum::<f64>().sqrt(),
        other => return fail(format!("it has no norm `{other}`")),
    };
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let along = axis(along, x.shape.len())?;
        let (outer, length, inner) = around(&x.shape, along);
        Ok(smallvec![each_float!(&x.data, values => {
            let mut out = values.to_vec();
            for nth in 0..outer * inner {
                let start = nth / inner * length * inner + nth % inner;
                let places = || (0..length).map(|at| start + at * inner);
                let norm = norm(&mut places().map(|at| values[at].to_f64()));
                if norm != 0.0 {
                    places().for_each(|at| out[at] = Number::from_f64(values[at].to_f64() / norm));
                }
            }
            Value::new(x.shape.clone(), out)
        })])
    }))
}
