//! `mlship init`: writes a manifest for a model, ready to deploy. Offline, and never over a file
//! that is there.

mod handler;
mod only;
mod picture;
mod text;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use mlship_bundle::{Element, Port};
use mlship_inspect::{InputSignature, Missing, Task, inspect};
use mlship_package::{Model, class_names, ports};
use serde_json::{Value, json};

use crate::context::Context;
use crate::exporting::{self, ExportArgs};
use crate::failure::Failure;
use crate::providers;
use crate::release;
use crate::render::size;
use crate::scaffold::{Activation, Answer, Column, Samples, Scaffold, Shape, service_name};

/// `mlship init`
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The model: ONNX, scikit-learn's as joblib or pickle, xgboost's or lightgbm's own file,
    /// torch's, fastai's, a folder of transformers [default: the one model in this folder]
    model: Option<PathBuf>,
    /// The service's name [default: made from the folder's or the model's name]
    #[arg(long, env = "MLSHIP_NAME", value_name = "NAME")]
    name: Option<String>,
    /// What runs the model: the runtime alone, or a handler of your own in Python beside it
    #[arg(long, env = "MLSHIP_LANE", value_enum, default_value = "native")]
    lane: Lane,
    #[command(flatten)]
    export: ExportArgs,
}

/// What runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lane {
    /// The runtime; what is not ONNX is converted
    Native,
    /// Your own Python code, begun with a template
    Python,
}

pub(crate) fn run(context: &Context, args: InitArgs) -> Result<(), Failure> {
    let manifest = context.new_manifest_path();
    let folder = manifest.parent().unwrap_or(Path::new("")).to_owned();
    let path = match args.model {
        Some(path) => path,
        None => only::only_model(&folder)?,
    };
    // A folder that was converted before has its ONNX file in it.
    let inside = path.join("model.onnx");
    let path = if path.is_dir() && inside.is_file() { inside } else { path };
    let sample = folder.join("samples/1.json");
    // A request of the user's own is what a handler begins with.
    let sample = Some(&sample).filter(|_| args.lane == Lane::Native);
    for taken in [&manifest, &folder.join("mlship.toml")].into_iter().chain(sample) {
        refuse_existing(taken)?;
    }
    if args.lane == Lane::Python {
        return handler::write(context, &manifest, &path, args.name);
    }
    let made = converted(context, &args.export, &path)?;
    let (path, row) = made.unwrap_or((path, None));
    let model = Model::read(&path)?;
    let scaffold = scaffold(&model, &folder, args.name)?;
    // Tensors that a network takes are of no table.
    // And a sentence says more than a text that was made for the proof.
    let is_asked_so = |_: &Value| {
        !matches!(scaffold.input, Shape::Tensors(_) | Shape::Image(_) | Shape::Text { .. })
    };
    let sample = row.filter(is_asked_so);
    let sample = sample.or_else(|| scaffold.sample());
    let samples = if sample.is_some() { Samples::Generated } else { Samples::None };

    let text = scaffold.manifest(samples);
    check(&text, &manifest)?;

    let mut written = vec![create(&manifest, &text)?];
    write_schema(&folder)?;
    if let Some(sample) = sample {
        written.push(create(&folder.join("samples/1.json"), &format!("{sample:#}\n"))?);
        written.push(answer_sample(context, &manifest, &folder)?);
    }
    let list: String = written.iter().map(|path| format!("wrote {}\n", path.display())).collect();
    let next = format!(
        "\nlook it over, then\n  mlship check-limits   where it fits\n  mlship deploy         serve it on this machine{}",
        if manifest.ends_with("mlship.yaml") && folder.as_os_str().is_empty() {
            String::new()
        } else {
            format!("\nwith --manifest {}", manifest.display())
        }
    );
    let value = json!({"written": written, "name": scaffold.name});
    context.answer("mlship/init/1", &value, &format!("{list}{}{next}", named(&scaffold.name)));
    Ok(())
}

/// Writes the schema that the manifest's first line names, for editors.
fn write_schema(folder: &Path) -> Result<(), Failure> {
    let schema = format!("{:#}\n", mlship_manifest::schema(providers::schemas()));
    release::ignore(&folder.join(".mlship"))?;
    fs::write(folder.join(".mlship/mlship.schema.json"), schema)
        .map_err(|error| Failure::usage(format!("could not write the schema: {error}")))
}

/// Where a model of another framework now is as ONNX, and a row that it takes; `None` for one that
/// is ONNX.
fn converted(
    context: &Context,
    args: &ExportArgs,
    path: &Path,
) -> Result<Option<(PathBuf, Option<Value>)>, Failure> {
    let facts = inspect(path)?;
    if !exporting::is_for_export(&facts) {
        return Ok(None);
    }
    let to = exporting::place(&facts);
    refuse_existing(&to)?;
    let report = exporting::exported(context, args, &facts, &to)?;
    context.say(exporting::told(&report).trim_end());
    let row = report.samples.iter().find(|row| row.is_whole());
    let row = row.map(|row| row.request.clone().into());
    Ok(Some((to, row)))
}

/// The manifest in `folder` of a model there that is asked as its file itself says: with rows of
/// columns, with text, with pictures; `None` of another.
pub(crate) fn told_manifest(model: &Path, folder: &Path) -> Result<Option<String>, Failure> {
    let scaffold = scaffold(&Model::read(model)?, folder, Some("proof".into()))?;
    let told = matches!(scaffold.input, Shape::Table(_) | Shape::Text { .. } | Shape::Prepared(_));
    Ok(told.then(|| scaffold.manifest(Samples::Generated)))
}

/// A name that was given may not do; it is said before anything is written.
fn check(text: &str, manifest: &Path) -> Result<(), Failure> {
    let format = mlship_manifest::Format::of(manifest)
        .ok_or_else(|| Failure::usage("a manifest's name ends in `.yaml` or `.toml`"))?;
    if format == mlship_manifest::Format::Toml {
        return Err(Failure::usage("init writes YAML: name the manifest `.yaml`"));
    }
    let (project, report) = mlship_manifest::parse(text, format, Path::new(""));
    let name = manifest.display().to_string();
    match project {
        Some(_) => Ok(()),
        None => {
            let source = mlship_manifest::Source { name, text: text.to_owned() };
            Err(Failure::Manifest { report, source: Some(source) })
        }
    }
}

/// Lets the model answer the made-up sample, so that a deploy has something to compare with.
fn answer_sample(context: &Context, manifest: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let expect = folder.join("samples/1.expect.json");
    // The manifest names the file, and reading a project reads it.
    create(&expect, "null\n")?;
    let answered = context.load_from(manifest).and_then(|loaded| release::answers(context, loaded));
    let answer = match answered {
        Ok(answers) => answers.into_iter().next().unwrap_or_default(),
        Err(failure) => {
            let _ = fs::remove_file(&expect);
            return Err(failure);
        }
    };
    fs::write(&expect, format!("{answer:#}\n")).map_err(|error| unwritable(&expect, &error))?;
    Ok(expect)
}

fn scaffold(model: &Model, folder: &Path, name: Option<String>) -> Result<Scaffold, Failure> {
    let unsupported = |reason: String| {
        Failure::usage(format!("`{}` cannot be served: {reason}", model.path.display()))
    };
    let inputs = ports(&model.graph.graph.inputs).map_err(unsupported)?;
    let outputs = ports(&model.graph.graph.outputs).map_err(unsupported)?;
    let signature = &model.signature;
    let about = format!(
        "{}, {}, operators: {}",
        model.path.file_name().unwrap_or_default().to_string_lossy(),
        size(model.bytes().len() as u64),
        model.graph.graph.nodes.len()
    );
    let path = pathdiff(&model.path, folder);
    let name = name.unwrap_or_else(|| service_name_of(&model.path, folder));
    let (input, output) = if text::is_text(&inputs) {
        let output = text::answer(&model.path, &outputs, metadata_labels(model), activation(model));
        match text::shape(&model.path, folder) {
            Some(input) => (input, output),
            None => (Shape::TokenIds(inputs), Answer::Tensors),
        }
    } else if let Some(picture) = picture::of(&inputs) {
        let said = metadata(model, "mlship.image").and_then(picture::prepared);
        let shape = said.map_or(Shape::Image(picture), Shape::Prepared);
        (shape, picture::answer(&outputs, metadata_labels(model), activation(model)))
    } else {
        let columns = signature.columns.as_deref();
        let mut input = table(&inputs, &signature.inputs, columns);
        for column in input.iter_mut().flatten() {
            column.categories = categories(model, column);
        }
        (input.map_or(Shape::Tensors(inputs), Shape::Table), answer(model, &outputs))
    };
    Ok(Scaffold { name, model: path, about, input, output })
}

/// The name of a service of that model: after its file, or the folder where that says nothing.
fn service_name_of(model: &Path, folder: &Path) -> String {
    let stem = model.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let home = whole(folder).file_name().map(|name| name.to_string_lossy().into_owned());
    let said: Vec<String> = stem.filter(|stem| stem != "model").into_iter().chain(home).collect();
    service_name(said.iter().map(String::as_str))
}

/// What is said of the name: everything that is made is told apart by it.
fn named(name: &str) -> String {
    format!("the service is called {name}\n")
}

/// The columns, when every input is a table of known width.
fn table(
    ports: &[Port],
    signatures: &[InputSignature],
    names: Option<&[String]>,
) -> Option<Vec<Column>> {
    let one_each = ports.len() > 1;
    let mut columns = Vec::new();
    for (port, signature) in ports.iter().zip(signatures) {
        let [_, Some(width)] = port.shape.as_slice() else { return None };
        for place in 0..*width {
            let at = columns.len();
            let name = match names.and_then(|names| names.get(at)) {
                Some(name) => name.clone(),
                None if *width == 1 && one_each => port.name.clone(),
                None if one_each => format!("{}-{place}", port.name),
                None => format!("x{place}"),
            };
            let number = !matches!(port.element, Element::I32 | Element::I64 | Element::Bool);
            let optional = signature.missing == Missing::Handled && number;
            columns.push(Column { name, element: port.element, optional, categories: Vec::new() });
        }
    }
    let mut seen = std::collections::HashSet::new();
    let unique = columns.iter().all(|column| seen.insert(column.name.as_str()));
    (unique && !columns.is_empty()).then_some(columns)
}

/// The only texts that a column takes, by the model's metadata.
fn categories(model: &Model, column: &Column) -> Vec<String> {
    let known = metadata(model, "mlship.categories");
    let mut known: HashMap<String, Vec<String>> =
        known.and_then(|known| serde_json::from_str(known).ok()).unwrap_or_default();
    match column.element {
        Element::String => known.remove(&column.name).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn answer(model: &Model, outputs: &[Port]) -> Answer {
    match model.signature.task {
        Task::Classify => {
            let own = model.signature.class_labels.as_ref().map(class_names).unwrap_or_default();
            let labels = metadata_labels(model).filter(|labels| labels.len() == own.len());
            Answer::Classify(labels.unwrap_or(own))
        }
        Task::Regress => Answer::Regress,
        Task::Other => match metadata_labels(model) {
            Some(labels) if outputs.len() == 1 => Answer::Classify(labels),
            _ => Answer::Tensors,
        },
    }
}

/// The class names that the model's metadata has under `labels`, a JSON list.
fn metadata_labels(model: &Model) -> Option<Vec<String>> {
    serde_json::from_str(metadata(model, "labels")?).ok()
}

/// What makes probabilities of raw scores, by the model's metadata; softmax where it says nothing.
fn activation(model: &Model) -> Activation {
    match metadata(model, "mlship.activation") {
        Some("sigmoid") => Activation::Sigmoid,
        _ => Activation::Softmax,
    }
}

fn metadata<'a>(model: &'a Model, wanted: &str) -> Option<&'a str> {
    let (_, text) = model.graph.metadata.iter().find(|(key, _)| key == wanted)?;
    Some(text)
}

fn refuse_existing(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::usage(format!("`{}` is already there", path.display()))
            .hint("init never overwrites: move it away, or work in another folder"));
    }
    Ok(())
}

fn create(path: &Path, text: &str) -> Result<PathBuf, Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| unwritable(path, &error))?;
    }
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unwritable(path, &error))?;
    Ok(path.to_owned())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write `{}`: {error}", path.display()))
}

/// The model's path as the manifest in `folder` names it.
fn pathdiff(model: &Path, folder: &Path) -> String {
    let (model, folder) = (whole(model), whole(folder));
    let relative = model.strip_prefix(&folder).unwrap_or(&model);
    relative.to_string_lossy().replace('\\', "/")
}

/// From the root; the empty path is the folder that the command runs in.
fn whole(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.components().filter(|part| *part != Component::CurDir).collect()
}
