//! `mlship convert`: a model of another framework to ONNX, with proof that both answer alike; or an
//! ONNX model to a smaller one, with what it costs in accuracy on the samples.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mlship_convert::{Converted, Weights, convert};
use mlship_core::sample::Drift;
use mlship_inspect::{Facts, Format, inspect};
use serde_json::{Value, json};

use crate::context::{Context, Loaded};
use crate::exporting::{self, ExportArgs};
use crate::failure::Failure;
use crate::release;
use crate::render::size;

/// `mlship convert`
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The model: scikit-learn's as joblib or pickle, xgboost's or lightgbm's own file, torch's,
    /// fastai's, a folder of transformers, or ONNX [default: the manifest's]
    model: Option<PathBuf>,
    /// What the weights of an ONNX model are made into: int8 is a quarter of the size and the
    /// faster one, f16 is half of the size and the nearer one
    #[arg(long, short, env = "MLSHIP_WEIGHTS", value_enum)]
    weights: Option<Form>,
    /// Where the converted model is written [default: MODEL.onnx, MODEL.int8.onnx, MODEL.f16.onnx]
    #[arg(long, env = "MLSHIP_OUT", value_name = "PATH")]
    out: Option<PathBuf>,
    #[command(flatten)]
    export: ExportArgs,
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
    let of_manifest = |loaded: &Loaded| loaded.project.root.join(&loaded.project.model.path.value);
    let (model, own) = match args.model {
        Some(model) => (model, None),
        None => {
            let loaded = context.load()?;
            (of_manifest(&loaded), Some(loaded))
        }
    };
    let facts = inspect(&model)?;
    let weights = match (facts.format, args.weights) {
        (Format::Onnx, Some(weights)) => weights,
        (Format::Onnx, None) => {
            return Err(Failure::usage(format!("`{}` is ONNX already", model.display()))
                .hint("make it smaller: --weights int8 or --weights f16"));
        }
        (_, Some(weights)) => {
            return Err(Failure::usage("only the weights of an ONNX model are made smaller")
                .hint(format!("first `mlship convert MODEL`, then --weights {}", weights.name())));
        }
        (_, None) => return to_onnx(context, &args.export, &facts, args.out),
    };
    let to = args.out.unwrap_or_else(|| model.with_extension(format!("{}.onnx", weights.name())));
    if same_file(&model, &to) {
        return Err(Failure::usage("the converted model would be written over the model")
            .hint("name another file: --out PATH"));
    }
    let converted = convert(&model, &to, weights.weights())?;
    let loaded = own.or_else(|| beside(context));
    let drifts = match loaded.filter(|loaded| same_file(&of_manifest(loaded), &model)) {
        Some(loaded) => drifts(context, loaded, &to)?,
        None => Vec::new(),
    };
    let value = json!({
        "path": to, "weights": weights.name(), "converted": converted,
        "samples": drifts.iter().map(|(name, drift)| json!({"sample": name, "drift": drift}))
            .collect::<Vec<_>>(),
    });
    context.answer("mlship/convert/1", &value, &text(&model, &to, converted, &drifts));
    Ok(())
}

/// The project that the model may be of; what is wrong with a manifest that nobody named is of no
/// matter to a model that somebody did.
fn beside(context: &Context) -> Option<Loaded> {
    context.load_if_there().unwrap_or_else(|_| {
        context.say("warning: the manifest is not valid, and no samples are compared");
        None
    })
}

/// Writes the model as ONNX.
fn to_onnx(
    context: &Context,
    args: &ExportArgs,
    facts: &Facts,
    out: Option<PathBuf>,
) -> Result<(), Failure> {
    let named = out.is_some();
    let to = out.unwrap_or_else(|| exporting::place(facts));
    if to.exists() && !named {
        return Err(Failure::usage(format!("`{}` is already there", to.display()))
            .hint("write over it, or beside it: --out PATH"));
    }
    let report = exporting::exported(context, args, facts, &to)?;
    let bytes = std::fs::metadata(&to).map_or(0, |file| file.len());
    let text = format!(
        "{}\n  {} -> {}\n{}to serve it: mlship init {}\n",
        to.display(),
        size(facts.bytes),
        size(bytes),
        exporting::told(&report),
        to.display()
    );
    context.answer("mlship/export/1", &json!({"path": to, "proof": report}), &text);
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
