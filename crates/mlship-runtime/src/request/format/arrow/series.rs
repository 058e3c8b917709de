//! One column of a batch, value by value.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use crate::problem::Kind;
use crate::request::number::{Fault, Scalar};
use crate::request::refuse::echo;

/// Nanoseconds of a day.
const DAY: i128 = 86_400_000_000_000;

/// One value.
#[derive(Debug, Clone, Copy)]
pub(in crate::request) enum Given<'a> {
    Scalar(Scalar<'a>),
    /// So many nanoseconds after 1970-01-01T00:00Z.
    Moment(i128),
}

/// A column; of a dictionary its values, and which of them each row has.
pub(in crate::request) struct Series<'a> {
    values: &'a dyn Array,
    keys: Option<(Vec<usize>, &'a dyn Array)>,
}

impl<'a> Series<'a> {
    /// # Errors
    /// When its type holds more than one value a row, or none that a model could take.
    pub(in crate::request) fn of(array: &'a ArrayRef) -> Result<Self, Fault> {
        let series = match array.as_any_dictionary_opt() {
            None => Self { values: array, keys: None },
            Some(dictionary) => {
                let values: &dyn Array = dictionary.values();
                let keys =
                    if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
                Self { values, keys: Some((keys, dictionary.keys())) }
            }
        };
        match is_taken(series.values.data_type()) {
            true => Ok(series),
            false => {
                let kind = echo(&series.values.data_type().to_string());
                Err((Kind::WrongType, format!("a column of Arrow's type `{kind}` is not taken")))
            }
        }
    }

    /// The value in a row, which exists.
    pub(in crate::request) fn at(&self, row: usize) -> Given<'a> {
        let null = Given::Scalar(Scalar::Null);
        match &self.keys {
            None => value(self.values, row),
            Some((_, rows)) if rows.is_null(row) => null,
            Some((keys, _)) => keys.get(row).map_or(null, |key| value(self.values, *key)),
        }
    }
}

fn is_taken(kind: &DataType) -> bool {
    kind.is_integer()
        || matches!(
            kind,
            DataType::Null
                | DataType::Boolean
                | DataType::Float16
                | DataType::Float32
                | DataType::Float64
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Date32
                | DataType::Date64
                | DataType::Timestamp(..)
        )
}

fn value(array: &dyn Array, row: usize) -> Given<'_> {
    if array.is_null(row) {
        return Given::Scalar(Scalar::Null);
    }
    Given::Scalar(match array.data_type() {
        DataType::Boolean => Scalar::Bool(array.as_boolean().value(row)),
        DataType::Float16 => float(array.as_primitive::<Float16Type>().value(row).to_f64()),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Scalar::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Scalar::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Scalar::Text(array.as_string_view().value(row)),
        DataType::Date32 => {
            return Given::Moment(i128::from(array.as_primitive::<Date32Type>().value(row)) * DAY);
        }
        DataType::Date64 => {
            return moment(array.as_primitive::<Date64Type>().value(row), TimeUnit::Millisecond);
        }
        DataType::Timestamp(unit, _) => return moment(stamp(array, *unit, row), *unit),
        _ => whole(array, row),
    })
}

/// What is not a number is a value that is not there, as pandas has it.
fn float(value: f64) -> Scalar<'static> {
    if value.is_nan() { Scalar::Null } else { Scalar::Float(value) }
}

fn whole(array: &dyn Array, row: usize) -> Scalar<'static> {
    let value = match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => {
            let value = array.as_primitive::<UInt64Type>().value(row);
            return i64::try_from(value).map_or(Scalar::Large(value), Scalar::Int);
        }
        // Of the types that are taken only that of nulls is left.
        _ => return Scalar::Null,
    };
    Scalar::Int(value)
}

fn stamp(array: &dyn Array, unit: TimeUnit, row: usize) -> i64 {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
    }
}

fn moment(value: i64, unit: TimeUnit) -> Given<'static> {
    let nanoseconds = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    Given::Moment(i128::from(value) * nanoseconds)
}
