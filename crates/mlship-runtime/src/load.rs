//! From a bundle to a loaded engine.

use std::path::Path;

use mlship_bundle::{EngineKind, Model};

use crate::bundle::{LoadError, path_in};
use crate::classical;
use crate::engine::Engine;

/// What is in this build, smallest first.
pub const ENGINES: &[&str] =
    if cfg!(feature = "neural") { &["classical", "neural"] } else { &["classical"] };

/// Loads the model of the bundle in `folder`. `threads` is how many a neural network may use.
///
/// # Errors
/// When a file is absent or outside the bundle, or the engine is not in this build or refuses it.
pub(crate) fn engine(
    folder: &Path,
    model: &Model,
    threads: usize,
) -> Result<Box<dyn Engine>, LoadError> {
    let path = path_in(folder, &model.path)?;
    let weights = model.weights.as_deref().map(|name| path_in(folder, name)).transpose()?;
    for path in weights.iter().chain([&path]) {
        std::fs::metadata(path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
    }
    match model.engine {
        EngineKind::Classical => Ok(Box::new(classical::open(&path)?)),
        EngineKind::Neural => neural(&path, model, threads),
    }
}

#[cfg(feature = "neural")]
fn neural(path: &Path, model: &Model, threads: usize) -> Result<Box<dyn Engine>, LoadError> {
    Ok(crate::neural::load(path, model, threads)?)
}

#[cfg(not(feature = "neural"))]
fn neural(_: &Path, _: &Model, _: usize) -> Result<Box<dyn Engine>, LoadError> {
    Err(LoadError::NoEngine("neural"))
}
