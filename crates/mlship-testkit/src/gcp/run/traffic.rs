//! Who gets the calls: what may be asked for, what is shown, and how calls are dealt out.

use serde_json::{Value, json};

use super::names::check_tag;
use super::problem;
use super::{Service, Stage, text};
use crate::gcp::error::Refusal;

pub(in crate::gcp) const LATEST: &str = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
pub(in crate::gcp) const REVISION: &str = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/// Traffic as it is kept: all to the newest when nothing is said.
pub(super) fn filled(traffic: &Value) -> Value {
    match traffic.as_array() {
        Some(all) if !all.is_empty() => traffic.clone(),
        _ => json!([{"type": LATEST, "percent": 100}]),
    }
}

/// Whether a service may have this traffic; `exists` knows its revisions, the one that is being
/// made among them.
pub(super) fn check(
    traffic: &Value,
    service: &str,
    exists: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    let mut tags: Vec<&str> = Vec::new();
    let mut sum = 0;
    for (index, target) in text::list(traffic, "").iter().enumerate() {
        let path = format!("traffic[{index}]");
        let revision = text::of(target, "/revision");
        match text::of(target, "/type") {
            LATEST if !revision.is_empty() => {
                let why = "revision must be empty when type is LATEST";
                return Err(problem::field(&format!("{path}.revision"), why));
            }
            LATEST => {}
            REVISION if revision.is_empty() => {
                let why = "revision is required when type is REVISION";
                return Err(problem::field(&format!("{path}.revision"), why));
            }
            REVISION if !exists(revision) => {
                let why = format!("Revision '{revision}' not found.");
                return Err(problem::field(&format!("{path}.revision"), &why));
            }
            REVISION => {}
            _ => return Err(problem::field(&format!("{path}.type"), "type must be specified")),
        }
        let tag = text::of(target, "/tag");
        if !tag.is_empty() {
            let path = format!("{path}.tag");
            check_tag(tag, service, &path)?;
            if tags.contains(&tag) {
                let why = format!("Traffic tag '{tag}' is used more than once.");
                return Err(problem::field(&path, &why));
            }
            tags.push(tag);
        }
        let percent = target["percent"].as_i64().unwrap_or(0);
        if !(0..=100).contains(&percent) {
            return Err(problem::field(&format!("{path}.percent"), "must be from 0 to 100"));
        }
        sum += percent;
    }
    if sum == 100 {
        return Ok(());
    }
    let why = format!("Traffic targets must sum to 100, got {sum}.");
    Err(problem::field("traffic", &why))
}

/// What is shown once the traffic goes as it should.
pub(super) fn statuses(service: &Service) -> Value {
    let uri = text::of(&service.body, "/uri");
    let shown = |target: &Value| {
        let mut status = target.clone();
        if target["percent"].as_i64() == Some(0) {
            // A zero is not written.
            status.as_object_mut().map(|status| status.remove("percent"));
        }
        if let Some(tag) = target["tag"].as_str().filter(|tag| !tag.is_empty()) {
            status["uri"] = json!(uri.replacen("://", &format!("://{tag}---"), 1));
        }
        status
    };
    text::list(&service.body, "/traffic").iter().map(shown).collect()
}

/// The revision that a target means now.
pub(super) fn meant<'a>(service: &'a Service, target: &'a Value) -> Option<&'a str> {
    match text::of(target, "/type") {
        LATEST => service.latest_ready().map(|revision| revision.id()),
        _ => Some(text::of(target, "/revision")),
    }
}

/// A named revision that is to be reached, by a part or by its tag, and cannot be.
pub(super) fn broken(service: &Service) -> Option<(String, Refusal)> {
    text::list(&service.body, "/traffic").iter().find_map(|target| {
        let revision = service.revision(text::of(target, "/revision"))?;
        match &revision.stage {
            Stage::Failed(why) => Some((revision.id().to_owned(), why.clone())),
            _ => None,
        }
    })
}

/// The revision that answers call number `call`: each 100 calls are dealt out by the percents,
/// spread evenly. With a tag, the one that has it.
pub(in crate::gcp) fn answering(service: &Service, tag: Option<&str>, call: u64) -> Option<String> {
    let targets = text::list(&service.body, "/trafficStatuses");
    if let Some(tag) = tag {
        let target = targets.iter().find(|target| target["tag"] == tag)?;
        return meant(service, target).map(str::to_owned);
    }
    // 61 has no divisor in common with 100: all of 0..100 come by, and not in rows.
    let mut at = i64::try_from(call * 61 % 100).unwrap_or(0);
    for target in targets {
        at -= target["percent"].as_i64().unwrap_or(0);
        if at < 0 {
            return meant(service, target).map(str::to_owned);
        }
    }
    None
}

/// Whether a revision is reached by a part of the traffic or by a tag, now or as asked for.
pub(super) fn reaches(service: &Service, revision: &str) -> bool {
    let lists = ["/traffic", "/trafficStatuses"].map(|list| text::list(&service.body, list));
    lists.iter().flat_map(|list| list.iter()).any(|target| {
        let counts = target["percent"].as_i64().unwrap_or(0) > 0 || target["tag"].is_string();
        counts && meant(service, target) == Some(revision)
    })
}
