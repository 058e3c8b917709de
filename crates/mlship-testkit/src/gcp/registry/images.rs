//! The processes that keep images, and what is in them.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::gate;
use crate::cloud::registries;
use crate::gcp::error::Refusal;
use crate::gcp::state::State;
use crate::registry::{Registry, get, layers};

/// An image that a repository has.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// The reference by digest.
    pub(crate) by_digest: String,
    /// Such as `linux/amd64`.
    pub(crate) platform: String,
    /// The tars of all layers, one after the other.
    pub(crate) layers: Arc<Vec<u8>>,
}

/// The process behind a repository; `None` when there is no such repository. One whose repository
/// has gone is given up, and its images with it.
pub(super) fn process<'s>(state: &'s mut State, repository: &str) -> Option<&'s Registry> {
    let made = state.made.get(repository)?.clone();
    let alive: Vec<String> = state.made.values().cloned().collect();
    state.registries.keep(&alive);
    Some(state.registries.of(made))
}

/// Where a process keeps a package: its manifests by digest, its tags, its layers.
pub(super) fn folder(registry: &Registry, repository: &str, package: &str) -> Option<PathBuf> {
    let harmless = !package.is_empty()
        && !package.split('/').any(|word| word.is_empty() || word.starts_with('.'));
    let all = registry.storage().join("docker/registry/v2/repositories");
    harmless.then(|| all.join(path_of(repository)).join(package))
}

/// `PROJECT/REPOSITORY`, as images of it are named.
pub(super) fn path_of(repository: &str) -> String {
    let words: Vec<&str> = repository.split('/').collect();
    format!("{}/{}", words.get(1).unwrap_or(&""), words.get(5).unwrap_or(&""))
}

/// The names of packages of a repository, without the repository's.
pub(super) fn packages(state: &mut State, repository: &str) -> Vec<String> {
    let within = format!("{}/", path_of(repository));
    let Some(address) = process(state, repository).map(Registry::address) else {
        return Vec::new();
    };
    let names = registries::repositories(address);
    let mut own: Vec<String> =
        names.iter().filter_map(|name| name.strip_prefix(&within)).map(str::to_owned).collect();
    own.retain(|package| !digests(state, repository, package).is_empty());
    own
}

/// The digests of a package's manifests.
pub(super) fn digests(state: &mut State, repository: &str, package: &str) -> Vec<String> {
    let folder = process(state, repository).and_then(|it| folder(it, repository, package));
    let Some(folder) = folder else { return Vec::new() };
    let entries = fs::read_dir(folder.join("_manifests/revisions/sha256")).into_iter().flatten();
    // A manifest that was removed leaves its folder.
    let linked = entries.flatten().filter(|entry| entry.path().join("link").exists());
    let mut all: Vec<String> =
        linked.map(|entry| format!("sha256:{}", entry.file_name().to_string_lossy())).collect();
    all.sort();
    all
}

/// The tags of a package, each with its digest.
pub(super) fn tags(state: &mut State, repository: &str, package: &str) -> Vec<(String, String)> {
    let folder = process(state, repository).and_then(|it| folder(it, repository, package));
    let Some(folder) = folder else { return Vec::new() };
    let entries = fs::read_dir(folder.join("_manifests/tags")).into_iter().flatten().flatten();
    let mut all: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let digest = fs::read_to_string(entry.path().join("current/link")).ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), digest))
        })
        .collect();
    all.sort();
    all
}

/// What is under a reference: `HOST/PROJECT/REPOSITORY/NAME@sha256:...` or with a tag.
///
/// # Errors
/// When nothing is, in Cloud Run's words.
pub(crate) fn image(state: &mut State, reference: &str) -> Result<Image, Refusal> {
    let missing = || Refusal::not_found(format!("Image '{reference}' not found."));
    let (server, rest) = reference.split_once('/').ok_or_else(missing)?;
    let (path, version) = match rest.split_once('@') {
        // A tag beside a digest says nothing.
        Some((path, digest)) => (path.split(':').next().unwrap_or(path), digest),
        None => rest.rsplit_once(':').unwrap_or((rest, "latest")),
    };
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let repository = gate::repository(host, path).ok_or_else(missing)?;
    let address = process(state, &repository).map(Registry::address).ok_or_else(missing)?;
    read(address, server, path, version).ok_or_else(missing)
}

fn read(address: SocketAddr, server: &str, path: &str, version: &str) -> Option<Image> {
    let manifest = get(address, &format!("/v2/{path}/manifests/{version}"))?;
    let digest: String =
        Sha256::digest(&manifest).iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    let config = manifest["config"]["digest"].as_str()?;
    let config = get(address, &format!("/v2/{path}/blobs/{config}"))?;
    let config: Value = serde_json::from_slice(&config).ok()?;
    let word = |name: &str| config[name].as_str().unwrap_or("unknown").to_owned();
    Some(Image {
        by_digest: format!("{server}/{path}@sha256:{digest}"),
        platform: format!("{}/{}", word("os"), word("architecture")),
        layers: Arc::new(layers(address, path, version)?),
    })
}

/// `image PROJECT/REPOSITORY/NAME@DIGEST` for all that there are.
pub(crate) fn contents(state: &mut State) -> Vec<String> {
    let mut all = Vec::new();
    for repository in super::names(state) {
        // A repository that nobody used has no process yet, and needs none.
        if !state.made.get(&repository).is_some_and(|made| state.registries.has(made)) {
            continue;
        }
        for package in packages(state, &repository) {
            for digest in digests(state, &repository, &package) {
                all.push(format!("image {}/{package}@{digest}", path_of(&repository)));
            }
        }
    }
    all
}
