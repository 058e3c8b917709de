//! The attributes of tree ensembles, in both of their forms, as a [`Forest`].

use std::collections::HashMap;

use mlship_bundle::program::Branch;
use mlship_inspect::onnx::{Attribute, Node, TensorData};

use super::constant::elements;
use super::tree_parts::{Comparison, Forest, Source};
use super::writer::Elements;

/// Reads attributes of one node.
pub(super) struct Attributes<'a> {
    pub(super) node: &'a Node,
    pub(super) file: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// The attribute of that name.
    pub(super) fn get(&self, name: &str) -> Option<&'a Attribute> {
        self.node.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Integers; none when it is not there.
    pub(super) fn ints(&self, name: &str) -> &'a [i64] {
        match self.get(name) {
            Some(Attribute::Ints(values)) => values,
            _ => &[],
        }
    }

    /// An integer.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Attribute::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// True when any of these is a tensor of 64-bit floats.
    pub(super) fn any_doubles(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            matches!(self.get(name), Some(Attribute::Tensor(tensor)) if tensor.data_type == 11)
        })
    }

    /// Floats: `name` itself, or the tensor `name_as_tensor`.
    pub(super) fn floats(&self, name: &str) -> Result<Vec<f64>, &'static str> {
        let tensor = match (self.get(name), self.get(&format!("{name}_as_tensor"))) {
            (Some(Attribute::Floats(values)), _) if !values.is_empty() => {
                return Ok(values.iter().map(|value| f64::from(*value)).collect());
            }
            (_, Some(Attribute::Tensor(tensor))) | (Some(Attribute::Tensor(tensor)), _) => tensor,
            _ => return Ok(Vec::new()),
        };
        match elements(tensor, self.file).map_err(|_| "a tensor attribute is malformed")?.1 {
            Elements::F32(values) => Ok(values.into_iter().map(f64::from).collect()),
            Elements::F64(values) => Ok(values),
            _ => Err("a tensor attribute does not hold floats"),
        }
    }
}

/// The forest of `TreeEnsembleClassifier` (`class_…`) and `TreeEnsembleRegressor` (`target_…`).
pub(super) fn classic(read: &Attributes<'_>, prefix: &str) -> Result<Forest, &'static str> {
    let trees = read.ints("nodes_treeids");
    let ids = read.ints("nodes_nodeids");
    let mut index = HashMap::with_capacity(ids.len());
    let mut forest = Forest::default();
    for (at, key) in trees.iter().zip(ids).enumerate() {
        if index.insert((*key.0, *key.1), at).is_some() {
            return Err("two nodes of a tree have one id");
        }
        if at == 0 || trees.get(at - 1) != Some(key.0) {
            forest.roots.push(at);
        }
    }
    let features = read.ints("nodes_featureids");
    let thresholds = read.floats("nodes_values")?;
    let (yes, no) = (read.ints("nodes_truenodeids"), read.ints("nodes_falsenodeids"));
    let nan = read.ints("nodes_missing_value_tracks_true");
    let Some(Attribute::Strings(modes)) = read.get("nodes_modes") else {
        return Err("it has no modes");
    };
    for (at, mode) in modes.iter().enumerate() {
        let tree = *trees.get(at).ok_or("there are more modes than nodes")?;
        let child = |ids: &[i64]| ids.get(at).and_then(|id| index.get(&(tree, *id))).copied();
        let Some(branch) = branch(mode)? else {
            forest.nodes.push(Source::Leaf(Vec::new()));
            continue;
        };
        forest.nodes.push(Source::Branch(Comparison {
            feature: feature(features, at)?,
            branch,
            nan_is_true: nan.get(at) == Some(&1),
            thresholds: vec![*thresholds.get(at).ok_or("a node has no value")?],
            when_true: child(yes).ok_or("a child is not there")?,
            when_false: child(no).ok_or("a child is not there")?,
        }));
    }
    let weights = read.floats(&format!("{prefix}_weights"))?;
    let list = |name: &str| read.ints(&format!("{prefix}_{name}"));
    let owners = list("treeids").iter().zip(list("nodeids"));
    for ((owner, target), weight) in owners.zip(list("ids")).zip(&weights) {
        let at = index.get(&(*owner.0, *owner.1)).ok_or("a weight has no node")?;
        if let Some(Source::Leaf(held)) = forest.nodes.get_mut(*at) {
            held.push((u32::try_from(*target).map_err(|_| "a target is negative")?, *weight));
        }
    }
    Ok(forest)
}

fn branch(mode: &[u8]) -> Result<Option<Branch>, &'static str> {
    Ok(Some(match mode {
        b"BRANCH_LEQ" => Branch::AtMost,
        b"BRANCH_LT" => Branch::Below,
        b"BRANCH_GTE" => Branch::AtLeast,
        b"BRANCH_GT" => Branch::Above,
        b"BRANCH_EQ" => Branch::Equal,
        b"BRANCH_NEQ" => Branch::Unequal,
        b"LEAF" => return Ok(None),
        _ => return Err("a node has an unknown mode"),
    }))
}

fn feature(features: &[i64], at: usize) -> Result<u32, &'static str> {
    let feature = features.get(at).ok_or("a node has no feature")?;
    u32::try_from(*feature).map_err(|_| "a feature is negative")
}

/// The forest of `TreeEnsemble`, version 5: leaves come after the nodes.
pub(super) fn indexed(read: &Attributes<'_>) -> Result<Forest, &'static str> {
    let features = read.ints("nodes_featureids");
    let thresholds = read.floats("nodes_splits")?;
    let members = read.floats("membership_values")?;
    let mut sets = members.split(|value| value.is_nan());
    let nan = read.ints("nodes_missing_value_tracks_true");
    let inner = features.len();
    let child = |ids: &str, leaves: &str, at: usize| {
        let id = usize::try_from(*read.ints(ids).get(at).ok_or("a node has no child")?);
        let id = id.map_err(|_| "a child is negative")?;
        let leaf = read.ints(leaves).get(at) == Some(&1);
        Ok::<usize, &'static str>(if leaf { inner + id } else { id })
    };
    let mut forest = Forest::default();
    for (at, mode) in modes(read)?.into_iter().enumerate() {
        let (branch, thresholds) = match mode {
            6 => (Branch::Equal, sets.next().ok_or("a member test has no set")?.to_vec()),
            mode => {
                let threshold = *thresholds.get(at).ok_or("a node has no split")?;
                (numbered(mode)?, vec![threshold])
            }
        };
        forest.nodes.push(Source::Branch(Comparison {
            feature: feature(features, at)?,
            branch,
            nan_is_true: nan.get(at) == Some(&1),
            thresholds,
            when_true: child("nodes_truenodeids", "nodes_trueleafs", at)?,
            when_false: child("nodes_falsenodeids", "nodes_falseleafs", at)?,
        }));
    }
    for (target, weight) in read.ints("leaf_targetids").iter().zip(read.floats("leaf_weights")?) {
        let target = u32::try_from(*target).map_err(|_| "a target is negative")?;
        forest.nodes.push(Source::Leaf(vec![(target, weight)]));
    }
    for root in read.ints("tree_roots") {
        forest.roots.push(usize::try_from(*root).map_err(|_| "a root is negative")?);
    }
    Ok(forest)
}

fn numbered(mode: i64) -> Result<Branch, &'static str> {
    Ok(match mode {
        0 => Branch::AtMost,
        1 => Branch::Below,
        2 => Branch::AtLeast,
        3 => Branch::Above,
        4 => Branch::Equal,
        5 => Branch::Unequal,
        _ => return Err("a node has an unknown mode"),
    })
}

fn modes(read: &Attributes<'_>) -> Result<Vec<i64>, &'static str> {
    let Some(Attribute::Tensor(tensor)) = read.get("nodes_modes") else {
        return Err("it has no modes");
    };
    match &tensor.data {
        TensorData::Ints(values) => Ok(values.clone()),
        TensorData::Raw(range) => {
            let bytes = read.file.get(range.clone()).ok_or("its modes are not in the file")?;
            Ok(bytes.iter().map(|byte| i64::from(*byte)).collect())
        }
        _ => Err("its modes are not bytes"),
    }
}
