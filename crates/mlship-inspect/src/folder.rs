//! Folders that are models, or hold some.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::archive::format_of;
use crate::error::InspectError;
use crate::facts::{Facts, Format, Held, TensorFacts};
use crate::inspect::inspect_file;
use crate::json;
use crate::safetensors::cut;
use crate::sniff::HEAD_BYTES;
use crate::source::head;

/// The most files of a folder that are looked at.
const FILES: usize = 10_000;
/// The most files that are listed and looked into.
const LISTED: usize = 64;
/// How many folders deep bytes are counted.
const DEPTH: usize = 8;

/// Looks into a folder.
pub(crate) fn inspect(path: &Path) -> Result<Facts, InspectError> {
    let read = |source| InspectError::Read { path: path.to_owned(), source };
    let bytes = bytes(path, 0, &mut { FILES }).map_err(read)?;
    let has = |name: &str| path.join(name).exists();
    let mut facts = if has("saved_model.pb") {
        Facts::new(path, Format::SavedModel, "TensorFlow SavedModel", bytes)
    } else if has("Manifest.json") && has("Data/com.apple.CoreML") {
        Facts::new(path, Format::Coreml, "CoreML package", bytes)
    } else {
        Facts::new(path, Format::Folder, "folder", bytes)
    };
    let mut held = held(path).map_err(read)?;
    let weights = |held: &Held| matches!(held.format, Format::Safetensors | Format::Torch);
    if facts.format == Format::Folder && has("config.json") && held.iter().any(weights) {
        facts.format = Format::HuggingFace;
        facts.summary = hugging_face(&path.join("config.json"));
    }
    if matches!(facts.format, Format::HuggingFace | Format::Folder) {
        look_into(&mut facts, &mut held);
    }
    facts.holds = held;
    Ok(facts)
}

/// Takes over the tensors and warnings of the files inside.
fn look_into(facts: &mut Facts, held: &mut [Held]) {
    let mut sums: Vec<TensorFacts> = Vec::new();
    for held in held.iter_mut().filter(|held| held.format != Format::Unknown) {
        match inspect_file(&facts.path.join(&held.name)) {
            Ok(inner) => {
                held.format = inner.format;
                let of = |warning| format!("`{}`: {warning}", held.name);
                facts.warnings.extend(inner.warnings.into_iter().map(of));
                sums.extend(inner.tensors);
            }
            Err(error) => facts.warnings.push(error.to_string()),
        }
    }
    // Weights are often there twice, in two formats; shards are of one.
    if facts.format == Format::HuggingFace {
        let safe = |held: &Held| held.format == Format::Safetensors;
        let all_safe = held.iter().any(safe);
        facts.tensors = sum(sums.into_iter().filter(|one| !all_safe || one.count.is_some()));
    }
}

fn sum(all: impl Iterator<Item = TensorFacts>) -> Option<TensorFacts> {
    all.reduce(|mut sum, one| {
        sum.count = sum.count.zip(one.count).map(|(a, b)| a + b);
        sum.parameters = sum.parameters.saturating_add(one.parameters);
        for (dtype, elements) in one.dtypes {
            let all = sum.dtypes.entry(dtype).or_default();
            *all = all.saturating_add(elements);
        }
        let room = LISTED.saturating_sub(sum.first.len());
        sum.first.extend(one.first.into_iter().take(room));
        sum
    })
}

#[derive(Deserialize)]
struct Config {
    model_type: Option<String>,
    architectures: Option<json::Capped<String, 8>>,
}

fn hugging_face(path: &Path) -> String {
    let config: Option<Config> = File::open(path).ok().and_then(|file| json::read(file).ok());
    let named = config.and_then(|config| {
        let first = config.architectures.and_then(|list| list.0.into_iter().next());
        first.or(config.model_type)
    });
    match named {
        Some(name) => format!("Hugging Face folder of a `{}`", cut(&name)),
        None => "Hugging Face folder".into(),
    }
}

/// The first files of a folder, models first.
fn held(path: &Path) -> io::Result<Vec<Held>> {
    let mut held = Vec::new();
    for entry in fs::read_dir(path)?.take(FILES) {
        let entry = entry?;
        let metadata = fs::metadata(entry.path());
        let Ok(metadata) = metadata.as_ref() else { continue };
        if metadata.is_file() {
            let first = File::open(entry.path()).map(|file| head(file, HEAD_BYTES));
            let name = entry.file_name().to_string_lossy().into_owned();
            let (mut format, bytes) =
                (format_of(&first.unwrap_or_default(), metadata.len()), metadata.len());
            if format == Format::Archive {
                // A torch checkpoint is a zip: its own reader says.
                format = inspect_file(&entry.path()).map_or(format, |facts| facts.format);
            }
            held.push(Held { name, bytes: Some(bytes), format });
        }
    }
    held.sort_by(|a, b| {
        let known = |held: &Held| matches!(held.format, Format::Unknown | Format::Empty);
        (known(a), &a.name).cmp(&(known(b), &b.name))
    });
    held.truncate(LISTED);
    Ok(held)
}

/// Bytes of all files below, links not followed. Folders whose names begin with a dot are of tools, and
/// no part of a model.
fn bytes(path: &Path, depth: usize, left: &mut usize) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(path)? {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let entry = entry?;
        let metadata = entry.metadata()?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if metadata.is_dir() && depth < DEPTH && !is_hidden {
            sum += bytes(&entry.path(), depth + 1, left)?;
        } else if metadata.is_file() {
            sum += metadata.len();
        }
    }
    Ok(sum)
}
