//! The walk over a row or a list of rows.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Reading;
use crate::problem::Kind;
use crate::request::Form;
use crate::request::number::Scalar;

/// A row or a list of rows.
pub(super) struct Top<'r, 't>(pub(super) &'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        Row(self.0).visit_map(map)?;
        Ok(Form::Single)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Form, A::Error> {
        let reading = self.0;
        let bound = reading.table.rows;
        loop {
            reading.progress.place.element = Some(reading.rows);
            if reading.rows == bound {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                let detail = format!("at most {bound} rows are taken at once");
                return Err(reading.progress.refuse(Kind::TooManyRows, detail));
            }
            if list.next_element_seed(Row(&mut *reading))?.is_none() {
                break;
            }
        }
        reading.progress.place.element = None;
        match reading.rows {
            0 => Err(reading.progress.refuse(Kind::EmptyList, "expected at least one row")),
            _ => Ok(Form::List),
        }
    }
}

/// One row.
struct Row<'r, 't>(&'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an object of columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        reading.begin_row();
        while let Some(name) = map.next_key::<String>()? {
            let column = reading.column(name)?;
            map.next_value_seed(OneCell { reading: &mut *reading, column })?;
            reading.progress.place.key = None;
        }
        reading.end_row()
    }
}

/// One cell.
struct OneCell<'r, 't> {
    reading: &'r mut Reading<'t>,
    column: usize,
}

impl OneCell<'_, '_> {
    fn scalar<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        self.reading.cell(self.column, scalar)
    }

    fn nested<E: Error>(self, found: &str) -> E {
        let target = self.reading.table.columns[self.column].target;
        self.reading
            .progress
            .refuse(Kind::WrongType, format!("expected {}, found {found}", target.noun()))
    }
}

impl<'de> DeserializeSeed<'de> for OneCell<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneCell<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    scalar_visits!();

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.nested("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.nested("an object"))
    }
}
