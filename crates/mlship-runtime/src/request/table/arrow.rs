//! Rows as Arrow's columns, by name.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Reading;
use crate::problem::{Kind, Problem};
use crate::request::Form;
use crate::request::format::Container;
use crate::request::format::arrow;
use crate::request::format::arrow::series::{Given, Series};
use crate::request::number::Fault;

/// Reads the whole of `body`. A panic of the decoder's is not the process's.
pub(super) fn read(
    body: &[u8],
    container: Container,
    reading: &mut Reading<'_>,
) -> Result<Form, Problem> {
    let read = AssertUnwindSafe(|| columns(body, container, reading));
    catch_unwind(read)
        .unwrap_or_else(|_| Err(Problem::new(Kind::Malformed, "the body cannot be decoded")))
}

fn columns(body: &[u8], container: Container, reading: &mut Reading<'_>) -> Result<Form, Problem> {
    let whole = |(kind, detail): Fault| Problem::new(kind, detail);
    let (schema, batches) = arrow::read(body, container, reading.table.rows).map_err(whole)?;
    let columns = reading.heads(schema.fields().iter().map(|field| field.name().as_str()))?;
    for batch in batches {
        let mut series = Vec::with_capacity(columns.len());
        for (column, array) in columns.iter().zip(batch.columns()) {
            let of = Series::of(array);
            series.push((*column, of.map_err(|fault| reading.value_problem(*column, fault))?));
        }
        for row in 0..batch.num_rows() {
            reading.next_row()?;
            for (column, series) in &series {
                put(reading, *column, series.at(row))?;
            }
            reading.row_is_whole();
        }
    }
    reading.list()
}

fn put(reading: &mut Reading<'_>, column: usize, given: Given<'_>) -> Result<(), Problem> {
    match given {
        Given::Scalar(scalar) => reading.value(column, scalar),
        Given::Moment(moment) => match reading.table.columns[column].target.of_moment(moment) {
            Ok(cell) => {
                reading.set(column, cell);
                Ok(())
            }
            Err(fault) => Err(reading.value_problem(column, fault)),
        },
    }
}
