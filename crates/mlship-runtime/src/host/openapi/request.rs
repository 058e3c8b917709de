//! The schema of what `/predict` takes.

use mlship_bundle::{Bundle, Input, Packed, Port};
use serde_json::{Map, Value, json};

use super::number::{self, list};
use crate::request::Range;

/// How the schema of one example is named from others.
const EXAMPLE: &str = "#/components/schemas/Example";

/// The schema of one example, and that of a request.
pub(super) fn schemas(bundle: &Bundle) -> (Value, Value) {
    let rows = bundle.bounds.rows;
    let example = json!({ "$ref": EXAMPLE });
    let one_or_many = json!({ "anyOf": [example, list(example.clone(), None, Some(rows))] });
    match &bundle.input {
        Input::Table(packed) => {
            let row = row(packed, Range::of(bundle.model.engine));
            match bundle.model.inputs.iter().find_map(|port| *port.shape.first()?) {
                None | Some(1) => (row, one_or_many),
                // The model takes so many rows at a time, and neither fewer nor more.
                Some(batch) => (row, list(example, Some(batch), Some(batch))),
            }
        }
        Input::Text(text) => {
            let object = object([(text.field.clone(), json!({ "type": "string" }), true)]);
            (json!({ "anyOf": [{ "type": "string" }, object] }), one_or_many)
        }
        Input::Tensor => (tensors(bundle), one_or_many),
    }
}

/// What a page makes its form of: the names in their order, by the sort of input. What each takes
/// is in the schema of an example.
pub(super) fn form(bundle: &Bundle) -> Value {
    let names = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<_>>();
    match &bundle.input {
        Input::Table(packed) => {
            let columns = packed.iter().flat_map(|packed| &packed.columns);
            json!({ "table": names(&mut columns.map(|column| &column.name)) })
        }
        Input::Text(text) => json!({ "text": text.field }),
        Input::Tensor => {
            json!({ "tensor": names(&mut bundle.model.inputs.iter().map(|port| &port.name)) })
        }
    }
}

fn row(packed: &[Packed], range: Range) -> Value {
    let columns = packed.iter().flat_map(|packed| {
        packed.columns.iter().map(|column| {
            let schema = number::schema(column.kind, packed.element, range);
            match column.optional {
                true => (column.name.clone(), number::or_null(schema), false),
                false => (column.name.clone(), schema, true),
            }
        })
    });
    object(columns)
}

/// Whole tensors, or one example of each.
fn tensors(bundle: &Bundle) -> Value {
    let range = Range::of(bundle.model.engine);
    let ports = &bundle.model.inputs;
    let of = |port: &Port, shape: &[Option<usize>]| {
        number::nested(number::plain(port.element, range), shape)
    };
    let whole = object(ports.iter().map(|port| {
        let mut schema = of(port, &port.shape);
        if port.shape.first() == Some(&None) {
            schema["maxItems"] = json!(bundle.bounds.rows);
        }
        (port.name.clone(), schema, true)
    }));
    let example = |port: &Port| match port.shape.split_first() {
        Some((None | Some(1), rest)) => Some((port.name.clone(), of(port, rest), true)),
        _ => None,
    };
    match ports.iter().map(example).collect::<Option<Vec<_>>>() {
        Some(examples) => json!({ "anyOf": [whole, object(examples)] }),
        None => whole,
    }
}

/// An object of these names and nothing else.
fn object(fields: impl IntoIterator<Item = (String, Value, bool)>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, schema, is_required) in fields {
        if is_required {
            required.push(json!(name));
        }
        properties.insert(name, schema);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
