//! `init --lane python`: a handler to begin with, beside a model that is served as it is.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_inspect::{Facts, Format, inspect};
use serde_json::json;

use super::{check, create, named, pathdiff, refuse_existing, service_name_of, write_schema};
use crate::context::Context;
use crate::exporting::{is_for_export, refuse_dangerous};
use crate::failure::Failure;
use crate::render::size;
use crate::scaffold::handler::{handler, manifest, missing, of_the_script};

/// Writes the handler, its requirements and the manifest that names them.
pub(super) fn write(
    context: &Context,
    to: &Path,
    model: &Path,
    name: Option<String>,
) -> Result<(), Failure> {
    let folder = to.parent().unwrap_or(Path::new("")).to_owned();
    let facts = inspect(model)?;
    refuse_dangerous(&facts)?;
    refuse_unserved(&facts)?;
    let [app, list] = ["app.py", "requirements.txt"].map(|name| folder.join(name));
    for taken in [&app, &list] {
        refuse_existing(taken)?;
    }
    let name = name.unwrap_or_else(|| service_name_of(model, &folder));
    let file = model.file_name().unwrap_or_default().to_string_lossy();
    let about = format!("{file}, {}, served by your own code in app.py", size(facts.bytes));
    let has_sample = folder.join("samples/1.json").exists();
    let text = manifest(&name, &pathdiff(model, &folder), &about, has_sample);
    check(&text, to)?;
    let is_beside = |module: &str| {
        folder.join(format!("{module}.py")).exists()
            || folder.join(module).join("__init__.py").exists()
    };
    // Only a pickle may keep columns, and one that is compressed does not tell of them.
    let bytes = match facts.format {
        Format::Joblib | Format::Pickle => fs::read(model).unwrap_or_default(),
        _ => Vec::new(),
    };
    let [code, wanted] = handler(&facts, &bytes, is_beside).ok_or_else(|| unknown(&facts))?;
    let written: Vec<PathBuf> =
        vec![create(to, &text)?, create(&app, &code)?, create(&list, &wanted)?];
    for name in of_the_script(&facts) {
        context.say(&format!(
            "warning: `{name}` was defined in the script that trained the model, and a handler has \
             it not: move it into a module of its own beside app.py, and save the model again"
        ));
    }
    if let Some(missing) = missing(&facts) {
        context.say(&format!("warning: `{}` is not all of the model: {missing}", model.display()));
    }
    write_schema(&folder)?;
    let list: String = written.iter().map(|path| format!("wrote {}\n", path.display())).collect();
    let next = "\nlook app.py over, write a request to samples/1.json and list it under `samples`, then\n  \
                mlship package --record   write down what it answers\n  \
                mlship check-limits       where it fits\n  \
                mlship deploy             serve it on this machine";
    let value = json!({"written": written, "name": name});
    context.answer("mlship/init/1", &value, &format!("{list}{}{next}", named(&name)));
    Ok(())
}

/// Refuses what is of several files: a handler is given one.
fn refuse_unserved(facts: &Facts) -> Result<(), Failure> {
    let path = facts.path.display();
    let beside = facts.onnx.iter().flat_map(|onnx| &onnx.external_files).next();
    let what = match beside {
        _ if facts.path.is_dir() => "it is a folder".to_owned(),
        Some(other) => format!("`{}` is a part of it", other.location),
        None => return Ok(()),
    };
    let refused = Failure::usage(format!(
        "`{path}` cannot be served as Python: {what}, and a handler is given one file"
    ));
    Err(match is_for_export(facts) || facts.format == Format::Onnx {
        true => refused.hint(format!("the native lane takes it: mlship init {path}")),
        false => facts.advice.iter().fold(refused, |refused, step| refused.hint(step.clone())),
    })
}

/// Of a form that no handler is written for.
fn unknown(facts: &Facts) -> Failure {
    let what = format!(
        "`{}` is of a form that init has no handler for: {}",
        facts.path.display(),
        facts.summary
    );
    let refused =
        facts.advice.iter().fold(Failure::usage(what), |refused, step| refused.hint(step.clone()));
    refused.hint(
        "or write app.py yourself, with `load()` and `predict(request)`, and a manifest with \
         `python: {handler: \"app:predict\"}`",
    )
}
