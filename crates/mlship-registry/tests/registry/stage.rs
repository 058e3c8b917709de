//! What the tests share: a registry behind the proxy, and `skopeo` to look at what came.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use mlship_core::progress::{Progress, Silent};
use mlship_registry::{Login, Pushed, Reference, RegistryError};
use mlship_testkit::registry::{Proxy, Registry};
use mlship_testkit::tools;
use serde_json::Value;
use tempfile::TempDir;

use crate::image::{Image, digest};

/// A registry, the proxy before it, and a folder for layouts.
pub(crate) struct Stage {
    pub(crate) registry: Registry,
    pub(crate) proxy: Proxy,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let registry = Registry::start();
        let proxy = Proxy::start(registry.address());
        Self { registry, proxy, folder: tempfile::tempdir().unwrap() }
    }

    /// A place for a layout, in a folder of its own.
    pub(crate) fn layout(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).join("image")
    }

    /// A name in the registry, through the proxy.
    pub(crate) fn name(&self, name: &str) -> Reference {
        format!("{}/{name}", self.proxy.host()).parse().unwrap()
    }

    /// The digest under a name, as `skopeo` sees it without the proxy.
    pub(crate) fn seen(&self, name: &str) -> Option<String> {
        let from = format!("docker://{}/{name}", self.registry.host());
        let output = Command::new(tools::skopeo())
            .args(["inspect", "--tls-verify=false", &from])
            .output()
            .unwrap();
        let seen: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        seen.map(|seen| seen["Digest"].as_str().unwrap().to_owned())
    }

    /// Copies an image out of the registry with `skopeo`, and checks each of its layers.
    pub(crate) fn assert_whole(&self, name: &str, image: &Image) {
        let to = self.folder.path().join("copied");
        let status = Command::new(tools::skopeo())
            .args(["copy", "--quiet", "--src-tls-verify=false"])
            .arg(format!("docker://{}/{name}", self.registry.host()))
            .arg(format!("dir:{}", to.display()))
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(digest(&std::fs::read(to.join("manifest.json")).unwrap()), image.digest);
        for layer in &image.layers {
            let bytes = std::fs::read(to.join(layer.strip_prefix("sha256:").unwrap())).unwrap();
            assert_eq!(&digest(&bytes), layer);
        }
        std::fs::remove_dir_all(to).unwrap();
    }
}

/// Pushes without a login, silently.
pub(crate) async fn push(image: &Image, to: &Reference) -> Result<Pushed, RegistryError> {
    let nobody = Login::Anonymous;
    mlship_registry::push(&image.layout, to, &nobody, &nobody, &Silent).await
}

/// Hears everything.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) steps: Mutex<Vec<String>>,
    pub(crate) bytes: Mutex<Vec<(u64, u64)>>,
}

impl Progress for Heard {
    fn step(&self, message: &str) {
        self.steps.lock().unwrap().push(message.to_owned());
    }

    fn bytes(&self, done: u64, total: u64) {
        self.bytes.lock().unwrap().push((done, total));
    }
}

/// Puts a document into a registry, as no client does that the tests have.
pub(crate) fn put(host: &str, path: &str, media_type: &str, body: &str) {
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media_type}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}
