//! Artifact Registry from outside.

use serde_json::{Value, json};

use crate::gcp::tests::{call, cloud, json_call, sent_to};
use crate::gcp::{Cloud, REGION};

const PARENT: &str = "/v1/projects/research-1/locations/europe-west1/repositories";

fn finish(cloud: &Cloud, begun: &Value) -> Value {
    let name = begun["name"].as_str().expect("an operation");
    loop {
        let look = call(cloud, "GET", &format!("/v1/{name}")).value();
        if look["done"] == true {
            return look;
        }
    }
}

/// Pushes an image of one layer, with the last tag; its digest.
fn push(cloud: &Cloud, image: &str, tag: &str) -> String {
    let host = format!("{REGION}-docker.pkg.localhost");
    let digest = |bytes: &[u8]| {
        use sha2::{Digest, Sha256};
        let hex =
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("sha256:{hex}")
    };
    let send = |method: &str, target: &str, body: &[u8], kind: &str| {
        sent_to(cloud, &host, method, target, body, &[("content-type", kind)]).expect("an answer")
    };
    let config = json!({"os": "linux", "architecture": "amd64"}).to_string();
    let mut parts = Vec::new();
    for blob in [config.as_bytes(), b"a layer"] {
        let begun = send("POST", &format!("/v2/{image}/blobs/uploads/"), b"", "");
        assert_eq!(begun.status, 202, "{}", String::from_utf8_lossy(&begun.body));
        let at = begun.headers.iter().find(|(name, _)| name == "location").unwrap().1.clone();
        let at = at.split_once("://").map_or(&*at, |(_, rest)| &rest[rest.find('/').unwrap()..]);
        let joint = if at.contains('?') { '&' } else { '?' };
        let target = format!("{at}{joint}digest={}", digest(blob));
        assert_eq!(send("PUT", &target, blob, "application/octet-stream").status, 201);
        parts.push(json!({"mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": digest(blob), "size": blob.len()}));
    }
    parts[0]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": parts[0],
        "layers": [parts[1]]});
    let manifest = manifest.to_string();
    let target = format!("/v2/{image}/manifests/{tag}");
    assert_eq!(send("PUT", &target, manifest.as_bytes(), kind).status, 201);
    digest(manifest.as_bytes())
}

#[test]
fn images_are_pushed_listed_and_removed() {
    let cloud = cloud();
    let body = json!({"format": "DOCKER", "labels": {"mlship-project": "heart"}});
    let begun = json_call(&cloud, "POST", &format!("{PARENT}?repositoryId=mlship-heart"), &body);
    let made = finish(&cloud, &begun.value())["response"].clone();
    let host = cloud.url().rsplit_once(':').unwrap().1.to_owned();
    let uri = format!("{REGION}-docker.pkg.localhost:{host}/research-1/mlship-heart");
    assert_eq!(made["registryUri"], uri, "{made}");
    let digest = push(&cloud, "research-1/mlship-heart/heart", "v1");
    let image = format!("image research-1/mlship-heart/heart@{digest}");
    assert!(cloud.contents().contains(&image), "{:?}", cloud.contents());
    let package = format!("{PARENT}/mlship-heart/packages/heart");
    let tags = call(&cloud, "GET", &format!("{package}/tags")).value();
    assert!(tags["tags"][0]["version"].as_str().unwrap().ends_with(&digest), "{tags}");
    let version = format!("{package}/versions/{digest}");
    assert_eq!(call(&cloud, "DELETE", &version).status, 400, "it is tagged");
    assert_eq!(call(&cloud, "DELETE", &format!("{package}/tags/v1")).status, 200);
    finish(&cloud, &call(&cloud, "DELETE", &version).value());
    assert!(!cloud.contents().contains(&image));
    push(&cloud, "research-1/mlship-heart/heart", "v2");
    finish(&cloud, &call(&cloud, "DELETE", &format!("{PARENT}/mlship-heart")).value());
    assert!(
        cloud.contents().is_empty() && cloud.complaints().is_empty(),
        "{:?}",
        cloud.complaints()
    );
}

#[test]
fn a_registry_wants_an_access_token() {
    let cloud = cloud();
    cloud.plant(&format!("{}/r", &PARENT["/v1/".len()..]), json!({}));
    let host = format!("{REGION}-docker.pkg.localhost");
    let look = |login: &str| {
        let headers = [("authorization", login)];
        sent_to(&cloud, &host, "GET", "/v2/", b"", &headers).unwrap()
    };
    let refused = look("Bearer ");
    let challenge = refused.headers.iter().find(|(name, _)| name == "www-authenticate").unwrap();
    assert_eq!(refused.status, 401);
    assert!(challenge.1.contains("/v2/token"), "{challenge:?}");
    let identity = crate::gcp::tokens::identity("https://x", "a@b");
    assert_eq!(look(&format!("Bearer {identity}")).status, 401);
    // `oauth2accesstoken:token`
    assert_eq!(look("Basic b2F1dGgyYWNjZXNzdG9rZW46dG9rZW4=").status, 200);
    let elsewhere =
        sent_to(&cloud, &host, "GET", "/v2/research-1/s/i/tags/list", b"", &[]).unwrap();
    assert_eq!(elsewhere.status, 404);
}
