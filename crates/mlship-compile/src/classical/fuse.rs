//! Chains of operators that converters write for one step of a pipeline, as one operator.
//!
//! skl2onnx writes an encoder of columns as `Gather`, `Cast` and `OneHotEncoder` for each column,
//! then `Concat` and `Reshape`. The engine has all of it in one pass: [`ONE_HOT_COLUMNS`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use mlship_bundle::program::ONE_HOT_COLUMNS;
use mlship_inspect::onnx::{Attribute, Dimension, Graph, Node, Tensor, ValueKind};

use super::constant::{F32, F64, I32, I64, TEXT, elements};
use super::support::full_name;
use super::writer::Elements;

/// The graph with its chains fused; what nothing uses any more is left out.
pub(super) fn fused<'g>(graph: &'g Graph, file: &[u8]) -> Cow<'g, Graph> {
    if graph.nodes.iter().any(has_body) {
        return Cow::Borrowed(graph);
    }
    let view = View::new(graph, file);
    let chains: Vec<Chain> =
        (0..graph.nodes.len()).filter_map(|at| view.one_hot_columns(at)).collect();
    if chains.is_empty() {
        return Cow::Borrowed(graph);
    }
    let mut fused = graph.clone();
    for Chain { last, node, members } in chains {
        for member in members {
            fused.nodes[member].outputs.clear();
        }
        fused.nodes[last] = node;
    }
    fused.nodes.retain(|node| !node.outputs.is_empty());
    let taken: HashSet<&String> = (fused.nodes.iter().flat_map(|node| &node.inputs))
        .chain(graph.outputs.iter().map(|output| &output.name))
        .collect();
    fused.initializers.retain(|constant| taken.contains(&constant.name));
    Cow::Owned(fused)
}

/// Whether a node has a body, which may take any value around it.
fn has_body(node: &Node) -> bool {
    node.attributes.iter().any(|(_, attribute)| matches!(attribute, Attribute::Graph(_)))
}

/// Nodes that one node stands for.
struct Chain {
    /// The place of the last, where the new one goes.
    last: usize,
    node: Node,
    members: Vec<usize>,
}

/// One column and its categories.
struct Branch<'g> {
    source: &'g str,
    column: i64,
    categories: &'g Attribute,
    is_zeros: bool,
    members: Vec<usize>,
}

/// A graph, by what gives and takes each value.
struct View<'g> {
    graph: &'g Graph,
    file: &'g [u8],
    inputs: HashMap<&'g str, &'g ValueKind>,
    constants: HashMap<&'g str, &'g Tensor>,
    /// The node that gives a value.
    givers: HashMap<&'g str, usize>,
    /// How often a value is taken.
    takers: HashMap<&'g str, usize>,
}

/// More steps than a pipeline has between its inputs and an encoder.
const MAX_STEPS: usize = 16;

impl<'g> View<'g> {
    fn new(graph: &'g Graph, file: &'g [u8]) -> Self {
        let (mut givers, mut takers) = (HashMap::new(), HashMap::new());
        for (at, node) in graph.nodes.iter().enumerate() {
            givers.extend(node.outputs.iter().map(|output| (output.as_str(), at)));
            for input in &node.inputs {
                *takers.entry(input.as_str()).or_insert(0) += 1;
            }
        }
        for output in &graph.outputs {
            *takers.entry(output.name.as_str()).or_insert(0) += 1;
        }
        let inputs = graph.inputs.iter().map(|one| (one.name.as_str(), &one.kind)).collect();
        let constants = graph.initializers.iter().map(|one| (one.name.as_str(), one)).collect();
        Self { graph, file, inputs, constants, givers, takers }
    }

    /// The chain that ends with the `Reshape` at a place.
    fn one_hot_columns(&self, last: usize) -> Option<Chain> {
        let reshape = self.graph.nodes.get(last)?;
        let [joined, shape] = reshape.inputs.as_slice() else { return None };
        if full_name(reshape) != "Reshape" || int(reshape, "allowzero", 0)? != 0 {
            return None;
        }
        let (joint, concat) = self.only_giver(joined, "Concat")?;
        // Each part is of one row, one column and its categories.
        if ![-1, 2].contains(&int(concat, "axis", 0)?) {
            return None;
        }
        let branches: Vec<Branch<'_>> =
            concat.inputs.iter().map(|part| self.branch(part)).collect::<Option<_>>()?;
        let is_zeros = branches.first()?.is_zeros;
        let mut widths = Vec::with_capacity(branches.len());
        let (mut ints, mut texts) = (Vec::new(), Vec::new());
        let mut members = vec![joint];
        for branch in &branches {
            let width = match branch.categories {
                Attribute::Ints(values) => {
                    ints.extend(values);
                    values.len()
                }
                Attribute::Strings(values) => {
                    texts.extend(values.iter().cloned());
                    values.len()
                }
                _ => return None,
            };
            widths.push(i64::try_from(width).ok()?);
            members.extend(&branch.members);
        }
        let is_mixed = !ints.is_empty() && !texts.is_empty();
        if is_mixed || branches.iter().any(|branch| branch.is_zeros != is_zeros) {
            return None;
        }
        if self.ints(shape)? != [-1, widths.iter().sum()] {
            return None;
        }
        let categories = match ints.is_empty() {
            true => ("cats_strings", Attribute::Strings(texts)),
            false => ("cats_int64s", Attribute::Ints(ints)),
        };
        let columns = branches.iter().map(|branch| branch.column).collect();
        let (domain, op_type) = ONE_HOT_COLUMNS.split_once('.')?;
        let node = Node {
            name: reshape.name.clone(),
            op_type: op_type.into(),
            domain: domain.into(),
            inputs: branches.iter().map(|branch| branch.source.to_owned()).collect(),
            outputs: reshape.outputs.clone(),
            attributes: [
                ("columns", Attribute::Ints(columns)),
                ("widths", Attribute::Ints(widths)),
                ("zeros", Attribute::Int(is_zeros.into())),
                categories,
            ]
            .map(|(name, attribute)| (name.to_owned(), attribute))
            .into(),
        };
        Some(Chain { last, node, members })
    }

    /// A column's way from a table to its categories.
    fn branch(&self, name: &str) -> Option<Branch<'g>> {
        let (at, encoder) = self.only_giver(name, "ai.onnx.ml.OneHotEncoder")?;
        let mut members = vec![at];
        let mut source = encoder.inputs.first()?.as_str();
        let [(_, categories)] = encoder
            .attributes
            .iter()
            .filter(|(name, _)| name.starts_with("cats_"))
            .collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let cast = self.only_giver(source, "Cast");
        if let Some((at, cast)) = cast {
            if int(cast, "to", 0)? != i64::from(I64) {
                return None;
            }
            members.push(at);
            source = cast.inputs.first()?;
        }
        let mut column = 0;
        if let Some((at, gather)) = self.only_giver(source, "Gather") {
            let [table, index] = gather.inputs.as_slice() else { return None };
            let [index] = self.ints(index)?[..] else { return None };
            if int(gather, "axis", 0)? != 1 || index < 0 {
                return None;
            }
            members.push(at);
            (source, column) = (table, index);
        } else if !self.is_column(source) {
            return None;
        }
        let kind = self.table(source)?;
        let is_fit = match categories {
            Attribute::Strings(_) => kind == TEXT && cast.is_none(),
            _ => [F32, F64, I32, I64].contains(&kind),
        };
        is_fit.then_some(Branch {
            source,
            column,
            categories,
            is_zeros: int(encoder, "zeros", 1)? != 0,
            members,
        })
    }

    /// What gives a value that nothing else takes, when it is that operator.
    fn only_giver(&self, value: &str, operator: &str) -> Option<(usize, &'g Node)> {
        let at = *self.givers.get(value)?;
        let node = self.graph.nodes.get(at)?;
        let is_alone = self.takers.get(value) == Some(&1) && node.outputs.len() == 1;
        (is_alone && full_name(node) == operator).then_some((at, node))
    }

    /// The elements of a value that is known to have two dimensions.
    fn table(&self, value: &'g str) -> Option<i32> {
        let (mut value, mut is_scaled) = (value, false);
        for _ in 0..MAX_STEPS {
            let Some(giver) = self.givers.get(value).and_then(|at| self.graph.nodes.get(*at))
            else {
                let (kind, shape) = self.input(value)?;
                return (shape.len() == 2).then_some(if is_scaled { F32 } else { kind });
            };
            match full_name(giver).as_str() {
                // What is joined is of one kind and has as many dimensions.
                "Concat" | "ai.onnx.ml.Imputer" | "Identity" => {}
                "ai.onnx.ml.Scaler" => is_scaled = true,
                _ => return None,
            }
            value = giver.inputs.first()?;
        }
        None
    }

    /// Whether a value is an input of one column.
    fn is_column(&self, value: &str) -> bool {
        self.input(value).is_some_and(|(_, shape)| matches!(shape, [_, Dimension::Fixed(1)]))
    }

    fn input(&self, value: &str) -> Option<(i32, &'g [Dimension])> {
        match self.inputs.get(value)? {
            ValueKind::Tensor { data_type, shape } => Some((*data_type, shape)),
            _ => None,
        }
    }

    /// The integers of a constant of one dimension.
    fn ints(&self, value: &str) -> Option<Vec<i64>> {
        match elements(self.constants.get(value)?, self.file).ok()? {
            (dims, Elements::I64(values)) if dims.len() == 1 => Some(values),
            _ => None,
        }
    }
}

/// An integer, or what it is when it is not said; `None` when it is no integer.
fn int(node: &Node, name: &str, default: i64) -> Option<i64> {
    match node.attributes.iter().find(|(key, _)| key == name) {
        None => Some(default),
        Some((_, Attribute::Int(value))) => Some(*value),
        Some(_) => None,
    }
}
