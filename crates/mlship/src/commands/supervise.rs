//! The hidden command that keeps a local service running after `deploy` has ended.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

/// `mlship local-supervisor`
#[derive(Debug, Args)]
pub(crate) struct SuperviseArgs {
    /// The service's state folder
    folder: PathBuf,
}

pub(crate) fn run(args: SuperviseArgs) -> Result<(), Failure> {
    mlship_local::supervise(&args.folder).map_err(|error| Failure::internal(error.to_string()))
}
