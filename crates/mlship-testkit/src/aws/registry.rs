//! The part of ECR that moto lacks: where images are sent to and read from. A real registry keeps
//! them; this makes it ask for ECR's tokens, know ECR's repositories, and never move a tag.

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::http::{Request, Response, forward, header};
use crate::registry::{Registry as Process, layers};

/// Who is asked what is behind an ECR call: operation and body.
pub(super) type AskEcr<'a> = dyn Fn(&str, Value) -> (u16, Value) + 'a;

/// The side of ECR where images are; it ends with this value.
pub(super) struct Registry {
    process: Process,
}

impl Registry {
    /// Starts an empty one.
    pub(super) fn start() -> Self {
        Self { process: Process::start() }
    }

    /// Answers a call as ECR would. `tokens` are those that were given out.
    pub(super) fn answer(
        &self,
        call: &Call,
        request: &Request,
        tokens: &[String],
        ecr: &AskEcr<'_>,
    ) -> Response {
        let given = header(&request.headers, "authorization").unwrap_or_default();
        let token = given.strip_prefix("Basic ").unwrap_or_default();
        if !tokens.iter().any(|known| known == token) {
            let mut refusal = refuse(401, "UNAUTHORIZED", "Not Authorized");
            let realm = "Basic realm=\"https://ecr.example/\",service=\"ecr.amazonaws.com\"";
            refusal.headers.push(("www-authenticate".into(), realm.into()));
            return refusal;
        }
        let Some((repository, about)) = parts(call.path()) else { return self.pass(request) };
        let (status, found) = ecr("DescribeRepositories", json!({"repositoryNames": [repository]}));
        if status >= 300 {
            let message = format!("The repository with name '{repository}' does not exist");
            return refuse(404, "NAME_UNKNOWN", &message);
        }
        match (call.method.as_str(), about.strip_prefix("manifests/")) {
            ("PUT", Some(reference)) => {
                let immutable =
                    found["repositories"][0]["imageTagMutability"].as_str() == Some("IMMUTABLE");
                self.put_manifest(request, repository, reference, immutable, ecr)
            }
            _ => self.pass(request),
        }
    }

    fn put_manifest(
        &self,
        request: &Request,
        repository: &str,
        reference: &str,
        immutable: bool,
        ecr: &AskEcr<'_>,
    ) -> Response {
        let tag = (!reference.contains(':')).then_some(reference);
        if let Some(tag) = tag.filter(|_| immutable) {
            let wanted = json!({"repositoryName": repository, "imageIds": [{"imageTag": tag}]});
            if ecr("DescribeImages", wanted).0 < 300 {
                let message = format!("The image tag '{tag}' already exists and is immutable");
                return refuse(409, "TAG_INVALID", &message);
            }
        }
        let response = self.pass(request);
        if response.status >= 300 {
            return response;
        }
        let digest = header(&response.headers, "docker-content-digest").unwrap_or_default();
        let own = format!("sha256:{}", hex(&Sha256::digest(&request.body)));
        assert_eq!(digest, own, "a manifest is named by its bytes");
        let mut image = json!({
            "repositoryName": repository,
            "imageManifest": String::from_utf8_lossy(&request.body),
            "imageManifestMediaType": header(&request.headers, "content-type"),
            "imageDigest": digest,
        });
        if let Some(tag) = tag {
            image["imageTag"] = json!(tag);
        }
        let (status, said) = ecr("PutImage", image);
        assert!(status < 300, "moto takes the image: {said}");
        response
    }

    /// Loses a repository with all its layers.
    pub(super) fn forget(&self, repository: &str) {
        let repositories = self.process.storage().join("docker/registry/v2/repositories");
        // Nothing may have been sent to it.
        fs::remove_dir_all(repositories.join(repository)).ok();
    }

    /// All layers of an image, unpacked from their compression, one tar after the other.
    pub(super) fn layers(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        layers(self.process.address(), repository, digest)
    }

    fn pass(&self, request: &Request) -> Response {
        forward(self.process.address(), request).expect("the registry answers")
    }
}

/// An error as registries send it.
pub(super) fn refuse(status: u16, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message}]});
    Response {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    }
}

/// Repository and the rest of a path below `/v2/`.
fn parts(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix("/v2/")?;
    ["/manifests/", "/blobs/", "/tags/"].iter().find_map(|middle| {
        let at = path.find(middle)?;
        Some((&path[..at], &path[at + 1..]))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
