//! Rows as CSV: each cell is read as its column's kind.

use mlship_bundle::ColumnKind;

use super::Reading;
use crate::problem::{Kind, Problem};
use crate::request::Form;
use crate::request::format::Header;
use crate::request::format::csv::{Cell, Records};
use crate::request::number::{Fault, Scalar};

/// Reads the whole of `body`.
pub(super) fn read(
    body: &[u8],
    header: Header,
    reading: &mut Reading<'_>,
) -> Result<Form, Problem> {
    let whole = |(kind, detail): Fault| Problem::new(kind, detail);
    let mut records = Records::new(body, reading.table.columns.len()).map_err(whole)?;
    let mut cells = Vec::new();
    if records.is_at_end() {
        return Err(whole((Kind::Malformed, "the body is empty".into())));
    }
    let columns = match header {
        Header::Present => {
            records.next(&mut cells).map_err(whole)?;
            reading.heads(cells.iter().map(|cell| cell.text.trim()))?
        }
        Header::Absent => (0..reading.table.columns.len()).collect(),
    };
    while !records.is_at_end() {
        reading.next_row()?;
        records.next(&mut cells).map_err(|fault| reading.row_problem(fault))?;
        if cells.len() != columns.len() {
            let (found, wanted) = (cells.len(), columns.len());
            let line = records.began();
            let detail = match header {
                Header::Present => {
                    format!("line {line} has {found} cells where the header has {wanted}")
                }
                Header::Absent => {
                    format!("line {line} has {found} cells where the model has {wanted} columns")
                }
            };
            return Err(reading.row_problem((Kind::Ragged, detail)));
        }
        for (column, cell) in columns.iter().zip(&cells) {
            put(reading, *column, cell)?;
        }
        reading.row_is_whole();
    }
    reading.list()
}

fn put(reading: &mut Reading<'_>, column: usize, cell: &Cell<'_>) -> Result<(), Problem> {
    let scalar = match reading.table.columns[column].target.kind {
        _ if cell.is_missing() => Scalar::Null,
        ColumnKind::Float | ColumnKind::Int => cell.number(),
        ColumnKind::Bool => cell.boolean(),
        ColumnKind::String => Scalar::Text(&cell.text),
        ColumnKind::Date(_) | ColumnKind::Datetime(_) => Scalar::Text(cell.text.trim()),
    };
    reading.put(column, scalar).map_err(|(kind, detail)| {
        let detail = match kind {
            Kind::NullValue => detail.replace("found null", "found nothing"),
            _ => detail,
        };
        reading.value_problem(column, (kind, detail))
    })
}
