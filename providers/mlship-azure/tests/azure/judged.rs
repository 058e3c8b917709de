//! Whole deploys whose calls are judged and compared: a stand-in, and releases that it can run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use mlship_azure::{Azure, Config, Identity, Options, Pace};
use mlship_core::artifact::{Artifact, Format};
use mlship_core::deployment::Deployment;
use mlship_core::progress::Silent;
use mlship_core::project::{Delivery, Image, Input, Model, Output, Project, Resources};
use mlship_core::provider::Provider;
use mlship_core::reader::Located;
use mlship_core::release::Release;
use mlship_core::sample::Sample;
use mlship_core::share::Share;
use mlship_testkit::azure::{Cloud, SUBSCRIPTION, TOKEN};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) const NAME: &str = "heart-disease";

/// A stand-in with a folder for artifacts. What is deployed answers with its file `answer.json`.
pub(crate) struct Judged {
    pub(crate) cloud: Cloud,
    folder: tempfile::TempDir,
}

impl Judged {
    pub(crate) fn new() -> Self {
        let cloud = Cloud::start(|served, _| text_of(served.artifact).ok_or("no answer".into()));
        Self { cloud, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn connect(&self, config: Config) -> Azure {
        let options = Options {
            endpoint: Some(self.cloud.url()),
            subscription: Some(SUBSCRIPTION.into()),
            identity: Identity::Token(TOKEN.into()),
            pace: Pace::hurried(),
            ..Options::default()
        };
        Azure::connect(config, options).await.unwrap()
    }

    /// Plans and applies a release that answers `answer`.
    pub(crate) async fn deploy(&self, azure: &Azure, release: &Release) -> Deployment {
        let plan = azure.plan(release).await.unwrap();
        azure.apply(release, &plan, &Silent).await.unwrap()
    }

    /// A zip for the functions host.
    pub(crate) fn zip(&self, answer: &Value) -> Release {
        let bytes = zipped(&files(answer));
        let sha256 = hex(&bytes);
        let path = self.folder.path().join(format!("{sha256}.zip"));
        fs::write(&path, &bytes).unwrap();
        release(path, Format::Zip, sha256, bytes.len() as u64, answer)
    }

    /// An image with the same below `/home/site/wwwroot`.
    pub(crate) fn image(&self, answer: &Value) -> Release {
        let layer = tar(&files(answer));
        let (path, sha256) = layout(self.folder.path().join(hex(&layer)), &layer);
        release(path, Format::Image, sha256, layer.len() as u64, answer)
    }
}

/// The manifest's table, as the tests of this program want it.
pub(crate) fn config(kind: mlship_azure::Kind) -> Config {
    Config { kind, location: "westeurope".into(), ..Config::default() }
}

type Files = Vec<(&'static str, u32, Vec<u8>)>;

fn files(answer: &Value) -> Files {
    let host = json!({
        "version": "2.0",
        "extensions": {"http": {"routePrefix": ""}},
        "customHandler": {
            "description": {"defaultExecutablePath": "handler"},
            "enableProxyingHttpRequest": true,
        },
    });
    let function = json!({"bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "function",
            "methods": ["get", "post"], "route": "{*path}"},
        {"type": "http", "direction": "out", "name": "res"},
    ]});
    vec![
        ("host.json", 0o666, host.to_string().into_bytes()),
        ("predict/function.json", 0o666, function.to_string().into_bytes()),
        ("handler", 0o777, b"#!/bin/sh\n".to_vec()),
        ("answer.json", 0o666, format!("<answer>{answer}</answer>").into_bytes()),
    ]
}

/// The answer, which is not packed in a zip or a tar.
fn text_of(artifact: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(artifact);
    let (_, rest) = text.split_once("<answer>")?;
    Some(rest.split_once("</answer>")?.0.as_bytes().to_vec())
}

fn zipped(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, content) in files {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .unix_permissions(*mode);
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A tar in the oldest form, with one regular file after the other.
fn tar(files: &Files) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, mode, content) in files {
        let mut header = [0_u8; 512];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, &format!("home/site/wwwroot/{name}"));
        put(100, &format!("{mode:07o}"));
        put(108, "0000000");
        put(116, "0000000");
        put(124, &format!("{:011o}", content.len()));
        put(136, "00000000000");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar");
        put(263, "00");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        all.extend(header);
        all.extend(content);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

/// An image's folder in the OCI layout, and the digest of its manifest.
fn layout(folder: PathBuf, layer: &[u8]) -> (PathBuf, String) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let blob = |bytes: &[u8], media: &str| {
        fs::write(blobs.join(hex(bytes)), bytes).unwrap();
        let digest = format!("sha256:{}", hex(bytes));
        json!({"mediaType": media, "digest": digest, "size": bytes.len()})
    };
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", hex(layer))]},
    });
    let kind = "application/vnd.oci.image";
    let manifest = json!({
        "schemaVersion": 2, "mediaType": format!("{kind}.manifest.v1+json"),
        "config": blob(config.to_string().as_bytes(), &format!("{kind}.config.v1+json")),
        "layers": [blob(layer, &format!("{kind}.layer.v1.tar"))],
    })
    .to_string();
    let entry = blob(manifest.as_bytes(), &format!("{kind}.manifest.v1+json"));
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(folder.join("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}).to_string())
        .unwrap();
    (folder, hex(manifest.as_bytes()))
}

fn release(path: PathBuf, format: Format, sha256: String, bytes: u64, answer: &Value) -> Release {
    let content_sha256 = hex(sha256.as_bytes());
    let artifact = Artifact {
        path,
        format,
        sha256,
        content_sha256,
        packed_bytes: bytes,
        unpacked_bytes: bytes,
    };
    let sample = Sample {
        name: "samples/1.json".into(),
        request: json!({"age": 63, "sex": 1}),
        expect: Some(answer.clone()),
    };
    Release {
        project: project(),
        artifact,
        samples: vec![sample],
        git_revision: None,
        fetched: Vec::new(),
        share: Share::ALL,
    }
}

fn project() -> Project {
    Project {
        name: located(NAME.to_owned()),
        root: PathBuf::from("."),
        model: Model {
            path: located("model.onnx".into()),
            sha256: None,
            delivery: Delivery::Embed,
        },
        input: Input::Tensor,
        output: Output::Tensor,
        samples: Vec::new(),
        resources: Resources {
            memory_mb: located(2048),
            timeout_s: located(30),
            disk_mb: located(512),
            concurrency: located(1),
        },
        image: Image::default(),
        python: None,
        targets: BTreeMap::new(),
    }
}

fn located<T>(value: T) -> Located<T> {
    Located { value, span: 0..0 }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
