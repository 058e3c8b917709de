//! The samples that a manifest names, read from their files, and written anew.

use std::fs;
use std::path::Path;

use mlship_core::project::Project;
use mlship_core::sample::Sample;
use mlship_package::PackageError;
use serde_json::Value;

use crate::failure::Failure;

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
            let request = read_json(&project.root, &paths.request.value)?;
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
            let request = read_json(&project.root, &paths.request.value)?;
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

fn read_json(root: &Path, path: &str) -> Result<Value, Failure> {
    let unreadable = |error| Failure::usage(format!("could not read the sample `{path}`: {error}"));
    let file = root.join(path);
    let bytes = fs::metadata(&file).map_err(unreadable)?.len();
    if bytes > SAMPLE_BYTES {
        return Err(Failure::usage(format!("the sample `{path}` has {bytes} bytes")));
    }
    let text = fs::read(&file).map_err(unreadable)?;
    serde_json::from_slice(&text)
        .map_err(|source| PackageError::Sample { path: path.to_owned(), source }.into())
}
