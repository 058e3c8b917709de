//! Tokens: for refresh tokens and signed assertions, for tokens of others (workload identity), for
//! service accounts, and from the metadata server of a machine. Access tokens are plain words;
//! identity tokens are JWTs that nobody signed.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::CALLER;
use super::discovery::Ask;
use super::error::Refusal;
use super::http::{Request, Response};
use super::server::Shared;
use super::state::State;
use crate::cloud::time;

/// How long tokens last.
const SECONDS: i64 = 3600;

/// An identity token for a service.
pub(crate) fn identity(audience: &str, email: &str) -> String {
    let now = time::now() / 1000;
    let claims = json!({
        "aud": audience, "azp": email, "email": email, "email_verified": true,
        "exp": now + SECONDS, "iat": now, "iss": "https://accounts.google.com",
        "sub": "104115551234567890123",
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims), "c2lnbmVk")
}

/// What a JWT claims, whoever signed it; `None` when it is none.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok().filter(Value::is_object)
}

/// `iamcredentials`: tokens for service accounts.
pub(super) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Result<Response, Refusal>> {
    let method = ask.id.strip_prefix("iamcredentials.projects.serviceAccounts.")?;
    let email = ask.path("name").rsplit('/').next().unwrap_or_default().to_owned();
    let text = |name: &str| ask.body[name].as_str().unwrap_or_default();
    Some(match method {
        _ if !email.contains('@') => {
            Err(Refusal::not_found(format!("Unknown service account {email}")))
        }
        "generateIdToken" if text("audience").is_empty() => {
            Err(Refusal::invalid("The audience must be given."))
        }
        "generateIdToken" => {
            Ok(Response::json(200, &json!({"token": identity(text("audience"), &email)})))
        }
        "generateAccessToken" if ask.body["scope"].as_array().is_none_or(Vec::is_empty) => {
            Err(Refusal::invalid("At least one scope must be given."))
        }
        "generateAccessToken" => {
            let expires = time::moment(time::now() + SECONDS * 1000);
            let token = format!("an-access-token-{}", state.next());
            Ok(Response::json(200, &json!({"accessToken": token, "expireTime": expires})))
        }
        _ => return None,
    })
}

/// The token end points, which are no part of a document.
pub(super) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    if let Some(what) = request.path.strip_prefix("/computeMetadata/v1/") {
        return Some(metadata(shared, request, what));
    }
    if request.method != "POST" {
        return None;
    }
    let sent = form(request);
    match request.path.as_str() {
        "/token" => Some(oauth(shared, &sent)),
        "/v1/token" => Some(exchanged(shared, &sent)),
        _ => None,
    }
}

/// A form, or JSON with names in either style.
fn form(request: &Request) -> BTreeMap<String, String> {
    if let Value::Object(members) = request.json() {
        let snake = |name: &str| {
            name.chars().fold(String::new(), |all, c| match c.is_ascii_uppercase() {
                true => format!("{all}_{}", c.to_ascii_lowercase()),
                false => format!("{all}{c}"),
            })
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        return members.iter().map(|(name, value)| (snake(name), text(value))).collect();
    }
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn refused(error: &str, why: &str) -> Response {
    Response::json(400, &json!({"error": error, "error_description": why}))
}

fn access(shared: &Shared) -> Value {
    let token = format!("an-access-token-{}", shared.lock().next());
    json!({"access_token": token, "expires_in": SECONDS, "token_type": "Bearer"})
}

fn oauth(shared: &Shared, sent: &BTreeMap<String, String>) -> Response {
    let text = |name: &str| sent.get(name).map_or("", String::as_str);
    match text("grant_type") {
        "refresh_token" if text("refresh_token").is_empty() || text("client_id").is_empty() => {
            refused("invalid_grant", "Bad Request")
        }
        "refresh_token" => {
            let mut body = access(shared);
            // A user's identity token is for the client, never for a service.
            body["id_token"] = json!(identity(text("client_id"), "someone@example.com"));
            body["scope"] = json!("https://www.googleapis.com/auth/cloud-platform");
            Response::json(200, &body)
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => match claims(text("assertion")) {
            None => refused("invalid_grant", "Invalid JWT"),
            Some(claims) => match claims["target_audience"].as_str() {
                Some(audience) => {
                    let email = claims["iss"].as_str().unwrap_or(CALLER);
                    Response::json(200, &json!({"id_token": identity(audience, email)}))
                }
                None => Response::json(200, &access(shared)),
            },
        },
        other => refused("unsupported_grant_type", &format!("Invalid grant_type: {other}")),
    }
}

/// Workload identity: a token of somebody else's for one of Google's.
fn exchanged(shared: &Shared, sent: &BTreeMap<String, String>) -> Response {
    let text = |name: &str| sent.get(name).map_or("", String::as_str);
    if text("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange" {
        return refused("unsupported_grant_type", "Invalid grant type");
    }
    let wanted = ["audience", "subject_token", "subject_token_type"];
    if let Some(missing) = wanted.iter().find(|name| text(name).is_empty()) {
        return refused("invalid_request", &format!("{missing} is missing"));
    }
    if !text("audience").starts_with("//iam.googleapis.com/") {
        return refused("invalid_target", "The audience is no workload identity provider.");
    }
    let mut body = access(shared);
    body["issued_token_type"] = json!("urn:ietf:params:oauth:token-type:access_token");
    Response::json(200, &body)
}

fn metadata(shared: &Shared, request: &Request, what: &str) -> Response {
    if request.header("metadata-flavor") != Some("Google") {
        return Response::text(403, "Missing Metadata-Flavor:Google header.");
    }
    let account = "instance/service-accounts/default/";
    let response = match what.strip_prefix(account).unwrap_or(what) {
        "token" => Response::json(200, &access(shared)),
        "email" => Response::text(200, CALLER),
        "identity" => match request.query("audience") {
            Some(audience) => Response::text(200, &identity(&audience, CALLER)),
            None => Response::text(400, "non-empty audience parameter required"),
        },
        "project/project-id" => Response::text(200, super::PROJECT),
        "project/numeric-project-id" => Response::text(200, super::NUMBER),
        _ => Response::text(404, "not found"),
    };
    response.with("metadata-flavor", "Google")
}
