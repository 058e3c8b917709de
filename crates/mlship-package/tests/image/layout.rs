//! An image upon nothing: the same bytes each time, whole, and read by others.

use std::fs::{self, File};
use std::process::Command;
use std::time::{Duration, SystemTime};

use mlship_core::artifact::Format;
use mlship_package::{Form, Mode, Part, Source, image, sha256};
use mlship_testkit::tools;
use serde_json::{Value, json};

use crate::support::{blobs, bundle, config, frame, layers, manifest, skopeo, tape};

#[test]
fn two_builds_in_two_folders_at_two_times_are_one_image() {
    let work = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| {
        let contents = bundle(&work.path().join(name).join("source"), "{}");
        let to = work.path().join(name).join("image");
        if name == "second" {
            let weights = work.path().join("second/source/weights.bin");
            let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
            File::options().append(true).open(weights).unwrap().set_modified(past).unwrap();
            fs::create_dir_all(to.join("blobs/sha256")).unwrap();
            fs::write(to.join("blobs/sha256").join("a".repeat(64)), b"of another image").unwrap();
            fs::write(to.join("oci-layout"), b"{}").unwrap();
        }
        (image(&contents, &frame(), None, &to).unwrap(), blobs(&to))
    });
    assert_eq!(first.0.sha256, second.0.sha256);
    assert_eq!(first.0.content_sha256, second.0.content_sha256);
    assert_eq!(first.1, second.1, "the same blobs, and none of another image");
}

#[test]
fn a_folder_of_somebody_elses_is_left_alone() {
    let work = tempfile::tempdir().unwrap();
    let contents = bundle(work.path(), "{}");
    let own = work.path().join("own");
    fs::create_dir_all(own.join("blobs/sha256")).unwrap();
    fs::write(own.join("index.json"), b"my own").unwrap();
    fs::write(own.join("blobs/sha256/notes"), b"my own").unwrap();
    let refused = image(&contents, &frame(), None, &own).unwrap_err().to_string();
    assert!(refused.contains("holds no image"), "{refused}");
    assert_eq!(fs::read(own.join("index.json")).unwrap(), b"my own");
    assert_eq!(fs::read(own.join("blobs/sha256/notes")).unwrap(), b"my own");

    let linked = work.path().join("linked");
    fs::create_dir(&linked).unwrap();
    fs::write(linked.join("oci-layout"), b"{}").unwrap();
    std::os::unix::fs::symlink(own.join("blobs"), linked.join("blobs")).unwrap();
    let refused = image(&contents, &frame(), None, &linked).unwrap_err().to_string();
    assert!(refused.contains("links"), "{refused}");
    assert!(own.join("blobs/sha256/notes").exists());
}

#[test]
fn every_digest_and_length_holds() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    let contents = bundle(work.path(), "{}");
    let artifact = image(&contents, &frame(), None, &to).unwrap();
    let (manifest, entry) = manifest(&to);
    assert_eq!(artifact.format, Format::Image);
    assert_eq!(entry["digest"], format!("sha256:{}", artifact.sha256));
    let config = config(&to);
    let layers = layers(&to);
    assert_eq!(layers.len(), 5, "folders, weights, runtime, provider, model");
    let diff_ids: Vec<_> =
        layers.iter().map(|layer| format!("sha256:{}", sha256(&tape(&to, layer)))).collect();
    assert_eq!(config["rootfs"]["diff_ids"], json!(diff_ids));
    assert_eq!(config["history"].as_array().unwrap().len(), layers.len());
    let sizes = manifest["layers"].as_array().unwrap().iter().map(|layer| &layer["size"]);
    let sizes: Vec<u64> = sizes.map(|size| size.as_u64().unwrap()).collect();
    let on_disk: Vec<u64> = layers
        .iter()
        .map(|layer| {
            fs::metadata(to.join(layer.replace("sha256:", "blobs/sha256/"))).unwrap().len()
        })
        .collect();
    assert_eq!(sizes, on_disk);
    assert_eq!(artifact.packed_bytes, sizes.iter().sum::<u64>());
    assert_eq!(artifact.unpacked_bytes, contents.measure().unwrap().0);
    assert_eq!(blobs(&to).len(), layers.len() + 2, "and nothing else");
    assert!(!to.join("partial").exists());
}

#[test]
fn skopeo_takes_it_in_both_forms() {
    let work = tempfile::tempdir().unwrap();
    let contents = bundle(work.path(), "{}");
    for form in [Form::Oci, Form::Docker] {
        let to = work.path().join(format!("{form:?}"));
        let mut frame = frame();
        frame.form = form;
        frame.environment.insert("LEVEL".into(), "info".into());
        frame.labels.insert("team".into(), "iris".into());
        let artifact = image(&contents, &frame, None, &to).unwrap();
        let name = format!("oci:{}", to.display());
        let seen: Value = serde_json::from_slice(&skopeo(&["inspect", &name])).unwrap();
        assert_eq!(seen["Digest"], format!("sha256:{}", artifact.sha256));
        assert_eq!(seen["Labels"]["team"], "iris");
        assert_eq!(seen["Env"], json!(["LEVEL=info"]));
        let copy = format!("docker-archive:{}.tar:iris:1", to.display());
        skopeo(&["copy", "--quiet", &name, &copy]);
    }
}

#[test]
fn a_change_of_code_leaves_the_other_layers_as_they_are() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    let before = image(&bundle(work.path(), "{}"), &frame(), None, &to).unwrap();
    let layers_before = layers(&to);
    let after = image(&bundle(work.path(), "{\"a\": 1}"), &frame(), None, &to).unwrap();
    let layers_after = layers(&to);
    assert_ne!(before.sha256, after.sha256);
    assert_ne!(before.content_sha256, after.content_sha256);
    assert_eq!(layers_before[..4], layers_after[..4]);
    assert_ne!(layers_before[4], layers_after[4]);
    let gone = layers_before[4].strip_prefix("sha256:").unwrap().to_owned();
    assert!(!blobs(&to).contains(&gone), "the old model's layer is removed");
}

#[test]
fn the_frame_is_in_the_configuration_and_in_the_content_digest() {
    let work = tempfile::tempdir().unwrap();
    let contents = bundle(work.path(), "{}");
    let plain = image(&contents, &frame(), None, &work.path().join("plain")).unwrap();
    let mut frame = frame();
    frame.command = Some(vec!["--host".into(), "lambda".into()]);
    frame.working_dir = Some("/var/task".into());
    frame.user = Some("65532".into());
    frame.port = Some(8080);
    frame.architecture = "arm64".into();
    let to = work.path().join("framed");
    let framed = image(&contents, &frame, None, &to).unwrap();
    assert_ne!(plain.content_sha256, framed.content_sha256);
    let config = config(&to);
    assert_eq!(config["architecture"], "arm64");
    assert_eq!(config["os"], "linux");
    assert_eq!(config["created"], "1970-01-01T00:00:00Z");
    let run = json!({
        "Entrypoint": ["/var/task/bootstrap"],
        "Cmd": ["--host", "lambda"],
        "WorkingDir": "/var/task",
        "User": "65532",
        "ExposedPorts": {"8080/tcp": {}},
    });
    assert_eq!(config["config"], run);
}

/// What Python's `tarfile` sees in the tars that it is given: one line a member.
const LIST: &str = "
import sys, tarfile
for name in sys.argv[1:]:
    for m in tarfile.open(name):
        print(m.name, oct(m.mode), m.type.decode(), m.uid, m.gid, m.mtime, m.size, m.uname)
";

#[test]
fn python_reads_the_layers_with_their_modes() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    image(&bundle(work.path(), "{}"), &frame(), None, &to).unwrap();
    let tapes: Vec<_> = layers(&to)
        .iter()
        .enumerate()
        .map(|(number, layer)| {
            let path = work.path().join(format!("{number}.tar"));
            fs::write(&path, tape(&to, layer)).unwrap();
            path
        })
        .collect();
    let out = Command::new(tools::python()).args(["-c", LIST]).args(tapes).output().unwrap();
    let around = "var 0o755 5 0 0 0 0 \nvar/task 0o755 5 0 0 0 0 \n";
    let long = "long".repeat(40);
    let expected = format!(
        "tmp 0o1777 5 0 0 0 0 \n{around}{around}var/task/model.weights 0o644 0 0 0 0 800000 \n\
         {around}var/task/bootstrap 0o755 0 0 0 0 12 \n{around}var/task/provider.txt 0o644 0 0 0 0 5 \n\
         {around}var/task/bundle.json 0o644 0 0 0 0 2 \nvar/task/samples 0o755 5 0 0 0 0 \n\
         var/task/samples/{long}.json 0o644 0 0 0 0 2 \n"
    );
    assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
}

#[test]
fn a_build_that_fails_leaves_nothing_that_looks_whole() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    let mut contents = bundle(work.path(), "{}");
    let whole = image(&contents, &frame(), None, &to).unwrap();
    let missing = Source::File(work.path().join("missing"));
    contents.add_to(Part::Model, "missing", Mode::Plain, missing);
    let error = image(&contents, &frame(), None, &to).unwrap_err().to_string();
    assert!(error.starts_with("could not read `") && error.ends_with("missing`"), "{error}");
    assert!(!to.join("index.json").exists() && !to.join("partial").exists());
    let again = image(&bundle(work.path(), "{}"), &frame(), None, &to).unwrap();
    assert_eq!(again, whole);
}

#[test]
fn paths_that_lead_out_or_meet_are_refused() {
    let work = tempfile::tempdir().unwrap();
    let to = work.path().join("image");
    let refused = |path: &str, folder: &str, words: &str| {
        let mut contents = bundle(work.path(), "{}");
        contents.add_bytes(path, Vec::new());
        let mut frame = frame();
        frame.folder = folder.into();
        let error = image(&contents, &frame, None, &to).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(!to.exists());
    };
    refused("../../etc/passwd", "var/task", "`var/task/../../etc/passwd` cannot be put");
    refused("/etc/passwd", "var/task", "no plain path");
    refused("a.txt", "/var/task", "no plain path");
    refused("bootstrap", "var/task", "another file or folder has this path");
    refused("bundle.json/x", "var/task", "`var/task/bundle.json` cannot be put");
}
