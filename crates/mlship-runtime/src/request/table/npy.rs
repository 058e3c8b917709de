//! Rows as an array of two dimensions, whose columns are in the manifest's order.

use mlship_bundle::ColumnKind;

use super::Reading;
use crate::problem::{Kind, Problem};
use crate::request::Form;
use crate::request::format::npy::Array;
use crate::request::number::Scalar;

/// Reads the whole of `body`.
pub(super) fn read(body: &[u8], reading: &mut Reading<'_>) -> Result<Form, Problem> {
    let array = Array::read(body).map_err(|(kind, detail)| Problem::new(kind, detail))?;
    let columns = reading.table.columns.len();
    let [_, wide] = array.shape[..] else {
        let found = array.shape.len();
        let detail = format!("expected an array of two dimensions, found {found}");
        return Err(Problem::new(Kind::WrongShape, detail));
    };
    if wide != columns {
        let detail = format!("the model has {columns} columns, the array {wide}");
        return Err(Problem::new(Kind::WrongShape, detail));
    }
    for place in 0..array.len() {
        let column = place % columns;
        if column == 0 {
            reading.next_row()?;
        }
        let kind = reading.table.columns[column].target.kind;
        let scalar = match (kind, array.scalar(place)) {
            (_, Scalar::Float(value)) if value.is_nan() => Scalar::Null,
            // One type for all columns: true and false are numbers in it.
            (ColumnKind::Bool, Scalar::Int(value @ (0 | 1))) => Scalar::Bool(value == 1),
            (ColumnKind::Bool, Scalar::Float(value)) if value == 0.0 || value == 1.0 => {
                Scalar::Bool(value == 1.0)
            }
            (_, scalar) => scalar,
        };
        reading.value(column, scalar)?;
        if column + 1 == columns {
            reading.row_is_whole();
        }
    }
    reading.list()
}
