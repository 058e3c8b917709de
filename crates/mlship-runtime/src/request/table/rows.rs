//! The walk over a row.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Reading;
use crate::problem::Kind;
use crate::request::list::{Parts, Text};
use crate::request::number::Scalar;
use crate::request::refuse::Progress;

impl Parts for Reading<'_> {
    const NAMES: [&'static str; 2] = ["row", "rows"];
    const EXPECTED: &'static str = "an object, or a list of objects";
    const TEXT: Text = Text::Refused;

    fn progress(&mut self) -> &mut Progress {
        // The column that is read is told only where something is wrong with it.
        if let Some(column) = self.last.checked_sub(1) {
            self.progress.place.enter(&self.table.columns[column].name);
        }
        &mut self.progress
    }

    fn whole(&self) -> usize {
        self.rows
    }

    fn most(&self) -> usize {
        self.table.rows
    }

    fn part<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Row(self))
    }
}

/// One row.
struct Row<'r, 't>(&'r mut Reading<'t>);

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an object of columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        reading.begin_row();
        while let Some(column) = map.next_key_seed(Head(&mut *reading))? {
            map.next_value_seed(OneCell { reading: &mut *reading, column })?;
        }
        reading.last = 0;
        reading.end_row()
    }
}

/// The name of a column.
struct Head<'r, 't>(&'r mut Reading<'t>);

impl<'de> DeserializeSeed<'de> for Head<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Head<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a column")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        self.0.column(name)
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
        let detail = format!("expected {}, found {found}", target.noun());
        self.reading.refuse(self.column, Kind::WrongType, detail)
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
