//! Revisions one by one: switched on and off, and waited for.

use mlship_core::notice::words;
use mlship_core::provider::{ErrorKind, ProviderError, phrase};
use serde_json::Value;

use super::found::{App, Readiness, Revision};
use super::stream;
use crate::arm::{Arm, Call, Id};
use crate::connect::Cloud;
use crate::error::failed;

/// How often a revision that is not well is looked at again: a model takes its time to load.
const PATIENCE: u32 = 100;

/// How many lines of its log an error tells.
const LINES: usize = 5;

/// The revision of this name as it is now, ready or not; `None` when it is not there.
pub(super) async fn look(
    arm: &Arm,
    app: &Id,
    name: &str,
) -> Result<Option<Revision>, ProviderError> {
    let call = Call { operation: "look at the revisions of", resource: app.name() };
    let all = arm.list(call, app, "revisions", &[]).await?;
    Ok(all.into_iter().filter_map(Revision::read).find(|revision| revision.name == name))
}

/// Switches it on, if it is off, and waits until it serves.
///
/// # Errors
/// [`ErrorKind::Failed`] with Azure's words and the last lines that it wrote, when it does not.
pub(super) async fn until_up(
    cloud: &Cloud,
    app: &Id,
    name: &str,
) -> Result<Revision, ProviderError> {
    let mut patience = PATIENCE;
    for _ in 0..cloud.pace().polls {
        let found = look(&cloud.arm, app, name).await?;
        match found.as_ref().map(|found| &found.readiness) {
            Some(Readiness::Up) => return found.ok_or_else(|| not_up(name, "it is gone")),
            Some(Readiness::Off) => switch(&cloud.arm, app, name, "activate").await?,
            Some(Readiness::Ailing(_)) if patience > 0 => patience -= 1,
            Some(Readiness::Failed(why) | Readiness::Ailing(why)) => {
                return Err(with_lines(cloud, app, name, not_up(name, why)).await);
            }
            // One that was just made may not be seen yet.
            None | Some(Readiness::Busy) => {}
        }
        tokio::time::sleep(cloud.pace().poll).await;
    }
    let late = not_up(name, "it does not serve in the time that mlship waits");
    Err(with_lines(cloud, app, name, late).await)
}

/// `activate` or `deactivate`.
async fn switch(arm: &Arm, app: &Id, name: &str, how: &str) -> Result<(), ProviderError> {
    let operation = format!("{how} the revision");
    let call = Call { operation: &operation, resource: name };
    arm.post(call, app, &format!("revisions/{name}/{how}"), &Value::Null).await.map(|_| ())
}

/// Switches off all that get no traffic, but for the one to go back to.
pub(super) async fn rest(arm: &Arm, app: &App) -> Result<(), ProviderError> {
    let Some(traffic) = app.traffic() else { return Ok(()) };
    let before = app.before(&traffic.live).map(|revision| revision.name.clone());
    let gets = |version: &str| {
        traffic.live == version
            || traffic.beside.as_ref().is_some_and(|(beside, _)| beside == version)
    };
    for revision in app.revisions.iter().filter(|revision| revision.is_active) {
        if !gets(&revision.stamp.id) && before.as_ref() != Some(&revision.name) {
            switch(arm, &app.id, &revision.name, "deactivate").await?;
        }
    }
    Ok(())
}

fn not_up(name: &str, why: &str) -> ProviderError {
    let error = failed(ErrorKind::Failed, "start the revision", name, phrase(why));
    error.with_hint("traffic stays where it was; `mlship logs --provider azure` may say more")
}

async fn with_lines(cloud: &Cloud, app: &Id, name: &str, error: ProviderError) -> ProviderError {
    // What it wrote is an addition: that it cannot be had is no other error.
    let lines = stream::tail(cloud, app, name, LINES).await.unwrap_or_default();
    lines
        .iter()
        .fold(error, |error, line| error.with_hint(format!("it wrote: {}", words(&line.text))))
}
