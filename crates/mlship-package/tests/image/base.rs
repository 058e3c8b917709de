//! An image upon another, whose layers are elsewhere.

use std::fs;
use std::path::Path;

use mlship_core::artifact::Format;
use mlship_core::image::{Base, Layer};
use mlship_package::{Contents, Form, Layout, Source, Start, docker_archive, image, sha256};
use serde_json::{Value, json};

use crate::support::{blobs, bundle, config, frame, layers, manifest, skopeo, tape};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A base of one layer, with fields that nobody knows.
fn base(media_type: &str, layer_type: &str) -> Base {
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-02-02T02:02:02Z",
        "x-vendor": {"kept": true},
        "config": {
            "Env": ["PATH=/bin", "LANG=C"],
            "Cmd": ["/bin/sh"],
            "Labels": {"from": "base"},
            "Healthcheck": {"Test": ["NONE"]},
        },
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", "1".repeat(64))]},
        "history": [
            {"created": "2024-01-01T00:00:00Z", "created_by": "ADD"},
            {"created_by": "ENV", "empty_layer": true},
        ],
    });
    let digest = format!("sha256:{}", "2".repeat(64));
    let layers = vec![Layer { media_type: layer_type.into(), digest, bytes: 1234 }];
    let reference = format!("registry.example/python@sha256:{}", "3".repeat(64));
    Base { reference, media_type: media_type.into(), config, layers }
}

fn oci() -> Base {
    base(OCI, "application/vnd.oci.image.layer.v1.tar+gzip")
}

#[test]
fn what_nobody_knows_of_a_base_is_kept() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    let mut frame = frame();
    frame.environment.insert("LANG".into(), "C.UTF-8".into());
    frame.labels.insert("to".into(), "iris".into());
    let artifact = image(&bundle(work.path(), "{}"), &frame, Some(&oci()), &to).unwrap();
    let config = config(&to);
    assert_eq!(config["x-vendor"], json!({"kept": true}));
    assert_eq!(config["created"], "1970-01-01T00:00:00Z");
    let run = json!({
        "Env": ["PATH=/bin", "LANG=C.UTF-8"],
        "Entrypoint": ["/var/task/bootstrap"],
        "Labels": {"from": "base", "to": "iris"},
        "Healthcheck": {"Test": ["NONE"]},
    });
    assert_eq!(config["config"], run, "the base's command does not follow a new entrypoint");
    let own: Vec<_> = layers(&to)[1..]
        .iter()
        .map(|layer| format!("sha256:{}", sha256(&tape(&to, layer))))
        .collect();
    assert_eq!(own.len(), 4);
    let diff_ids = [vec![format!("sha256:{}", "1".repeat(64))], own].concat();
    assert_eq!(config["rootfs"]["diff_ids"], json!(diff_ids));
    assert_eq!(config["history"].as_array().unwrap().len(), 6);
    let (manifest, _) = manifest(&to);
    let notes = json!({
        "org.opencontainers.image.base.name": "registry.example/python",
        "org.opencontainers.image.base.digest": format!("sha256:{}", "3".repeat(64)),
    });
    assert_eq!(manifest["annotations"], notes);
    assert_eq!(manifest["layers"][0]["annotations"], Value::Null);
    let title = &manifest["layers"][1]["annotations"]["org.opencontainers.image.title"];
    assert_eq!(title, "weights");
    assert!(artifact.packed_bytes > 1234, "the base's layers are sent too");
    assert!(!blobs(&to).contains(&"2".repeat(64)));
}

#[test]
fn a_manifest_is_of_one_form_alone() {
    let work = tempfile::tempdir().unwrap();
    let contents = bundle(work.path(), "{}");
    let to = work.path().join("image");
    let docker = base(DOCKER, "application/vnd.docker.image.rootfs.diff.tar.gzip");
    let mut wants_docker = frame();
    wants_docker.form = Form::Docker;
    for (base, frame) in [(docker, frame()), (oci(), wants_docker)] {
        image(&contents, &frame, Some(&base), &to).unwrap();
        let (manifest, _) = manifest(&to);
        assert_eq!(manifest["mediaType"], DOCKER);
        let config = "application/vnd.docker.container.image.v1+json";
        assert_eq!(manifest["config"]["mediaType"], config);
        for layer in manifest["layers"].as_array().unwrap() {
            let gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
            assert_eq!(layer["mediaType"], gzip);
        }
        let name = &manifest["annotations"]["org.opencontainers.image.base.name"];
        assert_eq!(name, "registry.example/python");
    }
}

#[test]
fn a_base_that_does_not_fit_is_refused() {
    let work = tempfile::tempdir().unwrap();
    let contents = bundle(work.path(), "{}");
    let to = work.path().join("image");
    let refused = |base: Base, form: Form, words: &str| {
        let mut frame = frame();
        frame.form = form;
        let error = image(&contents, &frame, Some(&base), &to).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(!to.exists());
    };
    let mut arm = oci();
    arm.config["architecture"] = "arm64".into();
    refused(arm, Form::Oci, "is for `linux/arm64`, and `linux/amd64` is wanted");
    let mut windows = oci();
    windows.config["os"] = "windows".into();
    refused(windows, Form::Oci, "is for `windows/amd64`");
    let mut nothing = oci();
    nothing.config = json!("nothing");
    refused(nothing, Form::Oci, "is for `unknown/unknown`");
    let mut lacking = oci();
    lacking.layers.clear();
    refused(lacking, Form::Oci, "is of 1 layers, and its manifest has 0");
    let index = base("application/vnd.oci.image.index.v1+json", "x");
    refused(index, Form::Oci, "is not a single image's manifest");
    let zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    refused(
        base(OCI, zstd),
        Form::Docker,
        "media type `application/vnd.oci.image.layer.v1.tar+zstd`",
    );
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    refused(base(DOCKER, foreign), Form::Docker, "foreign.diff.tar.gzip`");
}

#[test]
fn the_content_digest_is_of_the_base_too() {
    let work = tempfile::tempdir().unwrap();
    let contents = bundle(work.path(), "{}");
    let to = work.path().join("image");
    let mut other = oci();
    other.reference = other.reference.replace('3', "4");
    let digest =
        |base: Option<&Base>| image(&contents, &frame(), base, &to).unwrap().content_sha256;
    let digests = [digest(None), digest(Some(&oci())), digest(Some(&other)), digest(Some(&oci()))];
    assert_ne!(digests[0], digests[1]);
    assert_ne!(digests[1], digests[2]);
    assert_eq!(digests[1], digests[3]);
}

#[test]
fn a_layer_that_is_elsewhere_must_be_fetched_before_it_is_saved() {
    let work = tempfile::tempdir().unwrap();
    let (below, to) = (work.path().join("below"), work.path().join("image"));
    image(&bundle(work.path(), "{}"), &frame(), None, &below).unwrap();
    let (manifest, entry) = manifest(&below);
    let layers = manifest["layers"].as_array().unwrap().iter().map(|layer| Layer {
        media_type: layer["mediaType"].as_str().unwrap().into(),
        digest: layer["digest"].as_str().unwrap().into(),
        bytes: layer["size"].as_u64().unwrap(),
    });
    let base = Base {
        reference: format!("registry.example/below@{}", entry["digest"].as_str().unwrap()),
        media_type: OCI.into(),
        config: config(&below),
        layers: layers.collect(),
    };
    let contents = bundle(&work.path().join("above"), "{\"above\": 1}");
    image(&contents, &frame(), Some(&base), &to).unwrap();
    let error = docker_archive(&to, None, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains(&base.layers[0].digest) && error.contains("fetched"), "{error}");

    for layer in &base.layers {
        let path = layer.digest.replace("sha256:", "blobs/sha256/");
        fs::copy(below.join(&path), to.join(&path)).unwrap();
    }
    let file = work.path().join("image.tar");
    docker_archive(&to, Some("iris:7"), &mut fs::File::create(&file).unwrap()).unwrap();
    let seen = skopeo(&["inspect", &format!("docker-archive:{}", file.display())]);
    let seen: Value = serde_json::from_slice(&seen).unwrap();
    assert_eq!(seen["Layers"].as_array().unwrap().len(), 9);

    image(&contents, &frame(), Some(&base), &to).unwrap();
    docker_archive(&to, None, &mut std::io::sink()).expect("the fetched layers are kept");
}

#[test]
fn a_base_that_starts_itself_goes_on_doing_so() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    let mut host = oci();
    host.config["config"] = json!({
        "Env": ["PATH=/bin", "HOST_ROOT=/elsewhere"],
        "Cmd": ["/opt/start.sh"],
        "User": "app",
        "WorkingDir": "/opt",
        "ExposedPorts": {"80/tcp": {}},
    });
    let layout = Layout {
        format: Format::Image,
        folder: "home/site/root",
        start: Start::Base,
        environment: &[("HOST_ROOT", "/home/site/root")],
        beside: vec![("host.json".into(), b"{}".to_vec())],
        ..Layout::zip("handler")
    };
    let build = |base: &Base| {
        let mut contents = Contents::default();
        contents.add_bytes("bundle.json", b"{}".to_vec());
        layout.complete(&mut contents, Source::Bytes(b"ELF".into())).unwrap();
        image(&contents, &layout.frame(), Some(base), &to)
    };
    let first = build(&host).unwrap();
    let run = json!({
        "Env": ["PATH=/bin", "HOST_ROOT=/home/site/root"],
        "Cmd": ["/opt/start.sh"],
        "User": "app",
        "WorkingDir": "/opt",
        "ExposedPorts": {"80/tcp": {}},
    });
    assert_eq!(config(&to)["config"], run);
    let files: Vec<_> = layers(&to)[1..].iter().flat_map(|layer| files(&to, layer)).collect();
    let expected = [("handler", 0o755), ("host.json", 0o644), ("bundle.json", 0o644)];
    let expected = expected.map(|(name, mode)| (format!("home/site/root/{name}"), mode));
    assert_eq!(files, expected, "the runtime, what is beside the bundle, the bundle");
    assert_eq!(build(&host).unwrap().sha256, first.sha256);

    host.config["config"] = json!({"Env": ["PATH=/bin"], "Cmd": null, "Entrypoint": []});
    let refused = build(&host).unwrap_err().to_string();
    assert!(refused.contains("it starts nothing by itself"), "{refused}");
    let contents = Contents::default();
    let refused = image(&contents, &layout.frame(), None, &work.path().join("none")).unwrap_err();
    assert!(refused.to_string().contains("an image that its base starts has no base"), "{refused}");
}

/// The paths and modes of a layer's files.
fn files(layout: &Path, layer: &str) -> Vec<(String, u32)> {
    let tape = tape(layout, layer);
    let mut archive = tar::Archive::new(&tape[..]);
    let entries = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        (entry.header().entry_type().is_file(), (path, entry.header().mode().unwrap()))
    });
    entries.filter_map(|(is_file, file)| is_file.then_some(file)).collect()
}
