//! What a provider wants of the artifact, told in its own plain words.

use mlship_core::artifact::Format;

use crate::image::Frame;

/// What a provider wants of the artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How it is packed.
    pub format: Format,
    /// Where files are that the manifest has fetched at start.
    pub stores: Stores,
    /// What the runtime's binary must be called, at the top of the bundle.
    pub executable: &'static str,
    /// The bundle's folder in an image, without a leading slash.
    pub folder: &'static str,
    /// Environment of an image, by name.
    pub environment: &'static [(&'static str, &'static str)],
    /// The port that an image listens on.
    pub port: Option<u16>,
    /// What machines it runs on, in an image's words: `amd64` or `arm64`.
    pub architecture: &'static str,
}

impl Layout {
    /// A zip with the runtime's binary under that name, for Intel and AMD.
    pub fn zip(executable: &'static str) -> Self {
        Self {
            format: Format::Zip,
            stores: Stores::Provider,
            executable,
            folder: "",
            environment: &[],
            port: None,
            architecture: "amd64",
        }
    }

    /// What stands around the bundle in an image. The program runs as nobody.
    pub fn frame(&self) -> Frame {
        let executable = format!("{}/{}", self.folder, self.executable);
        let environment = self.environment.iter();
        Frame {
            environment: environment.map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            working_dir: Some(format!("/{}", self.folder)),
            user: Some(NOBODY.into()),
            port: self.port,
            ..Frame::new(self.folder, &executable, self.architecture)
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
