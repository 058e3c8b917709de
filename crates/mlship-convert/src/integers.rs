//! Products and look-ups of 32-bit floats, done with 8-bit integers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

use mlship_inspect::onnx::{Attribute, Node, Tensor};

use crate::changes::Changes;
use crate::error::ConvertError;
use crate::file::{Source, large_floats};
use crate::int8;
use crate::node::{FLOAT, INT8, constant, node};
use crate::rope::Rope;
use crate::weights::SMALLEST;

/// `DynamicQuantizeLinear` came with this version of ai.onnx.
const QUANTIZED_OPSET: i64 = 11;

/// Matrices that are multiplied or looked up, and what does so.
pub(crate) fn to_int8(source: &Source) -> Result<Changes<'_>, ConvertError> {
    let graph = &source.model.graph;
    let opset = source.opset();
    if opset < QUANTIZED_OPSET {
        return Err(ConvertError::Opset { found: opset, needed: QUANTIZED_OPSET });
    }
    let mut users: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        for (place, input) in node.inputs.iter().enumerate() {
            users.entry(input).or_default().push((at, place));
        }
    }
    let mut changes = Changes::default();
    let mut quantized = HashSet::new();
    let mut products: BTreeMap<usize, usize> = BTreeMap::new();
    for at in large_floats(graph, SMALLEST) {
        let tensor = &graph.initializers[at];
        if source.floats(tensor)?.iter().any(|value| !value.is_finite()) {
            // An integer has no place for it, and the answer would hide it.
            continue;
        }
        let uses = users.get(tensor.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        if uses.is_empty() || tensor.dims.len() != 2 {
            continue;
        }
        if uses.iter().all(|(node, place)| is_product(&graph.nodes[*node]) && *place == 1) {
            changes.tensors.insert(at, product_constants(source, tensor)?);
            products.extend(uses.iter().map(|(node, _)| (*node, at)));
        } else if uses.iter().all(|(node, place)| is_lookup(&graph.nodes[*node]) && *place == 0) {
            changes.tensors.insert(at, lookup_constants(source, tensor)?);
            for (node, _) in uses {
                changes.nodes.insert(*node, lookup(&graph.nodes[*node], &tensor.name));
            }
        }
    }
    for (node, at) in products {
        let name = &graph.initializers[at].name;
        changes.nodes.insert(node, product(&graph.nodes[node], name, &mut quantized));
    }
    Ok(changes)
}

fn is_product(node: &Node) -> bool {
    node.op_type == "MatMul" && is_main(node)
}

/// A look-up of rows.
fn is_lookup(node: &Node) -> bool {
    let axis = node.attributes.iter().find(|(name, _)| name == "axis");
    let rows = axis.is_none_or(|(_, axis)| *axis == Attribute::Int(0));
    node.op_type == "Gather" && is_main(node) && rows
}

fn is_main(node: &Node) -> bool {
    node.domain.is_empty() || node.domain == "ai.onnx"
}

/// `MatMul(a, b)` in integers. `quantized` holds the inputs that were quantized for another
/// product already.
fn product<'g>(matmul: &'g Node, weights: &str, quantized: &mut HashSet<&'g str>) -> Vec<Vec<u8>> {
    let (Some(input), Some(output)) = (matmul.inputs.first(), matmul.outputs.first()) else {
        return Vec::new();
    };
    let [bytes, scale, zero] = ["bytes", "step", "zero"].map(|part| format!("{input}/{part}"));
    let [sums, whole, scales] = ["sums", "float", "scales"].map(|part| format!("{output}/{part}"));
    let mut nodes = Vec::new();
    if quantized.insert(input.as_str()) {
        nodes.push(node("DynamicQuantizeLinear", &[input], &[&bytes, &scale, &zero], None));
    }
    nodes.push(node("MatMulInteger", &[&bytes, &format!("{weights}/q"), &zero], &[&sums], None));
    nodes.push(node("Cast", &[&sums], &[&whole], Some(("to", i64::from(FLOAT)))));
    nodes.push(node("Mul", &[&scale, &format!("{weights}/scale")], &[&scales], None));
    nodes.push(node("Mul", &[&whole, &scales], &[output], None));
    nodes
}

fn product_constants<'a>(source: &'a Source, tensor: &'a Tensor) -> Result<Rope<'a>, ConvertError> {
    let columns = usize::try_from(tensor.dims[1]).unwrap_or_default();
    let scales = int8::column_scales(&source.floats(tensor)?, columns);
    let mut fields = Rope::default();
    scale_constant(&mut fields, &tensor.name, &[tensor.dims[1]], &scales);
    let elements = scales.len() as u64 * u64::try_from(tensor.dims[0]).unwrap_or_default();
    let payload = move |to: &mut dyn Write| {
        let values = source.floats(tensor).map_err(io::Error::other)?;
        int8::write_columns(&values, &scales, to)
    };
    let name = format!("{}/q", tensor.name);
    constant(&mut fields, &name, INT8, &tensor.dims, elements, Box::new(payload));
    Ok(fields)
}

/// `Gather(table, rows)` from a table of integers with a scale a row.
fn lookup(gather: &Node, table: &str) -> Vec<Vec<u8>> {
    let (Some(rows), Some(output)) = (gather.inputs.get(1), gather.outputs.first()) else {
        return Vec::new();
    };
    let [bytes, whole, scales] = ["rows", "float", "scales"].map(|part| format!("{output}/{part}"));
    vec![
        node("Gather", &[&format!("{table}/q"), rows], &[&bytes], None),
        node("Cast", &[&bytes], &[&whole], Some(("to", i64::from(FLOAT)))),
        node("Gather", &[&format!("{table}/scale"), rows], &[&scales], None),
        node("Mul", &[&whole, &scales], &[output], None),
    ]
}

fn lookup_constants<'a>(source: &'a Source, tensor: &'a Tensor) -> Result<Rope<'a>, ConvertError> {
    let columns = usize::try_from(tensor.dims[1]).unwrap_or_default();
    let values = source.floats(tensor)?;
    let scales = int8::row_scales(&values, columns);
    let mut fields = Rope::default();
    scale_constant(&mut fields, &tensor.name, &[tensor.dims[0], 1], &scales);
    let payload = move |to: &mut dyn Write| {
        let values = source.floats(tensor).map_err(io::Error::other)?;
        int8::write_rows(&values, columns, &scales, to)
    };
    let name = format!("{}/q", tensor.name);
    constant(&mut fields, &name, INT8, &tensor.dims, values.len() as u64, Box::new(payload));
    Ok(fields)
}

fn scale_constant(fields: &mut Rope<'_>, tensor: &str, dims: &[i64], scales: &[f32]) {
    let bytes: Vec<u8> = scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
    let length = bytes.len() as u64;
    let payload = Box::new(move |to: &mut dyn Write| to.write_all(&bytes));
    constant(fields, &format!("{tensor}/scale"), FLOAT, dims, length, payload);
}
