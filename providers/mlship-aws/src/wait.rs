//! Waits until AWS has done what it was told, and says why when it could not.

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::find::function::{Readiness, readiness};
use crate::pace::Pace;

/// Waits until the function, or one version of it, is ready.
pub(crate) async fn until_ready(
    clients: &Clients,
    pace: &Pace,
    name: &str,
    version: Option<&str>,
) -> Result<(), ProviderError> {
    match until_still(clients, pace, name, version).await? {
        Readiness::Failed(why) => Err(not_up(name, why)),
        _ => Ok(()),
    }
}

/// The error for a function that AWS could not bring up.
pub(crate) fn not_up(name: &str, why: String) -> ProviderError {
    let of_the_image = why.starts_with("the image is not one");
    let mut error = failed(ErrorKind::Failed, "bring up the function", name, why);
    if of_the_image {
        let hint = "it must be one image, no index, for the function's architecture";
        error = error.with_hint(hint);
    }
    error.with_hint(
        "`mlship destroy --provider aws` and `mlship deploy --provider aws` start afresh",
    )
}

/// Waits until AWS is no longer at work on the function, whatever came of it.
pub(crate) async fn until_still(
    clients: &Clients,
    pace: &Pace,
    name: &str,
    version: Option<&str>,
) -> Result<Readiness, ProviderError> {
    let operation = "wait for the function";
    for _ in 0..pace.polls {
        // GetFunction may be called a hundred times a second, GetFunctionConfiguration fifteen.
        let call = clients.lambda.get_function().function_name(name);
        let found = call.set_qualifier(version.map(str::to_owned)).send().await;
        let found = found.doing(operation, name)?;
        let state = found.configuration().map_or(Readiness::Busy, readiness);
        if state != Readiness::Busy {
            return Ok(state);
        }
        tokio::time::sleep(pace.poll).await;
    }
    let seconds = pace.poll.as_secs_f64() * f64::from(pace.polls);
    let reason = format!("it was not ready after {seconds:.0} s");
    let error = failed(ErrorKind::Unavailable, operation, name, reason);
    Err(error.with_hint("run the same command again; it goes on where it stopped"))
}

/// A reason code in words, with AWS's own sentence where it has one.
pub(crate) fn why(code: Option<&str>, sentence: Option<&str>) -> String {
    let words = match code.unwrap_or_default() {
        "InvalidZipFileException" => "the zip cannot be opened",
        "ImageAccessDenied" => "Lambda may not read the image; the repository's policy forbids it",
        "ImageDeleted" => "the image is no longer in the repository",
        "InvalidImage" => "the image is not one that Lambda can run",
        "InvalidRuntime" => "the runtime is not supported any more",
        "InvalidEntryPoint" | "FunctionError.InvalidEntryPoint" => "`bootstrap` cannot be run",
        "FunctionError.InitTimeout" => "the program took too long to start",
        "FunctionError.PermissionDenied" => "`bootstrap` is not executable",
        "FunctionError.RuntimeExitError" | "FunctionError.ExtensionInitError" => {
            "the program ended while it started"
        }
        "InsufficientRolePermissions" => "the role lacks a permission",
        "InvalidConfiguration" => "the settings do not go together",
        "KMSKeyNotFound" | "KMSKeyAccessDenied" | "InvalidStateKMSKey" | "DisabledKMSKey" => {
            "the encryption key cannot be used"
        }
        "InternalError" => "AWS failed",
        "Restoring" | "Creating" | "Idle" => "it is still starting",
        _ => "AWS could not bring it up",
    };
    match (code, sentence) {
        (_, Some(sentence)) => format!("{words}: {}", sentence.trim_end_matches('.')),
        (Some(code), None) => format!("{words} ({code})"),
        (None, None) => words.to_owned(),
    }
}
