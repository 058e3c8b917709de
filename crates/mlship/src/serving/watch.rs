//! What a project is made of on this disk, and whether it changed. Looks at the files' times and
//! lengths, so that it sees on any file system what an editor or a training run writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mlship_core::project::{Input, Project};

use crate::context::Loaded;

/// How long is waited between two looks. A change counts once two looks see the same: files are
/// seldom written at once.
const LOOK: Duration = Duration::from_millis(300);

/// The files that a project is made of.
#[derive(Debug)]
pub(crate) struct Watch {
    paths: Vec<PathBuf>,
    seen: Vec<Trace>,
}

/// What tells a file from the one that was there before; `None` where there is none.
type Trace = Option<(u64, SystemTime)>;

impl Watch {
    /// Starts from the files as they are now.
    pub(crate) fn of(loaded: &Loaded) -> Self {
        let paths = paths(&loaded.project, Path::new(&loaded.source.name));
        let seen = traces(&paths);
        Self { paths, seen }
    }

    /// Returns once a file has changed and is left alone. Another look begins from there.
    pub(crate) async fn changed(&mut self) {
        let mut last = traces(&self.paths);
        loop {
            tokio::time::sleep(LOOK).await;
            let now = traces(&self.paths);
            if now == last && now != self.seen {
                self.seen = now;
                return;
            }
            last = now;
        }
    }
}

/// The manifest, and what it names on this disk. A model's weights stand beside it under names that
/// begin as its own does.
fn paths(project: &Project, manifest: &Path) -> Vec<PathBuf> {
    let root = &project.root;
    let mut paths = vec![manifest.to_owned()];
    if !project.model.path.value.contains("://") {
        let model = root.join(&project.model.path.value);
        paths.extend(beside(&model));
        paths.push(model);
    }
    if let Input::Text(text) = &project.input {
        paths.push(root.join(&text.tokenizer.value));
    }
    paths.extend(project.output.labels_file().map(|labels| root.join(&labels.value)));
    for sample in &project.samples {
        paths.push(root.join(&sample.request.value));
        paths.extend(sample.expect.as_ref().map(|expect| root.join(&expect.value)));
    }
    paths
}

fn beside(model: &Path) -> Vec<PathBuf> {
    let stem = model.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let folder = model.parent().and_then(|folder| fs::read_dir(folder).ok());
    let files = folder.into_iter().flatten().flatten().map(|file| file.path());
    let is_of = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(stem) && path != model && path.is_file()
    };
    files.filter(is_of).collect()
}

fn traces(paths: &[PathBuf]) -> Vec<Trace> {
    let trace = |path: &PathBuf| {
        let file = fs::metadata(path).ok()?;
        Some((file.len(), file.modified().ok()?))
    };
    paths.iter().map(trace).collect()
}
