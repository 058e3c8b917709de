//! Objects are sent and brought whole, whatever happens on the way.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use mlship_core::provider::ErrorKind;
use mlship_registry::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::server::{Asked, Reply, Server};
use crate::download_with;
use crate::rest::storage::{Crc32c, Upload};

/// More than one piece, no two of its parts alike.
fn contents() -> Vec<u8> {
    (0..9_000_000_u32).map(|n| (n ^ (n >> 7)).to_le_bytes()[0]).collect()
}

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("a file");
    (folder, path)
}

fn object(bytes: &[u8]) -> Value {
    json!({ "name": "source/x", "generation": "7", "size": bytes.len().to_string(),
            "crc32c": Crc32c::default().with(bytes).write() })
}

/// Keeps what is sent to a session. Of the second piece it keeps a part and then fails, once.
fn bucket(kept: &Arc<Mutex<Vec<u8>>>) -> impl Fn(&Asked) -> Reply + Send + Sync + 'static {
    let (kept, failed) = (Arc::clone(kept), Mutex::new(false));
    move |asked| {
        let mut kept = kept.lock().expect("what is kept");
        let total = contents().len();
        if asked.line.starts_with("GET ") {
            return Reply::of(404);
        }
        if asked.line.starts_with("POST /upload/storage/v1/b/b-1/o?") {
            return Reply::of(200).header("location", format!("{}/session", asked.origin));
        }
        assert_eq!(asked.line, "PUT /session");
        let mut failed = failed.lock().expect("a flag");
        let status = match *failed || kept.is_empty() || asked.body.is_empty() {
            true => {
                kept.extend_from_slice(&asked.body);
                308
            }
            false => {
                *failed = true;
                kept.extend_from_slice(&asked.body[..1000]);
                503
            }
        };
        match kept.len() {
            length if length == total => Reply::json(object(&kept)),
            0 => Reply::of(status),
            length => Reply::of(status).header("range", format!("bytes=0-{}", length - 1)),
        }
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped() {
    let kept = Arc::default();
    let server = Server::start(bucket(&kept));
    let bytes = contents();
    let (_folder, path) = file(&bytes);
    let sha256 = hex(&Sha256::digest(&bytes));
    let upload = Upload {
        bucket: "b-1",
        name: "source/x",
        path: &path,
        content_type: "application/gzip",
        sha256: &sha256,
    };
    let heard = Mutex::new(Vec::new());
    let sent = |bytes| heard.lock().expect("a list").push(bytes);
    let object = server.rest().await.upload(upload, &sent).await.expect("an object");
    assert_eq!((object.generation, object.bytes), (7, 9_000_000));
    assert!(*kept.lock().expect("what is kept") == bytes, "other bytes arrived");
    let piece = 8 << 20;
    assert_eq!(*heard.lock().expect("a list"), [piece, piece + 1000, 9_000_000]);
    let seen = server.seen();
    let begun = seen.iter().find(|asked| asked.line.starts_with("POST")).expect("a session");
    let query = "?uploadType=resumable&name=source%2Fx&ifGenerationMatch=0";
    assert!(begun.line.ends_with(query), "{}", begun.line);
    assert_eq!(begun.json()["crc32c"], Crc32c::default().with(&bytes).write());
    let ranges: Vec<_> = seen.iter().map(|asked| asked.header("content-range")).collect();
    assert_eq!(
        ranges[3..],
        [
            "bytes 0-8388607/9000000",
            "bytes 8388608-8999999/9000000",
            "bytes */9000000",
            "bytes 8389608-8999999/9000000",
        ]
    );
}

#[tokio::test]
async fn an_upload_ends_when_nothing_arrives() {
    let server = Server::start(|asked| match asked.line.split(' ').next() {
        Some("POST") => Reply::of(200).header("location", "/session"),
        Some("PUT") if asked.body.is_empty() => Reply::of(308),
        Some("PUT") => Reply::of(503),
        _ => Reply::of(404),
    });
    let (_folder, path) = file(b"abc");
    let sha256 = hex(&Sha256::digest(b"abc"));
    let upload =
        |sha256| Upload { bucket: "b", name: "x", path: &path, content_type: "a/b", sha256 };
    let rest = server.rest().await;
    let error = rest.upload(upload(&sha256), &|_| {}).await.expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let error = rest.upload(upload("other"), &|_| {}).await.expect_err("an error");
    assert_eq!(error.reason, "the file is not the one that was packed");
}

#[tokio::test]
async fn what_is_there_is_not_sent_and_a_stranger_gets_nothing() {
    let server = Server::start(|asked| match asked.line.as_str() {
        "GET /storage/v1/b/b/o/there" => Reply::json(object(b"abc")),
        line if line.starts_with("GET") => Reply::of(404),
        _ => Reply::of(200).header("location", "https://evil.example/session"),
    });
    let (_folder, path) = file(b"abc");
    let sha256 = hex(&Sha256::digest(b"abc"));
    let upload =
        |name| Upload { bucket: "b", name, path: &path, content_type: "a/b", sha256: &sha256 };
    let rest = server.rest().await;
    rest.upload(upload("there"), &|_| {}).await.expect("an object");
    assert_eq!(server.calls().len(), 1);
    let error = rest.upload(upload("x"), &|_| {}).await.expect_err("an error");
    assert_eq!(error.reason, "the answer names no address for the upload");
}

#[tokio::test]
async fn a_download_goes_on_where_it_was_cut() {
    let server = Server::start(|asked| {
        let bytes = b"the whole model";
        match (asked.line.contains("alt=media"), asked.header("range").as_str()) {
            (false, _) if asked.line.contains("/o/dir%2Fmodel") => Reply::json(object(bytes)),
            (false, _) => Reply::of(404),
            (true, "") => Reply::bytes(200, bytes[..5].to_vec()).cut(),
            (true, "bytes=5-") => Reply::bytes(206, bytes[5..9].to_vec()).cut(),
            (true, "bytes=9-") => Reply::bytes(206, bytes[9..].to_vec()),
            (true, other) => panic!("{other}"),
        }
    });
    let options = server.options();
    let mut to = Vec::new();
    let bytes = download_with(&options, "gs://b/dir/model", &mut to).await.expect("a model");
    assert_eq!((bytes, to.as_slice()), (15, &b"the whole model"[..]));
    let absent = download_with(&options, "gs://b/none", &mut to).await.expect_err("an error");
    assert_eq!(absent.kind, ErrorKind::NotFound);
    for address in ["gs://b", "gs:///x", "gs://b/", "s3://b/x"] {
        let error = download_with(&options, address, &mut to).await.expect_err("an error");
        assert_eq!(error.kind, ErrorKind::Refused, "{address}");
    }
}

#[tokio::test]
async fn other_bytes_than_those_kept_are_an_error() {
    let server = Server::start(|asked| match asked.line.contains("alt=media") {
        true => Reply::bytes(200, b"xyz".to_vec()),
        false => Reply::json(object(b"abc")),
    });
    let mut to = Vec::new();
    let error = download_with(&server.options(), "gs://b/x", &mut to).await.expect_err("an error");
    assert_eq!(error.reason, "what arrived is not what is kept there");
}
