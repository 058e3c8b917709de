//! Carries out a deploy or a rollback, and puts everything back when it fails.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use tokio::time::sleep;

use super::failure::{Explain, Task};
use super::folder::{Folder, Lock};
use super::observe::{Health, Observed, Port, observe};
use super::plan::Wanted;
use super::record::{FORMAT, Made, Service};
use super::unpack::{UnpackError, unpack};
use super::{candidate, clock, launch, remove, start};

/// How long a lock is waited for. A command that was killed while it started a process leaves its
/// lock to that process, for the moment until the process becomes the program it runs.
const LOCK_WITHIN: Duration = Duration::from_millis(500);

/// Takes the service's lock, or says that somebody else changes it.
pub(crate) async fn lock(task: Task<'_>, folder: &Folder) -> Result<Lock, ProviderError> {
    let asked = Instant::now();
    loop {
        folder.create().map_err(task.io("make the state folder"))?;
        match Folder::lock(&folder.change_lock()) {
            Ok(Some(lock)) => return Ok(lock),
            // The folder was removed meanwhile, lock and all.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(task.io("lock the state folder")(error)),
            Ok(None) if asked.elapsed() > LOCK_WITHIN => {
                return Err(task
                    .failed(ErrorKind::Conflict, "another command changes it at this moment")
                    .hint("wait until it is done and run this again"));
            }
            Ok(None) => {}
        }
        sleep(candidate::LOOK_EVERY).await;
    }
}

/// Deploys what is wanted.
pub(crate) async fn apply(
    task: Task<'_>,
    (folder, supervisor): (&Folder, &[OsString]),
    (release, wanted): (&Release, &Wanted),
    planned: &Plan,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let lock = lock(task, folder).await?;
    let observed = observe(folder).await.map_err(task.io("read the state folder"))?;
    let deployed =
        deploy(task, (folder, supervisor), (release, wanted), (&observed, planned), progress).await;
    if deployed.is_err() {
        let clean = match &observed.service {
            Some(service) => folder.sweep(Some(service)).map_err(task.io("clean up")),
            None => remove::wipe(task, folder, lock).await.map(drop),
        };
        // The failure that led here says more than one of cleaning up after it.
        drop(clean);
    }
    deployed
}

async fn deploy(
    task: Task<'_>,
    (folder, supervisor): (&Folder, &[OsString]),
    (release, wanted): (&Release, &Wanted),
    (observed, planned): (&Observed, &Plan),
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    if super::plan::plan(wanted, observed) != *planned {
        let reason = "it is no longer as it was when this was planned";
        return Err(task.failed(ErrorKind::Conflict, reason).hint("plan again"));
    }
    if planned.is_empty() {
        return Ok(());
    }
    if planned.steps.iter().all(|step| step.resource == super::plan::OWNER) {
        return own(task, folder, wanted);
    }
    let before = observed.service.as_ref();
    folder.sweep(before).map_err(task.io("clean the state folder"))?;
    let port = port(task, wanted, observed)?;
    let mut service =
        before.cloned().unwrap_or(Service { format: FORMAT, port, live: 0, versions: vec![] });
    service.port = port;
    if !service.live().is_some_and(|live| wanted.is(live)) {
        let bundle = folder.content(&wanted.content_sha256);
        place(task, release, &bundle, progress).await?;
        candidate::verify(task, &bundle, wanted, &release.samples, progress).await?;
        service.live = service.next_id();
        service.versions.push(Made {
            id: service.live,
            content_sha256: wanted.content_sha256.clone(),
            memory_mb: wanted.memory_mb,
            timeout_s: wanted.timeout_s,
            git_revision: release.git_revision.clone(),
            created_ms: clock::now_ms(),
        });
    } else if observed.health != Health::Ready {
        start::stop(folder).await.map_err(task.io("stop the process"))?;
    }
    progress.step("moving the traffic to the new version");
    switch(task, (folder, supervisor), &service, observed).await?;
    own(task, folder, wanted)
}

/// Keeps whose it is.
fn own(task: Task<'_>, folder: &Folder, wanted: &Wanted) -> Result<(), ProviderError> {
    let Some(owner) = &wanted.owner else { return Ok(()) };
    folder.write_owner(owner).map_err(task.io("keep whose it is"))
}

/// Makes `service` what runs; on failure puts back what ran before.
pub(crate) async fn switch(
    task: Task<'_>,
    (folder, supervisor): (&Folder, &[OsString]),
    service: &Service,
    observed: &Observed,
) -> Result<(), ProviderError> {
    folder.write_service(service).map_err(task.io("write the record"))?;
    let Err(reason) = start::run(folder, supervisor, service).await else { return Ok(()) };
    let error = task.failed(ErrorKind::Failed, reason);
    let Some(before) = &observed.service else { return Err(error) };
    let hint = match put_back((folder, supervisor), before, observed).await {
        Ok(()) => format!("version {} is live as before", before.live),
        Err(reason) => format!("version {} could not be put back: {reason}", before.live),
    };
    Err(error.hint(hint))
}

async fn put_back(
    (folder, supervisor): (&Folder, &[OsString]),
    before: &Service,
    observed: &Observed,
) -> Result<(), String> {
    let words = |error: io::Error| error.to_string();
    folder.write_service(before).map_err(words)?;
    if observed.health == Health::Stopped {
        return start::stop(folder).await.map(drop).map_err(words);
    }
    start::run(folder, supervisor, before).await
}

/// The port that the service gets: the manifest's, else the one it has, else a free one.
fn port(task: Task<'_>, wanted: &Wanted, observed: &Observed) -> Result<u16, ProviderError> {
    let has = observed.service.as_ref().map(|service| service.port);
    match (wanted.port, has) {
        (Some(port), has) if has != Some(port) || observed.port == Port::Taken => {
            if launch::is_free(port) {
                return Ok(port);
            }
            let reason = format!("port {port} is taken by another process");
            Err(task
                .failed(ErrorKind::Conflict, reason)
                .hint("end what listens there, or change `targets.local.port`"))
        }
        (_, Some(port)) if observed.port == Port::Ours => Ok(port),
        _ => launch::free_port().map_err(task.io("find a free port")),
    }
}

/// Unpacks the artifact, unless it already is.
async fn place(
    task: Task<'_>,
    release: &Release,
    bundle: &Path,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    if bundle.is_dir() {
        return Ok(());
    }
    progress.step("unpacking the artifact");
    let (artifact, to) = (release.artifact.clone(), bundle.to_owned());
    let unpacked = tokio::task::spawn_blocking(move || unpack(&artifact, &to)).await;
    let unpacked = unpacked.map_err(|error| task.failed(ErrorKind::Failed, error.to_string()))?;
    unpacked.map_err(|error| match error {
        UnpackError::Io(error) => task.io("unpack the artifact")(error),
        error => task.failed(ErrorKind::Refused, error.to_string()).because(error),
    })
}
