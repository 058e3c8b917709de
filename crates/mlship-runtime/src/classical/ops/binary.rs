//! Two values in, one out, with broadcasting.

use smallvec::{SmallVec, smallvec};

use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{broadcast, broadcast_indexes, volume};
use crate::classical::value::{Item, Value, each_number};
use crate::classical::{Outcome, fail};

/// Applies `run` to every pair.
pub(crate) fn pairs<'v, 'a, A, B, U>(
    a: &'v Value<'a>,
    b: &'v Value<'a>,
    run: impl Fn(&A, &B) -> U,
) -> Outcome<Value<'a>>
where
    A: Item<'a> + 'v,
    B: Item<'a> + 'v,
    U: Item<'a>,
{
    let (left, right) = (a.slice::<A>()?, b.slice::<B>()?);
    let values = if a.shape == b.shape {
        left.iter().zip(right).map(|(a, b)| run(a, b)).collect()
    } else if let [one] = right
        && b.shape.len() <= a.shape.len()
    {
        left.iter().map(|a| run(a, one)).collect()
    } else if a.shape.ends_with(&b.shape) && !right.is_empty() {
        let rows = left.chunks_exact(right.len());
        rows.flat_map(|row| row.iter().zip(right).map(|(a, b)| run(a, b))).collect()
    } else {
        return spread(a, b, left, right, run);
    };
    Ok(Value::new(a.shape.clone(), values))
}

fn spread<'a, A, B, U: Item<'a>>(
    a: &Value<'_>,
    b: &Value<'_>,
    left: &[A],
    right: &[B],
    run: impl Fn(&A, &B) -> U,
) -> Outcome<Value<'a>> {
    let shape = broadcast(&a.shape, &b.shape)?;
    volume(&shape)?;
    let at = broadcast_indexes(&shape, &a.shape).into_iter();
    let at = at.zip(broadcast_indexes(&shape, &b.shape));
    let values = at.map(|(a, b)| run(&left[a], &right[b])).collect();
    Ok(Value::new(shape, values))
}

macro_rules! arithmetic {
    ($($name:ident: $method:ident;)*) => {$(
        pub(crate) fn $name<'a>(a: &Value<'a>, b: &Value<'a>) -> Outcome<Value<'a>> {
            each_number!(&a.data, values => same(values, a, b, Number::$method))
        }
    )*};
}

/// `pairs` of the element type of `_values`.
fn same<'v, 'a, T: Number + 'v>(
    _values: &[T],
    a: &'v Value<'a>,
    b: &'v Value<'a>,
    run: impl Fn(T, T) -> T,
) -> Outcome<Value<'a>> {
    pairs(a, b, |a: &T, b: &T| run(*a, *b))
}

arithmetic! {
    add: add;
    sub: sub;
    mul: mul;
    div: div;
    max: max_of;
    min: min_of;
}

/// An operator of exactly two values.
pub(crate) fn of_two(
    apply: for<'a> fn(&Value<'a>, &Value<'a>) -> Outcome<Value<'a>>,
) -> Outcome<Kernel> {
    Ok(boxed(move |call| Ok(smallvec![apply(call.input(0)?, call.input(1)?)?])))
}

/// `Mod`.
pub(crate) fn modulo(params: &Params<'_>) -> Outcome<Kernel> {
    let like_c = params.flag("fmod", false)?;
    Ok(boxed(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        Ok(smallvec![each_number!(&a.data, values => match like_c {
            true => same(values, a, b, Number::remainder),
            false => same(values, a, b, Number::modulo),
        })?])
    }))
}

/// `Pow`: the type of the base, any exponent.
pub(crate) fn pow(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let exponent = Value::new(b.shape.clone(), b.doubles()?.into_owned());
        Ok(smallvec![each_number!(&a.data, values => raise(values, a, &exponent))?])
    }))
}

fn raise<'v, 'a, T: Number + 'v>(
    _values: &[T],
    a: &'v Value<'a>,
    b: &'v Value<'a>,
) -> Outcome<Value<'a>> {
    pairs(a, b, |a: &T, b: &f64| match *b {
        2.0 => a.mul(*a),
        3.0 => a.mul(*a).mul(*a),
        b => a.pow(b),
    })
}

/// `Max`, `Min` and `Sum` of any number of values.
pub(crate) fn many(
    apply: for<'a> fn(&Value<'a>, &Value<'a>) -> Outcome<Value<'a>>,
) -> Outcome<Kernel> {
    Ok(boxed(move |call| Ok(smallvec![folded(call.all()?, apply)?])))
}

/// `Mean` of any number of values.
pub(crate) fn mean(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let all = call.all()?;
        let count = all.len() as f64;
        let mut sum = folded(all, add)?;
        sum.data = each_number!(&sum.data, values => divided(values, count));
        Ok(smallvec![sum])
    }))
}

fn divided<'a, T: Number>(values: &[T], by: f64) -> crate::classical::value::Data<'a> {
    T::data(values.iter().map(|value| value.div(T::from_f64(by))).collect())
}

fn folded<'a>(
    all: SmallVec<[&Value<'a>; 16]>,
    apply: for<'x> fn(&Value<'x>, &Value<'x>) -> Outcome<Value<'x>>,
) -> Outcome<Value<'a>> {
    let mut all = all.into_iter();
    let Some(first) = all.next() else { return fail("it has no inputs") };
    all.try_fold(first.clone(), |folded, next| apply(&folded, next))
}
