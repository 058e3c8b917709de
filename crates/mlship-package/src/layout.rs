//! What a provider wants of the artifact, told in its own plain words.

use mlship_core::artifact::Format;

use crate::contents::Contents;
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;
use crate::image::Frame;

/// What a provider wants of the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How it is packed.
    pub format: Format,
    /// What runs the model.
    pub lane: Lane,
    /// Where files are that the manifest has fetched at start.
    pub stores: Stores,
    /// What the runtime's binary must be called, at the top of the bundle.
    pub executable: &'static str,
    /// Who may write the files.
    pub modes: Modes,
    /// Files beside the bundle: the path from its top, and the bytes.
    pub beside: Vec<(String, Vec<u8>)>,
    /// The bundle's folder in an image, without a leading slash.
    pub folder: &'static str,
    /// What an image starts.
    pub start: Start,
    /// The image that an image is built on where the manifest names none.
    pub base: Option<String>,
    /// Environment of an image, by name.
    pub environment: &'static [(&'static str, &'static str)],
    /// The port that an image listens on.
    pub port: Option<u16>,
    /// What machines it runs on, in an image's words: `amd64` or `arm64`.
    pub architecture: &'static str,
}

/// What runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The runtime. No Python is needed where it runs, or in the artifact for it.
    Native,
    /// The user's own Python code, which the provider's Python runs; no runtime.
    Python,
    /// The runtime, and for a handler in Python a worker beside it: a Python is where it runs.
    Either(Site),
}

impl Lane {
    /// Where the packages are that a handler is tried with before it is there: this machine's,
    /// unless the artifact has some.
    pub fn site(self) -> Site {
        match self {
            Self::Either(site) => site,
            Self::Native | Self::Python => Site::Here,
        }
    }
}

/// Where the packages of a handler are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// On this machine, in the Python that is there.
    Here,
    /// In the artifact, for Linux with a C library of this version: `2_28`.
    Artifact {
        /// As tags of packages write it.
        glibc: &'static str,
        /// How many bytes the artifact may have as it is unpacked, where that is bounded.
        most_bytes: Option<u64>,
    },
}

/// Who may write the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modes {
    /// Their owner: 0644, and 0755 for the runtime.
    Own,
    /// Everybody: 0666, and 0777 for the runtime.
    Open,
}

/// What an image starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The runtime, as nobody, in the bundle's folder.
    Runtime,
    /// What its base starts, as the user and in the folder that the base says. The base starts the
    /// runtime itself.
    Base,
}

impl Layout {
    /// A zip with the runtime's binary under that name, for Intel and AMD.
    pub const fn zip(executable: &'static str) -> Self {
        Self {
            format: Format::Zip,
            lane: Lane::Native,
            stores: Stores::Provider,
            executable,
            modes: Modes::Own,
            beside: Vec::new(),
            folder: "",
            start: Start::Runtime,
            base: None,
            environment: &[],
            port: None,
            architecture: "amd64",
        }
    }

    /// Puts the runtime into a bundle, and what is wanted beside it.
    ///
    /// # Errors
    /// When a file of the bundle has the path of another, or a path leads out of the bundle.
    pub fn complete(&self, contents: &mut Contents, runtime: Source) -> Result<(), PackageError> {
        check_free(contents, self.executable)?;
        contents.add_to(Part::Runtime, self.executable, Mode::Executable, runtime);
        self.furnish(contents)
    }

    /// Puts what is wanted beside it to what needs no runtime.
    ///
    /// # Errors
    /// As [`Self::complete`].
    pub fn furnish(&self, contents: &mut Contents) -> Result<(), PackageError> {
        for (path, bytes) in &self.beside {
            check_free(contents, path)?;
            let bytes = Source::Bytes(bytes.clone().into());
            contents.add_to(Part::Provider, path.as_str(), Mode::Plain, bytes);
        }
        if self.modes == Modes::Open {
            contents.open_all();
        }
        Ok(())
    }

    /// What stands around the bundle in an image.
    pub fn frame(&self) -> Frame {
        let executable = format!("{}/{}", self.folder, self.executable);
        let environment = self.environment.iter();
        let frame = Frame {
            environment: environment.map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            port: self.port,
            ..Frame::new(self.folder, &executable, self.architecture)
        };
        match self.start {
            Start::Runtime => Frame {
                working_dir: Some(format!("/{}", self.folder)),
                user: Some(NOBODY.into()),
                ..frame
            },
            Start::Base => Frame { entrypoint: None, ..frame },
        }
    }
}

/// Where files are that the manifest has fetched at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stores {
    /// In a store of the provider's, or at their own address.
    Provider,
    /// In the artifact: it goes nowhere.
    None,
}

/// User and group of no account.
const NOBODY: &str = "65532:65532";

/// Refuses a path that is no plain one, or that another file has, as a file or as a folder.
fn check_free(contents: &Contents, path: &str) -> Result<(), PackageError> {
    let refused = |reason| Err(PackageError::Beside { path: path.into(), reason });
    let is_plain = |name: &str| !["", ".", ".."].contains(&name) && !name.contains(['\\', '\0']);
    if !path.split('/').all(is_plain) {
        return refused("it is no plain path inside the bundle");
    }
    let is_inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut paths = contents.entries().iter().map(|entry| entry.path.as_str());
    match paths.any(|other| is_inside(path, other) || is_inside(other, path)) {
        true => refused("the bundle has a file of that name"),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(beside: &[&str]) -> Layout {
        let beside = beside.iter().map(|path| ((*path).to_owned(), b"{}".to_vec())).collect();
        Layout { beside, ..Layout::zip("handler") }
    }

    fn bundle() -> Contents {
        let mut contents = Contents::default();
        contents.add_bytes("bundle.json", b"{}".to_vec());
        contents.add_bytes("samples/1.json", b"{}".to_vec());
        contents
    }

    fn listed(contents: &Contents) -> Vec<(&str, u32, Part)> {
        let entries = contents.entries().iter();
        entries.map(|entry| (entry.path.as_str(), entry.mode.bits(), entry.part)).collect()
    }

    #[test]
    fn what_is_wanted_beside_the_bundle_stands_in_order() {
        let mut contents = bundle();
        let program = Source::Bytes(b"ELF".into());
        let wanted = layout(&["predict/function.json", "host.json"]);
        wanted.complete(&mut contents, program.clone()).unwrap();
        let expected = [
            ("bundle.json", 0o644, Part::Model),
            ("handler", 0o755, Part::Runtime),
            ("host.json", 0o644, Part::Provider),
            ("predict/function.json", 0o644, Part::Provider),
            ("samples/1.json", 0o644, Part::Model),
        ];
        assert_eq!(listed(&contents), expected);

        let mut open = bundle();
        let wanted = Layout { modes: Modes::Open, ..wanted };
        wanted.complete(&mut open, program).unwrap();
        let modes: Vec<_> = listed(&open).into_iter().map(|(_, mode, _)| mode).collect();
        assert_eq!(modes, [0o666, 0o777, 0o666, 0o666, 0o666]);
        assert_ne!(open.measure().unwrap().1, contents.measure().unwrap().1);
    }

    #[test]
    fn nothing_of_the_bundle_is_shadowed() {
        let taken = "the bundle has a file of that name";
        let not_plain = "it is no plain path inside the bundle";
        for (path, reason) in [
            ("bundle.json", taken),
            ("samples", taken),
            ("bundle.json/x", taken),
            ("samples/1.json", taken),
            ("handler", taken),
            ("handler/x", taken),
            ("", not_plain),
            ("/host.json", not_plain),
            ("../host.json", not_plain),
            ("predict//function.json", not_plain),
            ("predict/./function.json", not_plain),
            ("predict\\function.json", not_plain),
        ] {
            let refused = layout(&[path]).complete(&mut bundle(), Source::Bytes(b"ELF".into()));
            let expected = format!("`{path}` cannot be put beside the bundle: {reason}");
            assert_eq!(refused.unwrap_err().to_string(), expected);
        }
        let twice = layout(&["host.json", "host.json"]);
        assert!(twice.complete(&mut bundle(), Source::Bytes(b"ELF".into())).is_err());
        let runtime = Layout::zip("bundle.json");
        assert!(runtime.complete(&mut bundle(), Source::Bytes(b"ELF".into())).is_err());
        let near = layout(&["samples.json", "bundle", "hand"]);
        near.complete(&mut bundle(), Source::Bytes(b"ELF".into())).unwrap();
    }
}
