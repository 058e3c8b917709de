//! Reads a base image's description: of one platform, every byte checked by its digest.

use mlship_core::image::{Base, Layer};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use crate::answer::Call;
use crate::connection::{Access, Connection};
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::login::Login;
use crate::manifest::{self, ACCEPTED, Descriptor, Document, Manifest};
use crate::platform::Platform;
use crate::reference::Reference;

/// The largest configuration that is read, in bytes.
const CONFIG: u64 = 8 << 20;

const OPERATION: &str = "read the base image";

/// Layers that an image can be built on.
const LAYERS: [&str; 4] = [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
];

/// Reads a base image, without its layers' bytes. A tag becomes the digest it stands for now, an
/// index the image of the one platform.
///
/// # Errors
/// It is not there or for other platforms, its bytes are not those of its digests, or the registry
/// does not give them.
pub async fn pull_base(
    reference: &Reference,
    platform: &Platform,
    login: &Login,
) -> Result<Base, RegistryError> {
    let connection = Connection::new(reference, login, &Access::Pull)?;
    let call = Call::new(OPERATION, reference);
    let (mut digest, mut document) = fetch(&connection, &call, reference).await?;
    if let Document::Index(entries) = &document {
        let entry = matching(&call, entries, platform)?;
        let chosen = reference.at(&entry.digest(&call)?);
        (digest, document) = fetch(&connection, &call, &chosen).await?;
    }
    let Document::Image { media_type, manifest } = document else {
        return Err(call.error(ErrorKind::Refused, "its index leads to another index"));
    };
    let config = config(&connection, &call, &manifest, platform).await?;
    let layers = layers(&call, &manifest, &config)?;
    Ok(Base { reference: reference.at(&digest).to_string(), media_type, config, layers })
}

async fn fetch(
    connection: &Connection,
    call: &Call,
    reference: &Reference,
) -> Result<(Digest, Document), RegistryError> {
    let url = connection.url(&format!("manifests/{}", reference.asked()));
    let make = |client: &reqwest::Client| client.get(url.clone()).header(ACCEPT, ACCEPTED);
    let (headers, bytes) = connection.get(call, &make, manifest::LARGEST).await?;
    let digest = Digest::of(&bytes);
    let told = headers.get("docker-content-digest").and_then(|value| value.to_str().ok());
    let expected = reference.digest().or(told.filter(|told| told.starts_with("sha256:")));
    if let Some(expected) = expected
        && expected != digest.as_str()
    {
        let reason = format!("its manifest is `{digest}`, not `{}`", expected.escape_debug());
        return Err(call.error(ErrorKind::Digest, reason));
    }
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim();
    Ok((digest, manifest::read(call, said, &bytes)?))
}

fn matching<'e>(
    call: &Call,
    entries: &'e [Descriptor],
    platform: &Platform,
) -> Result<&'e Descriptor, RegistryError> {
    let fits = |entry: &&Descriptor| entry.platform.as_ref().is_some_and(|at| platform.takes(at));
    entries.iter().find(fits).ok_or_else(|| {
        let there: Vec<String> = entries
            .iter()
            .filter_map(|entry| entry.platform.as_ref())
            // Attestations are listed so.
            .filter(|at| at.os != "unknown")
            .map(|at| format!("`{}`", at.to_string().escape_debug()))
            .take(32)
            .collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        let reason = format!("there is none for `{platform}`; it is there for {there}");
        call.error(ErrorKind::Platform, reason)
    })
}

async fn config(
    connection: &Connection,
    call: &Call,
    manifest: &Manifest,
    platform: &Platform,
) -> Result<Value, RegistryError> {
    let digest = manifest.config.digest(call)?;
    let url = connection.url(&format!("blobs/{digest}"));
    let make = |client: &reqwest::Client| client.get(url.clone());
    let (_, bytes) = connection.get(call, &make, CONFIG).await?;
    let got = Digest::of(&bytes);
    if got != digest {
        let reason = format!("its configuration is `{got}`, not `{digest}`");
        return Err(call.error(ErrorKind::Digest, reason));
    }
    let config: Value = serde_json::from_slice(&bytes).map_err(|error| {
        call.error(ErrorKind::Refused, format!("its configuration cannot be read: {error}"))
    })?;
    let word = |key: &str| config[key].as_str().map(str::to_owned);
    let at = Platform {
        os: word("os").unwrap_or_default(),
        architecture: word("architecture").unwrap_or_default(),
        variant: word("variant"),
    };
    if platform.takes(&at) {
        return Ok(config);
    }
    let reason = format!("it is for `{}`, not for `{platform}`", at.to_string().escape_debug());
    Err(call.error(ErrorKind::Platform, reason))
}

fn layers(call: &Call, manifest: &Manifest, config: &Value) -> Result<Vec<Layer>, RegistryError> {
    let unpacked = config["rootfs"]["diff_ids"].as_array().map_or(0, Vec::len);
    if unpacked != manifest.layers.len() {
        let count = manifest.layers.len();
        let reason = format!("it has {count} layers, and its configuration names {unpacked}");
        return Err(call.error(ErrorKind::Refused, reason));
    }
    let layer = |layer: &Descriptor| {
        if !LAYERS.contains(&layer.media_type.as_str()) {
            let kind = layer.media_type.escape_debug();
            let reason = format!("it has a layer of the type `{kind}`, which cannot be copied");
            return Err(call.error(ErrorKind::Refused, reason));
        }
        let digest = layer.digest(call)?.to_string();
        Ok(Layer { media_type: layer.media_type.clone(), digest, bytes: layer.size })
    };
    manifest.layers.iter().map(layer).collect()
}
