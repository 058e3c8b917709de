//! Images into the engine and out of it, as `docker load` and `docker save` have them.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::query_parameters::{ImportImageOptions, RemoveImageOptions};
use futures_util::StreamExt;
use mlship_core::progress::Progress;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::connect::Engine;
use crate::error::EngineError;
use crate::written::written;

impl Engine {
    /// Loads the image of a `docker load` archive, as `write` writes it; gives back its id. An
    /// archive that names its image gives it this name; its first image counts.
    ///
    /// # Errors
    /// When `write` fails or the engine cannot read the archive.
    pub async fn load<W>(&self, write: W, progress: &dyn Progress) -> Result<String, EngineError>
    where
        W: FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    {
        progress.step("loading the image into the Docker Engine");
        let failed = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failed);
        // The connection is cut when writing fails; why is known here alone.
        let archive = written(move |to| {
            write(to).inspect_err(|error| {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            })
        });
        let options = ImportImageOptions { quiet: true, ..ImportImageOptions::default() };
        let mut answers = Box::pin(self.docker.import_image_stream(options, archive, None));
        let mut loaded = None;
        while let Some(answer) = answers.next().await {
            let answer = answer.map_err(|error| {
                let own = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
                match own {
                    Some(cause) => EngineError::Refused { operation: "load the image", cause },
                    None => EngineError::refused("load the image")(error),
                }
            })?;
            let named = answer.stream.as_deref().and_then(loaded_name);
            loaded = loaded.or(named.map(str::to_owned));
        }
        let loaded = loaded.ok_or_else(|| EngineError::Refused {
            operation: "load the image",
            cause: "the archive holds none".to_owned(),
        })?;
        self.id(&loaded).await
    }

    /// Loads the image of a `docker load` archive on disk; gives back its id.
    ///
    /// # Errors
    /// When the file or the engine cannot read it.
    pub async fn load_file(
        &self,
        path: &Path,
        progress: &dyn Progress,
    ) -> Result<String, EngineError> {
        let mut file = std::fs::File::open(path).map_err(|source| unusable(path, source))?;
        self.load(move |to| io::copy(&mut file, to).map(drop), progress).await
    }

    /// Writes an image to `to` as `docker save` does. Nothing is left there when it fails.
    ///
    /// # Errors
    /// When there is no such image or the file cannot be written.
    pub async fn save(&self, image: &str, to: &Path) -> Result<(), EngineError> {
        let part = to.with_extension("part");
        let saved = self.save_part(image, &part).await;
        let kept =
            saved.and_then(|()| std::fs::rename(&part, to).map_err(|source| unusable(to, source)));
        if kept.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        kept
    }

    async fn save_part(&self, image: &str, to: &Path) -> Result<(), EngineError> {
        let mut file = File::create(to).await.map_err(|source| unusable(to, source))?;
        let mut bytes = Box::pin(self.docker.export_image(image));
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.map_err(EngineError::refused("save the image"))?;
            file.write_all(&chunk).await.map_err(|source| unusable(to, source))?;
        }
        file.flush().await.map_err(|source| unusable(to, source))
    }

    /// The id of an image: `sha256:…` of its configuration.
    ///
    /// # Errors
    /// When there is no such image.
    pub async fn id(&self, image: &str) -> Result<String, EngineError> {
        let operation = "find the image";
        let found = self.docker.inspect_image(image).await;
        let found = found.map_err(EngineError::refused(operation))?;
        let cause = || format!("`{image}` has no id");
        found.id.ok_or_else(|| EngineError::Refused { operation, cause: cause() })
    }

    /// Removes an image with all its names. One that is not there is no failure.
    ///
    /// # Errors
    /// When a container uses it, or the engine fails.
    pub async fn remove_image(&self, image: &str) -> Result<(), EngineError> {
        let options = RemoveImageOptions { force: true, ..RemoveImageOptions::default() };
        match self.docker.remove_image(image, Some(options), None).await {
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                Ok(())
            }
            other => other.map(drop).map_err(EngineError::refused("remove the image")),
        }
    }
}

/// The name or id in the engine's line about a loaded image.
fn loaded_name(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix("Loaded image ID: ").or_else(|| line.strip_prefix("Loaded image: "))
}

fn unusable(path: &Path, source: io::Error) -> EngineError {
    EngineError::File { path: path.display().to_string(), source }
}
