//! The schema of what `/predict` takes.

use mlship_bundle::{Bundle, Categories, Column, Format, Image, Input, Packed, Port, Stranger};
use serde_json::{Map, Value, json};

use super::number::{self, list};
use crate::request::Range;

/// How the schema of one example is named from others.
const EXAMPLE: &str = "#/components/schemas/Example";

/// The schema of one example, and that of a request.
pub(super) fn schemas(bundle: &Bundle) -> (Value, Value) {
    let rows = bundle.bounds.rows;
    let example = json!({ "$ref": EXAMPLE });
    // Where the model takes so many at a time, neither fewer nor more will do.
    let alone = Some(1);
    let batch = bundle.model.inputs.iter().find_map(|port| *port.shape.first()?);
    let one_or_many = match (&bundle.input, batch) {
        (Input::Tensor | Input::Any, _) | (_, None) => None,
        (_, batch) => batch.filter(|_| batch != alone),
    }
    .map_or_else(
        || json!({ "anyOf": [example, list(example.clone(), None, Some(rows))] }),
        |batch| list(example.clone(), Some(batch), Some(batch)),
    );
    match &bundle.input {
        Input::Table(packed) => (row(packed, Range::of(bundle.model.engine)), one_or_many),
        Input::Image(image) => (picture(image), one_or_many),
        Input::Text(text) => {
            let object = object([(text.field.clone(), json!({ "type": "string" }), true)]);
            (json!({ "anyOf": [{ "type": "string" }, object] }), one_or_many)
        }
        Input::Tensor => (tensors(bundle), one_or_many),
        Input::Any => (json!({ "description": "What the handler takes." }), example),
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
        Input::Image(image) => json!({ "image": image.field }),
        Input::Tensor => {
            json!({ "tensor": names(&mut bundle.model.inputs.iter().map(|port| &port.name)) })
        }
        Input::Any => json!({ "any": null }),
    }
}

/// The forms of a body beside JSON, by their media types.
pub(super) fn other_forms(bundle: &Bundle) -> Map<String, Value> {
    let mut forms = Map::new();
    let mut add = |media_type: &str| {
        forms.insert(media_type.into(), json!({}));
    };
    if bundle.worker.is_some() {
        // What is not JSON goes to the handler as text or as bytes.
        ["text/*", "*/*"].iter().for_each(|form| add(form));
        return forms;
    }
    if !matches!(bundle.input, Input::Image(_)) {
        add("application/jsonlines");
    }
    match bundle.input {
        Input::Table(_) => ["text/csv", "application/x-npy"].iter().for_each(|form| add(form)),
        Input::Text(_) => add("text/csv"),
        Input::Tensor if bundle.model.inputs.len() == 1 => add("application/x-npy"),
        Input::Tensor | Input::Image(_) | Input::Any => {}
    }
    if bundle.formats.contains(&Format::Arrow) {
        add("application/vnd.apache.arrow.stream");
        add("application/vnd.apache.arrow.file");
    }
    if let Input::Image(_) = bundle.input {
        let files = json!({
            "type": "object",
            "additionalProperties": { "contentMediaType": "image/*" },
            "minProperties": 1,
        });
        forms.insert("image/*".into(), json!({}));
        forms.insert("multipart/form-data".into(), json!({ "schema": files }));
    }
    forms
}

/// A picture in JSON.
fn picture(image: &Image) -> Value {
    let text = json!({
        "type": "string",
        "contentEncoding": "base64",
        "contentMediaType": "image/*",
        "description": "A picture's file in base64, or a data URL.",
    });
    let url = object([("url".into(), json!({ "type": "string", "format": "uri" }), true)]);
    let bytes = object([("b64".into(), text.clone(), true)]);
    let (mut within, mut forms) = (vec![text.clone(), bytes], vec![text]);
    if !image.urls.is_empty() {
        within.push(url.clone());
        forms.push(url);
    }
    forms.push(object([(image.field.clone(), json!({ "anyOf": within }), true)]));
    json!({ "anyOf": forms })
}

fn row(packed: &[Packed], range: Range) -> Value {
    let columns = packed.iter().flat_map(|packed| {
        packed.columns.iter().map(|column| {
            let schema = cell(column, number::schema(column.kind, packed.element, range));
            match column.optional || column.default.is_some() {
                true => (column.name.clone(), number::or_null(schema), false),
                false => (column.name.clone(), schema, true),
            }
        })
    });
    object(columns)
}

/// What a column says of its values beside their type.
fn cell(column: &Column, mut schema: Value) -> Value {
    if let Some(default) = &column.default {
        schema["default"] = json!(default);
    }
    if let Some(Categories { names, unknown }) = &column.categories {
        let key = if *unknown == Stranger::Refuse { "enum" } else { "examples" };
        schema[key] = json!(names);
    }
    schema
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
