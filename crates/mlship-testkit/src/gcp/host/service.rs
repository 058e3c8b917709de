//! Calls of a service, at its own address or at a tag's: let in or not, and answered by the
//! revision whose turn it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{pages, token};
use crate::cloud::http::{Request, Response};
use crate::cloud::served::{Served, called};
use crate::gcp::run::{Service, answering, is_public, start_due};
use crate::gcp::server::Shared;
use crate::gcp::state::State;

const DOMAIN: &str = ".run.localhost";

/// Between a tag and the service's own host.
const TAGGED: &str = "---";

/// The permission to call a service.
const INVOKE: &str = "run.routes.invoke";

/// A call for a host of this kind; `None` for any other.
pub(in crate::gcp) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    if !host.ends_with(DOMAIN) {
        return None;
    }
    start_due(shared);
    let turn = turn(&mut shared.lock(), request, &host);
    let turn = match turn {
        Ok(turn) => turn,
        Err(answer) => return Some(answer),
    };
    let served = Served {
        artifact: &turn.artifact,
        environment: &turn.environment,
        path: &request.target(),
        method: &request.method,
        headers: &request.headers,
    };
    Some(called(&shared.answer, &served, &request.body, "upstream request timeout"))
}

/// The revision that answers a call.
struct Turn {
    artifact: Arc<Vec<u8>>,
    environment: BTreeMap<String, String>,
}

fn turn(state: &mut State, request: &Request, host: &str) -> Result<Turn, Response> {
    let named = |service: &Service| tag_of(service, host);
    let found = state.services.all.iter().find_map(|(name, it)| Some((name.clone(), named(it)?)));
    let Some((name, tag)) = found else { return Err(pages::not_found(&request.path)) };
    let denied = state.denied.contains(INVOKE) || state.denied.contains("roles/run.invoker");
    let Some(service) = state.services.all.get_mut(&name) else {
        return Err(pages::not_found(&request.path));
    };
    if service.body["ingress"] != "INGRESS_TRAFFIC_ALL"
        || service.body["defaultUriDisabled"] == true
    {
        return Err(pages::not_found(&request.path));
    }
    lets_in(service, request, denied)?;
    let id = answering(service, tag.as_deref(), service.answered);
    let unknown_tag = id.is_none() && tag.is_some();
    if tag.is_none() {
        service.answered += 1;
    }
    let revision = id.and_then(|id| service.revision(&id));
    let turn = revision.map(|revision| Turn {
        artifact: revision.artifact.clone().unwrap_or_default(),
        environment: revision.environment.clone(),
    });
    turn.ok_or_else(|| match unknown_tag {
        true => pages::not_found(&request.path),
        false => pages::unavailable(),
    })
}

/// `None` when the host is not of this service; else the tag, if it has one.
fn tag_of(service: &Service, host: &str) -> Option<Option<String>> {
    let urls = service.body["urls"].as_array()?;
    urls.iter().filter_map(Value::as_str).find_map(|url| {
        let own = url.strip_prefix("http://")?;
        let own = own.rsplit_once(':').map_or(own, |(own, _)| own);
        let before = host.strip_suffix(own)?;
        match before {
            "" => Some(None),
            before => Some(Some(before.strip_suffix(TAGGED)?.to_owned())),
        }
    })
}

/// Who may call: everybody when it is public, else who has a token for this service and the role.
fn lets_in(service: &Service, request: &Request, denied: bool) -> Result<(), Response> {
    if is_public(service) {
        return Ok(());
    }
    let header = ["x-serverless-authorization", "authorization"];
    let Some(given) =
        header.iter().find_map(|name| request.header(name)).filter(|it| !it.is_empty())
    else {
        return Err(pages::forbidden(&request.path));
    };
    let token = given.strip_prefix("Bearer ").and_then(|token| token::read(token.trim()));
    let mut audiences = ["urls", "customAudiences"]
        .iter()
        .filter_map(|name| service.body[*name].as_array())
        .flatten()
        .filter_map(Value::as_str);
    let good = |token: &token::Token| {
        let sent = token.audience.trim_end_matches('/');
        audiences.any(|audience| audience.trim_end_matches('/') == sent)
    };
    match token.filter(good) {
        None => Err(pages::unauthorized(&request.path)),
        Some(_) if denied => Err(pages::forbidden(&request.path)),
        Some(_) => Ok(()),
    }
}
