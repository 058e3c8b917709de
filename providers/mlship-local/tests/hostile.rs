//! Artifacts that are out to do harm: refused with the reason, and nothing is left of them.

#![expect(clippy::unwrap_used, reason = "test code")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use mlship_core::artifact::Format;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use support::{Machine, release, write_zip};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

async fn refused(machine: &Machine, zip: &Path) -> ProviderError {
    let release = release::of_zip(zip, support::NAME);
    let error = machine.deploy(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    machine.assert_clean();
    error
}

#[tokio::test]
async fn no_entry_lands_outside() {
    let machine = Machine::new();
    let zip = machine.root.path().join("hostile.zip");
    for name in ["../outside", "a/../../outside", "/tmp/outside-of-mlship", "a\\..\\outside"] {
        write_zip(&zip, &[(name, b"harm")]);
        let error = refused(&machine, &zip).await;
        assert!(error.to_string().contains("outside its folder"), "{name}: {error}");
    }
    assert!(!machine.root.path().join("outside").exists());
    assert!(!Path::new("/tmp/outside-of-mlship").exists());
}

#[tokio::test]
async fn no_link_is_made() {
    let machine = Machine::new();
    let path = machine.root.path().join("hostile.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.add_symlink("link", "/etc", SimpleFileOptions::default()).unwrap();
    zip.start_file("link/harm", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap();
    let error = refused(&machine, &path).await;
    assert!(error.to_string().contains("neither a file nor a folder"), "{error}");
}

#[tokio::test]
async fn a_bomb_stops_at_what_was_declared() {
    let machine = Machine::new();
    let path = machine.root.path().join("bomb.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("zeros", SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..64 {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1024 * 1024);
    let mut release = release::of_zip(&path, support::NAME);
    release.artifact.unpacked_bytes = 1024 * 1024;
    let error = machine.deploy(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.to_string().contains("1048576"), "{error}");
    machine.assert_clean();
}

#[tokio::test]
async fn an_artifact_that_changed_is_refused() {
    let machine = Machine::new();
    let release = machine.release("clear", &[]);
    let mut bytes = fs::read(&release.artifact.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&release.artifact.path, bytes).unwrap();
    let error = machine.deploy(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.to_string().contains("digest"), "{error}");
    machine.assert_clean();
}

#[tokio::test]
async fn what_is_not_a_runnable_zip_is_refused() {
    let machine = Machine::new();
    let path = machine.root.path().join("plain.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    let plain = SimpleFileOptions::default().unix_permissions(0o644);
    zip.start_file("bootstrap", plain).unwrap();
    zip.finish().unwrap();
    let error = refused(&machine, &path).await;
    assert!(error.to_string().contains("bootstrap"), "{error}");

    let mut image = release::of_zip(&path, support::NAME);
    image.artifact.format = Format::Image;
    let error = machine.deploy(&image).await.unwrap_err();
    assert!(error.to_string().contains("image"), "{error}");
    machine.assert_clean();
}

#[tokio::test]
async fn modes_are_kept_but_for_those_that_give_rights_away() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    let path = machine.root.path().join("modes.zip");
    write_zip(&path, &[("answer.json", b"{}")]);
    let mut zip =
        ZipWriter::new_append(File::options().read(true).write(true).open(&path).unwrap()).unwrap();
    for (name, mode) in [("run", 0o755), ("read", 0o644), ("setuid", 0o4777)] {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
    }
    zip.finish().unwrap();
    let release = release::of_zip(&path, support::NAME);
    machine.deploy(&release).await.unwrap();
    let content = machine.folder().join("contents").join(&release.artifact.content_sha256);
    let mode = |name: &str| fs::metadata(content.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("run"), 0o755);
    assert_eq!(mode("read"), 0o644);
    assert_eq!(mode("setuid"), 0o755);
    assert_eq!(machine.local.find(support::NAME).await.unwrap().unwrap().state, "ready");
}
