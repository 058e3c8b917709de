//! The proof on the engine that will serve: it answers rows that the model itself has answered.

use std::fs;
use std::path::Path;

use mlship_compile::{EngineChoice, classify};
use mlship_export::{Report, Row};
use mlship_inspect::read_onnx;
use serde_json::{Value, json};

use crate::commands::init;
use crate::context::Context;
use crate::failure::Failure;
use crate::release;

/// Two labels are equally probable when their probabilities are nearer than this.
const TIE: f64 = 1e-6;

/// How many letters of an answer are shown.
const SHOWN: usize = 300;

/// What a text model's folder has beside it that the runtime or `init` reads.
const BESIDE: [&str; 4] = ["tokenizer.json", "vocab.txt", "tokenizer_config.json", "config.json"];

/// Lets the runtime answer rows of the report, and compares with what the model itself answered: the
/// largest difference of a number. Nothing is done where the model's answers are no labels and no
/// single numbers, or where its own engines lack an operator: ONNX Runtime may still serve it.
pub(super) fn prove(
    context: &Context,
    model: &Path,
    report: &Report,
    tolerance: f64,
) -> Result<Option<f64>, Failure> {
    // What is missing may be refused before it reaches a model.
    let rows: Vec<&Row> = report.samples.iter().filter(|row| row.is_whole()).collect();
    if lacks_operators(context, model)? || rows.is_empty() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::usage(format!("could not make a folder to prove in: {error}")))?;
    let Some(answers) = answers(context, model, folder.path(), &rows)? else { return Ok(None) };
    let sizes = rows.iter().filter_map(|row| row.predict.as_f64()).map(f64::abs);
    let measure = sizes.fold(1.0, f64::max);
    let mut largest: f64 = 0.0;
    for (at, (row, answer)) in rows.iter().zip(&answers).enumerate() {
        let allowed = row.tolerance.unwrap_or(tolerance);
        let apart = apart(row, answer, allowed, measure);
        if apart.is_none_or(|apart| apart > allowed) {
            let wanted = &row.predict;
            let by =
                apart.map_or_else(String::new, |apart| format!("; numbers differ by {apart:.1e}"));
            let shown =
                |value: &Value| -> String { value.to_string().chars().take(SHOWN).collect() };
            return Err(Failure::verification(format!(
                "the runtime answers row {at} with {}, and the model itself {}{by}",
                shown(answer),
                shown(wanted)
            )));
        }
        largest = largest.max(apart.unwrap_or_default());
    }
    Ok(Some(largest))
}

/// Whether no engine of the runtime's own has all operators; it is told.
fn lacks_operators(context: &Context, model: &Path) -> Result<bool, Failure> {
    match read_onnx(model, |model, file| classify(&model, file.len() as u64))? {
        EngineChoice::Neither(lacking) => {
            let cause = lacking.to_string();
            context
                .say(&format!("  {cause}; to serve it write `engine: onnxruntime` under `model`"));
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// The runtime's answers; `None` where the rows are not what it is asked with.
fn answers(
    context: &Context,
    model: &Path,
    folder: &Path,
    rows: &[&Row],
) -> Result<Option<Vec<Value>>, Failure> {
    let copy = folder.join("model.onnx");
    let unwritable = |error: std::io::Error| {
        Failure::usage(format!("could not write in `{}`: {error}", folder.display()))
    };
    fs::create_dir_all(folder.join("samples")).map_err(unwritable)?;
    fs::copy(model, &copy).map_err(unwritable)?;
    for name in BESIDE {
        let beside = model.with_file_name(name);
        if beside.is_file() {
            fs::copy(&beside, folder.join(name)).map_err(unwritable)?;
        }
    }
    let requests: Vec<Value> = rows.iter().map(|row| json!(row.request)).collect();
    // Tensors are a request each: they are batches. Others are one request, as a list.
    let is_tensors = rows.iter().all(|row| row.predict.is_object());
    let (manifest, requests) = match is_tensors {
        true => (tensors(requests.len()), requests),
        false => match init::told_manifest(&copy, folder)? {
            Some(manifest) => (manifest, vec![Value::Array(requests)]),
            None => return Ok(None),
        },
    };
    fs::write(folder.join("mlship.yaml"), manifest).map_err(unwritable)?;
    for (at, request) in requests.iter().enumerate() {
        let place = |ending: &str| folder.join(format!("samples/{}.{ending}", at + 1));
        fs::write(place("json"), request.to_string()).map_err(unwritable)?;
        fs::write(place("expect.json"), "null").map_err(unwritable)?;
    }
    let loaded = context.load_from(&folder.join("mlship.yaml"))?;
    let answered = release::answers(context, loaded)?;
    Ok(match answered.as_slice() {
        // Nothing is answered on a system that the runtime does not run on.
        [] => None,
        [Value::Array(answers)] if !is_tensors => Some(answers.clone()),
        answers => is_tensors.then(|| answers.to_vec()),
    })
}

/// The manifest of a model that is asked with so many requests of its own tensors.
fn tensors(requests: usize) -> String {
    let samples: String = (1..=requests)
        .map(|at| format!("  - {{request: samples/{at}.json, expect: samples/{at}.expect.json}}\n"))
        .collect();
    format!(
        "version: 1\nname: proof\nmodel: {{path: model.onnx}}\ninput: {{tensor: {{}}}}\n\
         output: {{tensor: {{}}}}\nsamples:\n{samples}"
    )
}

/// How far an answer is from the model's own; `None` when the label is another. `measure` is the
/// size of single numbers.
fn apart(row: &Row, answer: &Value, allowed: f64, measure: f64) -> Option<f64> {
    if let Some(label) = answer.get("label") {
        let probable = probabilities(row, answer);
        let is_same = text(label) == text(&row.predict) || is_tie(row, allowed);
        return is_same.then_some(probable);
    }
    if row.predict.is_object() {
        return nested(&row.predict, answer, size(&row.predict).max(1.0));
    }
    match (answer.get("prediction").and_then(Value::as_f64), row.predict.as_f64()) {
        (Some(found), Some(wanted)) => Some((found - wanted).abs() / measure),
        // Neither a label nor a number: nothing is said of it.
        _ => Some(0.0),
    }
}

/// How far tensors in lists are apart, in the measure of the largest number; `None` when they are not
/// of one shape, or are not of the same names.
fn nested(wanted: &Value, found: &Value, measure: f64) -> Option<f64> {
    let parts: Vec<(&Value, &Value)> = match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) if wanted.len() == found.len() => wanted
            .iter()
            .map(|(name, part)| Some((part, found.get(name)?)))
            .collect::<Option<_>>()?,
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            wanted.iter().zip(found).collect()
        }
        _ => return Some((wanted.as_f64()? - found.as_f64()?).abs() / measure),
    };
    let apart = parts.into_iter().map(|(wanted, found)| nested(wanted, found, measure));
    apart.collect::<Option<Vec<f64>>>().map(|all| all.into_iter().fold(0.0, f64::max))
}

/// The largest number in lists.
fn size(value: &Value) -> f64 {
    match value {
        Value::Object(parts) => parts.values().map(size).fold(0.0, f64::max),
        Value::Array(parts) => parts.iter().map(size).fold(0.0, f64::max),
        other => other.as_f64().unwrap_or_default().abs(),
    }
}

/// How far the probabilities are apart, the largest of both beside each other.
fn probabilities(row: &Row, answer: &Value) -> f64 {
    let told = answer.get("probabilities").and_then(Value::as_object);
    let mut found: Vec<f64> =
        told.into_iter().flatten().filter_map(|(_, one)| one.as_f64()).collect();
    let mut wanted = row.probabilities.clone().unwrap_or_default();
    found.sort_by(|a, b| b.total_cmp(a));
    wanted.sort_by(|a, b| b.total_cmp(a));
    found.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// A label as text; of a list with one label in it, that one.
fn text(label: &Value) -> String {
    match label {
        Value::String(text) => text.clone(),
        Value::Array(labels) if labels.len() == 1 => text(&labels[0]),
        other => other.to_string(),
    }
}

/// Whether the model itself holds two labels for equally probable: as near as numbers may be where
/// the row has a bound of its own.
fn is_tie(row: &Row, allowed: f64) -> bool {
    let tie = if row.tolerance.is_some() { allowed } else { TIE };
    let mut scores = row.probabilities.clone().unwrap_or_default();
    scores.sort_by(|a, b| b.total_cmp(a));
    matches!(scores.as_slice(), [first, second, ..] if first - second < tie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_compared_by_name_shape_and_number() {
        let wanted = json!({"a": [[1.0, -20.0]], "b": [3]});
        let apart = |found: Value| nested(&wanted, &found, size(&wanted));
        assert_eq!(apart(wanted.clone()), Some(0.0));
        assert_eq!(apart(json!({"a": [[1.0, -18.0]], "b": [3]})), Some(0.1));
        for other in [
            json!({"a": [[1.0, -20.0]]}),
            json!({"a": [[1.0]], "b": [3]}),
            json!({"a": [[1.0, null]], "b": [3]}),
            json!({"c": [[1.0, -20.0]], "b": [3]}),
        ] {
            assert_eq!(apart(other.clone()), None, "{other}");
        }
    }
}
