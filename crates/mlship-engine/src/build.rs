//! Builds a Dockerfile over a folder.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use bollard::{body_try_stream, errors::Error as Cause};
use futures_util::StreamExt;
use mlship_core::progress::Progress;

use crate::connect::Engine;
use crate::error::{EngineError, words};
use crate::written::written;

/// What the Dockerfile is called in the context: a name that no bundle has.
const DOCKERFILE: &str = ".mlship.Dockerfile";

/// What the engine leaves out of the context: the two files that are not of the folder.
const IGNORED: &str = ".dockerignore";

/// How many of a failed step's last lines are kept.
const KEPT_LINES: usize = 20;

/// The longest line that is kept or told.
const LONGEST_LINE: usize = 400;

impl Engine {
    /// Builds `dockerfile` (its text) with `context` (a folder) for `platform` (`linux/amd64`);
    /// gives back the image's id. The folder is streamed and nothing is added to it.
    ///
    /// # Errors
    /// When the folder cannot be read or a step fails; the error names the step.
    pub async fn build(
        &self,
        context: &Path,
        dockerfile: &str,
        platform: &str,
        progress: &dyn Progress,
    ) -> Result<String, EngineError> {
        let readable = context.read_dir().map(drop);
        readable
            .map_err(|source| EngineError::File { path: context.display().to_string(), source })?;
        let (folder, text) = (context.to_owned(), dockerfile.to_owned());
        let archive = written(move |to| pack(&folder, &text, to));
        let options = BuildImageOptions {
            dockerfile: DOCKERFILE.to_owned(),
            platform: platform.to_owned(),
            rm: true,
            forcerm: true,
            ..BuildImageOptions::default()
        };
        let body = body_try_stream(archive);
        let mut answers = Box::pin(self.docker.build_image(options, None, Some(body)));
        let mut told = Told::default();
        while let Some(answer) = answers.next().await {
            told.hear(answer, progress)?;
        }
        told.image.take().ok_or_else(|| told.failed("no image came of it".to_owned()))
    }
}

/// What the engine has told of a build so far.
#[derive(Default)]
struct Told {
    step: Option<String>,
    said: VecDeque<String>,
    image: Option<String>,
}

impl Told {
    fn hear(
        &mut self,
        answer: Result<BuildInfo, Cause>,
        progress: &dyn Progress,
    ) -> Result<(), EngineError> {
        let answer = answer.map_err(|error| self.failed(words(&error)))?;
        if let Some(id) = answer.aux.and_then(|aux| aux.id) {
            self.image = Some(id);
        }
        for line in answer.stream.iter().flat_map(|text| text.lines()) {
            let line: String = line.trim_end().chars().take(LONGEST_LINE).collect();
            if line.starts_with("Step ") {
                progress.step(&line);
                self.step = Some(line);
                self.said.clear();
            } else if !line.is_empty() {
                progress.step(&line);
                self.said.push_back(line);
                if self.said.len() > KEPT_LINES {
                    self.said.pop_front();
                }
            }
        }
        Ok(())
    }

    fn failed(&mut self, cause: String) -> EngineError {
        let said = std::mem::take(&mut self.said).into();
        EngineError::Build { step: self.step.take(), cause, said }
    }
}

/// Writes the context: the Dockerfile, which no step sees, then the folder in order of names.
fn pack(folder: &Path, dockerfile: &str, to: &mut dyn Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(to);
    let ignored = format!("{DOCKERFILE}\n{IGNORED}\n");
    for (name, text) in [(DOCKERFILE, dockerfile), (IGNORED, &ignored)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, text.as_bytes())?;
    }
    append(&mut archive, folder, Path::new(""))?;
    archive.finish()
}

/// Adds what is in `folder` under `name`. Only files and folders; links could point anywhere.
fn append(
    archive: &mut tar::Builder<&mut dyn Write>,
    folder: &Path,
    name: &Path,
) -> io::Result<()> {
    let entries = folder.read_dir()?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        let name = name.join(path.file_name().unwrap_or_default());
        let kind = path.symlink_metadata()?.file_type();
        if kind.is_dir() {
            append(archive, &path, &name)?;
        } else if kind.is_file() {
            let mut file = File::open(&path)?;
            let size = file.metadata()?.len();
            let mut header = tar::Header::new_gnu();
            header.set_size(size);
            header.set_mode(if is_executable(&file)? { 0o755 } else { 0o644 });
            header.set_cksum();
            archive.append_data(&mut header, &name, &mut file)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_executable(_file: &File) -> io::Result<bool> {
    Ok(true)
}
