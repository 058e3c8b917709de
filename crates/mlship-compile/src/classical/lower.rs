//! Graphs to ops, names to slots.

use std::collections::HashMap;

use mlship_bundle::program::{ABSENT, Op, Param, ParamKind};
use mlship_inspect::onnx::{Attribute, Graph, Model, Node, Tensor};

use super::constant::{elements, texts};
use super::fuse::fused;
use super::support::full_name;
use super::writer::{Elements, Writer};
use super::{CompileError, malformed, trees};

/// Lowers a whole model; its graph comes first.
pub(super) fn model(model: &Model, file: &[u8], writer: &mut Writer) -> Result<(), CompileError> {
    let mut lowering = Lowering { model, file, writer, scopes: Vec::new() };
    lowering.graph(&fused(&model.graph, file))?;
    Ok(())
}

struct Lowering<'a> {
    model: &'a Model,
    file: &'a [u8],
    writer: &'a mut Writer,
    /// Names of the graph and of those around it, innermost last.
    scopes: Vec<HashMap<String, u32>>,
}

impl Lowering<'_> {
    fn graph(&mut self, graph: &Graph) -> Result<u32, CompileError> {
        let index = self.writer.reserve_graph();
        self.scopes.push(HashMap::new());
        let inputs: Vec<u32> = graph.inputs.iter().map(|input| self.name(&input.name)).collect();
        for tensor in &graph.initializers {
            let slot = self.name(&tensor.name);
            self.constant(slot, tensor)?;
        }
        let mut ops = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            ops.extend(self.node(node)?);
        }
        let outputs: Result<Vec<u32>, _> =
            graph.outputs.iter().map(|output| self.find(&output.name, "the graph")).collect();
        self.writer.graph(index, &ops, &inputs, &outputs?);
        self.scopes.pop();
        Ok(index)
    }

    fn node(&mut self, node: &Node) -> Result<Option<Op>, CompileError> {
        let name = full_name(node);
        let inputs: Result<Vec<u32>, _> =
            node.inputs.iter().map(|input| self.find(input, &name)).collect();
        let inputs = inputs?;
        match (name.as_str(), inputs.first(), node.outputs.first()) {
            ("Constant", _, Some(output)) => {
                self.constant_node(node, output)?;
                return Ok(None);
            }
            // The maps are not made: the scores go out as they are, and the bundle names them.
            ("ai.onnx.ml.ZipMap", Some(scores), Some(output)) => {
                self.define(output, *scores);
                return Ok(None);
            }
            _ => {}
        }
        let (name, params) = match trees::params(node, &name, self.file, self.writer)? {
            Some(lowered) => lowered,
            None => (name.clone(), self.attributes(node, &name)?),
        };
        let outputs: Vec<u32> = node.outputs.iter().map(|output| self.name(output)).collect();
        Ok(Some(Op {
            name: self.writer.text(&name),
            opset: self.opset(&node.domain),
            inputs: self.writer.slots(&inputs),
            outputs: self.writer.slots(&outputs),
            params: self.writer.params(&params),
        }))
    }

    fn attributes(&mut self, node: &Node, name: &str) -> Result<Vec<Param>, CompileError> {
        let mut params = Vec::with_capacity(node.attributes.len());
        for (key, attribute) in &node.attributes {
            let (kind, value) = self.attribute(name, attribute)?;
            params.push(Param { name: self.writer.text(key), kind: kind as u32, value });
        }
        Ok(params)
    }

    fn attribute(
        &mut self,
        name: &str,
        attribute: &Attribute,
    ) -> Result<(ParamKind, u64), CompileError> {
        let not_text = || malformed(name, "an attribute is not UTF-8");
        let elements = match attribute {
            Attribute::Int(value) => return Ok((ParamKind::Int, value.cast_unsigned())),
            Attribute::Float(value) => return Ok((ParamKind::Float, value.to_bits().into())),
            Attribute::String(bytes) => {
                let text = std::str::from_utf8(bytes).map_err(|_| not_text())?;
                return Ok((ParamKind::Text, self.writer.text(text).into()));
            }
            Attribute::Graph(graph) => return Ok((ParamKind::Graph, self.graph(graph)?.into())),
            Attribute::Tensor(tensor) => {
                let (dims, elements) = elements(tensor, self.file)?;
                return Ok((ParamKind::Array, self.writer.array(&dims, elements).into()));
            }
            Attribute::Floats(values) => Elements::F32(values.clone()),
            Attribute::Ints(values) => Elements::I64(values.clone()),
            Attribute::Strings(values) => Elements::Text(texts(values).ok_or_else(not_text)?),
            Attribute::Other => return Err(malformed(name, "an attribute has no known type")),
        };
        let dims = [elements.len()];
        Ok((ParamKind::Array, self.writer.array(&dims, elements).into()))
    }

    fn constant_node(&mut self, node: &Node, output: &str) -> Result<(), CompileError> {
        let slot = self.name(output);
        let Some((_, attribute)) = node.attributes.first() else {
            return Err(malformed("Constant", "it has no value"));
        };
        let scalar = |elements| (Vec::new(), elements);
        let (dims, elements) = match attribute {
            Attribute::Tensor(tensor) => return self.constant(slot, tensor),
            Attribute::Float(value) => scalar(Elements::F32(vec![*value])),
            Attribute::Int(value) => scalar(Elements::I64(vec![*value])),
            Attribute::Floats(values) => (vec![values.len()], Elements::F32(values.clone())),
            Attribute::Ints(values) => (vec![values.len()], Elements::I64(values.clone())),
            Attribute::String(value) => scalar(Elements::Text(
                texts(std::slice::from_ref(value))
                    .ok_or_else(|| malformed("Constant", "it is not UTF-8"))?,
            )),
            Attribute::Strings(values) => (
                vec![values.len()],
                Elements::Text(
                    texts(values).ok_or_else(|| malformed("Constant", "it is not UTF-8"))?,
                ),
            ),
            Attribute::Graph(_) | Attribute::Other => {
                return Err(malformed("Constant", "its value is not a tensor"));
            }
        };
        let array = self.writer.array(&dims, elements);
        self.writer.constant(slot, array);
        Ok(())
    }

    fn constant(&mut self, slot: u32, tensor: &Tensor) -> Result<(), CompileError> {
        let (dims, elements) = elements(tensor, self.file)?;
        let array = self.writer.array(&dims, elements);
        self.writer.constant(slot, array);
        Ok(())
    }

    /// A new slot for a name; none for the empty name.
    fn name(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return ABSENT;
        }
        let slot = self.writer.slot();
        self.define(name, slot);
        slot
    }

    fn define(&mut self, name: &str, slot: u32) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), slot);
        }
    }

    fn find(&self, name: &str, operator: &str) -> Result<u32, CompileError> {
        if name.is_empty() {
            return Ok(ABSENT);
        }
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        found.copied().ok_or_else(|| malformed(operator, format!("nothing gives `{name}`")))
    }

    fn opset(&self, domain: &str) -> u32 {
        let version = self.model.opsets.iter().find(|(name, _)| name == domain);
        version.and_then(|(_, version)| u32::try_from(*version).ok()).unwrap_or(1)
    }
}
