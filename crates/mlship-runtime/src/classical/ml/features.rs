//! Numbers in, numbers out: scaling, norms, missing values.

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::ops::gather::picked;
use crate::classical::ops::number::Number;
use crate::classical::params::Params;
use crate::classical::shape::{position, volume};
use crate::classical::value::{Data, Value, each_number};
use crate::classical::{Outcome, fail};

/// `Scaler`: one offset and scale, or one of each a column.
pub(crate) fn scaler(params: &Params<'_>) -> Outcome<Kernel> {
    let (offsets, scales) = (params.floats("offset")?, params.floats("scale")?);
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let width = x.shape.last().copied().unwrap_or(1);
        let fits = |factors: &[f32]| factors.len() <= 1 || factors.len() == width;
        if !fits(&offsets) || !fits(&scales) {
            return fail(format!("rows of {width} do not go with its offsets and scales"));
        }
        let one = |factors: &[f32], at: usize, default: f32| match factors {
            [] => default,
            [one] => *one,
            many => many[at],
        };
        let values = x.floats()?;
        let mut scaled = Vec::with_capacity(values.len());
        for row in values.chunks(width.max(1)) {
            scaled.extend(
                row.iter()
                    .enumerate()
                    .map(|(at, value)| (value - one(&offsets, at, 0.0)) * one(&scales, at, 1.0)),
            );
        }
        Ok(smallvec![Value::new(x.shape.clone(), scaled)])
    }))
}

/// `Normalizer`, row by row.
pub(crate) fn normalizer(params: &Params<'_>) -> Outcome<Kernel> {
    let norm: fn(&[f32]) -> f32 = match params.text("norm", "MAX")? {
        "MAX" => |row| row.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        "L1" => |row| row.iter().map(|value| value.abs()).sum(),
        "L2" => |row| row.iter().map(|value| value * value).sum::<f32>().sqrt(),
        other => return fail(format!("it has no norm `{other}`")),
    };
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let width = x.rows().1;
        let mut values = x.floats()?.into_owned();
        for row in values.chunks_exact_mut(width.max(1)) {
            let norm = norm(row);
            if norm != 0.0 {
                row.iter_mut().for_each(|value| *value /= norm);
            }
        }
        Ok(smallvec![Value::new(x.shape.clone(), values)])
    }))
}

/// `Imputer`.
pub(crate) fn imputer(params: &Params<'_>) -> Outcome<Kernel> {
    let floats = params.floats("imputed_value_floats")?;
    let ints = params.ints("imputed_value_int64s")?.unwrap_or_default();
    let gone = params.float("replaced_value_float", 0.0)?;
    let gone_int = params.int("replaced_value_int64", 0)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        let data = match &x.data {
            Data::F32(values) => imputed_values(values, x, &floats, |value| {
                value == gone || (gone.is_nan() && value.is_nan())
            })?,
            Data::F64(values) => {
                let wide: Vec<f64> = floats.iter().map(|value| f64::from(*value)).collect();
                let gone = f64::from(gone);
                imputed_values(values, x, &wide, |value| {
                    value == gone || (gone.is_nan() && value.is_nan())
                })?
            }
            Data::I64(values) => imputed_values(values, x, &ints, |value| value == gone_int)?,
            other => return fail(format!("it cannot take {}", other.name())),
        };
        Ok(smallvec![Value { shape: x.shape.clone(), data }])
    }))
}

fn imputed_values<'a, T: Number>(
    values: &[T],
    x: &Value<'_>,
    given: &[T],
    gone: impl Fn(T) -> bool,
) -> Outcome<Data<'a>> {
    let width = x.shape.last().copied().unwrap_or(1);
    if given.len() != 1 && given.len() != width {
        return fail(format!("rows of {width} do not go with {} values", given.len()));
    }
    let mut filled = values.to_vec();
    for row in filled.chunks_mut(width.max(1)) {
        for (at, value) in row.iter_mut().enumerate().filter(|(_, value)| gone(**value)) {
            *value = *given.get(at).unwrap_or(&given[0]);
        }
    }
    Ok(T::data(filled))
}

/// `Binarizer`.
pub(crate) fn binarizer(params: &Params<'_>) -> Outcome<Kernel> {
    let threshold = f64::from(params.float("threshold", 0.0)?);
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        Ok(smallvec![each_number!(&x.data, values => above(values, x, threshold))])
    }))
}

fn above<'a, T: Number>(values: &[T], x: &Value<'_>, threshold: f64) -> Value<'a> {
    let one = |value: &T| if value.to_f64() > threshold { T::ONE } else { T::ZERO };
    Value { shape: x.shape.clone(), data: T::data(values.iter().map(one).collect()) }
}

/// `FeatureVectorizer`: the columns of its inputs side by side, as 32-bit floats.
pub(crate) fn vectorizer(params: &Params<'_>) -> Outcome<Kernel> {
    let widths = params.ints("inputdimensions")?.unwrap_or_default();
    Ok(boxed(move |call| {
        let all = call.all()?;
        let rows = all.first().map_or(0, |value| value.rows().0);
        let mut parts = Vec::with_capacity(all.len());
        for (nth, value) in all.iter().enumerate() {
            let (rows_too, width) = value.rows();
            if rows_too != rows {
                return fail("its inputs have several numbers of rows");
            }
            let taken = widths.get(nth).map_or(width, |taken| usize::try_from(*taken).unwrap_or(0));
            parts.push((value.floats()?, width, taken));
        }
        let total = parts.iter().map(|(_, _, taken)| *taken).sum();
        let mut out = Vec::with_capacity(volume(&[rows, total])?);
        for row in 0..rows {
            for (values, width, taken) in &parts {
                let line = &values[row * width..(row + 1) * width];
                out.extend((0..*taken).map(|at| line.get(at).copied().unwrap_or(0.0)));
            }
        }
        Ok(smallvec![Value::new(smallvec![rows, total], out)])
    }))
}

/// `ArrayFeatureExtractor`: columns of the last axis.
pub(crate) fn extractor(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let (x, columns) = (call.input(0)?, call.input(1)?.ints()?);
        let width = x.shape.last().copied().unwrap_or(1);
        let columns: Outcome<Vec<usize>> =
            columns.iter().map(|column| position(*column, width)).collect();
        let columns = columns?;
        let rows = x.data.len().checked_div(width).unwrap_or(0);
        volume(&[rows, columns.len()])?;
        let at: Vec<usize> = (0..rows)
            .flat_map(|row| columns.iter().map(move |column| row * width + column))
            .collect();
        let mut shape = x.shape.clone();
        match shape.last_mut() {
            Some(last) if x.shape.len() > 1 => *last = columns.len(),
            _ => shape = smallvec![1, columns.len()],
        }
        Ok(smallvec![picked(x, shape, &at)])
    }))
}
