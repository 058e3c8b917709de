//! What stands around a bundle in its image: folders, command, environment, platform.

use std::collections::BTreeMap;

use serde::Serialize;

/// Where a bundle is put in an image, and how the image is run.
///
/// What is `None` or empty is the base's, or, without a base, not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Folder of the bundle, without a leading slash: `var/task`. Empty is the image's top.
    pub folder: String,
    /// Path of the runtime's binary, without a leading slash: `var/task/bootstrap`. The executable
    /// file of [`crate::Part::Runtime`] is put there, whatever it is called in the contents.
    pub executable: String,
    /// What is started. The base's command does not outlive a new entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// What is started, or the entrypoint's arguments.
    pub command: Option<Vec<String>>,
    /// Environment, by name; the base's variables of other names stay.
    pub environment: BTreeMap<String, String>,
    /// Absolute path in which the command starts.
    pub working_dir: Option<String>,
    /// User, and maybe group: `65532:65532`.
    pub user: Option<String>,
    /// The TCP port that is listened on.
    pub port: Option<u16>,
    /// Labels, by name; the base's labels of other names stay.
    pub labels: BTreeMap<String, String>,
    /// What machines it runs on, in an image's words: `amd64` or `arm64`.
    pub architecture: String,
    /// Whose media types it has. An image upon a base in Docker's form is in Docker's form.
    pub form: Form,
}

impl Frame {
    /// The least: a bundle in `folder` whose runtime is at `executable`, which is started.
    pub fn new(folder: &str, executable: &str, architecture: &str) -> Self {
        Self {
            folder: folder.into(),
            executable: executable.into(),
            entrypoint: Some(vec![format!("/{executable}")]),
            command: None,
            environment: BTreeMap::new(),
            working_dir: None,
            user: None,
            port: None,
            labels: BTreeMap::new(),
            architecture: architecture.into(),
            form: Form::Oci,
        }
    }
}

/// Whose media types an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// OCI's (<https://github.com/opencontainers/image-spec/blob/main/media-types.md>).
    Oci,
    /// Docker's version 2, schema 2 (<https://distribution.github.io/distribution/spec/manifest-v2-2/>).
    Docker,
}
