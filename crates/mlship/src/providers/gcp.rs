//! What Google Cloud takes from the manifest and the environment.

mod layout;

use std::cell::RefCell;
use std::time::Duration;

use mlship_core::finding::{Finding, Report};
use mlship_gcp::{Adopt, Config, Options, Pace};

use super::check_target;
use crate::cli::Foreign;
use crate::context::Loaded;
use crate::failure::Failure;
use crate::release::registry;

pub(super) use layout::layout;

/// The table of the manifest, which must be there: it names the project and the region.
pub(super) fn config(loaded: &Loaded) -> Result<Config, Failure> {
    check_target("gcp", loaded)?;
    let target = loaded.project.targets.get("gcp");
    target.and_then(|target| Config::read(target, &RefCell::default())).ok_or_else(|| {
        let finding = Finding::error("manifest/missing", "`targets.gcp` is missing").hint(
            "it names the project and the region: \
             `targets: { gcp: { project: my-project, region: europe-west1 } }`",
        );
        Failure::Manifest { report: Report(vec![finding]), source: Some(loaded.source.clone()) }
    })
}

/// Where Google Cloud answers. Who one is the vendor's own crate finds out.
pub(super) fn options(foreign: Foreign) -> Options {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let poll = variable("MLSHIP_GCP_POLL_MS").and_then(|text| text.parse().ok());
    Options {
        endpoint: variable("MLSHIP_GCP_ENDPOINT"),
        logins: registry::sources(),
        pace: poll.map_or_else(Pace::default, |ms| Pace {
            poll: Duration::from_millis(ms),
            ..Pace::default()
        }),
        adopt: match foreign {
            Foreign::Refuse => Adopt::Refuse,
            Foreign::Adopt => Adopt::Take,
        },
        ..Options::default()
    }
}
