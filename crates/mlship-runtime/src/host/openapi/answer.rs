//! The schema of what `/predict` answers.

use mlship_bundle::{Activation, Bundle, Classify, Embed, Input, Model, Output, Port, Regress};
use serde_json::{Map, Value, json};

use super::number;

/// The most labels that are listed one by one.
const MOST_LABELS: usize = 1000;

/// How the schema of one answer is named from others.
const PREDICTION: &str = "#/components/schemas/Prediction";

/// The schema of what one example is answered, and that of an answer.
pub(super) fn schemas(bundle: &Bundle) -> (Value, Value) {
    let model = &bundle.model;
    let prediction = match &bundle.output {
        Output::Classify(classify) => label(classify),
        Output::Regress(regress) => number(regress, model),
        Output::Embed(embed) => vector(embed, model),
        Output::Tensor => tensors(model),
        Output::Any => json!({ "description": "What the handler gives." }),
    };
    let one = json!({ "$ref": PREDICTION });
    let list = |items: Value| json!({ "type": "array", "items": items, "minItems": 1 });
    let answer = match (&bundle.input, &bundle.output) {
        (_, Output::Any) => one,
        // An object of whole tensors is answered with a list, and a list of such with lists.
        (Input::Tensor, output) if !matches!(output, Output::Tensor) => {
            let several = list(one.clone());
            json!({ "anyOf": [one, list(json!({ "anyOf": [one, several] }))] })
        }
        _ => json!({ "anyOf": [one, list(one.clone())] }),
    };
    (prediction, answer)
}

/// What the answer calls what it says, by the sort of answer.
pub(super) fn field(output: &Output) -> Value {
    match output {
        Output::Classify(classify) => json!({ "classify": classify.field }),
        Output::Regress(regress) => json!({ "regress": regress.field }),
        Output::Embed(embed) => json!({ "embed": embed.field }),
        Output::Tensor => json!({ "tensor": null }),
        Output::Any => json!({ "any": null }),
    }
}

fn label(classify: &Classify) -> Value {
    let mut label = json!({ "type": "string" });
    if classify.labels.len() <= MOST_LABELS {
        let mut labels = classify.labels.clone();
        labels.sort();
        labels.dedup();
        label["enum"] = json!(labels);
    }
    if classify.threshold.is_some() {
        label = json!({ "type": "array", "items": label });
    }
    let mut properties = Map::new();
    let mut required = vec![classify.field.as_str()];
    properties.insert(classify.field.clone(), label);
    if classify.score_output.is_some() {
        let score = match classify.activation {
            Activation::None => json!({ "type": ["number", "null"] }),
            Activation::LogSoftmax => json!({ "type": ["number", "null"], "maximum": 0 }),
            Activation::Softmax | Activation::Sigmoid => {
                json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1 })
            }
        };
        let most = classify.top.unwrap_or(usize::MAX).min(classify.labels.len());
        let scores = json!({
            "type": "object",
            "additionalProperties": score,
            "maxProperties": most,
            "description": "Best first.",
        });
        properties.insert("probabilities".into(), scores);
        required.push("probabilities");
    }
    object(properties, &required)
}

fn number(regress: &Regress, model: &Model) -> Value {
    let port = output(model, &regress.output);
    let one = port.map_or(json!({}), |port| number::answered(port.element));
    // Of a model that says how wide its output is.
    let width = port.and_then(|port| {
        let lengths = port.shape.iter().skip(1);
        lengths.copied().try_fold(1_usize, |width, length| Some(width * length?))
    });
    let number = match width {
        Some(1) => one,
        Some(width) => number::list(one, Some(width), Some(width)),
        None => json!({ "anyOf": [one, { "type": "array", "items": one }] }),
    };
    object(Map::from_iter([(regress.field.clone(), number)]), &[&regress.field])
}

fn vector(embed: &Embed, model: &Model) -> Value {
    let width = output(model, &embed.output).and_then(|port| *port.shape.last()?);
    let vector = number::list(json!({ "type": ["number", "null"] }), width, width);
    object(Map::from_iter([(embed.field.clone(), vector)]), &[&embed.field])
}

/// Tensors by name, whole or of one example.
fn tensors(model: &Model) -> Value {
    let lists = |element: Value, depth: usize| {
        (0..depth).fold(element, |items, _| json!({ "type": "array", "items": items }))
    };
    let of = |port: &Port| {
        let element = number::answered(port.element);
        let depth = port.shape.len();
        let whole = lists(element.clone(), depth);
        let schema = match depth {
            0 => whole,
            depth => json!({ "anyOf": [whole, lists(element, depth - 1)] }),
        };
        (port.name.clone(), schema)
    };
    let names: Vec<&str> = model.outputs.iter().map(|port| port.name.as_str()).collect();
    object(model.outputs.iter().map(of).collect(), &names)
}

fn output<'m>(model: &'m Model, name: &str) -> Option<&'m Port> {
    model.outputs.iter().find(|port| port.name == name)
}

fn object(properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
