//! The one HTTP client of a connection to a cloud: TLS to everywhere but this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};

/// How long one try of a call may be silent, unless its request says otherwise.
const SILENCE: Duration = Duration::from_secs(240);
const CONNECT: Duration = Duration::from_secs(10);

/// A client that follows no redirect and knows `*.localhost`.
/// Whoever else makes a client in this process finds the same cryptography.
///
/// # Errors
/// When the system's certificates cannot be read.
pub fn client() -> reqwest::Result<Client> {
    choose_crypto();
    Client::builder()
        .user_agent(concat!("mlship/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(redirect::Policy::none())
        .dns_resolver(Arc::new(Names))
        .build()
}

/// What TLS is made of, for clients that choose nothing themselves.
pub(crate) fn choose_crypto() {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| {
        // The binary may have chosen one before: then that is the one.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
}

/// True when what is sent there stays on this machine.
pub fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_local_host)
}

/// The address of a host that a cloud named: over TLS, unless it is this machine. What says itself
/// that it has no TLS stays as it is.
pub fn origin(host: &str) -> String {
    if host.starts_with("http://") {
        return host.to_owned();
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let scheme = if is_local_host(name) { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Names under `localhost` are this machine.
/// Source: <https://www.rfc-editor.org/rfc/rfc6761#section-6.3>.
fn is_local_host(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1"
}

/// Resolves `*.localhost` without asking anybody, and all else as the system does.
#[derive(Debug)]
pub(crate) struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            if host.ends_with(".localhost") {
                let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new(std::iter::once(here)) as Addrs);
            }
            let found: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        assert_eq!(origin("x.azurewebsites.localhost:81"), "http://x.azurewebsites.localhost:81");
        assert_eq!(origin("127.0.0.1:81"), "http://127.0.0.1:81");
        assert_eq!(origin("x.azurewebsites.net"), "https://x.azurewebsites.net");
        assert_eq!(origin("http://x.azurecontainer.io:8080"), "http://x.azurecontainer.io:8080");
        assert_eq!(origin("localhost.example"), "https://localhost.example");
        assert_eq!(origin("127.0.0.1.example"), "https://127.0.0.1.example");
    }
}
