//! The metadata server of Google's machines: a token of the account that this process runs as, and
//! that account's name.
//!
//! Protocol: <https://cloud.google.com/compute/docs/access/authenticate-workloads>.

use std::io::Read;
use std::thread::sleep;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::StatusCode;
use ureq::{Agent, Body, Error};

/// The host, when the environment says no other.
const HOST: &str = "metadata.google.internal";

/// What it says of the account.
const ACCOUNT: &str = "computeMetadata/v1/instance/service-accounts/default";

/// The longest that a connection to it may take. It is on the same machine.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pauses before it is tried again. Just after the start of a machine it may not be up yet.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// The most that is read of an answer, in bytes.
const ANSWER: u64 = 64 << 10;

/// The metadata server.
pub(super) struct Metadata {
    agent: Agent,
    host: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// There is no such server, or it knows no account.
    Absent,
    /// It may answer later.
    Busy(String),
    /// What it answers is of no use.
    Wrong(String),
}

/// A token as it is given.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

impl Metadata {
    /// The server at `host`, `metadata.google.internal` when `None`.
    pub(super) fn new(host: Option<&str>) -> Self {
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_resolve(Some(PATIENCE))
            .timeout_connect(Some(PATIENCE))
            .timeout_global(Some(PATIENCE * 10))
            .build();
        Self { agent: agent.into(), host: host.unwrap_or(HOST).to_owned() }
    }

    /// A token to show as `Bearer`. The server keeps it until shortly before it ends.
    pub(super) fn token(&self) -> Result<String, Silence> {
        let text = self.read("token")?;
        match serde_json::from_str::<Granted>(&text) {
            Ok(granted) if !granted.access_token.is_empty() => Ok(granted.access_token),
            // What came may be a secret.
            _ => Err(Silence::Wrong("the metadata server gives no token".into())),
        }
    }

    /// The account's name, `…@….iam.gserviceaccount.com`.
    pub(super) fn account(&self) -> Option<String> {
        let name = self.read("email").ok()?.trim().to_owned();
        let is_name = name.contains('@') && name.bytes().all(|byte| byte.is_ascii_graphic());
        (is_name && name.len() <= 256).then_some(name)
    }

    fn read(&self, what: &str) -> Result<String, Silence> {
        let url = format!("http://{}/{ACCOUNT}/{what}", self.host);
        let ask = || self.agent.get(&url).header("metadata-flavor", "Google").call();
        let mut found = ask();
        for pause in PAUSES {
            match found {
                Ok(_) | Err(Error::HostNotFound | Error::Http(_) | Error::BadUri(_)) => break,
                Err(_) => sleep(pause),
            }
            found = ask();
        }
        match found {
            Ok(response) => text(response),
            Err(Error::Http(_) | Error::BadUri(_)) => {
                Err(Silence::Wrong(format!("`{}` is not a host with a port", self.host)))
            }
            Err(_) => Err(Silence::Absent),
        }
    }
}

fn text(mut response: ureq::http::Response<Body>) -> Result<String, Silence> {
    let status = response.status();
    let says = || format!("the metadata server answers {}", status.as_u16());
    match status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(Silence::Absent),
        StatusCode::TOO_MANY_REQUESTS => return Err(Silence::Busy(says())),
        status if status.is_server_error() => return Err(Silence::Busy(says())),
        _ => return Err(Silence::Wrong(says())),
    }
    let mut text = String::new();
    let read = response.body_mut().as_reader().take(ANSWER).read_to_string(&mut text);
    read.map_err(|_| Silence::Busy("the metadata server breaks off".into()))?;
    Ok(text)
}
