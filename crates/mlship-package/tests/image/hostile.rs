//! Archives that are broken, or made to do harm: a clear refusal, and no image.

use std::fs;
use std::path::Path;

use mlship_package::{Form, from_docker_archive, sha256};
use serde_json::{Value, json};

use crate::archive::small_layer;
use crate::support::write_tar;

/// What is said of the archive at `path`, of which no image is made.
fn refusal(path: &Path) -> String {
    let to = path.with_extension("image");
    let error = from_docker_archive(path, Form::Oci, &to).unwrap_err().to_string();
    assert!(!to.join("index.json").exists() && !to.join("partial").exists());
    error
}

/// The refusal of an archive of these layers and links, whose manifest and configuration name
/// `listed` as the first layer and `diff_id` as its digest.
fn refused(
    files: &[(&str, &[u8])],
    links: &[(&str, &str)],
    listed: &Value,
    diff_ids: &Value,
) -> String {
    let work = tempfile::tempdir().unwrap();
    let path = work.path().join("saved.tar");
    let config = json!({"rootfs": {"diff_ids": diff_ids}}).to_string();
    let manifest = listed.to_string();
    let mut all = files.to_vec();
    all.extend([("config.json", config.as_bytes()), ("manifest.json", manifest.as_bytes())]);
    write_tar(&path, &all, links);
    refusal(&path)
}

fn listed(layers: &[&str]) -> Value {
    json!([{"Config": "config.json", "Layers": layers}])
}

#[test]
fn layers_that_are_not_what_is_said_are_refused() {
    let layer = small_layer("one");
    let right = json!([format!("sha256:{}", sha256(&layer))]);
    let wrong = json!([format!("sha256:{}", "0".repeat(64))]);
    let there: &[(&str, &[u8])] = &[("a/layer.tar", &layer)];
    let one = listed(&["a/layer.tar"]);
    let says = |words: &str, error: String| assert!(error.contains(words), "{error}");
    says("has the digest `sha256:", refused(there, &[], &one, &wrong));
    says("`a/layer.tar` is missing", refused(&[], &[], &one, &right));
    says("is of 1 layers, and `manifest.json` names 0", refused(there, &[], &listed(&[]), &right));
    says("is no SHA-256 digest", refused(there, &[], &one, &json!(["sha256:../../x"])));
    says("tells of no layers", refused(there, &[], &one, &json!("none")));
    says("leads out of it", refused(there, &[], &listed(&["../../a/layer.tar"]), &right));
    let zstd: &[(&str, &[u8])] = &[("a/layer.tar", &[0x28, 0xb5, 0x2f, 0xfd, 0])];
    says("packed with zstd", refused(zstd, &[], &one, &right));
    let gzip: &[(&str, &[u8])] = &[("a/layer.tar", &[0x1f, 0x8b, 8, 0, 1, 2, 3])];
    says("is broken", refused(gzip, &[], &one, &right));
}

#[test]
fn links_that_lead_out_or_nowhere_are_refused() {
    let one = listed(&["a/layer.tar"]);
    let ids = json!([format!("sha256:{}", "0".repeat(64))]);
    let link = |target: &str| refused(&[], &[("a/layer.tar", target)], &one, &ids);
    assert!(link("../../../etc/passwd").contains("leads out of it"));
    assert!(link("/etc/passwd").contains("which is outside"));
    assert!(link("layer.tar").contains("a link that leads nowhere"));
    assert!(link("../b/layer.tar").contains("is missing"));
}

#[test]
fn what_is_no_single_image_is_refused() {
    let one = json!({"Config": "config.json", "Layers": []});
    assert!(refused(&[], &[], &json!([]), &json!([])).contains("it holds no image"));
    assert!(refused(&[], &[], &json!([one, one]), &json!([])).contains("several images"));
    assert!(refused(&[], &[], &json!({}), &json!([])).contains("cannot be understood"));
    let name = format!("{}.json", "0".repeat(64));
    let files: &[(&str, &[u8])] = &[(&name, b"{}")];
    let misnamed = refused(files, &[], &json!([{"Config": name, "Layers": []}]), &json!([]));
    assert!(misnamed.contains("does not have the digest that it is called by"), "{misnamed}");
}

#[test]
fn broken_and_boastful_tars_are_refused() {
    let work = tempfile::tempdir().unwrap();
    let path = work.path().join("saved.tar");
    fs::write(&path, vec![7; 4096]).unwrap();
    assert!(refusal(&path).contains("no tar header at byte 0"));
    write_tar(&path, &[("manifest.json", &[b'['; 5000])], &[]);
    let cut = fs::read(&path).unwrap();
    fs::write(&path, &cut[..1024]).unwrap();
    assert!(refusal(&path).contains("ends within an entry of 5000 bytes"));
    fs::write(&path, b"").unwrap();
    assert!(refusal(&path).contains("`manifest.json` is missing"));

    // A name that is said to be 2 GB long, in a file that has no blocks on disk.
    let mut header = tar::Header::new_gnu();
    header.set_path("././@LongLink").unwrap();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(2 << 30);
    header.set_cksum();
    fs::write(&path, header.as_bytes()).unwrap();
    fs::File::options().append(true).open(&path).unwrap().set_len(3 << 30).unwrap();
    assert!(refusal(&path).contains("at most 65536 are read"));
    let mut header = tar::Header::new_gnu();
    header.set_path("manifest.json").unwrap();
    header.set_size(2 << 30);
    header.set_cksum();
    fs::write(&path, header.as_bytes()).unwrap();
    fs::File::options().append(true).open(&path).unwrap().set_len(3 << 30).unwrap();
    assert!(refusal(&path).contains("at most 4194304 are read"));
}
