//! Comparisons and truth values.

use std::borrow::Cow;

use smallvec::smallvec;

use super::binary::pairs;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{broadcast, broadcast_indexes};
use crate::classical::value::{Data, Item, Value, each, each_number};
use crate::classical::{Outcome, fail};

macro_rules! comparisons {
    ($($name:ident: $operator:tt;)*) => {$(
        pub(crate) fn $name(_: &Params<'_>) -> Outcome<Kernel> {
            Ok(boxed(|call| {
                let (a, b) = (call.input(0)?, call.input(1)?);
                Ok(smallvec![each_number!(&a.data, values => {
                    compared(values, a, b, |a, b| a $operator b)
                })?])
            }))
        }
    )*};
}

comparisons! {
    greater: >;
    greater_or_equal: >=;
    less: <;
    less_or_equal: <=;
}

/// `Equal`, also of text and truth values.
pub(crate) fn equal(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        Ok(smallvec![match &a.data {
            Data::Text(_) => pairs(a, b, |a: &Cow<'_, str>, b: &Cow<'_, str>| a == b)?,
            Data::Bool(_) => pairs(a, b, |a: &bool, b: &bool| a == b)?,
            data => each_number!(data, values => compared(values, a, b, |a, b| a == b))?,
        }])
    }))
}

fn compared<'v, 'a, T: Item<'a> + 'v>(
    _values: &[T],
    a: &'v Value<'a>,
    b: &'v Value<'a>,
    run: impl Fn(&T, &T) -> bool,
) -> Outcome<Value<'a>> {
    pairs(a, b, run)
}

/// `And`, `Or` and `Xor`.
pub(crate) fn both(run: fn(bool, bool) -> bool) -> Outcome<Kernel> {
    Ok(boxed(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        Ok(smallvec![pairs(a, b, |a: &bool, b: &bool| run(*a, *b))?])
    }))
}

/// `Where`.
pub(crate) fn choose(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let (condition, x, y) = (call.input(0)?, call.input(1)?, call.input(2)?);
        let shape = broadcast(&broadcast(&condition.shape, &x.shape)?, &y.shape)?;
        let truths: &[bool] = condition.slice()?;
        let spread = |value: &Value<'_>| broadcast_indexes(&shape, &value.shape);
        let (at, at_x, at_y) = (spread(condition), spread(x), spread(y));
        if x.data.name() != y.data.name() {
            return fail("its inputs are of two types");
        }
        Ok(smallvec![each!(&x.data, values => {
            let other = like(values, y)?;
            let chosen = at.iter().zip(at_x.iter().zip(&at_y)).map(|(at, (x, y))| {
                if truths[*at] { values[*x].clone() } else { other[*y].clone() }
            });
            Value::new(shape.clone(), chosen.collect())
        })])
    }))
}

/// The elements of `value`, of the type of `_values`.
pub(crate) fn like<'v, 'a, T: Item<'a>>(_values: &[T], value: &'v Value<'a>) -> Outcome<&'v [T]> {
    value.slice()
}
