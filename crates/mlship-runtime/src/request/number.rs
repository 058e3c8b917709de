//! From a JSON scalar to an element of a tensor.

use mlship_bundle::{ColumnKind, Element, EngineKind};

use super::date;
use super::refuse::echo;
use crate::problem::Kind;
use crate::tensor::Values;

/// A JSON value that is neither list nor object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Only above what `Int` holds.
    Large(u64),
    Float(f64),
    Text(&'a str),
}

/// What a scalar must be and becomes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// What the request must hold.
    pub(super) kind: ColumnKind,
    /// What it becomes.
    pub(super) element: Element,
    /// How much of the element's range the engine keeps.
    pub(super) range: Range,
}

/// How much of a 64-bit element's range the engine keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// All of it.
    Full,
    /// What fits 32 bits.
    Narrow,
}

impl Range {
    pub(crate) fn of(engine: EngineKind) -> Self {
        match engine {
            EngineKind::Classical | EngineKind::OnnxRuntime | EngineKind::Python => Range::Full,
            EngineKind::Neural => Range::Narrow,
        }
    }
}

/// One element.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    F32(f32),
    F64(f64),
    I32(i32),
    I64(i64),
    Bool(bool),
    String(String),
}

/// Why a scalar does not fit.
pub(super) type Fault = (Kind, String);

impl Target {
    /// The kind of scalar that an element is written as when no column says so.
    pub(super) fn plain(element: Element, range: Range) -> Self {
        let kind = match element {
            Element::F32 | Element::F64 => ColumnKind::Float,
            Element::I32 | Element::I64 => ColumnKind::Int,
            Element::Bool => ColumnKind::Bool,
            Element::String => ColumnKind::String,
        };
        Self { kind, element, range }
    }

    /// True when every scalar of the kind has a form in the element.
    pub(super) fn is_possible(self) -> bool {
        match self.kind {
            ColumnKind::String => self.element == Element::String,
            ColumnKind::Date(_) | ColumnKind::Datetime(_) => {
                !matches!(self.element, Element::String | Element::Bool)
            }
            ColumnKind::Float | ColumnKind::Int | ColumnKind::Bool => true,
        }
    }

    /// What stands for a value that is not there; `None` where nothing can.
    pub(super) fn absent(self) -> Option<Cell> {
        match self.element {
            Element::F32 => Some(Cell::F32(f32::NAN)),
            Element::F64 => Some(Cell::F64(f64::NAN)),
            Element::String => Some(Cell::String(String::new())),
            Element::I32 | Element::I64 | Element::Bool => None,
        }
    }

    /// The scalar as an element.
    pub(super) fn cell(self, scalar: Scalar<'_>) -> Result<Cell, Fault> {
        match (self.kind, scalar) {
            (_, Scalar::Null) => {
                Err((Kind::NullValue, format!("expected {}, found null", self.noun())))
            }
            (ColumnKind::Float | ColumnKind::Int, Scalar::Int(value)) => self.of_int(value),
            (_, Scalar::Float(value)) if !value.is_finite() => {
                Err((Kind::OutOfRange, "expected a finite number".into()))
            }
            (ColumnKind::Float, Scalar::Large(value)) => self.of_float(value as f64),
            (ColumnKind::Float, Scalar::Float(value)) => self.of_float(value),
            (ColumnKind::Int, Scalar::Large(value)) => Err(beyond(value, "64 bits")),
            (ColumnKind::Int, Scalar::Float(value)) => self.of_int(whole(value)?),
            (ColumnKind::Bool, Scalar::Bool(value)) => Ok(self.of_bool(value)),
            (ColumnKind::String, Scalar::Text(value)) => Ok(Cell::String(value.to_owned())),
            (ColumnKind::Date(_) | ColumnKind::Datetime(_), Scalar::Text(text)) => {
                self.of_date(text)
            }
            (_, scalar) => {
                let detail = format!("expected {}, found {}", self.noun(), describe(scalar));
                Err((Kind::WrongType, detail))
            }
        }
    }

    /// A number for a 32-bit float that wants one, where nothing has to be said of it.
    #[inline]
    pub(super) fn single(self, scalar: Scalar<'_>) -> Option<f32> {
        if (self.kind, self.element) != (ColumnKind::Float, Element::F32) {
            return None;
        }
        match scalar {
            Scalar::Int(value) => Some(value as f32),
            Scalar::Float(value) => Some(value as f32).filter(|single| single.is_finite()),
            _ => None,
        }
    }

    /// What the request must hold, in words.
    pub(super) fn noun(self) -> &'static str {
        match self.kind {
            ColumnKind::Float => "a number",
            ColumnKind::Int => "a whole number",
            ColumnKind::String => "text",
            ColumnKind::Bool => "true or false",
            ColumnKind::Date(_) => "a date such as `2024-05-31`",
            ColumnKind::Datetime(_) => "a date and time such as `2024-05-31T12:30:00Z`",
        }
    }

    /// The text of a date as what the model counts it in.
    fn of_date(self, text: &str) -> Result<Cell, Fault> {
        let moment = match self.kind {
            ColumnKind::Date(_) => date::day(text).map(|day| i128::from(day) * DAY),
            _ => date::moment(text),
        };
        match moment {
            Some(moment) => self.of_moment(moment),
            None => {
                let detail = format!("expected {}, found the text `{}`", self.noun(), echo(text));
                Err((Kind::WrongType, detail))
            }
        }
    }

    /// So many nanoseconds after 1970-01-01T00:00Z in the kind's unit: with a fraction where the
    /// element has one, else cut down.
    pub(super) fn of_moment(self, moment: i128) -> Result<Cell, Fault> {
        let (ColumnKind::Date(unit) | ColumnKind::Datetime(unit)) = self.kind else {
            let detail = format!("expected {}, found a date", self.noun());
            return Err((Kind::WrongType, detail));
        };
        let moment = match self.kind {
            ColumnKind::Date(_) => moment.div_euclid(DAY) * DAY,
            _ => moment,
        };
        let unit = i128::from(unit.nanoseconds());
        let (whole, rest) = (moment.div_euclid(unit), moment.rem_euclid(unit));
        let is_float = matches!(self.element, Element::F32 | Element::F64);
        match i64::try_from(whole) {
            Ok(whole) if rest == 0 || !is_float => self.of_int(whole),
            Ok(whole) => self.of_float(whole as f64 + rest as f64 / unit as f64),
            Err(_) => Err(beyond(whole, "64 bits")),
        }
    }

    fn of_int(self, value: i64) -> Result<Cell, Fault> {
        match self.element {
            Element::F32 => Ok(Cell::F32(value as f32)),
            Element::F64 => Ok(Cell::F64(value as f64)),
            Element::I32 => {
                i32::try_from(value).map(Cell::I32).map_err(|_| beyond(value, "32 bits"))
            }
            Element::I64 if self.range == Range::Narrow && i32::try_from(value).is_err() => {
                Err(beyond(value, "32 bits, which is what this model's engine keeps"))
            }
            Element::I64 => Ok(Cell::I64(value)),
            Element::Bool => match value {
                0 | 1 => Ok(Cell::Bool(value == 1)),
                _ => Err(beyond(value, "0 and 1")),
            },
            // A text input that is fed numbers was trained on what Python's `str` made of them.
            Element::String if self.kind == ColumnKind::Float => {
                Ok(Cell::String(python(value as f64)))
            }
            Element::String => Ok(Cell::String(value.to_string())),
        }
    }

    fn of_float(self, value: f64) -> Result<Cell, Fault> {
        let narrow = || match value as f32 {
            single if single.is_finite() => Ok(single),
            _ => Err(beyond(value, "a 32-bit float")),
        };
        match self.element {
            Element::F32 => narrow().map(Cell::F32),
            Element::F64 if self.range == Range::Narrow => narrow().map(|_| Cell::F64(value)),
            Element::F64 => Ok(Cell::F64(value)),
            Element::I32 | Element::I64 | Element::Bool => self.of_int(whole(value)?),
            Element::String => Ok(Cell::String(python(value))),
        }
    }

    fn of_bool(self, value: bool) -> Cell {
        match self.element {
            Element::F32 => Cell::F32(f32::from(u8::from(value))),
            Element::F64 => Cell::F64(f64::from(u8::from(value))),
            Element::I32 => Cell::I32(i32::from(value)),
            Element::I64 => Cell::I64(i64::from(value)),
            Element::Bool => Cell::Bool(value),
            Element::String => Cell::String(if value { "True" } else { "False" }.to_owned()),
        }
    }
}

impl Cell {
    /// Adds it at the end. Values of another element are left as they are: targets and values are
    /// made from one port.
    pub(super) fn push(self, values: &mut Values) {
        match (values, self) {
            (Values::F32(values), Cell::F32(value)) => values.push(value),
            (Values::F64(values), Cell::F64(value)) => values.push(value),
            (Values::I32(values), Cell::I32(value)) => values.push(value),
            (Values::I64(values), Cell::I64(value)) => values.push(value),
            (Values::Bool(values), Cell::Bool(value)) => values.push(value),
            (Values::String(values), Cell::String(value)) => values.push(value),
            _ => debug_assert!(false, "a cell of another element"),
        }
    }

    /// Puts it at `index`, which exists.
    pub(super) fn set(self, values: &mut Values, index: usize) {
        match (values, self) {
            (Values::F32(values), Cell::F32(value)) => values[index] = value,
            (Values::F64(values), Cell::F64(value)) => values[index] = value,
            (Values::I32(values), Cell::I32(value)) => values[index] = value,
            (Values::I64(values), Cell::I64(value)) => values[index] = value,
            (Values::Bool(values), Cell::Bool(value)) => values[index] = value,
            (Values::String(values), Cell::String(value)) => values[index] = value,
            _ => debug_assert!(false, "a cell of another element"),
        }
    }
}

/// What a scalar is, in words.
pub(super) fn describe(scalar: Scalar<'_>) -> String {
    match scalar {
        Scalar::Null => "null".into(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => format!("the number {value}"),
        Scalar::Large(value) => format!("the number {value}"),
        Scalar::Float(value) => format!("the number {value:?}"),
        Scalar::Text(text) => format!("the text `{}`", echo(text)),
    }
}

/// Nanoseconds of a day.
const DAY: i128 = 86_400_000_000_000;

/// The largest magnitude below which every whole number has its own 64-bit float.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(value: f64) -> Result<i64, Fault> {
    if value.fract() != 0.0 {
        return Err((Kind::NotWhole, format!("expected a whole number, found {value:?}")));
    }
    if value.abs() > EXACT {
        return Err(beyond(value, "a whole number written as a float"));
    }
    Ok(value as i64)
}

fn beyond(value: impl std::fmt::Debug, bound: &str) -> Fault {
    (Kind::OutOfRange, format!("the number {value:?} is beyond {bound}"))
}

/// A float as Python's `str` writes it.
fn python(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: ColumnKind, element: Element) -> Target {
        Target { kind, element, range: Range::Full }
    }

    #[test]
    fn numbers_become_text_as_python_writes_them() {
        let written = [0.0, 3.0, -2.5, 1e15, 1e16, 1.5e-7, 0.0001, 1e300].map(python);
        let python =
            ["0.0", "3.0", "-2.5", "1000000000000000.0", "1e+16", "1.5e-07", "0.0001", "1e+300"];
        assert_eq!(written, python);
    }

    #[test]
    fn sixty_four_bits_are_exact_or_refused() {
        let int = target(ColumnKind::Int, Element::I64);
        assert_eq!(int.cell(Scalar::Int(i64::MAX)), Ok(Cell::I64(i64::MAX)));
        assert_eq!(int.cell(Scalar::Float(3.0)), Ok(Cell::I64(3)));
        assert_eq!(int.cell(Scalar::Float(3.5)).unwrap_err().0, Kind::NotWhole);
        assert_eq!(int.cell(Scalar::Float(1e17)).unwrap_err().0, Kind::OutOfRange);
        assert_eq!(int.cell(Scalar::Large(u64::MAX)).unwrap_err().0, Kind::OutOfRange);
        let narrow = Target { range: Range::Narrow, ..int };
        assert_eq!(narrow.cell(Scalar::Int(1 << 31)).unwrap_err().0, Kind::OutOfRange);
    }

    #[test]
    fn dates_are_counted_in_their_unit() {
        use mlship_bundle::Unit;
        let date = target(ColumnKind::Date(Unit::Days), Element::F32);
        assert_eq!(date.cell(Scalar::Text("2024-05-31")), Ok(Cell::F32(19_874.0)));
        assert_eq!(date.cell(Scalar::Text("31.05.2024")).unwrap_err().0, Kind::WrongType);
        assert_eq!(date.cell(Scalar::Text("2024-05-31T00:00")).unwrap_err().0, Kind::WrongType);
        assert_eq!(date.cell(Scalar::Int(3)).unwrap_err().0, Kind::WrongType);
        let moment = "1969-12-31T18:00:00.5Z";
        let of =
            |unit, element| target(ColumnKind::Datetime(unit), element).cell(Scalar::Text(moment));
        assert_eq!(of(Unit::Days, Element::F64), Ok(Cell::F64(-1.0 + 64_800.5 / 86_400.0)));
        assert_eq!(of(Unit::S, Element::F64), Ok(Cell::F64(-21_599.5)));
        assert_eq!(of(Unit::S, Element::I64), Ok(Cell::I64(-21_600)));
        assert_eq!(of(Unit::Ms, Element::I64), Ok(Cell::I64(-21_599_500)));
        assert_eq!(of(Unit::Us, Element::I32).unwrap_err().0, Kind::OutOfRange);
        let far = target(ColumnKind::Datetime(Unit::Ns), Element::I64);
        assert_eq!(far.cell(Scalar::Text("9999-12-31")).unwrap_err().0, Kind::OutOfRange);
    }

    #[test]
    fn booleans_are_one_and_zero_and_nothing_else_is_a_boolean() {
        let into_float = target(ColumnKind::Bool, Element::F32);
        assert_eq!(into_float.cell(Scalar::Bool(true)), Ok(Cell::F32(1.0)));
        assert_eq!(into_float.cell(Scalar::Int(1)).unwrap_err().0, Kind::WrongType);
        let float = target(ColumnKind::Float, Element::F32);
        assert_eq!(float.cell(Scalar::Bool(true)).unwrap_err().0, Kind::WrongType);
        assert_eq!(float.cell(Scalar::Float(1e39)).unwrap_err().0, Kind::OutOfRange);
    }
}
