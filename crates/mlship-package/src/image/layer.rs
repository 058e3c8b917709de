//! Files of one part to a layer: a gzip tar, its digests known when its last byte is written.

use std::collections::BTreeMap;

use tar::Builder;

use super::error::ImageError;
use super::folder::{Descriptor, Folder};
use crate::digest::Hashed;
use crate::entry::{Entry, Mode, Part};
use crate::error::PackageError;
use crate::gzip::Gzip;
use crate::tape;

/// What will be a layer: paths in the image, sorted, folders before what is in them.
pub(super) struct Plan<'a> {
    /// One word: what the layer's history says.
    pub(super) name: &'static str,
    items: BTreeMap<String, Item<'a>>,
}

#[derive(Clone, Copy)]
enum Item<'a> {
    Folder { mode: u32 },
    File { number: usize, entry: &'a Entry },
}

/// A layer that is written.
pub(super) struct Layer {
    /// One word: what is in it.
    pub(super) name: &'static str,
    pub(super) blob: Descriptor,
    /// `sha256:…` of the tar.
    pub(super) diff_id: String,
    /// Of each file: its place in the contents, its digest and its length.
    pub(super) files: Vec<(usize, (String, u64))>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, items: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a folder and those around it.
    pub(super) fn folder(&mut self, path: &str, mode: u32) -> Result<(), ImageError> {
        self.parents(path)?;
        match self.items.insert(path.into(), Item::Folder { mode }) {
            Some(Item::File { .. }) => Err(twice(path)),
            _ => Ok(()),
        }
    }

    /// Adds a file, which is the contents' file `number`, and the folders around it.
    pub(super) fn file(
        &mut self,
        path: &str,
        number: usize,
        entry: &'a Entry,
    ) -> Result<(), ImageError> {
        self.parents(path)?;
        match self.items.insert(path.into(), Item::File { number, entry }) {
            Some(_) => Err(twice(path)),
            None => Ok(()),
        }
    }

    fn parents(&mut self, path: &str) -> Result<(), ImageError> {
        let plain = |name: &str| !["", ".", ".."].contains(&name) && !name.contains('\0');
        if !path.split('/').all(plain) {
            let reason = "it is no plain path, without a leading slash";
            return Err(ImageError::Path { path: path.into(), reason });
        }
        for (end, _) in path.match_indices('/') {
            let parent = &path[..end];
            let mode = Mode::Executable.bits();
            match self.items.entry(parent.into()).or_insert(Item::Folder { mode }) {
                Item::Folder { .. } => {}
                Item::File { .. } => return Err(twice(parent)),
            }
        }
        Ok(())
    }

    /// Writes the layer into `folder`: read once, in memory a piece at a time.
    pub(super) fn write(&self, folder: &Folder, media_type: &str) -> Result<Layer, PackageError> {
        let unwritable = |error| PackageError::file("write", folder.partial(self.name))(error);
        let blob = folder.begin(self.name)?;
        let mut tape = Builder::new(Hashed::new(Gzip::new(blob)));
        let mut files = Vec::new();
        for (path, item) in &self.items {
            match *item {
                Item::Folder { mode } => {
                    tape::folder(&mut tape, path, mode).map_err(unwritable)?;
                }
                Item::File { number, entry } => {
                    let length = entry.length()?;
                    let digest = entry.stream(length, |bytes| {
                        tape::file(&mut tape, path, entry.mode.bits(), length, bytes)
                            .map_err(unwritable)
                    })?;
                    files.push((number, (digest, length)));
                }
            }
        }
        let (gzip, diff_id, _) = tape.into_inner().map_err(unwritable)?.into_parts();
        let blob = folder.keep(self.name, media_type, gzip.finish().map_err(unwritable)?)?;
        Ok(Layer { name: self.name, blob, diff_id: format!("sha256:{diff_id}"), files })
    }
}

/// The parts' layers, lowest first; those without files are left out.
pub(super) fn plans<'a>(
    entries: &'a [Entry],
    place: impl Fn(&Entry) -> String,
) -> Result<Vec<Plan<'a>>, ImageError> {
    let mut all = Plan::new("all");
    let mut plans = Part::ALL.map(|part| (part, Plan::new(part.word())));
    for (number, entry) in entries.iter().enumerate() {
        let path = place(entry);
        all.file(&path, number, entry)?;
        if let Some((_, plan)) = plans.iter_mut().find(|(part, _)| *part == entry.part) {
            plan.file(&path, number, entry)?;
        }
    }
    Ok(plans.into_iter().map(|(_, plan)| plan).filter(|plan| !plan.is_empty()).collect())
}

fn twice(path: &str) -> ImageError {
    ImageError::Path { path: path.into(), reason: "another file or folder has this path" }
}
