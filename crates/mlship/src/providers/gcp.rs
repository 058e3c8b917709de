//! What Google Cloud takes from the manifest and the environment.

mod layout;

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
        identity: identity(variable)?,
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

/// Application default credentials: the file that is named, else the one that `gcloud` wrote, else
/// the account of the machine.
/// Source: <https://cloud.google.com/docs/authentication/application-default-credentials>.
fn identity(variable: impl Fn(&str) -> Option<String>) -> Result<Identity, Failure> {
    let named = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    let own = variable("HOME")
        .map(|home| Path::new(&home).join(".config/gcloud/application_default_credentials.json"));
    let Some(file) = named.or(own.filter(|file| file.exists())) else {
        return Ok(Identity::Default);
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
        fs::write(own.join("application_default_credentials.json"), r#"{"type": "own"}"#).unwrap();
        assert!(matches!(found(&[home_at]), Ok(Identity::Json(json)) if json["type"] == "own"));
        fs::write(&named, r#"{"type": "named"}"#).unwrap();
        let first = found(&[home_at, named_at]);
        assert!(matches!(first, Ok(Identity::Json(json)) if json["type"] == "named"));
        fs::write(&named, "no json").unwrap();
        assert!(found(&[named_at]).is_err());
    }
}
