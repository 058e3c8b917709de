//! `ScatterElements`.

use smallvec::smallvec;

use super::gather::element_places;
use super::logic::like;
use super::number::Number;
use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::value::{Value, each, each_number};
use crate::classical::{Outcome, fail};

/// `ScatterElements`, with its reductions over numbers.
pub(crate) fn scatter_elements(params: &Params<'_>) -> Outcome<Kernel> {
    let along = params.int("axis", 0)?;
    let reduction = params.text("reduction", "none")?.to_owned();
    Ok(boxed(move |call| {
        let (x, indexes, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
        if indexes.shape != updates.shape {
            return fail("its indexes and updates are of two shapes");
        }
        let places = element_places(x, indexes, along)?;
        if reduction == "none" {
            return Ok(smallvec![each!(&x.data, values => {
                let mut out = values.to_vec();
                for (at, update) in places.iter().zip(like(values, updates)?) {
                    out[*at] = update.clone();
                }
                Value::new(x.shape.clone(), out)
            })]);
        }
        Ok(smallvec![each_number!(&x.data, values => {
            let mut out = values.to_vec();
            for (at, update) in places.iter().zip(like(values, updates)?) {
                out[*at] = reduced(&reduction, out[*at], *update)?;
            }
            Value::new(x.shape.clone(), out)
        })])
    }))
}

fn reduced<T: Number>(reduction: &str, held: T, update: T) -> Outcome<T> {
    Ok(match reduction {
        "add" => held.add(update),
        "mul" => held.mul(update),
        "max" => held.max_of(update),
        "min" => held.min_of(update),
        other => return fail(format!("it has no reduction `{other}`")),
    })
}
