//! Rows whose columns are named once, or not at all: what CSV, arrays and Arrow have in common.

use super::Reading;
use crate::problem::{Kind, Problem};
use crate::request::Form;
use crate::request::number::{Fault, Scalar};
use crate::request::refuse::echo;

impl Reading<'_> {
    /// Which column each of the names is.
    pub(super) fn heads<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Vec<usize>, Problem> {
        let table = self.table;
        let mut given = vec![false; table.columns.len()];
        let mut found = Vec::new();
        for name in names {
            let at = |kind, detail: String| Problem::at(kind, pointer(name), detail);
            let Some(index) = table.by_name.get(name).copied() else {
                return Err(at(Kind::Unknown, stranger(name, table.nearest(name))));
            };
            if std::mem::replace(&mut given[index], true) {
                return Err(at(Kind::Duplicate, "the column is given twice".into()));
            }
            found.push(index);
        }
        let absent = table.columns.iter().zip(&given).find(|(column, is)| column.required && !**is);
        if let Some((column, _)) = absent {
            let (kind, detail) = column.missing();
            return Err(Problem::at(kind, pointer(&column.name), detail));
        }
        Ok(found)
    }

    /// Begins the next row, if it is not one too many.
    pub(super) fn next_row(&mut self) -> Result<(), Problem> {
        let most = self.table.rows;
        if self.rows == most {
            let detail = format!("at most {most} rows are taken at once");
            return Err(self.row_problem((Kind::TooManyRows, detail)));
        }
        self.begin_row();
        Ok(())
    }

    /// Puts a value into the row.
    pub(super) fn value(&mut self, column: usize, scalar: Scalar<'_>) -> Result<(), Problem> {
        self.put(column, scalar).map_err(|fault| self.value_problem(column, fault))
    }

    /// Ends the row, whose columns are known to be there.
    pub(super) fn row_is_whole(&mut self) {
        self.rows += 1;
    }

    /// The form of the answers, once all rows are read.
    pub(super) fn list(&self) -> Result<Form, Problem> {
        match self.rows {
            0 => Err(Problem::new(Kind::EmptyList, "expected at least one row")),
            _ => Ok(Form::List),
        }
    }

    /// A fault of the row that is being read.
    pub(super) fn row_problem(&self, (kind, detail): Fault) -> Problem {
        Problem::at(kind, format!("/{}", self.rows), detail)
    }

    /// A fault of one of its values.
    pub(super) fn value_problem(&self, column: usize, (kind, detail): Fault) -> Problem {
        let column = pointer(&self.table.columns[column].name);
        Problem::at(kind, format!("/{}{column}", self.rows), detail)
    }
}

/// The JSON pointer to a column.
fn pointer(name: &str) -> String {
    format!("/{}", echo(name).replace('~', "~0").replace('/', "~1"))
}

/// What is said of a name that is no column's: more, when another mistake shows.
fn stranger(name: &str, unknown: String) -> String {
    if name.is_empty() || name.starts_with("Unnamed: ") {
        return format!(
            "{unknown}; pandas writes the index there, without it: `to_csv(…, index=False)`"
        );
    }
    match name.contains([';', '\t', '|']) {
        true => format!("{unknown}; a comma parts two columns"),
        false => unknown,
    }
}
