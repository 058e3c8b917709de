//! The provider itself: the port's calls, each handed to the module that does it.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use hyper::Method;
use mlship_core::deployment::{
    Answer, Deployment, Destination, LogLine, LogQuery, Moved, Removed, Request, Route, Version,
};
use mlship_core::finding::{Report, Severity};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use super::failure::{Explain, Task};
use super::folder::Folder;
use super::observe::{Health, Observed, deployment, observe, version};
use super::owner::Asker;
use super::plan::Wanted;
use super::record::Service;
use super::{apply, http, lines, remove};
use crate::Others;
use crate::config::{Config, TARGET};

/// How much longer than a request may take its answer is waited for.
const INVOKE_MARGIN: Duration = Duration::from_secs(5);

/// This machine.
#[derive(Debug)]
pub struct Local {
    root: PathBuf,
    supervisor: Vec<OsString>,
    asker: Option<Asker>,
}

impl Local {
    /// Services live in folders below `state_root`. `supervisor` is the command that calls
    /// [`crate::supervise`] with the path that follows it as one more argument.
    pub fn new(state_root: PathBuf, supervisor: Vec<OsString>) -> Self {
        let root = std::path::absolute(&state_root).unwrap_or(state_root);
        Self { root, supervisor, asker: None }
    }

    /// The same for the project in a folder: what it deploys is remembered to be its, and what
    /// another folder's project deployed is changed and removed only as `others` says.
    #[must_use]
    pub fn of(self, project: &Path, others: Others) -> Self {
        Self { asker: Some(Asker::new(project, others)), ..self }
    }

    /// Refuses what is another project's.
    fn may_change(&self, task: Task<'_>, folder: &Folder) -> Result<(), ProviderError> {
        let Some(asker) = &self.asker else { return Ok(()) };
        asker.may(task, folder.owner().as_ref())
    }

    /// What the release asks of this provider.
    fn wanted(&self, release: &Release) -> Result<Wanted, ProviderError> {
        let owner = self.asker.as_ref().map(|asker| asker.owner.clone());
        Ok(Wanted { owner, ..wanted(release)? })
    }

    /// The service's folder; its name is never a path.
    fn folder(&self, task: Task<'_>, name: &str) -> Result<Folder, ProviderError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
            let reason = "a name holds lower-case letters, digits and `-` alone";
            return Err(task.failed(ErrorKind::Refused, reason));
        }
        Ok(Folder::new(self.root.join(name)))
    }
}

#[async_trait]
impl Provider for Local {
    fn name(&self) -> &'static str {
        TARGET
    }

    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        let wanted = self.wanted(release)?;
        let task = Task::new("plan", &wanted.name);
        let folder = self.folder(task, &wanted.name)?;
        self.may_change(task, &folder)?;
        let observed = observe(&folder).await.map_err(unreadable(task))?;
        Ok(super::plan::plan(&wanted, &observed))
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        let wanted = self.wanted(release)?;
        let task = Task::new("deploy", &wanted.name);
        let folder = self.folder(task, &wanted.name)?;
        self.may_change(task, &folder)?;
        let place = (&folder, self.supervisor.as_slice());
        apply::apply(task, place, (release, &wanted), plan, progress).await?;
        found(task, &folder, &wanted.name).await?.ok_or_else(|| gone(task))
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        let task = Task::new("find", name);
        found(task, &self.folder(task, name)?, name).await
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        let task = Task::new("invoke", name);
        let service = existing(task, &self.folder(task, name)?)?;
        let timeout_s = service.live().map_or(0, |live| live.timeout_s);
        let within = Duration::from_secs(u64::from(timeout_s)) + INVOKE_MARGIN;
        http::send(Method::POST, service.port, "/predict", request, within).await.map_err(|error| {
            task.failed(ErrorKind::Unavailable, format!("it did not answer: {error}"))
                .because(error)
                .hint("see `status` and `logs`; `deploy` starts it again")
        })
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        let task = Task::new("move the traffic of", name);
        all_of_it(task, route.share)?;
        let folder = self.folder(task, name)?;
        existing(task, &folder)?;
        self.may_change(task, &folder)?;
        let _lock = apply::lock(task, &folder).await?;
        let observed = observe(&folder).await.map_err(unreadable(task))?;
        let mut service = observed.service.clone().ok_or_else(|| gone(task))?;
        let from = service.live().map(version);
        service.live = target(task, &service, &route.to)?;
        let to = service.live().map(version).ok_or_else(|| gone(task))?;
        if observed.service.as_ref() != Some(&service) || observed.health != Health::Ready {
            apply::switch(task, (&folder, &self.supervisor), &service, &observed).await?;
        }
        let deployment = found(task, &folder, name).await?.ok_or_else(|| gone(task))?;
        Ok(Moved { from, to: Version { share: Share::ALL, ..to }, deployment })
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        let task = Task::new("read the logs of", name);
        let folder = self.folder(task, name)?;
        existing(task, &folder)?;
        lines::read(&folder.log(), query).map_err(task.io("read the log"))
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        let task = Task::new("remove", name);
        let folder = self.folder(task, name)?;
        if !folder.path().exists() {
            return Ok(Removed::new());
        }
        self.may_change(task, &folder)?;
        let lock = apply::lock(task, &folder).await?;
        progress.step("stopping the process and removing its files");
        remove::wipe(task, &folder, lock).await
    }
}

/// What the release asks of this provider.
fn wanted(release: &Release) -> Result<Wanted, ProviderError> {
    let project = &release.project;
    let task = Task::new("plan", &project.name.value);
    all_of_it(task, release.share)?;
    let findings = RefCell::new(Report::default());
    let config = Config::read(project.targets.get(TARGET), &findings);
    let findings = findings.into_inner();
    if let Some(wrong) = findings.0.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(task.failed(ErrorKind::Refused, wrong.message.clone()));
    }
    let digest = &release.artifact.content_sha256;
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let reason = format!("`{digest}` is no content digest");
        return Err(task.failed(ErrorKind::Refused, reason));
    }
    Ok(Wanted {
        name: project.name.value.clone(),
        owner: None,
        content_sha256: digest.clone(),
        memory_mb: project.resources.memory_mb.value,
        timeout_s: project.resources.timeout_s.value,
        port: config.port,
    })
}

async fn found(
    task: Task<'_>,
    folder: &Folder,
    name: &str,
) -> Result<Option<Deployment>, ProviderError> {
    let observed = observe(folder).await.map_err(unreadable(task))?;
    let Observed { service, owner, health, .. } = observed;
    Ok(service.map(|service| deployment(name, &service, owner, &health)))
}

fn existing(task: Task<'_>, folder: &Folder) -> Result<Service, ProviderError> {
    folder.service().map_err(unreadable(task))?.ok_or_else(|| gone(task))
}

fn gone(task: Task<'_>) -> ProviderError {
    task.failed(ErrorKind::NotFound, "it is not deployed on this machine")
}

fn unreadable(task: Task<'_>) -> impl Fn(std::io::Error) -> ProviderError {
    move |error| {
        task.io("read the state folder")(error).hint("`destroy` removes it, and `deploy` makes it")
    }
}

/// One process has the port, so that traffic cannot be divided.
fn all_of_it(task: Task<'_>, share: Share) -> Result<(), ProviderError> {
    if share == Share::ALL {
        return Ok(());
    }
    let reason = "on this machine one version gets all of the traffic";
    Err(task.failed(ErrorKind::Refused, reason).hint("leave the weight out"))
}

/// The version to move to.
fn target(task: Task<'_>, service: &Service, to: &Destination) -> Result<u32, ProviderError> {
    let made = match to {
        Destination::Version(version) => {
            version.parse().ok().and_then(|id| service.version(id)).ok_or_else(|| {
                let known: Vec<_> =
                    service.versions.iter().map(|made| made.id.to_string()).collect();
                task.failed(ErrorKind::NotFound, format!("there is no version `{version}`"))
                    .hint(format!("versions: {}", known.join(", ")))
            })
        }
        Destination::Previous => service.before_live().ok_or_else(|| {
            task.failed(ErrorKind::NotFound, format!("no version is older than {}", service.live))
        }),
        Destination::Newest => service.versions.last().ok_or_else(|| gone(task)),
    };
    made.map(|made| made.id)
}
