//! `Softmax` and `LogSoftmax`.

use super::number::Number;
use crate::classical::Outcome;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{around, axis};
use crate::classical::value::{Value, each_float};

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
        Ok(vec![each_float!(&x.data, values => {
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
