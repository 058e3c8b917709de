//! `mlship convert`: a smaller model of the same form, and what it costs in accuracy on the
//! samples.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mlship_convert::{Converted, Weights, convert};
use mlship_core::sample::Drift;
use serde_json::{Value, json};

use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::release;
use crate::render::size;

/// `mlship convert`
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The model, an ONNX file [default: the manifest's]
    model: Option<PathBuf>,
    /// What its weights are made into: int8 is a quarter of the size and the faster one, f16 is
    /// half of the size and the nearer one
    #[arg(long, short, env = "MLSHIP_WEIGHTS", value_enum)]
    weights: Form,
    /// Where the converted model is written [default: MODEL.int8.onnx or MODEL.f16.onnx]
    #[arg(long, env = "MLSHIP_OUT", value_name = "PATH")]
    out: Option<PathBuf>,
}

/// What weights are made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Int8,
    F16,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Form::Int8 => "int8",
            Form::F16 => "f16",
        }
    }

    fn weights(self) -> Weights {
        match self {
            Form::Int8 => Weights::Int8,
            Form::F16 => Weights::F16,
        }
    }
}

pub(crate) fn run(context: &Context, args: ConvertArgs) -> Result<(), Failure> {
    let loaded = match &args.model {
        Some(_) => context.load_if_there()?,
        None => Some(context.load()?),
    };
    let of_manifest = |loaded: &Loaded| loaded.project.root.join(&loaded.project.model.path.value);
    let model = args.model.or_else(|| loaded.as_ref().map(of_manifest)).unwrap_or_default();
    let to =
        args.out.unwrap_or_else(|| model.with_extension(format!("{}.onnx", args.weights.name())));
    if same_file(&model, &to) {
        return Err(Failure::usage("the converted model would be written over the model")
            .hint("name another file: --out PATH"));
    }
    let converted = convert(&model, &to, args.weights.weights())?;
    let drifts = match loaded.filter(|loaded| same_file(&of_manifest(loaded), &model)) {
        Some(loaded) => drifts(context, loaded, &to)?,
        None => Vec::new(),
    };
    let value = json!({
        "path": to, "weights": args.weights.name(), "converted": converted,
        "samples": drifts.iter().map(|(name, drift)| json!({"sample": name, "drift": drift}))
            .collect::<Vec<_>>(),
    });
    context.answer("mlship/convert/1", &value, &text(&model, &to, converted, &drifts));
    Ok(())
}

/// True when both paths lead to one file that is there.
pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    let found = |path: &Path| std::fs::canonicalize(path).ok();
    found(one).is_some_and(|one| Some(one) == found(other))
}

/// How far the converted model's answers to the samples are from the model's own.
fn drifts(
    context: &Context,
    loaded: Loaded,
    converted: &Path,
) -> Result<Vec<(String, Drift)>, Failure> {
    let names: Vec<String> =
        loaded.project.samples.iter().map(|sample| sample.request.value.clone()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let converted = std::path::absolute(converted)
        .map_err(|error| Failure::usage(format!("could not find the converted model: {error}")))?;
    let mut other = loaded.clone();
    other.project.model.path.value = converted.to_string_lossy().into_owned();
    let before = release::answers(context, loaded)?;
    let after = release::answers(context, other)?;
    let drift = |(before, after): (&Value, &Value)| Drift::between(before, after);
    Ok(names.into_iter().zip(before.iter().zip(&after).map(drift)).collect())
}

fn text(model: &Path, to: &Path, converted: Converted, drifts: &[(String, Drift)]) -> String {
    let before = std::fs::metadata(model).map_or(0, |file| file.len());
    let mut text = format!(
        "{}\n  {} -> {}; {} weights converted\n",
        to.display(),
        size(before.max(converted.bytes_before)),
        size(converted.file_bytes),
        converted.tensors,
    );
    if drifts.is_empty() {
        text.push_str("  no samples to tell what it costs in accuracy\n");
    }
    for (name, drift) in drifts {
        let labels = match drift.changed {
            0 => "labels and lengths are the same".to_owned(),
            1 => "a label or a length differs".to_owned(),
            count => format!("{count} labels or lengths differ"),
        };
        text.push_str(&format!(
            "  {name}: numbers move by up to {:.2e}, {labels}\n",
            drift.largest
        ));
    }
    text.push_str(
        "to serve it, name it in `model.path`; `mlship package --record` writes the samples' \
         expected answers anew\n",
    );
    text
}
