//! A subscription with what containers need, and a plain client.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::super::http::{Arrived, Request, Response, exchange};
use super::super::super::{Cloud, SUBSCRIPTION, TENANT, TOKEN};
use super::super::roles::ACR_PULL;

pub(super) const GROUP: &str = "mlship-heart";

/// A stand-in where an artifact answers with its bytes, the `WHO` of its environment and the body.
pub(super) struct World {
    pub(super) cloud: Cloud,
    address: SocketAddr,
}

impl World {
    /// One with a resource group.
    pub(super) fn new() -> Self {
        let cloud = Cloud::start(|served, body| {
            let who = served.environment.get("WHO").cloned().unwrap_or_default();
            Ok([served.artifact, b"|", who.as_bytes(), b"|", body].concat())
        });
        let address = cloud.url().trim_start_matches("http://").parse().expect("an address");
        let world = Self { cloud, address };
        let group = format!("/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}");
        world.arm("PUT", &group, "2024-11-01", &json!({"location": "westeurope"}));
        world
    }

    /// One that has a registry with an image `v1`, an identity that may pull, and an environment.
    pub(super) fn furnished() -> Self {
        let world = Self::new();
        world.registry();
        world.identity();
        let pulls = world.pull_role();
        world.role("11111111-1111-4111-8111-111111111111", &pulls);
        world.push("mlship/heart", "v1", b"one");
        let environment = json!({"location": "westeurope", "properties": {}});
        world.done("PUT", &world.environment_id(), APP, &environment);
        world
    }

    pub(super) fn call(
        &self,
        method: &str,
        host: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut all = BTreeMap::from([("host".to_owned(), host.to_owned())]);
        all.extend(headers.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let request = Request {
            method: method.into(),
            host: host.into(),
            path: path.into(),
            query: query.into(),
            headers: all,
            body: body.to_vec(),
            arrived: Arrived::Whole,
        };
        exchange(self.address, &request).expect("an answer")
    }

    /// A call on Resource Manager.
    pub(super) fn arm(&self, method: &str, path: &str, version: &str, body: &Value) -> Response {
        let token = format!("Bearer {TOKEN}");
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let target = format!("{path}?api-version={version}");
        self.call(method, &self.address.to_string(), &target, &headers, &body)
    }

    /// A change, followed to its end: how it ended, as an operation says.
    pub(super) fn done(&self, method: &str, path: &str, version: &str, body: &Value) -> Value {
        let first = self.arm(method, path, version, body);
        assert!(first.status < 300, "{method} {path}: {}", first.value());
        let address = |name: &str| {
            let found = first.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let follow = address("azure-asyncoperation").or_else(|| address("location"));
        let Some(follow) = follow else { return first.value() };
        let (path, _) = follow.split_once('?').expect("a version");
        let path = path.trim_start_matches(&self.cloud.url()).to_owned();
        loop {
            let seen = self.arm("GET", &path, "2020-01-01", &Value::Null);
            if seen.status != 202 && seen.value()["status"] != "InProgress" {
                return seen.value();
            }
        }
    }

    pub(super) fn get(&self, path: &str, version: &str) -> Value {
        self.arm("GET", path, version, &Value::Null).value()
    }

    pub(super) fn registry(&self) {
        let body = json!({"location": "westeurope", "sku": {"name": "Basic"}});
        self.done("PUT", &self.registry_id(), "2025-11-01", &body);
    }

    /// Makes the identity; its principal.
    pub(super) fn identity(&self) -> String {
        let body = json!({"location": "westeurope"});
        let made = self.arm("PUT", &self.identity_id(), "2024-11-30", &body).value();
        made["properties"]["principalId"].as_str().expect("a principal").to_owned()
    }

    /// What gives the identity the right to pull.
    pub(super) fn pull_role(&self) -> Value {
        let identity = self.get(&self.identity_id(), "2024-11-30");
        let role = format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/\
             {ACR_PULL}"
        );
        json!({"properties": {
            "roleDefinitionId": role, "principalId": identity["properties"]["principalId"]}})
    }

    pub(super) fn role(&self, name: &str, body: &Value) -> Response {
        let path = format!(
            "{}/providers/Microsoft.Authorization/roleAssignments/{name}",
            self.registry_id()
        );
        self.arm("PUT", &path, "2022-04-01", body)
    }

    fn id(kind: &str, name: &str) -> String {
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{kind}/{name}")
    }

    pub(super) fn registry_id(&self) -> String {
        Self::id("Microsoft.ContainerRegistry/registries", "heartregistry")
    }

    pub(super) fn identity_id(&self) -> String {
        Self::id("Microsoft.ManagedIdentity/userAssignedIdentities", "heart-pull")
    }

    pub(super) fn environment_id(&self) -> String {
        Self::id("Microsoft.App/managedEnvironments", "heart-env")
    }

    pub(super) fn app_id(&self) -> String {
        Self::id("Microsoft.App/containerApps", "heart")
    }

    pub(super) fn group_id(&self, name: &str) -> String {
        Self::id("Microsoft.ContainerInstance/containerGroups", name)
    }

    /// Where images go.
    pub(super) fn login_server(&self) -> String {
        format!("heartregistry.azurecr.localhost:{}", self.address.port())
    }

    /// Buys a token for a scope, as the vendor's clients do.
    pub(super) fn registry_token(&self, scope: &str) -> String {
        let host = self.login_server();
        let send = |path: &str, form: &str| {
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            self.call("POST", &host, path, &headers, form.as_bytes()).value()
        };
        let form =
            format!("grant_type=access_token&service={host}&tenant={TENANT}&access_token={TOKEN}");
        let refresh = send("/oauth2/exchange", &form);
        let refresh = refresh["refresh_token"].as_str().expect("a refresh token").to_owned();
        let form = format!(
            "grant_type=refresh_token&service={host}&scope={scope}&refresh_token={refresh}"
        );
        let access = send("/oauth2/token", &form);
        access["access_token"].as_str().expect("an access token").to_owned()
    }

    /// Sends an image of one layer, packed as images are, with a right to push to its repository.
    pub(super) fn push(&self, repository: &str, tag: &str, layer: &[u8]) {
        let token = self.registry_token(&format!("repository:{repository}:pull,push"));
        let bearer = format!("Bearer {token}");
        let host = self.login_server();
        let config = b"{}";
        let layer = &gzipped(layer);
        for blob in [layer, &config[..]] {
            let start = format!("/v2/{repository}/blobs/uploads/");
            let begun = self.call("POST", &host, &start, &[("authorization", &bearer)], b"");
            assert_eq!(begun.status, 202, "an upload begins");
            let place = begun.headers.iter().find(|(name, _)| name == "location");
            let place = place.expect("a place").1.clone();
            let own = format!("http://{host}");
            let place = place.strip_prefix(&own).expect("the place is where the call went");
            let target = format!("{place}&digest={}", digest(blob).replace(':', "%3A"));
            let headers =
                [("authorization", bearer.as_str()), ("content-type", "application/octet-stream")];
            assert_eq!(self.call("PUT", &host, &target, &headers, blob).status, 201);
        }
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(config), "size": config.len()},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": digest(layer), "size": layer.len()}],
        });
        let headers = [("authorization", bearer.as_str()), ("content-type", MANIFEST)];
        let target = format!("/v2/{repository}/manifests/{tag}");
        let sent = self.call("PUT", &host, &target, &headers, manifest.to_string().as_bytes());
        assert_eq!(sent.status, 201, "the manifest is taken");
    }
}

/// The api-version of `Microsoft.App`.
pub(super) const APP: &str = "2026-07-01";

/// What the images of tests are.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("layer");
    fs::write(&file, bytes).expect("a layer");
    let packed = Command::new("gzip").arg("-cn").arg(file).output().expect("gzip runs");
    assert!(packed.status.success(), "gzip packs");
    packed.stdout
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
