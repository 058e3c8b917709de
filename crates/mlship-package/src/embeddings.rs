//! How many rows a text model's embeddings have: how many tokens it knows, and how long a text it
//! takes. What a graph does not show stays unknown.

use std::collections::{HashMap, HashSet, VecDeque};

use mlship_inspect::onnx::{Attribute, Graph, Node};

/// Operators that give the numbers they take, in another shape or type.
const SAME_NUMBERS: [&str; 7] =
    ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Expand"];

/// Operators between a table and its `Gather` that keep its rows.
const SAME_ROWS: [&str; 3] = ["Identity", "Cast", "DequantizeLinear"];

/// A table of at most so many rows is one of segments, not of positions.
const SEGMENTS: usize = 8;

/// Positions that RoBERTa and its kin never use: they count from behind their padding id, 1. Only
/// they count tokens with `CumSum`.
const ROBERTA_OFFSET: usize = 2;

/// Rows of the table that the ids of the input `ids` are looked up in.
pub(crate) fn token_rows(graph: &Graph, ids: &str) -> Option<usize> {
    let tables = Tables::of(graph);
    tables.looked_up_by(ids).map(|table| table.rows).min()
}

/// The most tokens that the model has positions for. `inputs` are those that a text fills.
pub(crate) fn position_rows(graph: &Graph, inputs: &[&str]) -> Option<usize> {
    let tables = Tables::of(graph);
    let mut width = None;
    let mut direct = HashSet::new();
    for input in inputs {
        for table in tables.looked_up_by(input) {
            width = width.or(table.width);
            direct.insert(table.indices);
        }
    }
    // Positions are added to the tokens' own embeddings, so they are as wide.
    let width = width?;
    tables
        .all
        .iter()
        .filter(|table| table.width == Some(width) && table.rows > SEGMENTS)
        .filter(|table| !direct.contains(table.indices))
        .map(|table| match tables.counts_tokens(table.indices) {
            true => table.rows.saturating_sub(ROBERTA_OFFSET),
            false => table.rows,
        })
        .min()
}

/// A constant table that rows are picked from.
struct Table<'g> {
    rows: usize,
    width: Option<usize>,
    indices: &'g str,
}

struct Tables<'g> {
    all: Vec<Table<'g>>,
    makers: HashMap<&'g str, &'g Node>,
}

impl<'g> Tables<'g> {
    fn of(graph: &'g Graph) -> Self {
        let mut makers: HashMap<&str, &Node> = HashMap::new();
        for node in &graph.nodes {
            makers.extend(node.outputs.iter().map(|name| (name.as_str(), node)));
        }
        let constants: HashMap<&str, &[i64]> = graph
            .initializers
            .iter()
            .map(|tensor| (tensor.name.as_str(), tensor.dims.as_slice()))
            .collect();
        let table = |node: &'g Node| {
            let [table, indices, ..] = node.inputs.as_slice() else { return None };
            let axis = node.attributes.iter().find(|(name, _)| name == "axis");
            if node.op_type != "Gather" || axis.is_some_and(|(_, axis)| *axis != Attribute::Int(0))
            {
                return None;
            }
            let dims = dims(table, &constants, &makers)?;
            let length = |at: usize| usize::try_from(*dims.get(at)?).ok();
            let width = if dims.len() == 2 { length(1) } else { None };
            Some(Table { rows: length(0)?, width, indices })
        };
        Self { all: graph.nodes.iter().filter_map(table).collect(), makers }
    }

    /// The tables whose indices are the numbers of `input`.
    fn looked_up_by(&self, input: &str) -> impl Iterator<Item = &Table<'g>> {
        self.all.iter().filter(move |table| self.origin(table.indices) == input)
    }

    /// Where numbers come from that operators only pass on.
    fn origin(&self, mut name: &'g str) -> &'g str {
        // Each step is one operator back; a damaged graph may go round.
        for _ in 0..=self.makers.len() {
            match self.makers.get(name) {
                Some(node) if SAME_NUMBERS.contains(&node.op_type.as_str()) => {
                    name = node.inputs.first().map_or("", String::as_str);
                }
                _ => return name,
            }
        }
        ""
    }

    /// Whether indices are counted along the tokens.
    fn counts_tokens(&self, indices: &'g str) -> bool {
        let mut seen = HashSet::from([indices]);
        let mut next = VecDeque::from([indices]);
        while let Some(name) = next.pop_front() {
            let Some(node) = self.makers.get(name) else { continue };
            if node.op_type == "CumSum" {
                return true;
            }
            next.extend(node.inputs.iter().map(String::as_str).filter(|name| seen.insert(name)));
        }
        false
    }
}

/// The dimensions of a constant, also behind operators that keep its rows.
fn dims<'g>(
    mut name: &'g str,
    constants: &HashMap<&str, &'g [i64]>,
    makers: &HashMap<&'g str, &'g Node>,
) -> Option<&'g [i64]> {
    for _ in 0..=SAME_ROWS.len() {
        if let Some(dims) = constants.get(name) {
            return Some(dims);
        }
        let node = makers.get(name)?;
        if node.op_type == "Constant" {
            return node.attributes.iter().find_map(|(_, value)| match value {
                Attribute::Tensor(tensor) => Some(tensor.dims.as_slice()),
                _ => None,
            });
        }
        if !SAME_ROWS.contains(&node.op_type.as_str()) {
            return None;
        }
        name = node.inputs.first()?;
    }
    None
}

#[cfg(test)]
mod tests;
