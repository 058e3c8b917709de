//! Names of images, as users write them, and whole.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};

/// Docker Hub in the names of images; its API is elsewhere.
const HUB: &str = "docker.io";
const HUB_API: &str = "registry-1.docker.io";
const HUB_ALIASES: [&str; 3] = [HUB, "index.docker.io", HUB_API];

/// An image's name: registry, repository, and a tag or a digest or both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// The registry's host and port: `docker.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name in the registry: `library/python`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, when one was written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, `sha256:…`, when one was written.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_ref().map(Digest::as_str)
    }

    /// Registry and repository, without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    pub(crate) fn pinned(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same repository, by digest alone.
    pub(crate) fn at(&self, digest: &Digest) -> Self {
        Self { tag: None, digest: Some(digest.clone()), ..self.clone() }
    }

    /// What a manifest is asked for by: the digest, else the tag, else `latest`.
    pub(crate) fn asked(&self) -> &str {
        self.digest().or(self.tag()).unwrap_or("latest")
    }

    /// Scheme and host of the registry's API. Plain HTTP for this machine only.
    pub(crate) fn origin(&self) -> String {
        let scheme = if is_loopback(host(&self.registry)) { "http" } else { "https" };
        let host = if self.registry == HUB { HUB_API } else { &self.registry };
        format!("{scheme}://{host}")
    }
}

/// One registry under one name: Docker Hub has several.
pub(crate) fn canonical_registry(registry: &str) -> &str {
    if HUB_ALIASES.contains(&registry) { HUB } else { registry }
}

/// Whether a host is this machine. Names under `localhost` are
/// (<https://www.rfc-editor.org/rfc/rfc6761#section-6.3>), and resolved here to nothing else.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host of `host:port`.
fn host(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl FromStr for Reference {
    type Err = RegistryError;

    /// Reads `[registry/]name[:tag][@digest]`. Without a registry it is Docker Hub's, where names
    /// without a user are in `library/`.
    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let refuse = |reason: &str| {
            RegistryError::new(ErrorKind::Local, "read the image's name", text, reason)
        };
        if text.contains("://") {
            let hint = "write it without the scheme: `registry.example/name:tag`";
            return Err(refuse("it is an address, not an image's name").with_hint(hint));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let wrong = "after the `@` must come `sha256:` and 64 hex digits in lower case";
                (rest, Some(Digest::parse(digest).ok_or_else(|| refuse(wrong))?))
            }
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_owned())),
            _ => (rest, None),
        };
        if let Some(tag) = &tag
            && !is_tag(tag)
        {
            return Err(refuse("a tag is 1 to 128 letters, digits, `_`, `.` and `-`"));
        }
        let (registry, repository) = split(name);
        check_registry(&registry).map_err(refuse)?;
        check_repository(&repository).map_err(refuse)?;
        Ok(Self { registry, repository, tag, digest })
    }
}

/// Registry and repository. The first part is a registry when it has a dot or a port, as with
/// Docker: <https://pkg.go.dev/github.com/distribution/reference>.
fn split(name: &str) -> (String, String) {
    let (registry, repository) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
            (canonical_registry(first), rest)
        }
        _ => (HUB, name),
    };
    let short = registry == HUB && !repository.contains('/');
    let repository = if short { format!("library/{repository}") } else { repository.to_owned() };
    (registry.to_owned(), repository)
}

fn check_registry(registry: &str) -> Result<(), &'static str> {
    let port = registry.strip_prefix(host(registry)).unwrap_or_default();
    let host = host(registry);
    if !port.is_empty() && port[1..].parse::<u16>().is_err() {
        return Err("the registry's port is not one");
    }
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let good = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        }),
    };
    if good { Ok(()) } else { Err("the registry is not a host's name") }
}

fn check_repository(repository: &str) -> Result<(), &'static str> {
    if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("names of images are in lower case");
    }
    if repository.len() > 255 {
        return Err("the name is longer than 255 bytes");
    }
    if repository.split('/').all(is_part) {
        return Ok(());
    }
    Err("each part of a name is letters and digits, with `.`, `_`, `__` or `-` between them")
}

fn is_part(part: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends = bytes.first().is_some_and(&plain) && bytes.last().is_some_and(&plain);
    let known = bytes.iter().all(|byte| plain(byte) || b"._-".contains(byte));
    let separators = part.split(|letter: char| letter.is_ascii_alphanumeric());
    ends && known
        && separators.into_iter().all(|between| {
            between.len() <= 1 || between == "__" || between.bytes().all(|byte| byte == b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= 128
        && bytes.next().is_some_and(word)
        && bytes.all(|byte| word(byte) || b".-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> String {
        text.parse::<Reference>().unwrap().to_string()
    }

    #[test]
    fn short_names_are_docker_hubs() {
        assert_eq!(whole("python"), "docker.io/library/python");
        assert_eq!(whole("python:3.12-slim"), "docker.io/library/python:3.12-slim");
        assert_eq!(whole("someone/thing"), "docker.io/someone/thing");
        assert_eq!(whole("index.docker.io/python"), "docker.io/library/python");
        assert_eq!("python".parse::<Reference>().unwrap().origin(), "https://registry-1.docker.io");
    }

    #[test]
    fn a_first_part_with_a_dot_or_port_is_a_registry() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for name in ["localhost/x", "localhost:5000/x:1", "r.example/a/b-c__d:V_1.0", "[::1]:80/x"]
        {
            assert_eq!(whole(name), name);
            assert_eq!(whole(&format!("{name}@{digest}")), format!("{name}@{digest}"));
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        let origin = |name: &str| name.parse::<Reference>().unwrap().origin();
        assert_eq!(origin("localhost:5000/x"), "http://localhost:5000");
        assert_eq!(origin("127.0.0.1:5000/x"), "http://127.0.0.1:5000");
        assert_eq!(origin("[::1]:5000/x"), "http://[::1]:5000");
        assert_eq!(origin("10.0.0.1:5000/x"), "https://10.0.0.1:5000");
        assert_eq!(origin("localhost.example/x"), "https://localhost.example");
    }

    #[test]
    fn what_is_not_a_name_is_refused_with_a_reason() {
        let long = format!("r.example/{}", "a".repeat(256));
        let cases = [
            ("", "each part"),
            ("https://r.example/x", "not an image's name"),
            ("r.example/Name", "lower case"),
            ("r.example/a//b", "each part"),
            ("r.example/../b", "each part"),
            ("r.example/a_._b", "each part"),
            ("r.example/", "each part"),
            ("r.example:99999/x", "port"),
            ("-r.example/x", "host's name"),
            ("r.example?/x", "host's name"),
            ("u@r.example/x", "after the `@`"),
            ("x:", "a tag is"),
            ("x:a b", "a tag is"),
            ("x@sha256:12", "after the `@`"),
            ("x@md5:00", "after the `@`"),
            (&long, "255"),
        ];
        for (name, reason) in cases {
            let error = name.parse::<Reference>().unwrap_err();
            assert!(error.reason.contains(reason), "{name}: {error}");
        }
    }
}
