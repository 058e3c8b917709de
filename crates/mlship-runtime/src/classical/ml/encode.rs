//! `OneHotEncoder`.

use std::collections::HashMap;

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
    let by_int: HashMap<i64, usize> =
        ints.into_iter().enumerate().map(|(at, int)| (int, at)).collect();
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let columns: Vec<Option<usize>> = match &x.data {
            Data::Text(values) => {
                values.iter().map(|text| by_text.get(text.as_ref()).copied()).collect()
            }
            Data::F32(values) => values.iter().map(|v| by_int.get(&(*v as i64)).copied()).collect(),
            Data::F64(values) => values.iter().map(|v| by_int.get(&(*v as i64)).copied()).collect(),
            _ => x.ints()?.iter().map(|value| by_int.get(value).copied()).collect(),
        };
        let mut shape = x.shape.clone();
        shape.push(width);
        let mut out = vec![0f32; volume(&shape)?];
        for (at, column) in columns.into_iter().enumerate() {
            match column {
                Some(column) => out[at * width + column] = 1.0,
                None if unknown_is_zeros => {}
                None => return fail("a value is none of its categories"),
            }
        }
        Ok(vec![Value::new(shape, out)])
    }))
}
