//! `OneHotEncoder`.

use std::borrow::Cow;
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
        let ints = match &x.data {
            Data::Text(_) | Data::F32(_) | Data::F64(_) => Cow::default(),
            _ => x.ints()?,
        };
        for at in 0..x.data.len() {
            let column = match &x.data {
                Data::Text(values) => by_text.get(values[at].as_ref()),
                Data::F32(values) => by_int.get(&(values[at] as i64)),
                Data::F64(values) => by_int.get(&(values[at] as i64)),
                _ => by_int.get(&ints[at]),
            };
            match column {
                Some(column) => out[at * width + column] = 1.0,
                None if unknown_is_zeros => {}
                None => return fail("a value is none of its categories"),
            }
        }
        Ok(smallvec![Value::new(shape, out)])
    }))
}
