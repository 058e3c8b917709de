//! The tree to a project, one file a section. Reads every section, whatever the others hold.

use std::cell::RefCell;
use std::path::Path;

use mlship_core::finding::{Finding, Report, Span};
use mlship_core::node::{Node, Value};
use mlship_core::project::Project;
use mlship_core::reader::{Located, Reader};

mod columns;
mod embed;
mod image;
mod input;
mod model;
mod name;
mod output;
mod paths;
mod picture;
mod python;
mod resources;
mod samples;
mod serving;
mod targets;
mod text;

pub use targets::PROVIDERS;

pub(crate) use embed::FIELD as EMBED_FIELD;
pub(crate) use image::REFERENCE as REFERENCE_PATTERN;
pub(crate) use model::CALLS_PER_START;
pub(crate) use name::PATTERN as NAME_PATTERN;
pub(crate) use output::REGRESS_FIELD;
pub(crate) use picture::{EDGE, FIELD as IMAGE_FIELD, SCALE};
pub(crate) use python::{HANDLER as HANDLER_PATTERN, VERSION as VERSION_PATTERN};
pub(crate) use resources::{CONCURRENCY, DISK_MB, MEMORY_MB, TIMEOUT_S};
pub(crate) use serving::{EXAMPLES, QUEUE, WAIT_MS};
pub(crate) use text::{FIELD as TEXT_FIELD, MAX_TOKENS};

/// Reads the whole manifest. `None` when something that a project cannot do without is missing;
/// the report then says what.
pub(crate) fn read(tree: &Node, root: &Path) -> (Option<Project>, Report) {
    let findings = RefCell::new(Report::default());
    let project = Reader::new("", tree, &findings).and_then(|reader| sections(reader, root));
    (project, findings.into_inner())
}

fn sections(mut reader: Reader<'_>, root: &Path) -> Option<Project> {
    version(&mut reader);
    let name = name::read(&mut reader);
    let model = model::read(&mut reader);
    let input = input::read(&mut reader);
    let output = output::read(&mut reader);
    let samples = samples::read(&mut reader);
    let resources = resources::read(&mut reader);
    let serving = serving::read(&mut reader);
    let image = image::read(&mut reader);
    let python = python::read(&mut reader);
    let targets = targets::read(&mut reader).unwrap_or_default();
    reader.finish_with(where_it_belongs);
    Some(Project {
        name: name?,
        root: root.into(),
        model: model?,
        input: input?,
        output: output?,
        samples: samples?,
        resources,
        serving,
        image: image.ok()?,
        python: python.ok()?,
        targets,
    })
}

fn version(reader: &mut Reader<'_>) {
    let node = reader.node("version");
    let Some(node) = reader.required("version", node) else { return };
    let newest = crate::VERSION;
    let finding = match &node.value {
        Value::Int(version) if *version == newest => return,
        Value::Int(version) => {
            let finding = Finding::error(
                "manifest/version",
                format!("`version` is {version}; this mlship reads version {newest}"),
            )
            .at(node.span.clone())
            .label("not a known version");
            if *version > newest {
                finding.hint("a newer mlship wrote this manifest; install it")
            } else {
                finding.hint(format!("write `{newest}`"))
            }
        }
        _ => reader.wrong("version", node, "a whole number").hint(format!("write `{newest}`")),
    };
    reader.report(finding);
}

/// A hint for a key of a section that was written at the top.
fn where_it_belongs(key: &str) -> Option<String> {
    const KEYS: [(&str, &[&str]); 13] = [
        ("model", &["path", "sha256", "delivery"]),
        ("input", &["table", "text", "tensor"]),
        ("input.table", &["columns"]),
        ("input.text", &["tokenizer", "max-tokens", "padding", "case"]),
        (
            "input.image",
            &["resize", "filter", "crop", "channels", "scale", "mean", "std", "layout", "urls"],
        ),
        ("output", &["classify", "regress", "embed"]),
        ("output.classify", &["labels", "top", "field", "activation", "threshold"]),
        ("output.embed", &["pooling", "normalize"]),
        ("resources", &["memory-mb", "timeout-s", "disk-mb", "concurrency"]),
        ("serving", &["page", "queue", "batching"]),
        ("serving.batching", &["examples", "wait-ms"]),
        ("image", &["base", "dockerfile"]),
        ("python", &["handler", "requirements"]),
    ];
    let (section, _) = KEYS
        .iter()
        .find(|(_, keys)| keys.contains(&key))
        .or_else(|| PROVIDERS.contains(&key).then_some(&("targets", &[])))?;
    Some(format!("`{key}` belongs under `{section}`"))
}

/// A table under `key`, for a section in which text is the usual slip: `model: model.onnx`.
fn table_of<'a>(
    reader: &mut Reader<'a>,
    key: &'static str,
    inner: &'static str,
) -> Option<Reader<'a>> {
    let node = reader.node(key)?;
    if let Value::Str(text) = &node.value {
        let path = reader.path_of(key);
        let finding = reader.wrong(&path, node, "a table");
        reader.report(finding.hint(format!("write it under `{path}.{inner}`: `{}`", clip(text))));
        return None;
    }
    reader.table(key)
}

/// Something was wrong, and is reported: for a section that may be absent.
struct Wrong;

/// Text that must not be empty.
fn filled(
    reader: &Reader<'_>,
    key: &str,
    text: Option<Located<String>>,
) -> Option<Located<String>> {
    let text = text?;
    if text.value.trim().is_empty() {
        reader.report(
            Finding::error("manifest/empty-text", format!("`{}` is empty", reader.path_of(key)))
                .at(text.span)
                .label("nothing between the quotes"),
        );
        return None;
    }
    Some(text)
}

/// A number of a table, or its default.
fn number(table: &mut Reader<'_>, setting: &resources::Setting) -> u32 {
    let range = i64::from(setting.least)..=i64::from(setting.most);
    let written = table.integer(setting.key, range);
    written.and_then(|number| number.value.try_into().ok()).unwrap_or(setting.default)
}

/// A setting that was not written: an empty span, where its table begins.
fn unwritten<T>(value: T, place: Span) -> Located<T> {
    Located { value, span: place.start..place.start }
}

/// The text, cut where it would flood a message.
fn clip(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
