//! `mlship inspect`: what a model file is, without running it.

use std::path::PathBuf;

use clap::Args;
use mlship_compile::{EngineChoice, Lacking, classify};
use mlship_inspect::{Facts, Format, inspect, read_onnx};
use serde_json::json;

use crate::context::Context;
use crate::exporting::{Way, way};
use crate::failure::Failure;
use crate::render::facts;

/// `mlship inspect`
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The model: a file or a folder
    model: PathBuf,
}

pub(crate) fn run(context: &Context, args: InspectArgs) -> Result<(), Failure> {
    let mut facts = inspect(&args.model)?;
    if let Way::Python(own) = way(&facts) {
        facts.warnings.push(format!(
            "it does not convert to ONNX: it is made of `{}`, which only Python runs",
            own.join("`, `")
        ));
        facts.advice = vec![format!(
            "mlship init {} --lane python\nserves it by Python, beside your own modules",
            facts.path.display()
        )];
    }
    let engine = engine(&facts)?;
    let (name, lacking) = match &engine {
        Some(EngineChoice::Classical) => (Some("classical"), None),
        Some(EngineChoice::Neural) => (Some("neural"), None),
        Some(EngineChoice::Neither(lacking)) => (None, Some(missing(lacking))),
        None => (None, None),
    };
    let mut value = serde_json::to_value(&facts)
        .map_err(|error| Failure::internal(format!("the facts are no JSON: {error}")))?;
    if facts.format == Format::Onnx {
        value["engine"] = json!(name);
        value["no-engine-has"] = json!(lacking.unwrap_or_default());
    }
    context.answer("mlship/inspect/1", &value, &facts::text(&facts, engine.as_ref()));
    match facts.format {
        Format::Unknown | Format::Empty => Err(Failure::Told { code: 2 }),
        _ => Ok(()),
    }
}

fn engine(facts: &Facts) -> Result<Option<EngineChoice>, Failure> {
    if facts.format != Format::Onnx {
        return Ok(None);
    }
    Ok(Some(read_onnx(&facts.path, |model, file| classify(&model, file.len() as u64))?))
}

fn missing(lacking: &Lacking) -> Vec<String> {
    if lacking.both.is_empty() { vec![lacking.to_string()] } else { lacking.both.clone() }
}
