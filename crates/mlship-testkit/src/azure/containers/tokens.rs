//! Azure's token exchange of a registry: a token of Azure's buys a refresh token, and that buys
//! access tokens, each good for what it was asked for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::super::TENANT;
use super::super::http::{Request, Response};
use super::super::state::{Resource, State};

/// The user that goes with a refresh token where a login is wanted.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Where a registry's tokens are kept: each with what it is good for.
const REFRESH: &str = "refreshTokens";
const ACCESS: &str = "accessTokens";

/// Answers `/oauth2/exchange` and `/oauth2/token`; `None` for any other path.
pub(super) fn serve(state: &mut State, registry: &str, request: &Request) -> Option<Response> {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/oauth2/exchange") => Some(exchange(state, registry, request)),
        ("GET" | "POST", "/oauth2/token") => Some(access(state, registry, request)),
        _ => None,
    }
}

fn exchange(state: &mut State, registry: &str, request: &Request) -> Response {
    let form = form(&request.body);
    let is = |name: &str, value: &str| one(&form, name).as_deref() == Some(value);
    let paid = one(&form, "access_token").is_some_and(|token| !token.is_empty());
    let tenant = one(&form, "tenant").is_none_or(|tenant| tenant == TENANT);
    if !is("grant_type", "access_token") || !is("service", &request.host) || !paid || !tenant {
        return unauthorized();
    }
    let token = token(state, &request.host, "refresh_token");
    keep(state, registry, REFRESH, &token, json!(true));
    Response::json(200, &json!({"refresh_token": token}))
}

fn access(state: &mut State, registry: &str, request: &Request) -> Response {
    let asked = match request.method.as_str() {
        "GET" => form(request.query.as_bytes()),
        _ => form(&request.body),
    };
    let refresh = match request.method.as_str() {
        "GET" => login(request).filter(|(user, _)| user == NOBODY).map(|(_, password)| password),
        _ if one(&asked, "grant_type").as_deref() != Some("refresh_token") => None,
        _ => one(&asked, "refresh_token"),
    };
    let known = state.get(registry).and_then(|found| found.hidden.get(REFRESH).cloned());
    let pays = refresh.is_some_and(|token| known.is_some_and(|all| all[&token] == true));
    let admin = state.get(registry).is_some_and(|found| is_admin(found, request));
    if !(pays || admin) || one(&asked, "service").as_deref() != Some(&request.host) {
        return unauthorized();
    }
    let scopes = asked.iter().filter(|(name, _)| name == "scope").map(|(_, value)| value);
    let scopes = scopes.flat_map(|value| value.split(' ')).filter_map(|one| allowed(state, one));
    let scopes: Vec<String> = scopes.collect();
    let token = token(state, &request.host, "access_token");
    keep(state, registry, ACCESS, &token, json!(scopes));
    Response::json(200, &json!({"access_token": token}))
}

/// The admin user's login, where there is one.
fn is_admin(registry: &Resource, request: &Request) -> bool {
    let right = |(user, password): (String, String)| {
        user == registry.id.name() && password == "an-admin-password"
    };
    registry.body["properties"]["adminUserEnabled"] == true && login(request).is_some_and(right)
}

/// What of `repository:NAME:pull,push` the caller may do.
fn allowed(state: &State, scope: &str) -> Option<String> {
    let (of, actions) = scope.rsplit_once(':')?;
    let denied = |action: &str| {
        let full = format!("microsoft.containerregistry/registries/{action}/write");
        let read = format!("microsoft.containerregistry/registries/{action}/read");
        state.denied.contains(&full) || state.denied.contains(&read)
    };
    let left: Vec<&str> = actions.split(',').filter(|action| !denied(action)).collect();
    (!left.is_empty()).then(|| format!("{of}:{}", left.join(",")))
}

/// Whether the token that came with a call is good for it. `wanted` is a repository and an action;
/// without one any token is good enough.
pub(super) fn lets_in(
    registry: &Resource,
    request: &Request,
    wanted: Option<(&str, &str)>,
) -> bool {
    let scopes = request.bearer().and_then(|token| registry.hidden.get(ACCESS)?.get(token));
    let (Some(scopes), Some((repository, action))) = (scopes, wanted) else {
        return scopes.is_some();
    };
    scopes.as_array().into_iter().flatten().filter_map(Value::as_str).any(|scope| {
        let (of, actions) = scope.rsplit_once(':').unwrap_or_default();
        of == format!("repository:{repository}") && actions.split(',').any(|one| one == action)
    })
}

/// A new token in the form of a JWT, as Azure's are.
fn token(state: &mut State, service: &str, kind: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = json!({"alg": "RS256", "typ": "JWT"});
    let body = json!({
        "jti": state.uuid(), "aud": service, "iss": "Azure Container Registry",
        "grant_type": kind, "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 4_102_444_800_u64,
    });
    format!("{}.{}.{}", part(head), part(body), URL_SAFE_NO_PAD.encode("tests"))
}

fn keep(state: &mut State, registry: &str, place: &str, token: &str, value: Value) {
    if let Some(found) = state.get_mut(registry) {
        let all = found.hidden.entry(place).or_insert_with(|| Value::Object(Map::new()));
        all[token] = value;
    }
}

fn form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn one(form: &[(String, String)], name: &str) -> Option<String> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

fn login(request: &Request) -> Option<(String, String)> {
    let encoded = request.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// What a registry of Azure's says to who may not.
pub(super) fn unauthorized() -> Response {
    let message = "authentication required, visit https://aka.ms/acr/authorization for more \
                   information.";
    let one = json!({"code": "UNAUTHORIZED", "message": message, "detail": null});
    Response::json(401, &json!({"errors": [one]}))
}
