//! Walks trees where they lie in the program.

use mlship_bundle::program::{Branch, TreeNode};

use crate::classical::file::File;
use crate::classical::ops::number::Number;
use crate::classical::params::Params;
use crate::classical::value::{Data, Value};
use crate::classical::{Outcome, fail};
use crate::engine::EngineError;

/// Where an ensemble is in the program.
pub(crate) struct Ensemble {
    nodes: u32,
    roots: u32,
    /// Thresholds and weights of 64-bit ensembles.
    values: Option<u32>,
    leaf_targets: Option<u32>,
    leaf_weights: Option<u32>,
    base_values: Option<u32>,
}

/// An ensemble's arrays, over its own float type.
pub(crate) struct Trees<'f, T> {
    nodes: &'f [TreeNode],
    roots: &'f [u32],
    values: &'f [T],
    leaf_targets: &'f [u32],
    leaf_weights: &'f [T],
    pub(crate) base_values: &'f [T],
}

/// A float type that ensembles come in.
pub(crate) trait Precision: Number {
    fn elements(file: &File, index: u32) -> Outcome<&[Self]>;
    /// A node's threshold or weight.
    fn value(node: &TreeNode, at: usize, values: &[Self]) -> Option<Self>;
}

impl Precision for f32 {
    fn elements(file: &File, index: u32) -> Outcome<&[Self]> {
        file.f32s(index)
    }
    fn value(node: &TreeNode, _: usize, _: &[Self]) -> Option<Self> {
        Some(node.value)
    }
}

impl Precision for f64 {
    fn elements(file: &File, index: u32) -> Outcome<&[Self]> {
        file.f64s(index)
    }
    fn value(_: &TreeNode, at: usize, values: &[Self]) -> Option<Self> {
        values.get(at).copied()
    }
}

impl Ensemble {
    pub(crate) fn of(params: &Params<'_>) -> Outcome<Self> {
        let needed = |name: &str| {
            params.array(name)?.ok_or_else(|| EngineError(format!("it has no `{name}`")))
        };
        Ok(Self {
            nodes: needed("nodes")?,
            roots: needed("roots")?,
            values: params.array("values")?,
            leaf_targets: params.array("leaf_targets")?,
            leaf_weights: params.array("leaf_weights")?,
            base_values: params.array("base_values")?,
        })
    }

    /// True when thresholds and weights are 64-bit floats.
    pub(crate) fn is_double(&self) -> bool {
        self.values.is_some()
    }

    pub(crate) fn trees<'f, T: Precision>(&self, file: &'f File) -> Outcome<Trees<'f, T>> {
        let maybe =
            |index: Option<u32>| index.map_or(Ok(&[][..]), |index| T::elements(file, index));
        Ok(Trees {
            nodes: file.tree_nodes(self.nodes)?,
            roots: file.u32s(self.roots)?,
            values: maybe(self.values)?,
            leaf_targets: self.leaf_targets.map_or(Ok(&[][..]), |index| file.u32s(index))?,
            leaf_weights: maybe(self.leaf_weights)?,
            base_values: maybe(self.base_values)?,
        })
    }
}

impl<T: Precision> Trees<'_, T> {
    /// How many trees.
    pub(crate) fn count(&self) -> usize {
        self.roots.len()
    }

    /// Gives `leaf` the targets and weights of the leaf that `row` comes to in each tree.
    pub(crate) fn walk(&self, row: &[T], mut leaf: impl FnMut(usize, T)) -> Outcome<()> {
        for root in self.roots {
            let (at, node) = self.descend(row, *root)?;
            if node.branch() == Branch::Leaf {
                leaf(node.feature(), self.value(node, at)?);
                continue;
            }
            let first = node.when_true as usize;
            let range = first..first.saturating_add(node.when_false as usize);
            let targets = self.leaf_targets.get(range.clone()).ok_or_else(damaged)?;
            let weights = self.leaf_weights.get(range).ok_or_else(damaged)?;
            for (target, weight) in targets.iter().zip(weights) {
                leaf(*target as usize, *weight);
            }
        }
        Ok(())
    }

    /// The leaf below `root`. It comes to an end because every step must go up in the array.
    fn descend(&self, row: &[T], root: u32) -> Outcome<(usize, &TreeNode)> {
        let mut at = root as usize;
        loop {
            let node = self.nodes.get(at).ok_or_else(damaged)?;
            let branch = node.branch();
            if matches!(branch, Branch::Leaf | Branch::Weights) {
                return Ok((at, node));
            }
            let Some(feature) = row.get(node.feature()) else {
                return fail(format!(
                    "the trees look at column {}, the rows have {}",
                    node.feature(),
                    row.len()
                ));
            };
            let threshold = self.value(node, at)?;
            let goes = match branch {
                Branch::AtMost => *feature <= threshold,
                Branch::Below => *feature < threshold,
                Branch::AtLeast => *feature >= threshold,
                Branch::Above => *feature > threshold,
                Branch::Equal => *feature == threshold,
                Branch::Unequal => *feature != threshold,
                Branch::Leaf | Branch::Weights => false,
            } || (node.nan_is_true() && feature.is_nan());
            let next = if goes { node.when_true } else { node.when_false } as usize;
            if next <= at {
                return Err(damaged());
            }
            at = next;
        }
    }

    fn value(&self, node: &TreeNode, at: usize) -> Outcome<T> {
        T::value(node, at, self.values).ok_or_else(damaged)
    }
}

fn damaged() -> EngineError {
    EngineError("its trees are damaged".into())
}

/// The rows of an input, of the ensemble's float type, and how wide they are.
pub(crate) fn rows<'v, T: Precision>(
    x: &'v Value<'_>,
) -> Outcome<(std::borrow::Cow<'v, [T]>, usize, usize)> {
    let (rows, width) = x.rows();
    let values = match T::slice(&x.data) {
        Some(values) => values.into(),
        None => match &x.data {
            Data::F32(values) => spread(values),
            Data::F64(values) => spread(values),
            Data::I32(values) => spread(values),
            Data::I64(values) => spread(values),
            other => return fail(format!("it cannot take {}", other.name())),
        },
    };
    Ok((values, rows, width))
}

fn spread<'v, T: Precision, U: Number>(values: &[U]) -> std::borrow::Cow<'v, [T]>
where
    [T]: ToOwned<Owned = Vec<T>>,
{
    std::borrow::Cow::Owned(values.iter().map(|value| T::from_f64(value.to_f64())).collect())
}
