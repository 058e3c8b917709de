//! Where the model's large files are at run time: in the artifact, in a store that `deploy` puts
//! them in, or at the address that the manifest gives.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use mlship_core::artifact::Fetched;
use mlship_core::finding::{Finding, Report};
use mlship_core::project;

use crate::contents::Contents;
use crate::digest::sha256_of;
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;
use crate::model::Model;

/// Where the large files are at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// In the artifact.
    Artifact,
    /// In a store, by their digests.
    Store,
    /// The trained model's own file at its address, as it is.
    Address(String),
}

impl Delivery {
    /// What the manifest asks for. An address that only its owner can read is copied to the store.
    pub(crate) fn of(wanted: &project::Model) -> Self {
        match wanted.delivery {
            project::Delivery::Embed => Self::Artifact,
            project::Delivery::Fetch if wanted.path.value.starts_with("https://") => {
                Self::Address(wanted.path.value.clone())
            }
            project::Delivery::Fetch => Self::Store,
        }
    }
}

/// The large files, as they come.
#[derive(Debug)]
pub(crate) struct Heavy {
    /// Where they go.
    pub(crate) delivery: Delivery,
    /// Those that go to the store.
    pub(crate) stored: Vec<Fetched>,
    /// Those that stay at their address, with a copy on disk.
    pub(crate) addressed: Vec<(Fetched, String)>,
}

impl Heavy {
    /// None yet.
    pub(crate) fn new(delivery: Delivery) -> Self {
        Self { delivery, stored: Vec::new(), addressed: Vec::new() }
    }

    /// Adds a file on disk.
    pub(crate) fn add_file(
        &mut self,
        name: &str,
        path: PathBuf,
        contents: &mut Contents,
    ) -> Result<(), PackageError> {
        if self.delivery == Delivery::Artifact {
            contents.add_to(Part::Weights, name, Mode::Plain, Source::File(path));
            return Ok(());
        }
        let (sha256, bytes) = File::open(&path)
            .and_then(|mut file| sha256_of(&mut file))
            .map_err(PackageError::file("read", &path))?;
        self.stored.push(Fetched { name: name.into(), path, sha256, bytes });
        Ok(())
    }

    /// Adds a file in memory, which is written to `work` when it is to be fetched.
    pub(crate) fn add_bytes(
        &mut self,
        name: &str,
        bytes: Vec<u8>,
        work: &Path,
        contents: &mut Contents,
    ) -> Result<(), PackageError> {
        if self.delivery == Delivery::Artifact {
            contents.add_to(Part::Weights, name, Mode::Plain, Source::Bytes(bytes.into()));
            return Ok(());
        }
        let path = work.join(name);
        // The file of an earlier build may be linked to, and be mapped by who serves it.
        let _ = fs::remove_file(&path);
        fs::create_dir_all(work)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(PackageError::file("write", &path))?;
        self.add_file(name, path, contents)
    }

    /// Adds the trained model's own file.
    pub(crate) fn add_addressed(&mut self, name: &str, model: &Model, url: String) {
        let sha256 = model.sha256().to_owned();
        let (path, bytes) = (model.path.clone(), model.bytes().len() as u64);
        self.addressed.push((Fetched { name: name.into(), path, sha256, bytes }, url));
    }

    /// Adds the trained model's own file, which is taken as it is.
    pub(crate) fn add_own(
        &mut self,
        file: Fetched,
        contents: &mut Contents,
    ) -> Result<(), PackageError> {
        match &self.delivery {
            Delivery::Artifact => self.add_file(&file.name, file.path, contents)?,
            Delivery::Store => self.stored.push(file),
            Delivery::Address(url) => self.addressed.push((file, url.clone())),
        }
        Ok(())
    }

    /// What the bundle says of them.
    pub(crate) fn bundled(&self) -> Vec<mlship_bundle::Fetched> {
        let one = |file: &Fetched, url: Option<&String>| mlship_bundle::Fetched {
            path: file.name.clone(),
            url: url.cloned(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
        };
        let stored = self.stored.iter().map(|file| one(file, None));
        stored.chain(self.addressed.iter().map(|(file, url)| one(file, Some(url)))).collect()
    }
}

/// The manifest's checksum is that of the file that was read.
pub(crate) fn check_sha256(wanted: &project::Model, model: &Model) -> Result<(), PackageError> {
    let Some(told) = wanted.sha256.as_ref().filter(|told| told.value != model.sha256()) else {
        return Ok(());
    };
    let finding = Finding::error(
        "model/sha256",
        format!("`{}` has another checksum than `model.sha256`", model.path.display()),
    )
    .at(told.span.clone())
    .label("not this file's")
    .hint(format!("the file's is `{}`: write it when the file is the right one", model.sha256()));
    Err(PackageError::Unfit(Report(vec![finding])))
}

/// A compiled model is another file than the one at the address.
pub(crate) fn not_as_it_is(wanted: &project::Model) -> PackageError {
    let finding = Finding::error(
        "model/delivery",
        "a model of this kind is compiled first, and cannot be fetched as it is",
    )
    .at(wanted.path.span.clone())
    .label("fetched from here at every start")
    .hint("write `delivery: embed`: it is small, and then part of the artifact");
    PackageError::Unfit(Report(vec![finding]))
}
