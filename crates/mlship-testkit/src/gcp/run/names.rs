//! Where things are: `projects/P/locations/L/services/S`, and what may be called what.

use super::problem;
use crate::gcp::error::Refusal;

/// A project and a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gcp) struct Place {
    pub(in crate::gcp) project: String,
    pub(in crate::gcp) region: String,
}

/// Regions that have Cloud Run, with the letters in their addresses.
const REGIONS: [(&str, &str); 20] = [
    ("asia-east1", "de"),
    ("asia-northeast1", "an"),
    ("asia-northeast3", "du"),
    ("asia-south1", "el"),
    ("asia-southeast1", "as"),
    ("australia-southeast1", "ts"),
    ("europe-north1", "lz"),
    ("europe-southwest1", "no"),
    ("europe-west1", "ew"),
    ("europe-west2", "nw"),
    ("europe-west3", "ey"),
    ("europe-west4", "ez"),
    ("europe-west6", "oa"),
    ("europe-west9", "od"),
    ("northamerica-northeast1", "nn"),
    ("southamerica-east1", "rj"),
    ("us-central1", "uc"),
    ("us-east1", "ue"),
    ("us-east4", "uk"),
    ("us-west1", "uw"),
];

/// The letters of a region in an address; `xx` for one that there is not.
pub(in crate::gcp) fn region_code(region: &str) -> &'static str {
    REGIONS.iter().find(|(name, _)| *name == region).map_or("xx", |(_, code)| code)
}

/// Whether there is such a region.
pub(in crate::gcp) fn region_is_known(region: &str) -> bool {
    REGIONS.iter().any(|(name, _)| *name == region)
}

impl Place {
    /// Out of `projects/P/locations/L` and whatever follows.
    pub(in crate::gcp) fn of(name: &str) -> Option<Self> {
        let mut parts = name.split('/');
        match [parts.next()?, parts.next()?, parts.next()?, parts.next()?] {
            ["projects", project, "locations", region] => {
                Some(Self { project: project.to_owned(), region: region.to_owned() })
            }
            _ => None,
        }
    }

    pub(in crate::gcp) fn parent(&self) -> String {
        format!("projects/{}/locations/{}", self.project, self.region)
    }

    pub(in crate::gcp) fn service(&self, id: &str) -> String {
        format!("{}/services/{id}", self.parent())
    }

    /// Refused when there is no such region.
    pub(in crate::gcp) fn check(&self) -> Result<(), Refusal> {
        if region_is_known(&self.region) {
            return Ok(());
        }
        let message =
            format!("Permission denied on 'locations/{}' (or it may not exist).", self.region);
        Err(Refusal::denied(message))
    }
}

/// What a service may be called.
pub(super) fn check_service(id: &str) -> Result<(), Refusal> {
    if is_label(id) && id.len() < 50 {
        return Ok(());
    }
    let why = "only lowercase, digits, and hyphens; must begin with letter, and cannot end with \
               hyphen; must be less than 50 characters";
    let message = format!("Violation in CreateServiceRequest.service_id: invalid value: \"{id}\"");
    Err(Refusal::invalid(format!("{message}: {why}")))
}

/// What a revision of a service may be called.
pub(super) fn check_revision(id: &str, service: &str) -> Result<(), Refusal> {
    let path = "template.revision";
    if !id.starts_with(&format!("{service}-")) {
        let why = format!("Revision name must be prefixed by the service name '{service}-'");
        return Err(problem::field(path, &why));
    }
    if is_label(id) && id.len() <= 63 {
        return Ok(());
    }
    let why = "must use only lowercase alphanumeric characters and dashes, cannot begin or end \
               with a dash, and cannot be longer than 63 characters";
    Err(problem::field(path, why))
}

/// What a tag may be called: with the service's name it becomes the label of a host.
pub(super) fn check_tag(tag: &str, service: &str, path: &str) -> Result<(), Refusal> {
    if !is_label(tag) {
        let why = "tag must use only lowercase alphanumeric characters and dashes, must begin \
                   with a letter, and cannot end with a dash";
        return Err(problem::field(path, why));
    }
    if tag.len() + service.len() <= 46 {
        return Ok(());
    }
    let why = "the combined length of the tag and the service name may not be longer than 46 \
               characters";
    Err(problem::field(path, why))
}

fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().all(plain)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}
