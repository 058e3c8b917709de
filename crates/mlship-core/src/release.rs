//! What a deploy is given: a project, the artifact made of it, and the samples to accept it by.

use crate::artifact::Artifact;
use crate::project::Project;
use crate::sample::Sample;

/// A project packed and ready to be deployed.
#[derive(Debug, Clone)]
pub struct Release {
    /// What the user wants served.
    pub project: Project,
    /// What is shipped.
    pub artifact: Artifact,
    /// What it must answer before traffic moves to it.
    pub samples: Vec<Sample>,
    /// The commit it was made from, when the project is under git.
    pub git_revision: Option<String>,
}
