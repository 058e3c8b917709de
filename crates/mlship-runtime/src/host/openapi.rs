//! The description of the service, as OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1.html>):
//! a frame that is the same for all models, with what this one takes and answers put in.

mod answer;
mod number;
mod problems;
mod request;
mod samples;

use std::path::Path;

use mlship_bundle::{Bundle, Output};
use serde_json::{Value, json};

/// The frame: every path that a host may have, and what is the same for all models.
const FRAME: &str = include_str!("openapi/frame.json");

/// What stands for the model's name in the frame.
const NAME: &str = "{name}";

/// Whether callers show a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// They do.
    Key,
    /// Everybody is let in, or others than this process say who is.
    Open,
}

/// The description of `bundle`, which was read from `folder`, with those paths of the frame that
/// are there.
pub(super) fn describe(
    folder: &Path,
    bundle: &Bundle,
    guard: Guard,
    is_there: &dyn Fn(&str) -> bool,
) -> Vec<u8> {
    // A test reads the frame, which is a constant.
    let mut document: Value = serde_json::from_str(FRAME).unwrap_or_default();
    document["info"]["title"] = json!(bundle.name);
    document["info"]["x-model"] = model(folder, bundle);
    if let Value::Object(paths) = &mut document["paths"] {
        let all = std::mem::take(paths).into_iter();
        let named = all.map(|(path, item)| (path.replace(NAME, &bundle.name), item));
        paths.extend(named.filter(|(path, _)| is_there(path)));
    }
    let (requests, answers) = samples::read(folder, &bundle.samples);
    let predict = &mut document["paths"]["/predict"]["post"];
    let body = &mut predict["requestBody"]["content"];
    put_examples(&mut body["application/json"], requests);
    if let Value::Object(forms) = body {
        forms.extend(request::other_forms(bundle));
    }
    put_examples(&mut predict["responses"]["200"]["content"]["application/json"], answers);
    problems::put(&mut document, guard);
    let (example, request) = request::schemas(bundle);
    let (prediction, answer) = answer::schemas(bundle);
    let made = [
        ("Example", example),
        ("Request", request),
        ("Prediction", prediction),
        ("Answer", answer),
    ];
    for (name, schema) in made {
        document["components"]["schemas"][name] = schema;
    }
    if guard == Guard::Open {
        forget_key(&mut document);
    }
    serde_json::to_vec(&document).unwrap_or_default()
}

fn put_examples(content: &mut Value, examples: serde_json::Map<String, Value>) {
    if !examples.is_empty() {
        content["examples"] = Value::Object(examples);
    }
}

/// Takes out all that is said of a key.
fn forget_key(document: &mut Value) {
    if let Some(components) = document["components"].as_object_mut() {
        components.remove("securitySchemes");
    }
    if let Some(document) = document.as_object_mut() {
        document.remove("security");
    }
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                operation.remove("security");
            }
        }
    }
}

/// What the page says of the model, and makes its form of.
fn model(folder: &Path, bundle: &Bundle) -> Value {
    let model = &bundle.model;
    let labels = match &bundle.output {
        Output::Classify(classify) => Some(classify.labels.len()),
        _ => None,
    };
    json!({
        "engine": model.engine,
        "source-sha256": model.source_sha256,
        "bytes": samples::model_bytes(folder, model),
        "inputs": model.inputs,
        "outputs": model.outputs,
        "input": request::form(bundle),
        "answer": answer::field(&bundle.output),
        "labels": labels,
    })
}

/// Describes a bundle whose samples are nowhere.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(bundle: &Bundle) {
    let _ = describe(Path::new("/nowhere"), bundle, Guard::Open, &|_| true);
}

#[cfg(test)]
mod tests;
