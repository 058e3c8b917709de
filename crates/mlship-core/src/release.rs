//! What a deploy is given: a project, the artifact made of it, and the samples to accept it by.

use crate::artifact::{Artifact, Fetched};
use crate::project::Project;
use crate::sample::Sample;
use crate::share::Share;

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
    /// What must be in the provider's object storage before a version of it starts.
    pub fetched: Vec<Fetched>,
    /// How much of the traffic the new version gets when it is up.
    pub share: Share,
}
