//! `ModelProto`, `GraphProto`, `NodeProto` and `AttributeProto` (field numbers: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>).

use super::read_tensor::{tensor, value};
use super::wire::Reader;
use super::{Attribute, Graph, MAX_DEPTH, Model, Node, OnnxError, Problem, Tensor, ValueInfo};

pub(super) fn model(mut reader: Reader<'_>) -> Result<Model, OnnxError> {
    let mut model = Model::default();
    let mut found = false;
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => model.ir_version = field.int(&reader)?,
            2 => model.producer = field.text(&reader)?,
            7 => {
                model.graph = graph(field.bytes(&reader)?, 0)?;
                found = true;
            }
            8 => {
                reader.charge::<(String, i64)>()?;
                model.opsets.push(opset(field.bytes(&reader)?)?);
            }
            14 => {
                reader.charge::<(String, String)>()?;
                model.metadata.push(entry(field.bytes(&reader)?)?);
            }
            _ => {}
        }
    }
    if found { Ok(model) } else { Err(reader.error(Problem::NoGraph)) }
}

/// `StringStringEntryProto`.
pub(super) fn entry(reader: Reader<'_>) -> Result<(String, String), OnnxError> {
    let mut reader = reader.named("a key and its value");
    let mut entry = (String::new(), String::new());
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => entry.0 = field.text(&reader)?,
            2 => entry.1 = field.text(&reader)?,
            _ => {}
        }
    }
    Ok(entry)
}

fn opset(reader: Reader<'_>) -> Result<(String, i64), OnnxError> {
    let mut reader = reader.named("an operator set");
    let mut opset = (String::new(), 0);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => opset.0 = domain(field.text(&reader)?),
            2 => opset.1 = field.int(&reader)?,
            _ => {}
        }
    }
    Ok(opset)
}

/// `ai.onnx` and the empty domain are one.
fn domain(name: String) -> String {
    if name == "ai.onnx" { String::new() } else { name }
}

fn graph(reader: Reader<'_>, depth: usize) -> Result<Graph, OnnxError> {
    let mut reader = reader.named("a graph");
    if depth >= MAX_DEPTH {
        return Err(reader.error(Problem::TooDeep));
    }
    let mut graph = Graph::default();
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => {
                reader.charge::<Node>()?;
                graph.nodes.push(node(field.bytes(&reader)?, depth)?);
            }
            2 => graph.name = field.text(&reader)?,
            5 => {
                reader.charge::<Tensor>()?;
                graph.initializers.push(tensor(field.bytes(&reader)?)?);
            }
            11 => {
                reader.charge::<ValueInfo>()?;
                graph.inputs.push(value(field.bytes(&reader)?)?);
            }
            12 => {
                reader.charge::<ValueInfo>()?;
                graph.outputs.push(value(field.bytes(&reader)?)?);
            }
            _ => {}
        }
    }
    leave_out_initializers(&mut graph);
    Ok(graph)
}

/// Before IR version 4 every initializer had to be named as an input too.
fn leave_out_initializers(graph: &mut Graph) {
    let constants: std::collections::HashSet<&str> =
        graph.initializers.iter().map(|tensor| tensor.name.as_str()).collect();
    graph.inputs.retain(|input| !constants.contains(input.name.as_str()));
}

fn node(reader: Reader<'_>, depth: usize) -> Result<Node, OnnxError> {
    let mut reader = reader.named("an operator");
    let mut node = Node::default();
    while let Some((number, field)) = reader.next()? {
        match number {
            1 | 2 => {
                reader.charge::<String>()?;
                let name = field.text(&reader)?;
                if number == 1 { node.inputs.push(name) } else { node.outputs.push(name) }
            }
            3 => node.name = field.text(&reader)?,
            4 => node.op_type = field.text(&reader)?,
            5 => {
                reader.charge::<(String, Attribute)>()?;
                node.attributes.push(attribute(field.bytes(&reader)?, depth)?);
            }
            7 => node.domain = domain(field.text(&reader)?),
            _ => {}
        }
    }
    Ok(node)
}

/// Every value that an attribute may hold; its type says which counts.
#[derive(Default)]
struct Held {
    kind: i64,
    float: f32,
    int: i64,
    text: Vec<u8>,
    tensor: Option<Tensor>,
    graph: Option<Graph>,
    floats: Vec<f32>,
    ints: Vec<i64>,
    strings: Vec<Vec<u8>>,
}

fn attribute(reader: Reader<'_>, depth: usize) -> Result<(String, Attribute), OnnxError> {
    let mut reader = reader.named("an attribute");
    let mut name = String::new();
    let mut held = Held::default();
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => name = field.text(&reader)?,
            2 => {
                let mut one = Vec::new();
                field.floats(&reader, &mut one)?;
                held.float = one.last().copied().unwrap_or(0.0);
                held.implies(1);
            }
            3 => {
                held.int = field.int(&reader)?;
                held.implies(2);
            }
            4 => {
                held.text = field.bytes(&reader)?.to_bytes()?;
                held.implies(3);
            }
            5 => {
                held.tensor = Some(tensor(field.bytes(&reader)?)?);
                held.implies(4);
            }
            6 => {
                held.graph = Some(graph(field.bytes(&reader)?, depth + 1)?);
                held.implies(5);
            }
            7 => {
                field.floats(&reader, &mut held.floats)?;
                held.implies(6);
            }
            8 => {
                field.ints(&reader, &mut held.ints)?;
                held.implies(7);
            }
            9 => {
                reader.charge::<Vec<u8>>()?;
                held.strings.push(field.bytes(&reader)?.to_bytes()?);
                held.implies(8);
            }
            20 => held.kind = field.int(&reader)?,
            _ => {}
        }
    }
    Ok((name, held.attribute()))
}

impl Held {
    /// Files older than the type field say it by what they hold.
    fn implies(&mut self, kind: i64) {
        if self.kind == 0 {
            self.kind = kind;
        }
    }

    fn attribute(self) -> Attribute {
        match self.kind {
            1 => Attribute::Float(self.float),
            2 => Attribute::Int(self.int),
            3 => Attribute::String(self.text),
            4 => Attribute::Tensor(self.tensor.unwrap_or_default()),
            5 => Attribute::Graph(self.graph.unwrap_or_default()),
            6 => Attribute::Floats(self.floats),
            7 => Attribute::Ints(self.ints),
            8 => Attribute::Strings(self.strings),
            _ => Attribute::Other,
        }
    }
}
