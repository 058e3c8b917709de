//! Looks at a service: what its record says and how its process is. Changes nothing.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use hyper::Method;
use mlship_core::deployment::{Deployment, Request, Version};
use mlship_core::share::Share;

use super::folder::Folder;
use super::owner::Owner;
use super::record::{Made, Phase, Service};
use super::{clock, http, launch};

/// How long a process may take to say whether it is ready.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// A service as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    /// What is wanted.
    pub(crate) service: Option<Service>,
    /// Whose it is, where that is known.
    pub(crate) owner: Option<Owner>,
    /// What is.
    pub(crate) health: Health,
    /// Whether the service's port can be had.
    pub(crate) port: Port,
}

/// How the process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// Nothing runs.
    Stopped,
    /// It ended, for this reason, and is started again.
    Restarting(String),
    /// It runs and is not ready.
    Starting,
    /// It answers.
    Ready,
}

/// Whether the service's port can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// It is free, or the service's own process has it.
    Ours,
    /// Nothing of the service runs, and something else listens there.
    Taken,
}

/// Looks.
pub(crate) async fn observe(folder: &Folder) -> io::Result<Observed> {
    let service = folder.service()?;
    let health = match &service {
        Some(service) => health(folder, service).await,
        None => Health::Stopped,
    };
    let stopped = health == Health::Stopped;
    let taken = service.as_ref().is_some_and(|service| stopped && !launch::is_free(service.port));
    let owner = folder.owner();
    Ok(Observed { service, owner, health, port: if taken { Port::Taken } else { Port::Ours } })
}

async fn health(folder: &Folder, service: &Service) -> Health {
    let Some(status) = folder.status().filter(|status| status.supervisor.is_alive()) else {
        return Health::Stopped;
    };
    match status.phase {
        Phase::Waiting(reason) => Health::Restarting(reason),
        Phase::Running(process) if status.version == service.live && process.is_alive() => {
            if is_ready(service.port, LOOK_WITHIN).await {
                Health::Ready
            } else {
                Health::Starting
            }
        }
        Phase::Running(_) => Health::Starting,
    }
}

/// True when what listens on the port says that its model is loaded.
pub(crate) async fn is_ready(port: u16, within: Duration) -> bool {
    http::send(Method::GET, port, "/readyz", Request::json(&[]), within)
        .await
        .is_ok_and(|answer| answer.status == 200)
}

/// The service in neutral words.
pub(crate) fn deployment(
    name: &str,
    service: &Service,
    owner: Option<Owner>,
    health: &Health,
) -> Deployment {
    let mut settings = BTreeMap::new();
    settings.extend(owner.map(|owner| ("project".into(), owner.folder)));
    if let Some(live) = service.live() {
        settings.insert("memory-mb".into(), live.memory_mb.to_string());
        settings.insert("timeout-s".into(), live.timeout_s.to_string());
    }
    settings.insert("port".into(), service.port.to_string());
    let versions = service.versions.iter().rev().map(|made| Version {
        share: if made.id == service.live { Share::ALL } else { Share::NONE },
        ..version(made)
    });
    Deployment {
        provider: crate::TARGET,
        kind: crate::KINDS[0],
        name: name.into(),
        url: Some(url(service.port)),
        access: "this machine".into(),
        state: match health {
            Health::Stopped => "stopped".into(),
            Health::Restarting(reason) => format!("failed: the process {reason}"),
            Health::Starting => "starting".into(),
            Health::Ready => "ready".into(),
        },
        live: Some(service.live.to_string()),
        versions: versions.collect(),
        settings,
    }
}

/// A version in neutral words, whatever traffic it gets.
pub(crate) fn version(made: &Made) -> Version {
    Version {
        id: made.id.to_string(),
        content_sha256: Some(made.content_sha256.clone()),
        git_revision: made.git_revision.clone(),
        created: Some(clock::rfc3339(made.created_ms)),
        bytes: None,
        share: Share::NONE,
    }
}

/// Where a service on this port answers.
pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
