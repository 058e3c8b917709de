//! A project for rules alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::settle::{finish, started, take};
use super::super::{Change, Image, Persist, Place, Services, World, create, patch};
use crate::gcp::error::Refusal;

pub(super) const NAME: &str = "projects/research-1/locations/europe-west1/services/iris";

#[derive(Default)]
pub(super) struct Around {
    pub(super) services: Services,
    pub(super) set: Set,
}

/// What is there, and what is forbidden.
#[derive(Default)]
pub(super) struct Set {
    pub(super) denied: BTreeSet<&'static str>,
    pub(super) objects: BTreeMap<String, Vec<u8>>,
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) platform: Option<&'static str>,
}

impl World for Set {
    fn denies(&self, permission: &str) -> bool {
        self.denied.contains(permission)
    }
    fn forbids(&self, policy: &str) -> bool {
        self.denied.contains(policy)
    }
    fn exhausted(&self, quota: &str) -> bool {
        self.denied.contains(quota)
    }
    fn lacks_gpu(&self, region: &str) -> bool {
        self.denied.contains(region)
    }
    fn secret(&self, _: &str, name: &str, version: &str) -> Option<String> {
        self.secrets.get(&format!("{name}:{version}")).cloned()
    }
    fn object(&mut self, bucket: &str, object: &str, _: Option<&str>) -> Option<Arc<Vec<u8>>> {
        self.objects.get(&format!("{bucket}/{object}")).cloned().map(Arc::new)
    }
    fn image(&mut self, reference: &str) -> Result<Image, Refusal> {
        if reference.contains("missing") {
            return Err(Refusal::not_found(format!("Image '{reference}' not found.")));
        }
        let platform = self.platform.unwrap_or("linux/amd64").to_owned();
        let by_digest = format!("{reference}@sha256:00");
        Ok(Image { by_digest, platform, layers: Arc::new(reference.as_bytes().to_vec()) })
    }
    fn port(&self) -> u16 {
        80
    }
}

impl Around {
    pub(super) fn create(&mut self, body: &Value) -> Result<Value, Refusal> {
        let place = Place { project: "research-1".into(), region: "europe-west1".into() };
        self.create_at(&place, "iris", body)
    }

    pub(super) fn create_at(
        &mut self,
        place: &Place,
        id: &str,
        body: &Value,
    ) -> Result<Value, Refusal> {
        create(&mut self.services, place, id, body, None, Persist::Yes, &mut self.set)
    }

    pub(super) fn patch(&mut self, body: &Value, mask: &str) -> Result<Value, Refusal> {
        let change = Change { mask: mask.into(), ..Change::default() };
        patch(&mut self.services, NAME, body, change, Persist::Yes, &mut self.set)
    }

    /// Everything comes up that is not told to never listen.
    pub(super) fn settled(&mut self) -> Result<Value, Refusal> {
        while let Some(start) = take(&mut self.services) {
            started(&mut self.services, &start, Ok(()));
        }
        finish(&mut self.services, NAME)
    }

    pub(super) fn made(&mut self, body: &Value) -> Value {
        self.create(body).unwrap();
        self.settled().unwrap()
    }
}

/// A service that runs an image.
pub(super) fn service(image: &str) -> Value {
    json!({"template": {"containers": [{"image": image}]}})
}

/// The same with other members of the container's template.
pub(super) fn with(template: Value, resources: Value) -> Value {
    let mut body = service("eu/iris:1");
    for (name, value) in template.as_object().unwrap() {
        body["template"][name.as_str()] = value.clone();
    }
    if !resources.is_null() {
        body["template"]["containers"][0]["resources"] = resources;
    }
    body
}
