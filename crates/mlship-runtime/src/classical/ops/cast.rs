//! `Cast` and `CastLike`.

use std::borrow::Cow;

use smallvec::smallvec;

use crate::classical::call::{Kernel, boxed};
use crate::classical::params::Params;
use crate::classical::value::{Data, Item, Value};
use crate::classical::{Outcome, fail};
use crate::engine::EngineError;

/// `Cast`.
pub(crate) fn cast(params: &Params<'_>) -> Outcome<Kernel> {
    let to = params.int("to", 0)?;
    Ok(boxed(move |call| {
        let x = call.input(0)?;
        Ok(smallvec![Value { shape: x.shape.clone(), data: converted(&x.data, to)? }])
    }))
}

/// `CastLike`.
pub(crate) fn cast_like(_: &Params<'_>) -> Outcome<Kernel> {
    Ok(boxed(|call| {
        let x = call.input(0)?;
        // The numbers of `TensorProto.DataType`.
        let to = match &call.input(1)?.data {
            Data::F32(_) => 1,
            Data::I32(_) => 6,
            Data::I64(_) => 7,
            Data::Text(_) => 8,
            Data::Bool(_) => 9,
            Data::F64(_) => 11,
        };
        Ok(smallvec![Value { shape: x.shape.clone(), data: converted(&x.data, to)? }])
    }))
}

fn converted<'a>(data: &Data<'a>, to: i64) -> Outcome<Data<'a>> {
    macro_rules! numbers {
        ($kind:ty) => {
            match data {
                Data::F32(values) => <$kind>::data(values.iter().map(|v| *v as $kind).collect()),
                Data::F64(values) => <$kind>::data(values.iter().map(|v| *v as $kind).collect()),
                Data::I32(values) => <$kind>::data(values.iter().map(|v| *v as $kind).collect()),
                Data::I64(values) => <$kind>::data(values.iter().map(|v| *v as $kind).collect()),
                Data::Bool(values) => {
                    <$kind>::data(values.iter().map(|v| u8::from(*v) as $kind).collect())
                }
                Data::Text(values) => <$kind>::data(
                    values.iter().map(|text| Ok(number(text)? as $kind)).collect::<Outcome<_>>()?,
                ),
            }
        };
    }
    Ok(match to {
        1 => numbers!(f32),
        6 => numbers!(i32),
        7 => match data {
            Data::Text(values) => {
                i64::data(values.iter().map(|text| whole(text)).collect::<Outcome<_>>()?)
            }
            _ => numbers!(i64),
        },
        8 => Data::Text(texts(data)),
        9 => bool::data(truths(data)?),
        11 => numbers!(f64),
        _ => return fail(format!("it cannot cast to type {to}")),
    })
}

fn truths(data: &Data<'_>) -> Outcome<Vec<bool>> {
    Ok(match data {
        Data::F32(values) => values.iter().map(|value| *value != 0.0).collect(),
        Data::F64(values) => values.iter().map(|value| *value != 0.0).collect(),
        Data::I32(values) => values.iter().map(|value| *value != 0).collect(),
        Data::I64(values) => values.iter().map(|value| *value != 0).collect(),
        Data::Bool(values) => values.to_vec(),
        Data::Text(values) => {
            values.iter().map(|text| Ok(number(text)? != 0.0)).collect::<Outcome<_>>()?
        }
    })
}

fn texts<'a>(data: &Data<'a>) -> Vec<Cow<'a, str>> {
    match data {
        Data::F32(values) => values.iter().map(|v| general(f64::from(*v), 8).into()).collect(),
        Data::F64(values) => values.iter().map(|v| general(*v, 17).into()).collect(),
        Data::I32(values) => values.iter().map(|v| v.to_string().into()).collect(),
        Data::I64(values) => values.iter().map(|v| v.to_string().into()).collect(),
        Data::Bool(values) => values.iter().map(|v| u8::from(*v).to_string().into()).collect(),
        Data::Text(values) => values.clone(),
    }
}

/// Text as a number; `inf`, `nan` and exponents are understood.
fn number(text: &str) -> Outcome<f64> {
    text.trim().parse().map_err(|_| EngineError(format!("`{text}` is not a number")))
}

fn whole(text: &str) -> Outcome<i64> {
    text.trim().parse().or_else(|_| Ok(number(text)? as i64))
}

/// As C's `%.{digits}g`, which onnxruntime writes floats with.
fn general(value: f64, digits: i32) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "INF".into() } else { "-INF".into() };
    }
    let scientific = format!("{value:.*e}", digits as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= digits {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    trimmed(&format!("{value:.*}", (digits - 1 - exponent).max(0) as usize))
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn floats_are_written_as_c_writes_them() {
        for (value, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (1e9, "1e+09"),
            (12_345_678.0, "12345678"),
            (-2.5e-7, "-2.5e-07"),
            (0.0001, "0.0001"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(general(value, 8), text);
        }
    }
}
