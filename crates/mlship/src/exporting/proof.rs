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

/// Lets the runtime answer rows of the report, and compares with what the model itself answered.
/// Nothing is done where the model's answers are no labels and no single numbers, or where its own
/// engines lack an operator: ONNX Runtime may still serve it.
pub(super) fn prove(
    context: &Context,
    model: &Path,
    report: &Report,
    tolerance: f64,
) -> Result<(), Failure> {
    // What is missing may be refused before it reaches a model.
    let rows: Vec<&Row> = report.samples.iter().filter(|row| row.is_whole()).collect();
    if rows.is_empty() || lacks_operators(context, model)? {
        return Ok(());
    }
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::usage(format!("could not make a folder to prove in: {error}")))?;
    let Some(answers) = answers(context, model, folder.path(), &rows)? else { return Ok(()) };
    let sizes = rows.iter().filter_map(|row| row.predict.as_f64()).map(f64::abs);
    let measure = sizes.fold(1.0, f64::max);
    for (at, (row, answer)) in rows.iter().zip(&answers).enumerate() {
        if !is_alike(row, answer, tolerance * measure) {
            let wanted = &row.predict;
            return Err(Failure::verification(format!(
                "the runtime answers row {at} with {answer}, and the model itself {wanted}"
            )));
        }
    }
    Ok(())
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
    let Some(manifest) = init::table_manifest(&copy, folder)? else { return Ok(None) };
    let requests: Vec<_> = rows.iter().map(|row| &row.request).collect();
    let files = [
        ("mlship.yaml", manifest),
        ("samples/1.json", json!(requests).to_string()),
        ("samples/1.expect.json", "null".to_owned()),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).map_err(unwritable)?;
    }
    let loaded = context.load_from(&folder.join("mlship.yaml"))?;
    let answered = release::answers(context, loaded)?;
    Ok(answered.into_iter().next().and_then(|answer| match answer {
        Value::Array(answers) => Some(answers),
        _ => None,
    }))
}

fn is_alike(row: &Row, answer: &Value, tolerance: f64) -> bool {
    if let Some(label) = answer.get("label") {
        return text(label) == text(&row.predict) || is_tie(row);
    }
    match (answer.get("prediction").and_then(Value::as_f64), row.predict.as_f64()) {
        (Some(found), Some(wanted)) => (found - wanted).abs() <= tolerance,
        // Neither a label nor a number: nothing is said of it.
        _ => true,
    }
}

/// A label as text; of a list with one label in it, that one.
fn text(label: &Value) -> String {
    match label {
        Value::String(text) => text.clone(),
        Value::Array(labels) if labels.len() == 1 => text(&labels[0]),
        other => other.to_string(),
    }
}

fn is_tie(row: &Row) -> bool {
    let mut scores = row.probabilities.clone().unwrap_or_default();
    scores.sort_by(|a, b| b.total_cmp(a));
    matches!(scores.as_slice(), [first, second, ..] if first - second < TIE)
}
