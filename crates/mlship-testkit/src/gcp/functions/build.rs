//! What the build of a function finds: Google's buildpacks look for the file and the framework of
//! a runtime.

use std::io::{Cursor, Read};

use crate::gcp::error::Refusal;
use crate::gcp::run::Place;

/// Runtimes that can still be deployed.
const RUNTIMES: [&str; 21] = [
    "dotnet8",
    "go122",
    "go123",
    "go124",
    "go125",
    "java17",
    "java21",
    "nodejs18",
    "nodejs20",
    "nodejs22",
    "nodejs24",
    "php82",
    "php83",
    "php84",
    "python310",
    "python311",
    "python312",
    "python313",
    "python314",
    "ruby33",
    "ruby34",
];

/// The largest archive that is unpacked to be looked at.
const LARGEST_FILE: u64 = 16 << 20;

/// Refused at once when there is no such runtime.
pub(super) fn check_runtime(runtime: &str) -> Result<(), Refusal> {
    if RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    let message = format!(
        "Could not validate the function: runtime: Runtime validation errors: [error_code: \
         INVALID_RUNTIME message: \"Runtime \\\"{runtime}\\\" is not supported on GCF Gen2\"]"
    );
    Err(Refusal::invalid(message))
}

/// What comes of a build.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Built {
    /// An image that starts.
    Good,
    /// An image without the function that it is to serve.
    WithoutEntry(String),
}

/// Builds a zip for a runtime.
///
/// # Errors
/// What the build ends with.
pub(super) fn build(
    source: &[u8],
    runtime: &str,
    entry: &str,
    place: &Place,
) -> Result<Built, Refusal> {
    let failed = |why: &str| {
        Refusal::invalid(format!(
            "Build failed with status: FAILURE and message: {why} For more details see the logs at \
             https://console.cloud.google.com/cloud-build/builds;region={}/\
             00000000-0000-4000-8000-000000000000?project={}.",
            place.region,
            crate::gcp::NUMBER
        ))
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(source))
        .map_err(|_| failed("could not unpack the source: it is not a zip archive."))?;
    let language = runtime.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (file, missing) = match language {
        "python" => (
            "main.py",
            "missing main.py and GOOGLE_FUNCTION_SOURCE not specified. Either create the function \
             in main.py or specify GOOGLE_FUNCTION_SOURCE to point to the file that contains the \
             function.",
        ),
        "nodejs" => ("index.js", "function.js does not exist."),
        _ => return Ok(Built::Good),
    };
    let Ok(found) = archive.by_name(file) else { return Err(failed(missing)) };
    let mut text = String::new();
    found
        .take(LARGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|_| failed(&format!("{file} is not text.")))?;
    if defines(&text, entry) {
        return Ok(Built::Good);
    }
    Ok(Built::WithoutEntry(format!(
        "File /workspace/{file} is expected to contain a function named '{entry}'."
    )))
}

/// Whether a file says a name as a word at all: that is as far as is looked.
fn defines(text: &str, name: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.split(|letter| !part(letter)).any(|word| word == name)
}
