//! What is in an image that a registry has.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use super::http::Head;

/// What a manifest may be.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.v2+json";

/// All layers of an image, unpacked from their compression, one tar after the other. `reference`
/// is a tag or a digest. `None` when the registry has no such image.
///
/// # Panics
/// When the registry does not answer, or a layer is not what it says.
pub fn layers(registry: SocketAddr, repository: &str, reference: &str) -> Option<Vec<u8>> {
    let manifest = get(registry, &format!("/v2/{repository}/manifests/{reference}"))?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    let mut all = Vec::new();
    for layer in manifest["layers"].as_array()? {
        let digest = layer["digest"].as_str()?;
        let bytes = get(registry, &format!("/v2/{repository}/blobs/{digest}"))?;
        all.extend(if bytes.starts_with(&[0x1f, 0x8b]) { unzipped(bytes) } else { bytes });
    }
    Some(all)
}

/// What is at a path of a registry that lets everybody in; `None` when nothing is.
///
/// # Panics
/// When the registry does not answer.
pub fn get(registry: SocketAddr, target: &str) -> Option<Vec<u8>> {
    let headers = vec![("host".into(), registry.to_string()), ("accept".into(), MANIFESTS.into())];
    let request = Head { method: "GET".into(), target: target.into(), status: 0, headers };
    let mut stream = TcpStream::connect(registry).expect("the registry listens");
    request.write(&mut stream).expect("the registry reads");
    stream.flush().expect("the registry reads");
    let mut answer = BufReader::new(stream);
    let head = Head::of_answer(&mut answer).expect("the registry answers");
    let mut body = Vec::new();
    answer.take(head.length().unwrap_or(u64::MAX)).read_to_end(&mut body).expect("all of it");
    (head.status == 200).then_some(body)
}

fn unzipped(bytes: Vec<u8>) -> Vec<u8> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip runs");
    let mut stdin = gzip.stdin.take().expect("its input");
    let writer = thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output().expect("what was in it");
    writer.join().expect("the writer ends").expect("gzip reads all");
    assert!(output.status.success(), "the layer is no gzip");
    output.stdout
}
