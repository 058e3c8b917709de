//! What is in a repository: packages, their versions and tags, as the registry behind it has them.

use std::fs;

use serde_json::{Value, json};

use super::images::{digests, folder, packages, path_of, process, tags};
use super::repositories::found;
use super::{begin, empty};
use crate::cloud::http::Arrived;
use crate::cloud::time;
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::http::{Request, Response, exchange};
use crate::gcp::state::State;
use crate::registry::Registry;

/// A package, and what of it.
struct Place {
    repository: String,
    package: String,
    /// A digest or a tag.
    last: String,
}

impl Place {
    /// Slashes of a package's name are written `%2F`.
    fn of(name: &str) -> Self {
        let words: Vec<&str> = name.split('/').collect();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        Self {
            repository: words.iter().take(6).copied().collect::<Vec<_>>().join("/"),
            package: word(7).replace("%2F", "/").replace("%2f", "/"),
            last: word(9).to_owned(),
        }
    }
}

pub(super) fn answer(
    state: &mut State,
    ask: &Ask<'_>,
    method: &str,
) -> Option<Result<Response, Refusal>> {
    let known = if method.ends_with("list") { ask.path("parent") } else { ask.path("name") };
    let place = Place::of(known);
    if let Err(refusal) = found(state, &place.repository) {
        return Some(Err(refusal));
    }
    Some(match method {
        "list" => list_packages(state, &place.repository),
        "get" => get_package(state, known, &place),
        "delete" => delete_package(state, known, place),
        "versions.list" => list_versions(state, known, &place),
        "versions.delete" => delete_version(state, ask, place),
        "tags.list" => list_tags(state, known, &place),
        "tags.delete" => delete_tag(state, &place),
        _ => return None,
    })
}

fn ok(body: &Value) -> Result<Response, Refusal> {
    Ok(Response::json(200, body))
}

fn package_body(name: &str) -> Value {
    let time = time::moment(time::now());
    json!({"name": name, "createTime": time, "updateTime": time})
}

fn list_packages(state: &mut State, repository: &str) -> Result<Response, Refusal> {
    let one = |package: String| {
        package_body(&format!("{repository}/packages/{}", package.replace('/', "%2F")))
    };
    let all: Vec<Value> = packages(state, repository).into_iter().map(one).collect();
    ok(&json!({"packages": all}))
}

fn has(state: &mut State, place: &Place) -> Result<(), Refusal> {
    match packages(state, &place.repository).contains(&place.package) {
        true => Ok(()),
        false => Err(Refusal::not_found(format!("package \"{}\" not found", place.package))),
    }
}

fn get_package(state: &mut State, name: &str, place: &Place) -> Result<Response, Refusal> {
    has(state, place)?;
    ok(&package_body(name))
}

fn delete_package(state: &mut State, name: &str, place: Place) -> Result<Response, Refusal> {
    has(state, &place)?;
    let effect = move |state: &mut State| {
        let registry = process(state, &place.repository);
        let at = registry.and_then(|it| folder(it, &place.repository, &place.package));
        if let Some(at) = at {
            // Whatever is left is seen by the next look.
            fs::remove_dir_all(at).ok();
        }
        Ok(empty())
    };
    begin(state, name, Box::new(effect))
}

fn list_versions(state: &mut State, parent: &str, place: &Place) -> Result<Response, Refusal> {
    let time = time::moment(time::now());
    let tags = tags(state, &place.repository, &place.package);
    let one = |digest: String| {
        let related: Vec<Value> = tags
            .iter()
            .filter(|(_, of)| *of == digest)
            .map(|(tag, _)| {
                json!({"name": format!("{parent}/tags/{tag}"),
                "version": format!("{parent}/versions/{digest}")})
            })
            .collect();
        json!({"name": format!("{parent}/versions/{digest}"), "createTime": time,
            "updateTime": time, "relatedTags": related})
    };
    let all: Vec<Value> =
        digests(state, &place.repository, &place.package).into_iter().map(one).collect();
    ok(&json!({"versions": all}))
}

fn delete_version(state: &mut State, ask: &Ask<'_>, place: Place) -> Result<Response, Refusal> {
    let digest = &place.last;
    if !digests(state, &place.repository, &place.package).contains(digest) {
        return Err(Refusal::not_found(format!("version \"{digest}\" not found")));
    }
    let tagged = tags(state, &place.repository, &place.package).iter().any(|(_, of)| of == digest);
    if tagged && ask.query("force") != Some("true") {
        let message = format!(
            "failed to delete version \"{digest}\": the version is tagged; delete its tags first, \
             or set force"
        );
        return Err(Refusal::precondition(message));
    }
    let effect = move |state: &mut State| {
        let address = process(state, &place.repository).map(Registry::address);
        let path = path_of(&place.repository);
        let request = Request {
            method: "DELETE".into(),
            host: "127.0.0.1".into(),
            path: format!("/v2/{path}/{}/manifests/{}", place.package, place.last),
            query: String::new(),
            headers: Default::default(),
            body: Vec::new(),
            arrived: Arrived::Whole,
        };
        match address.and_then(|address| exchange(address, &request).ok()) {
            Some(Response { status: 202 | 404, .. }) => Ok(empty()),
            _ => Err(Refusal::new(500, "INTERNAL", "Internal error encountered.")),
        }
    };
    begin(state, ask.path("name"), Box::new(effect))
}

fn list_tags(state: &mut State, parent: &str, place: &Place) -> Result<Response, Refusal> {
    let one = |(tag, digest): (String, String)| {
        json!({"name": format!("{parent}/tags/{tag}"),
            "version": format!("{parent}/versions/{digest}")})
    };
    let all: Vec<Value> =
        tags(state, &place.repository, &place.package).into_iter().map(one).collect();
    ok(&json!({"tags": all}))
}

fn delete_tag(state: &mut State, place: &Place) -> Result<Response, Refusal> {
    let missing = || Refusal::not_found(format!("tag \"{}\" not found", place.last));
    let all = tags(state, &place.repository, &place.package);
    let at = process(state, &place.repository)
        .and_then(|it| folder(it, &place.repository, &place.package))
        .filter(|_| all.iter().any(|(tag, _)| *tag == place.last))
        .ok_or_else(missing)?;
    fs::remove_dir_all(at.join("_manifests/tags").join(&place.last)).map_err(|_| missing())?;
    ok(&json!({}))
}
