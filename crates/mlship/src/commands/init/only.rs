//! The one model of a folder, where the user names none: by its ending and by what is in it.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_inspect::{Facts, Format, inspect};

use crate::exporting::is_for_export;
use crate::failure::Failure;

/// The endings of what is served, the nearest to being served first. Of those in one line none comes
/// before another.
const ENDINGS: [&[&str]; 4] = [
    &["onnx"],
    &["joblib", "pkl", "pickle"],
    &["pt", "pth"],
    &["ubj", "json", "txt", "model", "bin", "safetensors"],
];

/// The one model in `folder`, or the folder itself where transformers wrote it.
pub(super) fn only_model(folder: &Path) -> Result<PathBuf, Failure> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = fs::read_dir(folder).map_err(|error| {
        Failure::usage(format!("could not read `{}`: {error}", folder.display()))
    })?;
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for path in entries.flatten().map(|entry| entry.path()) {
        let path = path.strip_prefix(".").unwrap_or(&path).to_owned();
        if path.is_dir() { folders.push(path) } else { files.push(path) }
    }
    let [converted, others @ ..] = ENDINGS;
    if let Some(one) = one(of(&files, converted))? {
        return Ok(one);
    }
    if is_of_transformers(folder) {
        return Ok(folder.to_owned());
    }
    for endings in others {
        if let Some(one) = one(of(&files, endings))? {
            return Ok(one);
        }
    }
    folders.retain(|folder| is_of_transformers(folder));
    one(folders)?.ok_or_else(|| {
        Failure::usage("there is no model here of a form that is served")
            .hint("name the model: mlship init MODEL")
            .hint("what a file is: mlship inspect FILE")
    })
}

/// Those of one of the endings that are models; one that is damaged is said to be so later.
fn of(files: &[PathBuf], endings: &[&str]) -> Vec<PathBuf> {
    let fits = |path: &&PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| endings.contains(&ending))
            && inspect(path).map_or(true, |facts| is_served(&facts))
    };
    files.iter().filter(fits).cloned().collect()
}

fn is_served(facts: &Facts) -> bool {
    is_for_export(facts) || matches!(facts.format, Format::Onnx | Format::Safetensors)
}

/// By the names that transformers gives to weights: others have a config.json too.
fn is_of_transformers(folder: &Path) -> bool {
    let is_named = |name: &str| {
        name.starts_with("pytorch_model")
            || name.starts_with("model") && name.ends_with(".safetensors")
    };
    folder.join("config.json").is_file()
        && inspect(folder).is_ok_and(|facts| {
            facts.format == Format::HuggingFace
                && facts.holds.iter().any(|held| is_named(&held.name))
        })
}

/// The one of them; refused where there are several.
fn one(mut models: Vec<PathBuf>) -> Result<Option<PathBuf>, Failure> {
    models.sort();
    if models.len() > 1 {
        let names: Vec<String> =
            models.iter().take(4).map(|path| format!("`{}`", path.display())).collect();
        let more = if models.len() > 4 { ", …" } else { "" };
        let what = format!("there are several models here: {}{more}", names.join(", "));
        let hint = format!("name one: mlship init {}", models[0].display());
        return Err(Failure::usage(what).hint(hint));
    }
    Ok(models.pop())
}
