//! The schema of one value, as narrow as what the reader takes.

use mlship_bundle::{ColumnKind, Element};
use serde_json::{Value, json};

use crate::request::Range;

/// The least number that rounds to no 32-bit float: half a step above the largest one.
const SINGLE: f64 = 3.402_823_567_797_336_6e38;

/// The schema of what a column or a tensor of `element` takes under `kind`.
pub(super) fn schema(kind: ColumnKind, element: Element, range: Range) -> Value {
    match (kind, element) {
        (ColumnKind::Bool, _) => json!({ "type": "boolean" }),
        (ColumnKind::String, _) => json!({ "type": "string" }),
        (ColumnKind::Date(_), _) => json!({ "type": "string", "format": "date" }),
        (ColumnKind::Datetime(_), _) => json!({ "type": "string", "format": "date-time" }),
        (ColumnKind::Float, Element::F32) => single(),
        (ColumnKind::Float, Element::F64) if range == Range::Narrow => single(),
        (ColumnKind::Float, Element::F64 | Element::String) => {
            json!({ "type": "number", "minimum": f64::MIN, "maximum": f64::MAX })
        }
        (_, Element::Bool) => json!({ "type": "integer", "enum": [0, 1] }),
        (_, Element::I32) => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        (_, Element::I64) if range == Range::Narrow => {
            json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX })
        }
        _ => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
    }
}

/// The same for an element that stands for itself.
pub(super) fn plain(element: Element, range: Range) -> Value {
    let kind = match element {
        Element::F32 | Element::F64 => ColumnKind::Float,
        Element::I32 | Element::I64 => ColumnKind::Int,
        Element::Bool => ColumnKind::Bool,
        Element::String => ColumnKind::String,
    };
    schema(kind, element, range)
}

/// The schema of an element of an answer: what is not finite is null.
pub(super) fn answered(element: Element) -> Value {
    match element {
        Element::F32 | Element::F64 => json!({ "type": ["number", "null"] }),
        Element::I32 | Element::I64 => json!({ "type": "integer" }),
        Element::Bool => json!({ "type": "boolean" }),
        Element::String => json!({ "type": "string" }),
    }
}

/// `inner` in nested lists of these lengths, outermost first.
pub(super) fn nested(inner: Value, lengths: &[Option<usize>]) -> Value {
    lengths.iter().rev().fold(inner, |inner, length| list(inner, *length, *length))
}

/// A list of at least `least` and at most `most` elements.
pub(super) fn list(items: Value, least: Option<usize>, most: Option<usize>) -> Value {
    let mut list = json!({ "type": "array", "items": items, "minItems": least.unwrap_or(1) });
    if let Some(most) = most {
        list["maxItems"] = json!(most);
    }
    list
}

/// The same schema, which takes null as well.
pub(super) fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind, "null"]);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    schema
}

fn single() -> Value {
    json!({ "type": "number", "exclusiveMinimum": -SINGLE, "exclusiveMaximum": SINGLE })
}
