//! `CDist` of com.microsoft: the distance of every row to every other.

use smallvec::smallvec;

use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::{Value, each_float};
use crate::classical::{Outcome, fail};

/// `CDist`, `euclidean` or `sqeuclidean`.
pub(crate) fn cdist(params: &Params<'_>) -> Outcome<Kernel> {
    let squared = match params.text("metric", "sqeuclidean")? {
        "sqeuclidean" => true,
        "euclidean" => false,
        other => return fail(format!("it has no metric `{other}`")),
    };
    Ok(boxed(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        Ok(smallvec![each_float!(&a.data, values => distances(values, a, b, squared))?])
    }))
}

fn distances<'a, T: Number>(
    left: &[T],
    a: &Value<'a>,
    b: &Value<'a>,
    squared: bool,
) -> Outcome<Value<'a>> {
    let right = b.slice::<T>()?;
    let (&[rows, width], &[others, width_too]) = (&a.shape[..], &b.shape[..]) else {
        return fail("it takes matrices");
    };
    if width != width_too || width == 0 {
        return fail("its rows are of two widths");
    }
    let mut out = Vec::with_capacity(volume(&[rows, others])?);
    for row in left.chunks_exact(width) {
        for other in right.chunks_exact(width) {
            let square = row.iter().zip(other).fold(T::ZERO, |sum, (x, y)| {
                let gap = x.sub(*y);
                sum.add(gap.mul(gap))
            });
            out.push(if squared { square } else { T::from_f64(square.to_f64().sqrt()) });
        }
    }
    Ok(Value::new(smallvec![rows, others], out))
}
