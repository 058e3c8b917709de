//! Lets in those with a token, and sells tokens, as registries with a token server do.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::http::{Head, Reply};

/// What may be paid with instead of the login.
pub const IDENTITY: &str = "an-identity";

/// Who is let in by the proxy itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Gate {
    /// Everybody; the registry may ask for a login of its own.
    #[default]
    Open,
    /// Those with a token. One is sold for the login and lasts so many calls.
    Tokens {
        /// The user.
        user: &'static str,
        /// The password.
        password: &'static str,
        /// How many calls a token is good for.
        calls: usize,
    },
}

/// The tokens that are out.
#[derive(Debug, Default)]
pub(super) struct Sold(Vec<Token>);

#[derive(Debug)]
struct Token {
    scopes: Vec<String>,
    left: usize,
}

impl Gate {
    /// The answer of the gate, when the call does not get past it.
    pub(super) fn stops(&self, sold: &mut Sold, head: &Head, host: &str) -> Option<Reply> {
        let Self::Tokens { user, password, calls } = self else { return None };
        if let Some(query) = head.target.strip_prefix("/token?") {
            let login = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            let mut pairs = query.split('&');
            let identity = format!("refresh_token={IDENTITY}");
            let pays = match head.method.as_str() {
                "POST" => pairs.clone().any(|pair| pair == identity),
                _ => head.header("authorization") == Some(&login),
            };
            if !pays {
                return Some(Reply::new(401));
            }
            let scopes = pairs.by_ref().filter_map(|pair| pair.strip_prefix("scope="));
            let scopes = scopes.flat_map(|scope| scope.split('+').map(decode)).collect();
            sold.0.push(Token { scopes, left: *calls });
            let body = format!("{{\"token\":\"t{}\"}}", sold.0.len() - 1);
            return Some(Reply::new(200).with_body(body));
        }
        let token = head.header("authorization").and_then(|value| value.strip_prefix("Bearer t"));
        let token = token.and_then(|number| number.parse::<usize>().ok());
        if let Some(token) = token.and_then(|number| sold.0.get_mut(number))
            && token.left > 0
            && token.scopes.iter().any(|scope| allows(scope, head))
        {
            token.left -= 1;
            return None;
        }
        let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"tests\"");
        Some(Reply::new(401).with_header("www-authenticate", &challenge))
    }
}

/// Whether `repository:<name>:pull,push` is enough for a call.
fn allows(scope: &str, head: &Head) -> bool {
    let mut parts = scope.splitn(3, ':').skip(1);
    let (name, actions) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let action = if ["GET", "HEAD"].contains(&head.method.as_str()) { "pull" } else { "push" };
    head.target.starts_with(&format!("/v2/{name}/"))
        && actions.split(',').any(|allowed| allowed == action)
}

fn decode(text: &str) -> String {
    text.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",")
}
