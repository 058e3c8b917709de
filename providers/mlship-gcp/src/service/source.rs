//! The archive that Cloud Run runs as it is: an object of the service's bucket, by its digest.

use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;

use super::store::Store;
use super::template::Program;
use super::wanted::{Wanted, step};
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;
use crate::rest::storage::{Object, Upload};

/// The largest archive that is run as it is, in bytes.
/// Source: [`PAGE`], 2026-11-20.
const LARGEST: u64 = 250 << 20;
const PAGE: &str = "https://docs.cloud.google.com/run/docs/deploying-source-code";

/// The object of a release, if it is there.
pub(crate) async fn look(
    cloud: &Cloud,
    wanted: &Wanted,
    release: &Release,
    store: &Store,
) -> Result<Option<Object>, ProviderError> {
    refuse_large(wanted, release)?;
    if !store.is_there() {
        return Ok(None);
    }
    let name = Place::source_object(&wanted.stamp.package_sha256);
    cloud.rest.object(&wanted.place.bucket(), &name).await
}

fn refuse_large(wanted: &Wanted, release: &Release) -> Result<(), ProviderError> {
    let bytes = release.artifact.packed_bytes;
    if bytes <= LARGEST {
        return Ok(());
    }
    let reason =
        format!("the archive has {} MiB, and Cloud Run takes 250", bytes.div_ceil(1 << 20));
    let error = failed(ErrorKind::Refused, "deploy", &wanted.place.service, reason);
    let error = error.with_hint("fetch the model at start: `delivery: fetch` under `model`");
    let error = error
        .with_hint("or run it from an image, which may be larger: `kind: cloud-run-image`")
        .with_hint(format!("the limit is Google's: {PAGE}"));
    Err(error)
}

pub(crate) fn steps(object: Option<&Object>, wanted: &Wanted) -> Option<Step> {
    let name = Place::source_object(&wanted.stamp.package_sha256);
    object.is_none().then(|| step(Verb::Upload, "source", name))
}

/// Sends it, unless it is there.
pub(crate) async fn make(
    cloud: &Cloud,
    wanted: &Wanted,
    release: &Release,
    object: Option<&Object>,
    progress: &dyn Progress,
) -> Result<Program, ProviderError> {
    let (bucket, artifact) = (wanted.place.bucket(), &release.artifact);
    let name = Place::source_object(&wanted.stamp.package_sha256);
    let generation = match object {
        Some(object) => object.generation,
        None => {
            progress.step("upload the source");
            let upload = Upload {
                bucket: &bucket,
                name: &name,
                path: &artifact.path,
                content_type: "application/gzip",
                sha256: &artifact.sha256,
            };
            let sent = |sent| progress.bytes(sent, artifact.packed_bytes);
            cloud.rest.upload(upload, &sent).await?.generation
        }
    };
    let region = wanted.place.region.clone();
    let base = wanted.base.clone();
    Ok(Program::Source { region, base, bucket, object: name, generation })
}
