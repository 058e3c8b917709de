//! One number in, one out.

use smallvec::smallvec;

use super::number::Number;
use crate::classical::Outcome;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::Shape;
use crate::classical::value::{Value, each, each_float, each_number};

/// A kernel over floats, computed at 64 bits and rounded once.
pub(crate) fn float(run: fn(f64) -> f64) -> Kernel {
    boxed(move |call| {
        let x = call.input(0)?;
        Ok(smallvec![each_float!(&x.data, values => mapped(x, values, |value| {
            Number::from_f64(run(value.to_f64()))
        }))])
    })
}

macro_rules! exact {
    ($($name:ident: $value:ident => $body:expr;)*) => {$(
        pub(crate) fn $name(_: &Params<'_>) -> Outcome<Kernel> {
            Ok(boxed(|call| {
                let x = call.input(0)?;
                Ok(smallvec![each_number!(&x.data, values => mapped(x, values, |$value| $body))])
            }))
        }
    )*};
}

exact! {
    abs: value => Number::abs(value);
    neg: value => Number::neg(value);
    sign: value => Number::sign(value);
    relu: value => Number::max_of(value, Number::ZERO);
    floor: value => Number::from_f64(value.to_f64().floor());
    ceil: value => Number::from_f64(value.to_f64().ceil());
    round: value => Number::from_f64(value.to_f64().round_ties_even());
}

/// `1 / (1 + e^-x)`, without overflow.
pub(crate) fn logistic(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    if x < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) }
}

/// The error function: Abramowitz and Stegun 7.1.5 near zero, the continued fraction 7.1.14 away
/// from it.
pub(crate) fn erf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let magnitude = x.abs();
    let value = if magnitude < 2.5 {
        let (mut term, mut sum) = (magnitude, magnitude);
        for n in 1..60 {
            let n = f64::from(n);
            term *= -magnitude * magnitude / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    } else if magnitude < 6.0 {
        let mut fraction = magnitude;
        for n in (1..60).rev() {
            fraction = magnitude + f64::from(n) / 2.0 / fraction;
        }
        1.0 - (-magnitude * magnitude).exp() / fraction / std::f64::consts::PI.sqrt()
    } else {
        1.0
    };
    value.copysign(x)
}

/// `LeakyRelu`.
pub(crate) fn leaky_relu(params: &Params<'_>) -> Outcome<Kernel> {
    let alpha = f64::from(params.float("alpha", 0.01)?);
    float_with(move |x| if x < 0.0 { alpha * x } else { x })
}

/// `Elu`.
pub(crate) fn elu(params: &Params<'_>) -> Outcome<Kernel> {
    let alpha = f64::from(params.float("alpha", 1.0)?);
    float_with(move |x| if x < 0.0 { alpha * x.exp_m1() } else { x })
}

fn float_with(run: impl Fn(f64) -> f64 + Copy + Send + Sync + 'static) -> Outcome<Kernel> {
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        Ok(smallvec![each_float!(&x.data, values => mapped(x, values, |value| {
            Number::from_f64(run(value.to_f64()))
        }))])
    }))
}

/// `IsNaN`.
pub(crate) fn is_nan(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?;
        Ok(smallvec![each_float!(&x.data, values => {
            Value::new(x.shape.clone(), values.iter().map(|value| value.is_nan()).collect())
        })])
    }))
}

/// `IsInf`.
pub(crate) fn is_inf(params: &Params<'_>) -> Outcome<Kernel> {
    let negative = params.flag("detect_negative", true)?;
    let positive = params.flag("detect_positive", true)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let found =
            |value: f64| value.is_infinite() && if value < 0.0 { negative } else { positive };
        Ok(smallvec![each_float!(&x.data, values => {
            Value::new(x.shape.clone(), values.iter().map(|value| found(value.to_f64())).collect())
        })])
    }))
}

/// `Clip`, with its bounds as attributes or as inputs.
pub(crate) fn clip(params: &Params<'_>) -> Outcome<Kernel> {
    let (low, high) = (params.maybe_float("min")?, params.maybe_float("max")?);
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let bound = |index, fixed: Option<f32>| {
            Ok(match call.maybe(index)? {
                Some(value) => value.doubles()?.first().copied(),
                None => fixed.map(f64::from),
            })
        };
        let (low, high) = (bound(1, low)?, bound(2, high)?);
        Ok(smallvec![each_number!(&x.data, values => mapped(x, values, |value| {
            let raised = low.map_or(value, |low| match Number::from_f64(low) {
                low if value < low => low,
                _ => value,
            });
            high.map_or(raised, |high| match Number::from_f64(high) {
                high if raised > high => high,
                _ => raised,
            })
        }))])
    }))
}

/// `Identity`, and `Dropout`, which drops nothing when it predicts.
pub(crate) fn identity(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?.clone();
        let kept = Value::new(x.shape.clone(), vec![true; x.data.len()]);
        Ok(smallvec![x, kept])
    }))
}

/// `Not`.
pub(crate) fn not(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?;
        Ok(smallvec![Value::new(
            x.shape.clone(),
            x.slice()?.iter().map(|value: &bool| !value).collect(),
        )])
    }))
}

/// `Size`.
pub(crate) fn size(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let length = each!(&call.input(0)?.data, values => values.len());
        Ok(smallvec![Value::new(Shape::new(), vec![length as i64])])
    }))
}

fn mapped<'a, T: Number>(x: &Value<'_>, values: &[T], run: impl Fn(T) -> T) -> Value<'a> {
    Value {
        shape: x.shape.clone(),
        data: T::data(values.iter().map(|value| run(*value)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erf_is_right_at_known_points() {
        // Values from Abramowitz and Stegun, table 7.1.
        for (x, expected) in
            [(0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (2.0, 0.995_322_265_0)]
        {
            assert!((erf(x) - expected).abs() < 1e-9, "{x}");
            assert!((erf(-x) + expected).abs() < 1e-9, "-{x}");
        }
        assert!((erf(2.5001) - erf(2.4999)).abs() < 1e-6);
    }
}
