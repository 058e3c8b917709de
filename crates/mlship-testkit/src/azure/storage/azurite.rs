//! Azurite processes: one for each account's name, started when it is first needed, for an
//! account's name and keys are given to it at its start.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use sha2::{Digest, Sha512};

use crate::azure::error::error;
use crate::azure::http::{Arrived, Request, Response, exchange};
use crate::tools;

/// The processes, by account.
#[derive(Debug, Default)]
pub(in crate::azure) struct Azurites {
    running: BTreeMap<String, Azurite>,
}

#[derive(Debug)]
struct Azurite {
    process: Child,
    address: SocketAddr,
}

/// The two keys of an account; the same name has the same keys.
pub(super) fn keys(account: &str) -> [String; 2] {
    ["1", "2"].map(|which| STANDARD.encode(Sha512::digest(format!("{account} {which}"))))
}

/// Hands a call on to Azurite and its answer back.
pub(super) fn pass(address: SocketAddr, request: &Request) -> Response {
    exchange(address, request)
        .unwrap_or_else(|why| error(503, "ServerBusy", &format!("azurite did not answer: {why}")))
}

impl Azurites {
    /// Where an account's blobs are.
    pub(super) fn address(&mut self, account: &str) -> SocketAddr {
        let start = || Azurite::start(account);
        self.running.entry(account.to_owned()).or_insert_with(start).address
    }

    /// Removes every blob of an account.
    pub(super) fn forget(&mut self, account: &str) {
        for container in self.containers(account) {
            self.drop_container(account, &container);
        }
    }

    /// Removes every blob of every account; the processes stay.
    pub(in crate::azure) fn empty(&mut self) {
        let accounts: Vec<String> = self.running.keys().cloned().collect();
        for account in accounts {
            self.forget(&account);
        }
    }

    pub(super) fn containers(&mut self, account: &str) -> Vec<String> {
        match self.running.contains_key(account) {
            true => names(&self.call("GET", account, "", "comp=list")),
            false => Vec::new(),
        }
    }

    /// Does nothing when it is there.
    pub(super) fn make_container(&mut self, account: &str, container: &str) {
        self.call("PUT", account, &format!("/{container}"), "restype=container");
    }

    pub(super) fn drop_container(&mut self, account: &str, container: &str) {
        self.call("DELETE", account, &format!("/{container}"), "restype=container");
    }

    /// `blob ACCOUNT/CONTAINER/NAME` for every blob.
    pub(super) fn blobs(&mut self, account: &str) -> Vec<String> {
        let mut all = Vec::new();
        for container in self.containers(account) {
            let path = format!("/{container}");
            let listed = self.call("GET", account, &path, "comp=list&restype=container");
            let named = names(&listed).into_iter();
            all.extend(named.map(|blob| format!("blob {account}/{container}/{blob}")));
        }
        all
    }

    fn call(&mut self, method: &str, account: &str, path: &str, query: &str) -> Response {
        let address = self.address(account);
        pass(address, &signed(method, account, path, query, Vec::new()))
    }
}

/// A call signed with the account's key. Query names must be in order; a body is a blob's.
pub(in crate::azure) fn signed(
    method: &str,
    account: &str,
    path: &str,
    query: &str,
    body: Vec<u8>,
) -> Request {
    let path = format!("/{account}{path}");
    let mut headers: BTreeMap<String, String> =
        [("x-ms-date", "Thu, 01 Jan 2026 00:00:00 GMT"), ("x-ms-version", "2021-12-02")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let mut length = String::new();
    if !body.is_empty() {
        headers.insert("x-ms-blob-type".into(), "BlockBlob".into());
        length = body.len().to_string();
    }
    let signed: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let parameters: String = match query {
        "" => String::new(),
        query => query.split('&').map(|pair| format!("\n{}", pair.replace('=', ":"))).collect(),
    };
    let text =
        format!("{method}\n\n\n{length}\n\n\n\n\n\n\n\n\n{signed}/{account}{path}{parameters}");
    let signature = signature(account, &text);
    headers.insert("authorization".into(), format!("SharedKey {account}:{signature}"));
    let host = "127.0.0.1".to_owned();
    Request {
        method: method.into(),
        host,
        path,
        query: query.into(),
        headers,
        body,
        arrived: Arrived::Whole,
    }
}

/// The signature of a text with the account's first key.
fn signature(account: &str, text: &str) -> String {
    let key = STANDARD.decode(&keys(account)[0]).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// A signature in the address that lets whoever has it read a blob, `CONTAINER/NAME`.
#[cfg(test)]
pub(in crate::azure) fn sas(account: &str, blob: &str) -> String {
    let end = "2099-01-01T00:00:00Z";
    let version = "2021-12-02";
    let text = format!("r\n\n{end}\n/blob/{account}/{blob}\n\n\n\n{version}\nb\n\n\n\n\n\n\n");
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("sp", "r"), ("se", end), ("sv", version), ("sr", "b")])
        .append_pair("sig", &signature(account, &text))
        .finish()
}

/// The names in a listing. The characters that names may have need no XML escapes.
fn names(listing: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&listing.body);
    let parts = text.split("<Name>").skip(1);
    parts.filter_map(|part| Some(part.split_once("</Name>")?.0.to_owned())).collect()
}

impl Azurite {
    /// # Panics
    /// When it is not installed or does not come up.
    fn start(account: &str) -> Self {
        let program = tools::tool("node/node_modules/.bin/azurite-blob");
        let [one, two] = keys(account);
        for _ in 0..5 {
            let address = free_address();
            let process = Command::new(&program)
                .args(["--blobHost", "127.0.0.1", "--blobPort", &address.port().to_string()])
                .args(["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"])
                .arg("--silent")
                .env("AZURITE_ACCOUNTS", format!("{account}:{one}:{two}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("azurite starts");
            let mut azurite = Self { process, address };
            if azurite.answers() {
                return azurite;
            }
        }
        panic!("azurite does not come up");
    }

    /// False when it ended, for another process may have taken the port.
    fn answers(&mut self) -> bool {
        loop {
            let up = TcpStream::connect(self.address).is_ok();
            let over = self.process.try_wait().expect("its state is known").is_some();
            if up || over {
                return !over;
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
