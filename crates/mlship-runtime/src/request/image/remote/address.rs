//! Brings the picture at an address, when its host is one of those named and its machine is no
//! neighbour. No redirect is followed, and time and length are bounded.

use std::fmt::Debug;
use std::io::Read;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use super::CLOSED;
use super::public::is_public;
use crate::bundle::LoadError;
use crate::problem::Kind;
use crate::request::refuse::echo;

/// The most bytes of one picture.
const MOST_BYTES: u64 = 20 << 20;

/// The longest that all pictures of a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most addresses of a request.
const MOST_ADDRESSES: usize = 16;

/// Why no picture came.
type Refusal = (Kind, String);

/// The hosts that are asked.
pub(in super::super) struct Remote {
    /// Names, for `https`.
    names: Vec<String>,
    /// `127.0.0.1:port`, for `http`.
    own: Vec<String>,
    public: Agent,
    local: Agent,
}

/// What a request may still ask for.
#[derive(Default)]
pub(in super::super) struct Budget {
    addresses: usize,
    until: Option<Instant>,
}

/// What keeps others from listening, and which machines are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Strangers, over TLS.
    Public,
    /// This machine.
    Local,
}

impl Remote {
    pub(in super::super) fn new(hosts: &[String]) -> Result<Self, LoadError> {
        let (own, names): (Vec<_>, Vec<_>) =
            hosts.iter().cloned().partition(|host| host.starts_with("127.0.0.1:"));
        if let Some(odd) = names.iter().find(|name| name.contains([':', '/', '@', '*'])) {
            return Err(LoadError::Contradiction(format!("`{odd}` is not the name of a host")));
        }
        Ok(Self { names, own, public: agent(Reach::Public), local: agent(Reach::Local) })
    }

    /// The bytes at `url`.
    pub(in super::super) fn bring(
        &self,
        url: &str,
        budget: &mut Budget,
    ) -> Result<Vec<u8>, Refusal> {
        if self.names.is_empty() && self.own.is_empty() {
            return Err((Kind::AddressRefused, CLOSED.into()));
        }
        let agent = match self.reach(url)? {
            Reach::Public => &self.public,
            Reach::Local => &self.local,
        };
        let left = budget.take()?;
        let failed =
            |cause: String| (Kind::NotFetched, format!("the picture did not come: {cause}"));
        let request = agent.get(url).config().timeout_global(Some(left)).build();
        let response = request.call().map_err(|error| match error {
            Error::Other(cause) if cause.is::<Neighbour>() => {
                (Kind::AddressRefused, "its host leads into a network that is not public".into())
            }
            other => failed(cause(&other)),
        })?;
        let status = response.status().as_u16();
        if status != 200 {
            let more = if (300..400).contains(&status) { ", and is not followed" } else { "" };
            return Err(failed(format!("its host answers {status}{more}")));
        }
        let mut bytes = Vec::new();
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let read = body.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|_| failed("it was cut off, or came too slowly".into()))?;
        match bytes.len() as u64 > MOST_BYTES {
            true => {
                let detail = format!("a picture from an address has at most {MOST_BYTES} bytes");
                Err((Kind::ImageTooLarge, detail))
            }
            false => Ok(bytes),
        }
    }

    /// Which machines the address may lead to.
    fn reach(&self, url: &str) -> Result<Reach, Refusal> {
        let refused = |cause: String| (Kind::AddressRefused, cause);
        let uri: Uri =
            url.parse().map_err(|_| refused(format!("`{}` is not an address", echo(url))))?;
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let is_usual = matches!(uri.port_u16(), None | Some(443)) && !authority.contains('@');
        match uri.scheme_str() {
            Some("https") if is_usual && self.names.contains(&host) => Ok(Reach::Public),
            Some("http") if self.own.iter().any(|own| own == authority) => Ok(Reach::Local),
            Some("https") => {
                let host = echo(&host);
                Err(refused(format!("`{host}` is not a host that pictures are fetched from")))
            }
            _ => Err(refused("only `https://` addresses are fetched from".into())),
        }
    }
}

impl Budget {
    /// How long the next address may take.
    fn take(&mut self) -> Result<Duration, Refusal> {
        self.addresses += 1;
        if self.addresses > MOST_ADDRESSES {
            let detail = format!("at most {MOST_ADDRESSES} addresses are taken at once");
            return Err((Kind::TooManyRows, detail));
        }
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + PATIENCE);
        match until.checked_duration_since(now) {
            Some(left) if left > Duration::ZERO => Ok(left),
            _ => Err((Kind::NotFetched, "the pictures take too long to come".into())),
        }
    }
}

fn agent(reach: Reach) -> Agent {
    let config = Config::builder()
        .https_only(reach == Reach::Public)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .user_agent(concat!("mlship-runtime/", env!("CARGO_PKG_VERSION")))
        .accept("image/*")
        .accept_encoding("identity")
        .build();
    match reach {
        Reach::Public => {
            Agent::with_parts(config, DefaultConnector::default(), Strangers::default())
        }
        Reach::Local => Agent::new_with_config(config),
    }
}

/// Finds the machines of a host, and none of this network: what is connected to is what was
/// checked.
#[derive(Debug, Default)]
struct Strangers(DefaultResolver);

/// A host is a machine nearby.
#[derive(Debug, thiserror::Error)]
#[error("not a public machine")]
struct Neighbour;

impl Resolver for Strangers {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        match found.iter().all(|address| is_public(address.ip())) {
            true => Ok(found),
            false => Err(Error::Other(Box::new(Neighbour))),
        }
    }
}

/// An error without what it says of this machine.
fn cause(error: &Error) -> String {
    match error {
        Error::Timeout(_) => "its host does not answer in time",
        Error::HostNotFound => "its host is not known",
        Error::Tls(_) | Error::Rustls(_) => "its host shows no valid certificate",
        _ => "its host cannot be reached",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_hosts_are_asked() {
        let hosts = ["images.example.com".to_owned(), "127.0.0.1:8080".to_owned()];
        let remote = Remote::new(&hosts).unwrap();
        assert_eq!(remote.reach("https://images.example.com/a.png?b").unwrap(), Reach::Public);
        assert_eq!(remote.reach("https://Images.Example.com:443/a").unwrap(), Reach::Public);
        assert_eq!(remote.reach("http://127.0.0.1:8080/a").unwrap(), Reach::Local);
        for refused in [
            "http://images.example.com/a",
            "https://images.example.com:8443/a",
            "https://images.example.com@evil.example/a",
            "https://u:p@images.example.com/a",
            "https://evil.images.example.com/a",
            "https://images.example.com.evil.example/a",
            "https://127.0.0.1:8080/a",
            "http://127.0.0.1/a",
            "http://127.0.0.1:8081/a",
            "http://x@127.0.0.1:8080/a",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "images.example.com/a",
            "",
        ] {
            assert_eq!(remote.reach(refused).unwrap_err().0, Kind::AddressRefused, "{refused}");
        }
    }

    #[test]
    fn a_name_that_leads_home_is_not_asked() {
        // No name server is asked: the name is this machine's by itself.
        let remote = Remote::new(&["localhost".to_owned()]).unwrap();
        let (kind, detail) =
            remote.bring("https://localhost/a", &mut Budget::default()).unwrap_err();
        assert_eq!(kind, Kind::AddressRefused, "{detail}");
    }
}
