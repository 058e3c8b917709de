//! Rows of named columns, packed into the model's inputs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use mlship_bundle::{Bundle, Element, Format, Packed};
use serde::de::Error;
use smallvec::smallvec;

use super::format::{Container, Format as Shape, lines};
use super::list;
use super::number::{Cell, Fault, Range, Scalar, Target};
use super::refuse::{Progress, echo};
use super::{Answers, Form, Request, Run, Said};
use crate::bundle::LoadError;
use crate::problem::{Kind, Problem};
use crate::tensor::{Tensor, Values};

#[cfg(feature = "arrow")]
mod arrow;
mod columns;
mod csv;
mod flat;
mod npy;
mod rows;
use columns::Placed;

/// How rows are packed.
pub(crate) struct Table {
    inputs: Vec<Width>,
    columns: Vec<Placed>,
    by_name: HashMap<String, usize>,
    /// The column that each was followed by when that was last looked up, in the rows of any
    /// request: callers keep to an order. One more is for the first of a row.
    followers: Vec<AtomicUsize>,
    rows: usize,
    batch: Option<usize>,
    /// Whether the manifest asks for Arrow.
    arrow: bool,
}

/// One input of the model: so many columns of one element.
struct Width {
    element: Element,
    columns: usize,
    rank: usize,
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
            followers: Vec::new(),
            rows: bundle.bounds.rows,
            batch: ports.iter().find_map(|port| port.shape.first().copied().flatten()),
            arrow: bundle.formats.contains(&Format::Arrow),
        };
        if table.arrow && !cfg!(feature = "arrow") {
            return Err(LoadError::NoFormat("Arrow"));
        }
        for port in ports {
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
        }
        for packed in packed {
            let Some(input) = ports.iter().position(|port| port.name == packed.input) else {
                return Err(contradiction("more inputs are packed than the model has".into()));
            };
            table.place(packed, input, Range::of(bundle.model.engine))?;
        }
        table.followers = (0..=table.columns.len()).map(AtomicUsize::new).collect();
        Ok(table)
    }

    fn place(&mut self, packed: &Packed, input: usize, range: Range) -> Result<(), LoadError> {
        for (offset, column) in packed.columns.iter().enumerate() {
            let target = Target { kind: column.kind, element: packed.element, range };
            let placed = Placed::new(column, target, (input, offset))?;
            let name = &column.name;
            if self.by_name.insert(name.clone(), self.columns.len()).is_some() {
                return Err(contradiction(format!("column `{name}` is packed twice")));
            }
            self.columns.push(placed);
        }
        Ok(())
    }

    /// Reads a row, or a list of rows.
    pub(super) fn read(&self, body: &[u8], said: Said<'_>) -> Result<Request, Problem> {
        let format = Shape::of(said, self.taken())?;
        let mut reading = Reading::of(self);
        let form = match format {
            Shape::Json | Shape::Plain => list::read(body, said.wrap, &mut reading)?,
            Shape::Lines(media_type) => lines::read(body, media_type, &mut reading)?,
            Shape::Csv(header) => csv::read(body, header, &mut reading)?,
            Shape::Npy => npy::read(body, &mut reading)?,
            Shape::Arrow(container) => self.read_arrow(body, container, &mut reading)?,
        };
        self.request(reading.values, reading.rows, form)
    }

    #[cfg(feature = "arrow")]
    fn read_arrow(
        &self,
        body: &[u8],
        container: Container,
        reading: &mut Reading<'_>,
    ) -> Result<Form, Problem> {
        match self.arrow {
            true => arrow::read(body, container, reading),
            false => Err(not_asked_for()),
        }
    }

    #[cfg(not(feature = "arrow"))]
    #[expect(clippy::unused_self, reason = "with the feature it is of use")]
    fn read_arrow(&self, _: &[u8], _: Container, _: &mut Reading<'_>) -> Result<Form, Problem> {
        Err(not_asked_for())
    }

    /// What media types are taken, in words.
    fn taken(&self) -> &'static str {
        match self.arrow {
            true => "JSON, JSON lines, CSV, NumPy's `.npy` and Arrow IPC",
            false => "JSON, JSON lines, CSV and NumPy's `.npy`",
        }
    }

    fn request(&self, values: Vec<Values>, rows: usize, form: Form) -> Result<Request, Problem> {
        let tensors = values.into_iter().zip(&self.inputs).map(|(values, input)| {
            let shape =
                if input.rank == 1 { smallvec![rows] } else { smallvec![rows, input.columns] };
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

    /// The column of this name, where the one before it in the row, counted from one, is known.
    fn find(&self, name: &str, before: usize) -> Option<usize> {
        let follower = self.followers.get(before)?;
        let guess = follower.load(Ordering::Relaxed);
        match self.columns.get(guess) {
            Some(column) if column.name == name => Some(guess),
            _ => {
                let found = self.by_name.get(name).copied()?;
                follower.store(found, Ordering::Relaxed);
                Some(found)
            }
        }
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

/// The problem with Arrow where the manifest does not ask for it.
fn not_asked_for() -> Problem {
    let detail = "Arrow is taken when the manifest says so: add `formats: [arrow]` under \
                  `input.table`, and deploy again";
    Problem::new(Kind::UnsupportedMediaType, detail)
}

/// A request half read.
struct Reading<'t> {
    table: &'t Table,
    values: Vec<Values>,
    /// Complete rows.
    rows: usize,
    /// For each column the last row that had it, counted from one.
    seen: Vec<usize>,
    /// The column that came last in this row, counted from one; zero before the first.
    last: usize,
    progress: Progress,
}

impl<'t> Reading<'t> {
    fn of(table: &'t Table) -> Self {
        Self {
            table,
            values: (table.inputs.iter())
                .map(|input| Values::with_capacity(input.element, input.columns))
                .collect(),
            rows: 0,
            seen: vec![0; table.columns.len()],
            last: 0,
            progress: Progress::default(),
        }
    }

    fn begin_row(&mut self) {
        self.last = 0;
        for (values, input) in self.values.iter_mut().zip(&self.table.inputs) {
            match values {
                Values::F32(values) if input.columns == 1 => values.push(f32::NAN),
                values => grow(values, input.columns),
            }
        }
        for placed in &self.table.columns {
            if let Some(default) = &placed.default {
                let at = self.rows * self.table.inputs[placed.input].columns + placed.offset;
                default.clone().set(&mut self.values[placed.input], at);
            }
        }
    }

    fn end_row<E: Error>(&mut self) -> Result<(), E> {
        let row = self.rows + 1;
        for (column, seen) in self.table.columns.iter().zip(&self.seen) {
            if column.required && *seen != row {
                self.progress.place.key = Some(column.name.clone());
                let (kind, detail) = column.missing();
                return Err(self.progress.refuse(kind, detail));
            }
        }
        self.rows = row;
        Ok(())
    }

    fn column<E: Error>(&mut self, name: &str) -> Result<usize, E> {
        let Some(index) = self.table.find(name, self.last) else {
            let detail = self.table.nearest(name);
            self.progress.place.enter(&echo(name));
            return Err(self.progress.refuse(Kind::Unknown, detail));
        };
        if self.seen[index] == self.rows + 1 {
            self.progress.place.enter(name);
            return Err(self
                .progress
                .refuse(Kind::Duplicate, "the column is given twice in one row"));
        }
        self.seen[index] = self.rows + 1;
        self.last = index + 1;
        Ok(index)
    }

    fn cell<E: Error>(&mut self, column: usize, scalar: Scalar<'_>) -> Result<(), E> {
        match self.put(column, scalar) {
            Ok(()) => Ok(()),
            Err((kind, detail)) => Err(self.refuse(column, kind, detail)),
        }
    }

    /// Stops the parse for a fault in the column that is read.
    #[cold]
    fn refuse<E: Error>(&mut self, column: usize, kind: Kind, detail: String) -> E {
        self.progress.place.enter(&self.table.columns[column].name);
        self.progress.refuse(kind, detail)
    }

    /// Puts a value into the row that has begun.
    fn put(&mut self, column: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        let placed = &self.table.columns[column];
        // Most columns are numbers in 32 bits.
        if let (Some(single), Values::F32(values)) =
            (placed.target.single(scalar), &mut self.values[placed.input])
        {
            values[self.rows * self.table.inputs[placed.input].columns + placed.offset] = single;
            return Ok(());
        }
        if let Some(cell) = placed.cell(scalar)? {
            self.set(column, cell);
        }
        Ok(())
    }

    /// Puts an element into the row that has begun.
    fn set(&mut self, column: usize, cell: Cell) {
        let placed = &self.table.columns[column];
        let at = self.rows * self.table.inputs[placed.input].columns + placed.offset;
        cell.set(&mut self.values[placed.input], at);
    }
}

#[cfg(test)]
mod tests;
