//! Logging in as a registry demands: with a password, or with a token that its token server sells
//! for one (<https://distribution.github.io/distribution/spec/auth/token/>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;

use crate::answer::{self, Call};
use crate::error::{ErrorKind, RegistryError};
use crate::login::Login;
use crate::pace::Failure;
use crate::reference::is_loopback;

/// The most that is read of a token server's answer, in bytes.
const TOKEN: u64 = 1 << 20;

const OPERATION: &str = "log in to";

/// How a registry wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Challenge {
    /// The one to answer; tokens before passwords.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|line| line.to_str().ok());
        let mut basic = None;
        for line in lines {
            let (scheme, rest) = line.split_once(' ').unwrap_or((line, ""));
            if scheme.eq_ignore_ascii_case("bearer") {
                let realm = parameter(rest, "realm")?;
                let [service, scope] = ["service", "scope"].map(|name| parameter(rest, name));
                return Some(Self::Bearer { realm, service, scope });
            }
            if scheme.eq_ignore_ascii_case("basic") {
                basic = Some(Self::Basic);
            }
        }
        basic
    }

    /// What the registry says that it takes, when it does.
    pub(crate) fn scopes(&self) -> Option<Vec<String>> {
        let Self::Bearer { scope: Some(scope), .. } = self else { return None };
        Some(scope.split(' ').map(str::to_owned).collect())
    }
}

/// The value of one of `a="b",c=d`.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim_matches([' ', ',']);
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = next;
    }
}

/// What to send as `Authorization`.
pub(crate) async fn authorization(
    client: &Client,
    root: &Url,
    challenge: &Challenge,
    login: &Login,
    scopes: &[String],
) -> Result<HeaderValue, Failure> {
    let call = Call::new(OPERATION, root.host_str().unwrap_or_default());
    match (challenge, login) {
        (Challenge::Basic, Login::Basic { user, password }) => {
            let pair = STANDARD.encode(format!("{user}:{password}"));
            Ok(header(&call, format!("Basic {pair}"))?)
        }
        (Challenge::Basic, _) => Err(call
            .error(ErrorKind::Denied, "the registry wants a user and a password")
            .with_hint("log in: `docker login`, or a credential helper")
            .into()),
        (Challenge::Bearer { realm, service, .. }, _) => {
            let realm = safe_realm(&call, root, realm)?;
            let asked = request(client, realm, service.as_deref(), login, scopes);
            let token = buy(&call, asked).await?;
            Ok(header(&call, format!("Bearer {token}"))?)
        }
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

/// The token server's address, when a password may go there.
fn safe_realm(call: &Call, root: &Url, realm: &str) -> Result<Url, RegistryError> {
    let url = Url::parse(realm).ok();
    let safe = |url: &Url| url.scheme() == "https" || (is_local(root) && is_local(url));
    let reason = "the registry sends logins to an address without https";
    url.filter(safe).ok_or_else(|| call.error(ErrorKind::Refused, reason))
}

fn request(
    client: &Client,
    mut realm: Url,
    service: Option<&str>,
    login: &Login,
    scopes: &[String],
) -> RequestBuilder {
    let mut pairs: Vec<(&str, &str)> =
        service.map(|service| ("service", service)).into_iter().collect();
    if let Login::Identity(identity) = login {
        let scopes = scopes.join(" ");
        pairs.extend([("grant_type", "refresh_token"), ("client_id", "mlship")]);
        pairs.extend([("refresh_token", identity.as_str()), ("scope", &scopes)]);
        let form = Url::parse_with_params("form:", &pairs).ok();
        let form = form.as_ref().and_then(Url::query).unwrap_or_default().to_owned();
        let kind = "application/x-www-form-urlencoded";
        return client.post(realm).header(CONTENT_TYPE, kind).body(form);
    }
    pairs.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
    realm.query_pairs_mut().extend_pairs(pairs);
    match login {
        Login::Basic { user, password } => client.get(realm).basic_auth(user, Some(password)),
        _ => client.get(realm),
    }
}

async fn buy(call: &Call, request: RequestBuilder) -> Result<String, Failure> {
    let response = request.send().await.map_err(|error| call.broken(error))?;
    let status = response.status();
    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&status)
    {
        let error = call.error(ErrorKind::Denied, "the registry does not accept the login");
        return Err(error.with_hint("log in anew: `docker login`, or a credential helper").into());
    }
    let response = answer::lasting(call, response).await?;
    let (_, body) = answer::document(call, response, TOKEN).await?;
    let sold: Sold = serde_json::from_slice(&body).unwrap_or_default();
    let token = sold.token.or(sold.access_token).filter(|token| !token.is_empty());
    let none = || call.error(ErrorKind::Refused, "the token server answered without a token");
    Ok(token.ok_or_else(none)?)
}

#[derive(Deserialize, Default)]
struct Sold {
    token: Option<String>,
    access_token: Option<String>,
}

fn header(call: &Call, text: String) -> Result<HeaderValue, RegistryError> {
    let wrong = |_| call.error(ErrorKind::Refused, "the login has letters that cannot be sent");
    let mut value = HeaderValue::try_from(text).map_err(wrong)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(lines: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let hub = r#"Bearer realm="https://a.example/t",service="r.example",scope="x:y:pull,push""#;
        let read = challenge(&["Basic realm=\"x\"", hub]).unwrap();
        let realm = "https://a.example/t".to_owned();
        assert_eq!(read.scopes(), Some(vec!["x:y:pull,push".to_owned()]));
        let [service, scope] = ["r.example", "x:y:pull,push"].map(|text| Some(text.to_owned()));
        assert_eq!(read, Challenge::Bearer { realm, service, scope });
        assert_eq!(challenge(&["basic realm=x"]), Some(Challenge::Basic));
        for nothing in [&[][..], &["Negotiate"], &["Bearer"], &["Bearer realm=\"unclosed"]] {
            assert_eq!(challenge(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn logins_are_not_sent_in_the_open() {
        let call = Call::new(OPERATION, "x");
        let far = Url::parse("https://r.example/v2/x/").unwrap();
        let near = Url::parse("http://127.0.0.1:5000/v2/x/").unwrap();
        assert!(safe_realm(&call, &far, "https://a.example/t").is_ok());
        assert!(safe_realm(&call, &near, "http://localhost:1/t").is_ok());
        assert!(safe_realm(&call, &near, "https://a.example/t").is_ok());
        for realm in ["http://a.example/t", "http://127.0.0.1/t", "t", ""] {
            assert!(safe_realm(&call, &far, realm).is_err(), "{realm}");
        }
        assert!(safe_realm(&call, &near, "http://a.example/t").is_err());
    }
}
