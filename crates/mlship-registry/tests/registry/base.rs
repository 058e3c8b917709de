//! Base images: the right platform, every digest checked, nothing larger than it may be.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use mlship_core::image::Base;
use mlship_registry::{ErrorKind, Login, Platform, Reference, RegistryError, pull_base};
use mlship_testkit::registry::faults::{Fault, Pick, Script};
use serde_json::json;

use crate::image::{MANIFEST, image_for, layer};
use crate::stage::{Stage, push, put};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

async fn pull(name: &Reference, architecture: &str) -> Result<Base, RegistryError> {
    pull_base(name, &Platform::linux(architecture), &Login::Anonymous).await
}

#[tokio::test]
async fn an_index_leads_to_the_platform_asked_for() {
    let stage = Stage::new();
    let mut entries = vec![json!({
        "mediaType": MANIFEST, "digest": format!("sha256:{}", "0".repeat(64)), "size": 1,
        "platform": {"os": "unknown", "architecture": "unknown"},
    })];
    let mut digests = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let layers = [layer(architecture.len() as u64, 1000)];
        let image = image_for(&stage.layout(architecture), architecture, &layers, None);
        push(&image, &stage.name(&format!("many:{architecture}"))).await.unwrap();
        let manifest = image.digest.strip_prefix("sha256:").unwrap();
        let size = std::fs::metadata(image.layout.join("blobs/sha256").join(manifest)).unwrap();
        entries.push(json!({
            "mediaType": MANIFEST, "digest": image.digest, "size": size.len(),
            "platform": {"os": "linux", "architecture": architecture},
        }));
        digests.push(image.digest);
    }
    // The registry wants each entry to be there, the one of no platform too.
    entries[0]["digest"] = json!(digests[0]);
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    put(&stage.registry.host(), "/v2/many/manifests/all", INDEX, &index.to_string());

    let name = stage.name("many:all");
    let base = pull(&name, "arm64").await.unwrap();
    assert_eq!(base.reference, format!("{}@{}", name.name(), digests[1]));
    assert_eq!(base.media_type, MANIFEST);
    assert_eq!(base.config["architecture"], "arm64");
    assert_eq!(base.layers.len(), 1);
    let error = pull(&name, "riscv64").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Platform);
    let words = "there is none for `linux/riscv64`; it is there for `linux/amd64`, `linux/arm64`";
    assert_eq!(error.reason, words);

    // Without an index, the configuration tells.
    let error = pull(&stage.name("many:amd64"), "arm64").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Platform);
    assert_eq!(error.reason, "it is for `linux/amd64`, not for `linux/arm64`");
    let error = pull(&stage.name("many:none"), "arm64").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_digest_are_refused() {
    let stage = Stage::new();
    let image = image_for(&stage.layout("x"), "amd64", &[layer(1, 1000)], None);
    let name = stage.name("base:1");
    push(&image, &name).await.unwrap();
    let other = format!("sha256:{}", "ab".repeat(32));
    let cases = [
        (&["GET", "/blobs/"][..], Fault::Corrupt),
        (&["GET", "/manifests/"], Fault::Claim(other.clone())),
    ];
    for (pick, fault) in cases {
        stage.proxy.play(Script::one(Pick::Every(pick), fault));
        let error = pull(&name, "amd64").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Digest, "{error}");
    }
    // Pinned, the registry's own words count for nothing.
    stage.proxy.play(Script::one(Pick::Every(&["GET", "/manifests/"]), Fault::Corrupt));
    let pinned: Reference = format!("{}@{}", name.name(), image.digest).parse().unwrap();
    let error = pull(&pinned, "amd64").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest, "{error}");
    stage.proxy.play(Script::default());
    assert_eq!(pull(&pinned, "amd64").await.unwrap().reference, pinned.to_string());
}

#[tokio::test]
async fn answers_are_read_for_so_long_and_no_longer() {
    let cases = [
        ("{\"schemaVersion\":1}", ErrorKind::Refused, "version 1"),
        ("not json", ErrorKind::Refused, "cannot be read"),
        ("{\"schemaVersion\":2,\"mediaType\":\"text/plain\"}", ErrorKind::Refused, "media type"),
        ("", ErrorKind::Refused, "larger than 4194304 bytes"),
    ];
    for (body, kind, words) in cases {
        let host = hostile(body);
        let error = pull(&format!("{host}/x").parse().unwrap(), "amd64").await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.reason.contains(words), "{error}");
    }
}

/// Answers everything with these bytes; without any, with far too many.
fn hostile(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        BufReader::new(&stream).lines().map_while(Result::ok).find(String::is_empty).unwrap();
        let length = if body.is_empty() { 1 << 40 } else { body.len() };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(head.as_bytes()).unwrap();
        // Until the client has had enough.
        while body.is_empty() && stream.write_all(&[b' '; 65536]).is_ok() {}
    });
    host
}
