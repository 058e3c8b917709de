//! The schema of what `/predict` takes.

use mlship_bundle::{Bundle, Input, Packed, Port};
use serde_json::{Map, Value, json};

use super::number::{self, list};
use crate::request::Range;

/// The schema of a request.
pub(super) fn schema(bundle: &Bundle) -> Value {
    let rows = bundle.bounds.rows;
    match &bundle.input {
        Input::Table(packed) => {
            let row = row(packed, Range::of(bundle.model.engine));
            match bundle.model.inputs.iter().find_map(|port| *port.shape.first()?) {
                None | Some(1) => one_or_many(row, rows),
                // The model takes so many rows at a time, and neither fewer nor more.
                Some(batch) => list(row, Some(batch), Some(batch)),
            }
        }
        Input::Text(text) => {
            let object = object([(text.field.clone(), json!({ "type": "string" }), true)]);
            one_or_many(json!({ "anyOf": [{ "type": "string" }, object] }), rows)
        }
        Input::Tensor => one_or_many(tensors(bundle), rows),
    }
}

fn one_or_many(one: Value, most: usize) -> Value {
    json!({ "anyOf": [one, list(one.clone(), None, Some(most))] })
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
