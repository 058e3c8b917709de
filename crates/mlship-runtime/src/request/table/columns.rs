//! A column: where it goes, what stands for a value that is not there, and what texts it takes.

use std::collections::HashSet;

use mlship_bundle::{Categories, Column, Filler, Stranger};

use super::contradiction;
use crate::bundle::LoadError;
use crate::nearest::nearest;
use crate::problem::Kind;
use crate::request::number::{Cell, Fault, Scalar, Target};
use crate::request::refuse::echo;

/// A column and where it goes.
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) required: bool,
    /// What stands for a value that is not there, when the bundle says.
    pub(super) default: Option<Cell>,
    /// Which of the model's inputs, and where in a row of it.
    pub(super) input: usize,
    pub(super) offset: usize,
    categories: Option<Known>,
}

/// The texts that a column takes.
struct Known {
    names: HashSet<String>,
    unknown: Stranger,
}

impl Placed {
    /// # Errors
    /// When its values, or what stands for an absent one, cannot become the target's element.
    pub(super) fn new(
        column: &Column,
        target: Target,
        (input, offset): (usize, usize),
    ) -> Result<Self, LoadError> {
        let name = column.name.clone();
        if !target.is_possible() {
            let kind = match target.kind {
                mlship_bundle::ColumnKind::String => "text in a number's place",
                _ => "a date in the place of text or of true and false",
            };
            return Err(contradiction(format!("column `{name}` is {kind}")));
        }
        let default = match &column.default {
            None => None,
            Some(filler) => Some(target.cell(scalar(filler)).map_err(|(_, detail)| {
                contradiction(format!("the default of column `{name}`: {detail}"))
            })?),
        };
        if column.optional && default.is_none() && target.absent().is_none() {
            return Err(contradiction(format!("column `{name}` is optional in whole numbers")));
        }
        let required = !column.optional && default.is_none();
        let categories = column.categories.as_ref().map(Known::new);
        Ok(Self { name, target, required, default, input, offset, categories })
    }

    /// What goes into the tensor for a scalar; `None` where what stands for an absent value stays.
    pub(super) fn cell(&self, scalar: Scalar<'_>) -> Result<Option<Cell>, Fault> {
        match (scalar, &self.categories) {
            (Scalar::Null, _) if !self.required => return Ok(None),
            (Scalar::Text(text), Some(known)) if !known.names.contains(text) => {
                match known.unknown {
                    Stranger::Refuse => return Err(known.refuse(text)),
                    Stranger::Missing => return Ok(None),
                    Stranger::Pass => {}
                }
            }
            _ => {}
        }
        self.target.cell(scalar).map(Some)
    }

    /// The fault of a row without it.
    pub(super) fn missing(&self) -> Fault {
        let detail = format!("column `{}` is missing; it is {}", self.name, self.target.noun());
        (Kind::Missing, detail)
    }
}

impl Known {
    fn new(categories: &Categories) -> Self {
        Self { names: categories.names.iter().cloned().collect(), unknown: categories.unknown }
    }

    fn refuse(&self, text: &str) -> Fault {
        let mut names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        names.sort_unstable();
        let detail = match nearest(text, names.iter().copied()) {
            Some(near) => {
                format!("`{}` is no category; the nearest is `{}`", echo(text), echo(near))
            }
            None => {
                let listed = echo(&names.join(", "));
                format!("`{}` is no category; it is one of: {listed}", echo(text))
            }
        };
        (Kind::UnknownCategory, detail)
    }
}

fn scalar(filler: &Filler) -> Scalar<'_> {
    match filler {
        Filler::Bool(value) => Scalar::Bool(*value),
        Filler::Int(value) => Scalar::Int(*value),
        Filler::Float(value) => Scalar::Float(*value),
        Filler::Text(text) => Scalar::Text(text),
    }
}
