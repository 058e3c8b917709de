//! What a container runs: an image, or a source archive on a base image. What is wrong with where
//! it is said to be is refused at once; what is wrong with what is there, the revision finds.

use std::io::Read;
use std::sync::Arc;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::problem;
use super::text;
use super::world::World;
use crate::gcp::error::Refusal;

/// A source archive's size: <https://cloud.google.com/run/docs/deploying-source-code>.
const LARGEST_SOURCE: usize = 250 << 20;

/// Base images, by the end of their name.
const BASES: [&str; 12] = [
    "osonly24",
    "osonly22",
    "python310",
    "python311",
    "python312",
    "python313",
    "python314",
    "nodejs20",
    "nodejs22",
    "nodejs24",
    "go124",
    "go125",
];

/// Whether a container says what it runs as Cloud Run wants it.
pub(super) fn check(
    body: &Value,
    container: &Value,
    path: &str,
    world: &mut dyn World,
) -> Result<(), Refusal> {
    let image = text::of(container, "/image");
    let base = text::of(container, "/baseImageUri");
    let Some(source) = container.get("sourceCode").filter(|source| source.is_object()) else {
        return match image {
            "" => Err(problem::field(&format!("{path}.image"), "image is required")),
            "scratch" => {
                let why = "image 'scratch' needs source_code";
                Err(problem::field(&format!("{path}.image"), why))
            }
            image if !is_reference(image) => {
                let why = format!("Expected a container image path, got '{image}'");
                Err(problem::field(&format!("{path}.image"), &why))
            }
            _ => Ok(()),
        };
    };
    if image != "scratch" {
        let why = "image must be 'scratch' when source_code is set";
        return Err(problem::field(&format!("{path}.image"), why));
    }
    if !["BETA", "ALPHA"].contains(&text::of(body, "/launchStage")) {
        let why = "source_code is in preview; launch_stage must be BETA";
        return Err(problem::field("launch_stage", why));
    }
    if !is_base(base) {
        let why = format!("Base image '{base}' is not supported.");
        return Err(problem::field(&format!("{path}.base_image_uri"), &why));
    }
    if text::of(container, "/command/0").is_empty() {
        let why = "command is required when source_code is set";
        return Err(problem::field(&format!("{path}.command"), why));
    }
    let place = &source["cloudStorageSource"];
    let found = object(place, world).ok_or_else(|| {
        let (bucket, object) = (text::of(place, "/bucket"), text::of(place, "/object"));
        let why = format!("Source object gs://{bucket}/{object} was not found.");
        problem::field(&format!("{path}.source_code.cloud_storage_source"), &why)
    })?;
    if found.len() <= LARGEST_SOURCE {
        return Ok(());
    }
    let why = format!("The source archive has {} bytes; at most 250 MiB are allowed.", found.len());
    Err(problem::field(&format!("{path}.source_code.cloud_storage_source"), &why))
}

/// What a container runs, with the reference by digest when it is an image.
///
/// # Errors
/// Why the revision cannot have it.
pub(super) fn load(
    container: &Value,
    world: &mut dyn World,
) -> Result<(Arc<Vec<u8>>, Option<String>), Refusal> {
    if container["sourceCode"].is_object() {
        let place = &container["sourceCode"]["cloudStorageSource"];
        let missing = || Refusal::not_found("The source archive was not found.");
        let archive = object(place, world).ok_or_else(missing)?;
        runnable(&archive, text::of(container, "/command/0"))?;
        return Ok((archive, None));
    }
    let reference = text::of(container, "/image");
    let image = world.image(reference)?;
    if image.platform != "linux/amd64" {
        let message = format!(
            "Cloud Run does not support image '{reference}': Container manifest type \
             'application/vnd.oci.image.manifest.v1+json' must support amd64/linux."
        );
        return Err(Refusal::precondition(message));
    }
    Ok((image.layers, Some(image.by_digest)))
}

fn object(place: &Value, world: &mut dyn World) -> Option<Arc<Vec<u8>>> {
    let generation =
        place["generation"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let generation = generation.or_else(|| place["generation"].as_i64().map(|n| n.to_string()));
    let (bucket, object) = (text::of(place, "/bucket"), text::of(place, "/object"));
    world.object(bucket, object, generation.as_deref())
}

/// Whether an archive is a gzipped tar with a command in it that can be executed.
fn runnable(archive: &[u8], command: &str) -> Result<(), Refusal> {
    let broken = || {
        let message = "The source archive could not be unpacked: it is not a gzipped tar archive.";
        Refusal::precondition(message)
    };
    let wanted = command.trim_start_matches("./").trim_start_matches('/');
    let mut tar = tar::Archive::new(GzDecoder::new(archive));
    let mut mode = None;
    for entry in tar.entries().map_err(|_| broken())? {
        let mut entry = entry.map_err(|_| broken())?;
        let path = entry.path().map_err(|_| broken())?.to_string_lossy().into_owned();
        if path.trim_start_matches("./") == wanted {
            mode = entry.header().mode().ok();
        }
        std::io::copy(&mut entry.by_ref(), &mut std::io::sink()).map_err(|_| broken())?;
    }
    match mode {
        Some(mode) if mode & 0o111 != 0 => Ok(()),
        Some(_) => Err(not_started(&format!("exec {command}: permission denied"))),
        None => Err(not_started(&format!("exec {command}: no such file or directory"))),
    }
}

/// The container could not even be created.
fn not_started(why: &str) -> Refusal {
    let message = format!(
        "The user-provided container failed to start and listen on the port defined provided by \
         the PORT=8080 environment variable within the allocated timeout. The container could not \
         be created: failed to resolve binary path: {why}"
    );
    Refusal::precondition(message)
}

fn is_base(base: &str) -> bool {
    let known = |name: &str| BASES.contains(&name);
    if known(base) {
        return true;
    }
    let Some((region, rest)) = base.split_once("-docker.pkg.dev/serverless-runtimes/") else {
        return false;
    };
    let stack = ["google-22", "google-24", "google-22-full", "google-24-full"];
    let mut parts = rest.split('/');
    super::region_is_known(region)
        && parts.next().is_some_and(|part| stack.contains(&part))
        && parts.next() == Some("runtimes")
        && parts.next().is_some_and(|name| known(name.split([':', '@']).next().unwrap_or_default()))
}

fn is_reference(image: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./:-_@".contains(&byte);
    !image.is_empty() && image.bytes().all(plain) && !image.starts_with(['/', ':', '.', '-'])
}
