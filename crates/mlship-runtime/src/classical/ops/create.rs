//! Values made from little.

use smallvec::smallvec;

use super::layout::lengths;
use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::{MAX_ELEMENTS, volume};
use crate::classical::value::{Value, each, each_number};
use crate::classical::{Outcome, fail};

/// `ConstantOfShape`.
pub(crate) fn constant_of_shape(params: &Params<'_>) -> Outcome<Kernel> {
    let filling = params.array("value")?;
    Ok(boxed(move |call| {
        let shape = lengths(call.input(0)?)?;
        let count = volume(&shape)?;
        let Some(index) = filling else {
            return Ok(smallvec![Value::new(shape, vec![0f32; count])]);
        };
        let one = Value::constant(&call.loaded.file, index)?;
        Ok(smallvec![each!(&one.data, values => match &values[..] {
            [one] => Value::new(shape, vec![one.clone(); count]),
            _ => return fail("its value is not one element"),
        })])
    }))
}

/// `Range`.
pub(crate) fn range(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let (start, end, step) = (call.input(0)?, call.input(1)?, call.input(2)?);
        let one = |value: &Value<'_>| match *value.doubles()? {
            [one] => Ok(one),
            _ => fail("it takes scalars"),
        };
        let (first, last, by) = (one(start)?, one(end)?, one(step)?);
        let count = ((last - first) / by).ceil().max(0.0);
        if count.is_nan() || count > MAX_ELEMENTS as f64 {
            return fail("it is too long");
        }
        Ok(smallvec![
            each_number!(&start.data, values => stepped(values, first, by, count as usize))
        ])
    }))
}

fn stepped<'a, T: Number>(_values: &[T], first: f64, by: f64, count: usize) -> Value<'a> {
    let values = (0..count).map(|nth| T::from_f64(first + by * nth as f64)).collect();
    Value { shape: smallvec![count], data: T::data(values) }
}

/// `OneHot`.
pub(crate) fn one_hot(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", -1)?;
    Ok(boxed(move |call| {
        let (indexes, depth, values) = (call.input(0)?, call.input(1)?, call.input(2)?);
        let &[depth] = &*depth.doubles()? else { return fail("its depth is not one number") };
        let depth = depth as usize;
        let along = crate::classical::shape::axis(along, indexes.shape.len() + 1)?;
        let mut shape = indexes.shape.clone();
        shape.insert(along, depth);
        let count = volume(&shape)?;
        let inner: usize = indexes.shape[along..].iter().product();
        let mut on = vec![None; indexes.data.len()];
        for (at, index) in indexes.doubles()?.iter().enumerate() {
            let index = if *index < 0.0 { index + depth as f64 } else { *index };
            let inside = index >= 0.0 && index < depth as f64;
            on[at] = inside.then(|| (at / inner * depth + index as usize) * inner + at % inner);
        }
        Ok(smallvec![each!(&values.data, values => {
            let [off, hot] = &values[..] else { return fail("it needs two values") };
            let mut out = vec![off.clone(); count];
            for at in on.into_iter().flatten() {
                out[at] = hot.clone();
            }
            Value::new(shape, out)
        })])
    }))
}

/// `Trilu`.
pub(crate) fn trilu(params: &Params<'_>) -> Outcome<Kernel> {
    let upper = params.flag("upper", true)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let diagonal = call.maybe(1)?.map_or(Ok(0), Value::int)?;
        let [.., rows, columns] = x.shape[..] else { return fail("it takes matrices") };
        let kept = |at: usize| {
            let (row, column) = ((at / columns % rows) as i64, (at % columns) as i64);
            let edge = row.saturating_add(diagonal);
            if upper { column >= edge } else { column <= edge }
        };
        Ok(smallvec![each!(&x.data, values => {
            let mut out = values.to_vec();
            for at in (0..out.len()).filter(|at| !kept(*at)) {
                out[at] = Default::default();
            }
            Value::new(x.shape.clone(), out)
        })])
    }))
}
