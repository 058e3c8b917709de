//! The shape that nested lists have, and whether it is one that the model takes.

use mlship_bundle::Port;

use super::{Tensor, Values};
use crate::problem::Kind;
use crate::request::Answers;
use crate::request::number::{Fault, Scalar, Target};

/// Nested lists half read.
pub(super) struct Nest {
    target: Target,
    values: Values,
    lengths: Vec<Option<usize>>,
    /// How deep the first scalar lay: all must.
    depth: Option<usize>,
}

/// Nested lists in full: regular, and nothing else known.
pub(super) struct Given {
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
}

impl Nest {
    pub(super) fn new(rank: usize, target: Target) -> Self {
        let values = Values::empty(target.element);
        Self { target, values, lengths: vec![None; rank], depth: None }
    }

    pub(super) fn noun(&self) -> &'static str {
        self.target.noun()
    }

    /// A list begins at `depth`.
    pub(super) fn enter(&self, depth: usize) -> Result<(), Fault> {
        let rank = self.lengths.len();
        if depth >= rank {
            return Err((
                Kind::WrongShape,
                format!("lists are nested deeper than {rank}, the input's rank"),
            ));
        }
        match self.depth {
            Some(leaves) if depth >= leaves => Err(ragged_depth(self.noun(), "a list")),
            _ => Ok(()),
        }
    }

    /// A scalar at `depth`.
    pub(super) fn leaf(&mut self, depth: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        if *self.depth.get_or_insert(depth) != depth {
            return Err(ragged_depth("a list", self.noun()));
        }
        self.target.cell(scalar)?.push(&mut self.values);
        Ok(())
    }

    /// The list at `depth` ends after `length` elements.
    pub(super) fn leave(&mut self, depth: usize, length: usize) -> Result<(), Fault> {
        if length == 0 {
            return Err((Kind::EmptyList, "the list is empty".into()));
        }
        let expected = *self.lengths[depth].get_or_insert(length);
        match length == expected {
            true => Ok(()),
            false => {
                let detail =
                    format!("the list has {length} elements where the one before has {expected}");
                Err((Kind::Ragged, detail))
            }
        }
    }
}

impl From<Nest> for Given {
    fn from(nest: Nest) -> Self {
        Given { shape: nest.lengths.into_iter().flatten().collect(), values: nest.values }
    }
}

/// The tensor that the model takes, from a whole one or from one example of a batch.
pub(super) fn fit(port: &Port, given: Given, rows: usize) -> Result<(Tensor, Answers), Fault> {
    let Given { mut shape, values } = given;
    let agrees = |expected: &[Option<usize>]| {
        expected.len() == shape.len()
            && expected
                .iter()
                .zip(&shape)
                .all(|(expected, found)| expected.is_none_or(|n| n == *found))
    };
    if agrees(&port.shape) {
        if port.shape.first() == Some(&None) && shape[0] > rows {
            return Err((Kind::TooManyRows, format!("at most {rows} examples are taken at once")));
        }
        return Ok((Tensor { shape: shape.into(), values }, Answers::Whole));
    }
    if let Some((None | Some(1), example)) = port.shape.split_first()
        && agrees(example)
    {
        shape.insert(0, 1);
        return Ok((Tensor { shape: shape.into(), values }, Answers::Examples(1)));
    }
    let expected = words(port.shape.iter().map(|n| n.map_or("?".into(), |n| n.to_string())));
    let found = words(shape.iter().map(usize::to_string));
    let batch = match port.shape.first() {
        Some(None | Some(1)) => ", or one example without its first dimension",
        _ => "",
    };
    Err((Kind::WrongShape, format!("expected the shape {expected}{batch}, found {found}")))
}

fn words(dimensions: impl Iterator<Item = String>) -> String {
    format!("[{}]", dimensions.collect::<Vec<_>>().join(", "))
}

fn ragged_depth(expected: &str, found: &str) -> Fault {
    (Kind::Ragged, format!("expected {expected} here as before, found {found}"))
}
