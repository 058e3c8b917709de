//! How Google Cloud wants the artifact laid out.

use std::fs;

use mlship_core::artifact::Format;
use mlship_core::project::{Project, Python};
use mlship_gcp::{artifact, base};
use mlship_package::{Lane, Layout, Stores};

use crate::context::Loaded;
use crate::failure::Failure;
use crate::providers::layout::{container, in_image};
use crate::providers::{kind, no_such_python};
use crate::release::files;

/// The longest list of packages, in bytes.
const LONGEST: u64 = 1 << 20;

/// Cloud Run starts the runtime itself, as a program from source or in an image; a function is
/// Python that starts the runtime, or calls the user's own code.
pub(in crate::providers) fn layout(
    loaded: &Loaded,
    asked: Option<Format>,
) -> Result<(Format, Layout), Failure> {
    let project = &loaded.project;
    match (kind("gcp", loaded)?.as_str(), &project.python) {
        ("functions-v2", Some(_)) if asked.is_some_and(|format| format != Format::Zip) => {
            Err(Failure::usage("a function of the python lane is packed as a zip alone")
                .hint("leave `--format` out"))
        }
        ("functions-v2", Some(python)) => {
            files::check(project, &loaded.source, files::Expected::There)?;
            Ok((Format::Zip, scripts(project, python)?))
        }
        // An image is started by itself, wherever it runs.
        ("functions-v2", None) if asked == Some(Format::Image) => {
            Ok((Format::Image, service(project)))
        }
        ("functions-v2", None) => Ok((Format::Zip, function())),
        ("cloud-run-image", _) => Ok((Format::Image, service(project))),
        (_, Some(python)) if !base::pythons().any(|known| known == python.version()) => {
            Err(no_such_python(loaded, "Cloud Run", base::pythons()))
        }
        _ => Ok((Format::Tar, service(project))),
    }
}

/// The same for both: the runtime as a program called `bootstrap`. From source it listens at the
/// port that `PORT` says; an image says itself that its port is 8080, which is also Cloud Run's.
fn service(project: &Project) -> Layout {
    match container(project, Stores::Provider) {
        layout @ Layout { lane: Lane::Native, .. } => layout,
        layout => {
            let lane = Lane::Either(in_image(base::GLIBC));
            Layout { lane, ..layout }
        }
    }
}

fn function() -> Layout {
    let beside = artifact::files();
    Layout { beside, ..Layout::zip(artifact::EXECUTABLE) }
}

fn scripts(project: &Project, python: &Python) -> Result<Layout, Failure> {
    let requirements = match &python.requirements {
        Some(path) => read(project, &path.value)?,
        None => String::new(),
    };
    let beside = artifact::python_files(&python.handler.value, &requirements).map_err(|error| {
        let name = python.requirements.as_ref().map_or("", |path| path.value.as_str());
        Failure::usage(format!("`{name}` cannot be installed by Google: {error}"))
            .hint("write every package with its version into that one file")
    })?;
    Ok(Layout { lane: Lane::Python, beside, ..Layout::zip(artifact::EXECUTABLE) })
}

fn read(project: &Project, path: &str) -> Result<String, Failure> {
    let unreadable = |error| Failure::usage(format!("could not read `{path}`: {error}"));
    let file = project.root.join(path);
    if fs::metadata(&file).map_err(unreadable)?.len() > LONGEST {
        return Err(Failure::usage(format!("`{path}` is longer than a list of packages is")));
    }
    fs::read_to_string(&file).map_err(unreadable)
}
