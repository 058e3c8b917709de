//! `OneHotEncoder`.

use std::collections::{BTreeMap, HashMap};

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::shape::volume;
use crate::classical::value::{Data, Value};
use crate::classical::{Outcome, fail};

/// Numbers are compared as integers, as onnxruntime does.
pub(crate) fn one_hot(params: &Params<'_>) -> Outcome<Kernel> {
    let texts = params.texts("cats_strings")?;
    let ints = params.ints("cats_int64s")?.unwrap_or_default();
    let unknown_is_zeros = params.flag("zeros", true)?;
    let width = texts.len().max(ints.len());
    let by_text: HashMap<String, usize> =
        texts.into_iter().enumerate().map(|(at, text)| (text, at)).collect();
    let by_int: BTreeMap<i64, usize> =
        ints.into_iter().enumerate().map(|(at, int)| (int, at)).collect();
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let mut shape = x.shape.clone();
        shape.push(width);
        let mut out = vec![0f32; volume(&shape)?];
        let mut mark = |(at, column): (usize, Option<&usize>)| match column {
            Some(column) => {
                out[at * width + column] = 1.0;
                Ok(())
            }
            None if unknown_is_zeros => Ok(()),
            None => fail("a value is none of its categories"),
        };
        let by_float = |value: f64| by_int.get(&(value as i64));
        match &x.data {
            Data::Text(values) => {
                let columns = values.iter().map(|text| by_text.get(text.as_ref()));
                columns.enumerate().try_for_each(mark)
            }
            Data::F32(values) => {
                let columns = values.iter().map(|value| by_float(f64::from(*value)));
                columns.enumerate().try_for_each(mark)
            }
            Data::F64(values) => {
                let columns = values.iter().map(|value| by_float(*value));
                columns.enumerate().try_for_each(mark)
            }
            _ => {
                let columns = x.ints()?;
                columns.iter().map(|value| by_int.get(value)).enumerate().try_for_each(&mut mark)
            }
        }?;
        Ok(smallvec![Value::new(shape, out)])
    }))
}
