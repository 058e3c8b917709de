//! Getting at an image: where it is, who may have it, and what is in it.

use std::sync::Arc;

use serde_json::Value;

use super::super::state::State;
use super::{gate, identities, registries, roles};
use crate::registry::layers;

/// The layers' tars of an image, one after the other, whoever asks; `None` when there is none.
pub(in super::super) fn image(state: &mut State, reference: &str) -> Option<Arc<Vec<u8>>> {
    if let Some(planted) = state.images.get(reference) {
        return Some(Arc::clone(planted));
    }
    let place = Place::of(reference)?;
    let host = place.server.rsplit_once(':').map_or(place.server, |(host, _)| host).to_lowercase();
    let registry = state.named(registries::KIND, gate::named(&host)?)?.id.clone();
    let address = registries::address(state, &registry)?;
    layers(address, place.repository, place.version).map(Arc::new)
}

/// The same for something that runs it: with the identity that it pulls with, if any, out of those
/// that it has.
///
/// # Errors
/// Why it does not get it, as a registry would say.
pub(in super::super) fn pulled(
    state: &mut State,
    reference: &str,
    identity: &Value,
    with: Option<&str>,
) -> Result<Arc<Vec<u8>>, String> {
    if let Some(planted) = state.images.get(reference) {
        return Ok(Arc::clone(planted));
    }
    let place = Place::of(reference).ok_or_else(|| format!("`{reference}` is no image"))?;
    let unauthorized = format!(
        "GET https:?scope=repository%3A{}%3Apull&service={}: UNAUTHORIZED: authentication \
         required, visit https://aka.ms/acr/authorization for more information.",
        place.repository.replace('/', "%2F"),
        place.server
    );
    let host = place.server.rsplit_once(':').map_or(place.server, |(host, _)| host).to_lowercase();
    let registry = gate::named(&host).and_then(|name| state.named(registries::KIND, name));
    let Some(registry) = registry.map(|registry| registry.id.text.clone()) else {
        return Err(format!("Get \"https://{}/v2/\": no such host", place.server));
    };
    let principal = with.and_then(|with| identities::principal_of(identity, with));
    if !principal.is_some_and(|it| roles::has(state, &it, roles::ACR_PULL, &registry)) {
        return Err(unauthorized);
    }
    image(state, reference).ok_or_else(|| {
        let (how, version) = (place.how(), place.version);
        format!("MANIFEST_UNKNOWN: manifest {how} by \"{version}\" is not found")
    })
}

/// The parts of an image's name.
struct Place<'r> {
    server: &'r str,
    repository: &'r str,
    /// A tag or a digest.
    version: &'r str,
}

impl<'r> Place<'r> {
    fn of(reference: &'r str) -> Option<Self> {
        let (server, rest) = reference.split_once('/')?;
        let (repository, version) = match rest.split_once('@') {
            // A tag beside a digest says nothing.
            Some((name, digest)) => (name.split(':').next()?, digest),
            None => rest.rsplit_once(':').unwrap_or((rest, "latest")),
        };
        Some(Self { server, repository, version })
    }

    fn how(&self) -> &'static str {
        if self.version.contains(':') { "identified" } else { "tagged" }
    }
}

/// The host of the registry that an image is in, with its port.
pub(super) fn server(reference: &str) -> &str {
    reference.split('/').next().unwrap_or_default()
}
