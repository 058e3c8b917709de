//! Rows of named columns, packed into the model's inputs.

use std::collections::HashMap;

use mlship_bundle::{Bundle, Element, Packed};
use serde::de::Error;

use super::list;
use super::number::{Range, Scalar, Target};
use super::refuse::{Progress, echo};
use super::{Answers, Form, Request, Run, Wrap};
use crate::bundle::LoadError;
use crate::problem::{Kind, Problem};
use crate::tensor::{Tensor, Values};

mod rows;

/// How rows are packed.
pub(crate) struct Table {
    inputs: Vec<Width>,
    columns: Vec<Placed>,
    by_name: HashMap<String, usize>,
    rows: usize,
    batch: Option<usize>,
}

/// One input of the model: so many columns of one element.
struct Width {
    element: Element,
    columns: usize,
    rank: usize,
}

/// A column and where it goes.
struct Placed {
    name: String,
    target: Target,
    required: bool,
    input: usize,
    offset: usize,
}

impl Table {
    /// # Errors
    /// When the packing does not fill the model's inputs, or a column cannot become its element.
    pub(super) fn new(packed: &[Packed], bundle: &Bundle) -> Result<Self, LoadError> {
        let ports = &bundle.model.inputs;
        let mut table = Table {
            inputs: Vec::with_capacity(ports.len()),
            columns: Vec::new(),
            by_name: HashMap::new(),
            rows: bundle.bounds.rows,
            batch: ports.iter().find_map(|port| port.shape.first().copied().flatten()),
        };
        for (input, port) in ports.iter().enumerate() {
            let mut of_port = packed.iter().filter(|packed| packed.input == port.name);
            let (Some(packed), None) = (of_port.next(), of_port.next()) else {
                return Err(contradiction(format!("input `{}` is not packed once", port.name)));
            };
            let rank = port.shape.len();
            let wide = port.shape.get(1).copied().flatten().unwrap_or(packed.columns.len());
            let fits = match rank {
                1 => packed.columns.len() == 1,
                2 => packed.columns.len() == wide,
                _ => false,
            };
            if packed.element != port.element || !fits {
                return Err(contradiction(format!("input `{}` is not what is packed", port.name)));
            }
            table.inputs.push(Width { element: port.element, columns: packed.columns.len(), rank });
            table.place(packed, input, Range::of(bundle.model.engine))?;
        }
        match packed.len() == ports.len() {
            true => Ok(table),
            false => Err(contradiction("more inputs are packed than the model has".into())),
        }
    }

    fn place(&mut self, packed: &Packed, input: usize, range: Range) -> Result<(), LoadError> {
        for (offset, column) in packed.columns.iter().enumerate() {
            let target = Target { kind: column.kind, element: packed.element, range };
            let name = column.name.clone();
            if !target.is_possible() {
                return Err(contradiction(format!("column `{name}` is text in a number's place")));
            }
            if column.optional && target.absent().is_none() {
                return Err(contradiction(format!("column `{name}` is optional in whole numbers")));
            }
            if self.by_name.insert(name.clone(), self.columns.len()).is_some() {
                return Err(contradiction(format!("column `{name}` is packed twice")));
            }
            self.columns.push(Placed { name, target, required: !column.optional, input, offset });
        }
        Ok(())
    }

    /// Reads a row, or a list of rows.
    pub(super) fn read(&self, body: &[u8], wrap: Wrap) -> Result<Request, Problem> {
        let values = self.inputs.iter().map(|input| Values::empty(input.element)).collect();
        let mut reading = Reading {
            table: self,
            values,
            rows: 0,
            seen: vec![0; self.columns.len()],
            progress: Progress::default(),
        };
        let form = list::read(body, wrap, &mut reading)?;
        self.request(reading.values, reading.rows, form)
    }

    fn request(&self, values: Vec<Values>, rows: usize, form: Form) -> Result<Request, Problem> {
        let tensors = values.into_iter().zip(&self.inputs).map(|(values, input)| {
            let shape = if input.rank == 1 { vec![rows] } else { vec![rows, input.columns] };
            Tensor { shape, values }
        });
        let inputs: Vec<Tensor> = tensors.collect();
        let runs = match self.batch {
            Some(1) if rows > 1 => (0..rows)
                .map(|row| Run {
                    inputs: inputs.iter().map(|tensor| tensor.rows(row, 1)).collect(),
                    answers: Answers::Examples(1),
                })
                .collect(),
            Some(batch) if batch != rows => {
                let detail = format!("the model takes {batch} rows at a time, found {rows}");
                return Err(Problem::new(Kind::WrongShape, detail));
            }
            _ => vec![Run { inputs, answers: Answers::Examples(rows) }],
        };
        Ok(Request { runs, form })
    }

    fn nearest(&self, name: &str) -> String {
        let names = self.columns.iter().map(|column| column.name.as_str());
        match crate::nearest::nearest(name, names) {
            Some(nearest) => {
                format!("the model has no column `{}`; the nearest is `{nearest}`", echo(name))
            }
            None => format!("the model has no column `{}`", echo(name)),
        }
    }
}

fn contradiction(cause: String) -> LoadError {
    LoadError::Contradiction(cause)
}

fn grow(values: &mut Values, by: usize) {
    let length = values.len() + by;
    match values {
        Values::F32(values) => values.resize(length, f32::NAN),
        Values::F64(values) => values.resize(length, f64::NAN),
        Values::I32(values) => values.resize(length, 0),
        Values::I64(values) => values.resize(length, 0),
        Values::Bool(values) => values.resize(length, false),
        Values::String(values) => values.resize(length, String::new()),
    }
}

/// A request half read.
struct Reading<'t> {
    table: &'t Table,
    values: Vec<Values>,
    /// Complete rows.
    rows: usize,
    /// For each column the last row that had it, counted from one.
    seen: Vec<usize>,
    progress: Progress,
}

impl Reading<'_> {
    fn begin_row(&mut self) {
        for (values, input) in self.values.iter_mut().zip(&self.table.inputs) {
            grow(values, input.columns);
        }
    }

    fn end_row<E: Error>(&mut self) -> Result<(), E> {
        let row = self.rows + 1;
        for (column, seen) in self.table.columns.iter().zip(&self.seen) {
            if column.required && *seen != row {
                self.progress.place.key = Some(column.name.clone());
                let detail =
                    format!("column `{}` is missing; it is {}", column.name, column.target.noun());
                return Err(self.progress.refuse(Kind::Missing, detail));
            }
        }
        self.rows = row;
        Ok(())
    }

    fn column<E: Error>(&mut self, name: String) -> Result<usize, E> {
        let found = self.table.by_name.get(&name).copied();
        let unknown = || self.table.nearest(&name);
        let Some(index) = found else {
            let detail = unknown();
            self.progress.place.key = Some(echo(&name));
            return Err(self.progress.refuse(Kind::Unknown, detail));
        };
        self.progress.place.key = Some(name);
        if self.seen[index] == self.rows + 1 {
            return Err(self
                .progress
                .refuse(Kind::Duplicate, "the column is given twice in one row"));
        }
        self.seen[index] = self.rows + 1;
        Ok(index)
    }

    fn cell<E: Error>(&mut self, column: usize, scalar: Scalar<'_>) -> Result<(), E> {
        let placed = &self.table.columns[column];
        if matches!(scalar, Scalar::Null) && !placed.required {
            return Ok(());
        }
        let at = self.rows * self.table.inputs[placed.input].columns + placed.offset;
        match placed.target.cell(scalar) {
            Ok(cell) => {
                cell.set(&mut self.values[placed.input], at);
                Ok(())
            }
            Err((kind, detail)) => Err(self.progress.refuse(kind, detail)),
        }
    }
}

#[cfg(test)]
mod tests;
