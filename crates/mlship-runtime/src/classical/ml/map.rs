//! `LabelEncoder` and `CategoryMapper`: one value for another.

use std::borrow::Cow;
use std::collections::HashMap;

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::file::File;
use crate::classical::ops::logic::like;
use crate::classical::params::Params;
use crate::classical::value::{Data, Value, each};
use crate::classical::{Outcome, fail};

/// What is looked up; every NaN is one key.
#[derive(PartialEq, Eq, Hash, Clone)]
enum Key {
    Text(String),
    Int(i64),
    Bits(u64),
}

/// Where the values are, and what stands for a key that is not known.
struct Table {
    places: HashMap<Key, usize>,
    values: Side,
    unknown: Side,
}

/// One side of a mapping: in the program, or made at load.
#[derive(Clone)]
enum Side {
    Array(u32),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
}

fn bits(value: f64) -> Key {
    let one = if value.is_nan() {
        f64::NAN
    } else if value == 0.0 {
        0.0
    } else {
        value
    };
    Key::Bits(one.to_bits())
}

fn keys(value: &Value<'_>) -> Outcome<Vec<Key>> {
    Ok(match &value.data {
        Data::Text(values) => values.iter().map(|text| Key::Text(text.to_string())).collect(),
        Data::F32(values) => values.iter().map(|value| bits(f64::from(*value))).collect(),
        Data::F64(values) => values.iter().map(|value| bits(*value)).collect(),
        Data::Bool(_) => return fail("it cannot take bool"),
        _ => value.ints()?.iter().copied().map(Key::Int).collect(),
    })
}

impl Side {
    fn value<'a>(&self, file: &'a File) -> Outcome<Value<'a>> {
        Ok(match self {
            Side::Array(index) => Value::constant(file, *index)?,
            Side::Texts(texts) => {
                let texts: Vec<Cow<'a, str>> =
                    texts.iter().map(|text| Cow::Owned(text.clone())).collect();
                Value::new(smallvec![texts.len()], texts)
            }
            Side::Ints(ints) => Value::new(smallvec![ints.len()], ints.clone()),
            Side::Floats(floats) => Value::new(smallvec![floats.len()], floats.clone()),
        })
    }
}

/// `LabelEncoder`, of every version.
pub(crate) fn label_encoder(params: &Params<'_>) -> Outcome<Kernel> {
    if let Some(classes) = params.array("classes_strings")? {
        return both_ways(params, classes);
    }
    let first = |names: [&str; 4]| {
        for name in names {
            if let Some(index) = params.array(name)? {
                return Ok(index);
            }
        }
        fail(format!("it has no `{}`", names[0]))
    };
    let from = first(["keys_tensor", "keys_strings", "keys_int64s", "keys_floats"])?;
    let to = first(["values_tensor", "values_strings", "values_int64s", "values_floats"])?;
    let unknown = match params.array("default_tensor")? {
        Some(index) => Side::Array(index),
        None => match Value::constant(params.file, to)?.data {
            Data::Text(_) => {
                Side::Texts(vec![params.text("default_string", "_Unused")?.to_owned()])
            }
            Data::F32(_) => Side::Floats(vec![params.float("default_float", -0.0)?]),
            Data::F64(_) | Data::Bool(_) => return fail("its values need a default"),
            _ => Side::Ints(vec![params.int("default_int64", -1)?]),
        },
    };
    let mut places = HashMap::new();
    // Before version 4 NaN is no key: it does not equal itself.
    let nan_is_key = params.opset >= 4;
    for (at, key) in keys(&Value::constant(params.file, from)?)?.into_iter().enumerate() {
        if nan_is_key || key != bits(f64::NAN) {
            places.entry(key).or_insert(at);
        }
    }
    let table = Table { places, values: Side::Array(to), unknown };
    Ok(boxed(move |call| Ok(smallvec![looked_up(&call.loaded.file, call.input(0)?, &table)?])))
}

/// Version 1 of `LabelEncoder`, and `CategoryMapper`: text to number or number to text.
fn both_ways(params: &Params<'_>, classes: u32) -> Outcome<Kernel> {
    let count = params.file.texts(classes)?.len() as i64;
    pairs(params, params.texts("classes_strings")?, (0..count).collect())
}

/// `CategoryMapper`.
pub(crate) fn category_mapper(params: &Params<'_>) -> Outcome<Kernel> {
    pairs(params, params.texts("cats_strings")?, params.ints("cats_int64s")?.unwrap_or_default())
}

fn pairs(params: &Params<'_>, texts: Vec<String>, ints: Vec<i64>) -> Outcome<Kernel> {
    if texts.len() != ints.len() {
        return fail("its two sides are of two lengths");
    }
    let to_int = Table {
        places: texts.iter().cloned().map(Key::Text).zip(0..).collect(),
        values: Side::Ints(ints.clone()),
        unknown: Side::Ints(vec![params.int("default_int64", -1)?]),
    };
    let to_text = Table {
        places: ints.into_iter().map(Key::Int).zip(0..).collect(),
        values: Side::Texts(texts),
        unknown: Side::Texts(vec![params.text("default_string", "_Unused")?.to_owned()]),
    };
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let table = if matches!(x.data, Data::Text(_)) { &to_int } else { &to_text };
        Ok(smallvec![looked_up(&call.loaded.file, x, table)?])
    }))
}

fn looked_up<'a>(file: &'a File, x: &Value<'_>, table: &Table) -> Outcome<Value<'a>> {
    let (values, unknown) = (table.values.value(file)?, table.unknown.value(file)?);
    let keys = keys(x)?;
    Ok(each!(&values.data, values => {
        let [unknown, ..] = like(values, &unknown)? else { return fail("it has no default") };
        let found = keys.iter().map(|key| {
            let place = table.places.get(key).and_then(|place| values.get(*place));
            place.unwrap_or(unknown).clone()
        });
        Value::new(x.shape.clone(), found.collect())
    }))
}
