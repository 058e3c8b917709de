//! The samples that a manifest names, read from their files, and written anew.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlship_core::project::{Input, Project};
use mlship_core::sample::Sample;
use mlship_package::PackageError;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::media_type::{BYTES, media_type};

/// A sample file larger than this is a mistake.
const SAMPLE_BYTES: u64 = 64 * 1024 * 1024;

/// Reads the samples.
pub(super) fn read(project: &Project) -> Result<Vec<Sample>, Failure> {
    project
        .samples
        .iter()
        .map(|paths| {
            let expect = match &paths.expect {
                Some(path) => Some(read_json(&project.root, &path.value)?),
                None => None,
            };
            let request = read_request(project, &paths.request.value)?;
            Ok(Sample { name: paths.request.value.clone(), request, expect })
        })
        .collect()
}

/// Reads their requests; what they are expected to answer may not be there.
pub(super) fn requests(project: &Project) -> Result<Vec<Sample>, Failure> {
    project
        .samples
        .iter()
        .map(|paths| {
            let request = read_request(project, &paths.request.value)?;
            Ok(Sample { name: paths.request.value.clone(), request, expect: None })
        })
        .collect()
}

/// Writes what the model answers as what it is expected to answer from now on; gives back the
/// paths, as the manifest has them.
pub(crate) fn record(project: &Project, answers: &[Value]) -> Result<Vec<String>, Failure> {
    let mut written = Vec::new();
    for (paths, answer) in project.samples.iter().zip(answers) {
        let Some(expect) = &paths.expect else { continue };
        let file = project.root.join(&expect.value);
        fs::write(&file, format!("{answer:#}\n")).map_err(|error| {
            Failure::usage(format!("could not write `{}`: {error}", file.display()))
        })?;
        written.push(expect.value.clone());
    }
    Ok(written)
}

/// A request: JSON, or a picture as it is where the model takes pictures.
pub(super) fn read_request(project: &Project, path: &str) -> Result<Value, Failure> {
    let bytes = read_file(&project.root, path)?;
    let field = match &project.input {
        Input::Image(picture) if is_picture(path, &bytes) => Some(picture.field.as_str()),
        // A handler takes what it likes.
        _ if project.python.is_some()
            && media_type(Path::new(path), &bytes).starts_with("image/") =>
        {
            Some("image")
        }
        _ => None,
    };
    match field {
        Some(field) => Ok(json!({ field: STANDARD.encode(bytes) })),
        None => parsed(&bytes, path),
    }
}

/// Whether a file is a picture, of whatever format.
fn is_picture(path: &str, bytes: &[u8]) -> bool {
    let media_type = media_type(Path::new(path), bytes);
    media_type.starts_with("image/") || media_type == BYTES
}

fn read_json(root: &Path, path: &str) -> Result<Value, Failure> {
    parsed(&read_file(root, path)?, path)
}

fn parsed(bytes: &[u8], path: &str) -> Result<Value, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|source| PackageError::Sample { path: path.to_owned(), source }.into())
}

fn read_file(root: &Path, path: &str) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::usage(format!("could not read the sample `{path}`: {error}"));
    let file = root.join(path);
    let about = fs::metadata(&file).map_err(unreadable)?;
    if !about.is_file() {
        return Err(Failure::usage(format!("the sample `{path}` is not a file")));
    }
    let bytes = about.len();
    if bytes > SAMPLE_BYTES {
        return Err(Failure::usage(format!("the sample `{path}` has {bytes} bytes")));
    }
    fs::read(&file).map_err(unreadable)
}
