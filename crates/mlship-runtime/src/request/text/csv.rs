//! Texts as CSV: one column, under the text's field.

use super::Reading;
use crate::problem::{Kind, Problem};
use crate::request::Form;
use crate::request::format::Header;
use crate::request::format::csv::Records;
use crate::request::number::Fault;
use crate::request::refuse::Progress;

/// Reads the whole of `body`.
pub(super) fn read(
    body: &[u8],
    header: Header,
    reading: &mut Reading<'_>,
) -> Result<Form, Problem> {
    let whole = |(kind, detail): Fault| Problem::new(kind, detail);
    let field = &reading.texts.field;
    let most = reading.texts.rows;
    let mut records = Records::new(body, 1).map_err(whole)?;
    let mut cells = Vec::new();
    if header == Header::Present && !records.is_at_end() {
        records.next(&mut cells).map_err(whole)?;
        let stranger = cells.iter().find(|cell| cell.text.trim() != field);
        if let Some(cell) = stranger {
            return Err(whole((Kind::Unknown, reading.texts.unknown(&cell.text))));
        }
        if cells.len() > 1 {
            return Err(whole((Kind::Duplicate, "the column is given twice".into())));
        }
    }
    while !records.is_at_end() {
        let row = reading.ends.len();
        let of_row = |(kind, detail): Fault| Problem::at(kind, format!("/{row}"), detail);
        if row == most {
            return Err(of_row((
                Kind::TooManyRows,
                format!("at most {most} texts are taken at once"),
            )));
        }
        records.next(&mut cells).map_err(of_row)?;
        let [cell] = &cells[..] else {
            let detail = format!(
                "line {} has {} cells where `{field}` is the only column; text with a comma \
                 stands between quotes",
                records.began(),
                cells.len()
            );
            return Err(of_row((Kind::Ragged, detail)));
        };
        reading.progress.place.element = Some(row);
        reading.progress.place.key = Some(field.clone());
        one(reading, &cell.text)?;
    }
    match reading.ends.len() {
        0 => Err(Problem::new(Kind::EmptyList, "expected at least one text")),
        _ => Ok(Form::List),
    }
}

/// Adds one text.
pub(super) fn one(reading: &mut Reading<'_>, text: &str) -> Result<(), Problem> {
    reading.text::<serde_json::Error>(text).map_err(|error| {
        std::mem::take::<Progress>(&mut reading.progress).explain(&error, text.as_bytes())
    })
}
