//! Images as Docker saves and loads them.

use std::fs::{self, File};
use std::io::Write;

use mlship_package::{Form, docker_archive, from_docker_archive, image, sha256};
use serde_json::{Value, json};

use crate::support::{bundle, config, frame, layers, manifest, skopeo, tape, write_tar};

#[test]
fn saved_and_loaded_it_is_the_same_image() {
    let work = tempfile::tempdir().unwrap();
    let [built, file, loaded] = ["built", "file.tar", "loaded"].map(|name| work.path().join(name));
    for form in [Form::Oci, Form::Docker] {
        let mut frame = frame();
        frame.form = form;
        let artifact = image(&bundle(work.path(), "{}"), &frame, None, &built).unwrap();
        docker_archive(&built, Some("iris:7"), &mut File::create(&file).unwrap()).unwrap();
        let mut again = Vec::new();
        docker_archive(&built, Some("iris:7"), &mut again).unwrap();
        assert_eq!(fs::read(&file).unwrap(), again);
        let back = from_docker_archive(&file, form, &loaded).unwrap();
        assert_eq!(manifest(&loaded).0["config"], manifest(&built).0["config"]);
        assert_eq!(layers(&loaded), layers(&built));
        assert_eq!(back.packed_bytes, artifact.packed_bytes);
    }
}

#[test]
fn skopeo_reads_what_is_saved_and_what_it_saves_is_read() {
    let work = tempfile::tempdir().unwrap();
    let [built, ours, theirs, loaded] =
        ["built", "ours.tar", "theirs.tar", "loaded"].map(|name| work.path().join(name));
    let mut frame = frame();
    frame.form = Form::Docker;
    image(&bundle(work.path(), "{}"), &frame, None, &built).unwrap();
    docker_archive(&built, Some("iris:7"), &mut File::create(&ours).unwrap()).unwrap();
    let from = format!("docker-archive:{}:iris:7", ours.display());
    let to = format!("docker-archive:{}:iris:8", theirs.display());
    skopeo(&["copy", "--quiet", &from, &to]);
    from_docker_archive(&theirs, Form::Docker, &loaded).unwrap();
    assert_eq!(layers(&loaded), layers(&built), "unpacked by them, packed again by us");
    assert_eq!(config(&loaded), config(&built));
}

#[test]
fn the_notes_for_later_versions_of_docker_are_in_it() {
    let work = tempfile::tempdir().unwrap();
    let [built, file, unpacked] =
        ["built", "file.tar", "unpacked"].map(|name| work.path().join(name));
    image(&bundle(work.path(), "{}"), &frame(), None, &built).unwrap();
    docker_archive(&built, Some("iris"), &mut File::create(&file).unwrap()).unwrap();
    tar::Archive::new(File::open(&file).unwrap()).unpack(&unpacked).unwrap();
    let (_, entry) = manifest(&unpacked);
    assert_eq!(entry["annotations"]["io.containerd.image.name"], "docker.io/library/iris:latest");
    let listed: Value =
        serde_json::from_slice(&fs::read(unpacked.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(listed[0]["RepoTags"], json!(["iris:latest"]));
    for path in listed[0]["Layers"].as_array().unwrap() {
        assert!(unpacked.join(path.as_str().unwrap()).is_file());
    }
}

/// A tar with one file, as a layer.
pub(crate) fn small_layer(name: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(5);
    header.set_mode(0o600);
    builder.append_data(&mut header, name, &b"words"[..]).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn docker_20_10_saves_layers_as_links_to_others() {
    let work = tempfile::tempdir().unwrap();
    let (file, to) = (work.path().join("saved.tar"), work.path().join("image"));
    let [one, two] = ["one", "two"].map(small_layer);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&two).unwrap();
    let packed = packed.finish().unwrap();
    let ids = [&one, &two, &one].map(|layer| format!("sha256:{}", sha256(layer)));
    let config = json!({
        "architecture": "amd64", "os": "linux", "x": 1,
        "rootfs": {"type": "layers", "diff_ids": ids},
    });
    let config = config.to_string().into_bytes();
    let name = format!("{}.json", sha256(&config));
    let listed = json!([{
        "Config": name,
        "RepoTags": ["user/image:1"],
        "Layers": ["aa/layer.tar", "bb/layer.tar", "cc/layer.tar"],
    }])
    .to_string();
    let files: &[(&str, &[u8])] = &[
        ("aa/VERSION", b"1.0"),
        ("aa/layer.tar", &one),
        ("bb/layer.tar", &packed),
        (&name, &config),
        ("manifest.json", listed.as_bytes()),
    ];
    write_tar(&file, files, &[("cc/layer.tar", "../aa/layer.tar")]);
    let artifact = from_docker_archive(&file, Form::Oci, &to).unwrap();
    assert_eq!(artifact.content_sha256, sha256(&config), "the image's id stays");
    assert_eq!(artifact.unpacked_bytes, (one.len() + two.len()) as u64);
    let layers = layers(&to);
    assert_eq!(layers[0], layers[2]);
    assert_eq!([tape(&to, &layers[0]), tape(&to, &layers[1])], [one, two]);
    skopeo(&["inspect", &format!("oci:{}", to.display())]);
}
