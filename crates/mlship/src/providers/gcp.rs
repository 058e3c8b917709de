//! What Google Cloud takes from the manifest and the environment.

mod layout;
mod machine;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mlship_core::finding::{Finding, Report};
use mlship_gcp::{Adopt, Config, Identity, Options, Pace};

use super::check_target;
use crate::cli::Foreign;
use crate::context::Loaded;
use crate::failure::Failure;
use crate::release::registry;

pub(super) use layout::layout;
pub(super) use machine::misfits;

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

/// Where Google Cloud answers, and as whom to sign in.
pub(super) fn options(foreign: Foreign) -> Result<Options, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let poll = variable("MLSHIP_GCP_POLL_MS").and_then(|text| text.parse().ok());
    Ok(Options {
        endpoint: variable("MLSHIP_GCP_ENDPOINT"),
        identity: identity(|name| std::env::var(name).ok())?,
        logins: registry::sources(),
        pace: poll.map_or_else(Pace::default, |ms| Pace {
            poll: Duration::from_millis(ms),
            ..Pace::default()
        }),
        adopt: match foreign {
            Foreign::Refuse => Adopt::Refuse,
            Foreign::Adopt => Adopt::Take,
        },
    })
}

/// The variable that names a file of credentials.
const NAMED: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// Application default credentials: the file that is named, else the one that `gcloud` wrote, else
/// the account of the machine.
/// Source: <https://cloud.google.com/docs/authentication/application-default-credentials>.
fn identity(variable: impl Fn(&str) -> Option<String>) -> Result<Identity, Failure> {
    let named = variable(NAMED);
    // A variable that is there and empty is as good as none: CI writes it so. The vendor's crate
    // would look for a file without a name.
    let is_empty = named.as_ref().is_some_and(String::is_empty);
    let named = named.filter(|file| !file.is_empty()).map(PathBuf::from);
    let own = variable("HOME")
        .filter(|home| !home.is_empty())
        .map(|home| Path::new(&home).join(".config/gcloud/application_default_credentials.json"));
    let Some(file) = named.or(own.filter(|file| file.exists())) else {
        return Ok(if is_empty { Identity::Machine } else { Identity::Default });
    };
    let unusable = |why: String| {
        let words = format!("the credentials in `{}` cannot be used: {why}", file.display());
        Failure::credentials(words)
            .hint("sign in with `gcloud auth application-default login`")
            .hint("or name another file in `GOOGLE_APPLICATION_CREDENTIALS`")
    };
    let text = fs::read(&file).map_err(|error| unusable(error.to_string()))?;
    let json = serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?;
    Ok(Identity::Json(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join(".config/gcloud");
        fs::create_dir_all(&own).unwrap();
        let named = home.path().join("named.json");
        let found = |variables: &[(&str, &Path)]| {
            identity(|name| {
                let (_, value) = variables.iter().find(|(key, _)| *key == name)?;
                Some(value.to_str().unwrap().to_owned())
            })
        };
        let home_at = ("HOME", home.path());
        let named_at = ("GOOGLE_APPLICATION_CREDENTIALS", named.as_path());
        assert!(matches!(found(&[home_at]), Ok(Identity::Default)));
        assert!(found(&[home_at, named_at]).is_err(), "it is not there");
        let empty = ("GOOGLE_APPLICATION_CREDENTIALS", Path::new(""));
        assert!(matches!(found(&[home_at, empty]), Ok(Identity::Machine)), "as if it were unset");
        fs::write(own.join("application_default_credentials.json"), r#"{"type": "own"}"#).unwrap();
        assert!(matches!(found(&[home_at]), Ok(Identity::Json(json)) if json["type"] == "own"));
        let unnamed = found(&[home_at, empty]);
        assert!(matches!(unnamed, Ok(Identity::Json(json)) if json["type"] == "own"));
        fs::write(&named, r#"{"type": "named"}"#).unwrap();
        let first = found(&[home_at, named_at]);
        assert!(matches!(first, Ok(Identity::Json(json)) if json["type"] == "named"));
        fs::write(&named, "no json").unwrap();
        assert!(found(&[named_at]).is_err());
    }
}
