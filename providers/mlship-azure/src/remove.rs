//! Takes away everything in the group that mlship made for a service, and nothing else. Each part
//! may be gone already; a run that was cut is finished by the next.

use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use crate::arm::{Arm, Call, Id};
use crate::connect::Cloud;
use crate::images::Images;
use crate::names::{PROJECT, Place};

/// How often the group is looked at.
const TRIES: u32 = 8;

/// What a kind of resource is called, in the order in which they can go: what runs, then what it
/// runs on, what it reads, what it writes to.
const ORDER: [(&str, &str); 12] = [
    ("microsoft.web/sites/slots", "slot"),
    ("microsoft.web/sites", "app"),
    ("microsoft.app/containerapps", "container app"),
    ("microsoft.containerinstance/containergroups", "container group"),
    ("microsoft.web/serverfarms", "plan"),
    ("microsoft.app/managedenvironments", "environment"),
    ("microsoft.authorization/roleassignments", "role assignment"),
    ("microsoft.containerregistry/registries", "registry"),
    ("microsoft.insights/components", "log component"),
    ("microsoft.operationalinsights/workspaces", "log workspace"),
    ("microsoft.managedidentity/userassignedidentities", "identity"),
    ("microsoft.storage/storageaccounts", "storage account"),
];

/// Kinds that Azure makes by itself, without tags, beside an Application Insights component.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/alerts/proactive-diagnostics>.
const BY_PRODUCTS: [(&str, &str); 2] = [
    ("microsoft.alertsmanagement/smartdetectoralertrules", "Failure Anomalies - "),
    ("microsoft.insights/actiongroups", "Application Insights Smart Detection"),
];

/// What of a group is whose.
#[derive(Debug, Default)]
struct Contents {
    /// The service's own, in the order in which they go.
    own: Vec<Id>,
    /// All else.
    foreign: Vec<Id>,
}

/// Removes all of it; the answer names what was there.
pub(crate) async fn remove(
    cloud: &Cloud,
    name: &str,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    let place = Place::of(&cloud.subscription, &cloud.config, name);
    let mut removed = Removed::new();
    let call = Call { operation: "look at the resource group", resource: place.group.name() };
    let Some(group) = cloud.arm.get(call, &place.group).await? else { return Ok(removed) };
    let work = Work { arm: &cloud.arm, name, progress };
    let foreign = work.resources(&place.group, &mut removed).await?;
    // A group of the user's own has no such tag.
    if group["tags"][PROJECT] == name {
        work.group(&place.group, &foreign, &mut removed).await?;
    }
    Ok(removed)
}

/// The same, with what the service has in a registry of the user's.
pub(crate) async fn with_images(
    cloud: &Cloud,
    place: &Place,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    let left = leave(cloud, place, progress).await;
    let gone = remove(cloud, &place.service, progress).await;
    match (left, gone) {
        (Ok(left), Ok(gone)) => Ok(left.into_iter().chain(gone).collect()),
        (Ok(_), Err(error)) => Err(error),
        (Err(error), gone) => {
            let hint = format!(
                "still there: images of `{}` in the registry, or the right to pull them",
                place.service
            );
            let mut error = error.with_hint(hint);
            if let Err(other) = gone {
                error.hints.push(other.to_string());
                error.hints.extend(other.hints);
            }
            Err(error)
        }
    }
}

async fn leave(
    cloud: &Cloud,
    place: &Place,
    progress: &dyn Progress,
) -> Result<Removed, ProviderError> {
    match Images::locate(cloud, place).await {
        Ok(images) => images.leave(cloud, progress).await,
        // The user's registry is not there any more, nor what was in it.
        Err(error) if error.kind == ErrorKind::Refused => Ok(Removed::new()),
        Err(error) => Err(error),
    }
}

struct Work<'w> {
    arm: &'w Arm,
    name: &'w str,
    progress: &'w dyn Progress,
}

impl Work<'_> {
    async fn contents(&self, group: &Id) -> Result<Contents, ProviderError> {
        let call = Call { operation: "list what is in the group", resource: group.name() };
        let all = match self.arm.list(call, group, "resources", &[]).await {
            Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
            all => all?,
        };
        let mut contents = Contents::default();
        for one in &all {
            let Some(id) = one["id"].as_str().map(Id::of) else { continue };
            match () {
                () if one["tags"][PROJECT] == self.name => contents.own.push(id),
                () if is_by_product(&id) => {}
                () => contents.foreign.push(id),
            }
        }
        contents.own.sort_by_key(|id| (rank(id), id.as_str().to_ascii_lowercase()));
        Ok(contents)
    }

    /// All resources of the service; what else is in the group is the answer. A list lags behind:
    /// what it does not show yet may keep another thing from going.
    async fn resources(&self, group: &Id, removed: &mut Removed) -> Result<Vec<Id>, ProviderError> {
        for left in (0..TRIES).rev() {
            let Contents { own, foreign } = self.contents(group).await?;
            let before = removed.len();
            let failures = self.all(&own, removed).await;
            let waits = failures.iter().any(|(_, error)| error.kind == ErrorKind::Conflict);
            if waits && left > 0 {
                tokio::time::sleep(self.arm.pace.poll).await;
                continue;
            }
            told(failures)?;
            if removed.len() == before {
                return Ok(foreign);
            }
        }
        Ok(self.contents(group).await?.foreign)
    }

    /// Each of them, whatever becomes of the others; those that could not go are the answer.
    async fn all(&self, own: &[Id], removed: &mut Removed) -> Vec<(String, ProviderError)> {
        let mut failures = Vec::new();
        for id in own {
            if let Err(error) = self.one(id, removed).await {
                failures.push((format!("{} {}", noun(id), id.name()), error));
            }
        }
        failures
    }

    /// One resource, if it is there and still the service's own.
    async fn one(&self, id: &Id, removed: &mut Removed) -> Result<(), ProviderError> {
        let noun = noun(id);
        let operation = format!("delete the {noun}");
        let call = Call { operation: &operation, resource: id.name() };
        let found = self.arm.get(call, id).await?;
        if found.is_none_or(|found: Value| found["tags"][PROJECT] != self.name) {
            return Ok(());
        }
        self.progress.step(&format!("delete {noun} {}", id.name()));
        self.arm.delete(call, id).await?;
        removed.push(format!("{noun} {}", id.name()));
        Ok(())
    }

    /// The group, when nothing of anybody else's is in it. What Azure made goes with it.
    async fn group(
        &self,
        group: &Id,
        foreign: &[Id],
        removed: &mut Removed,
    ) -> Result<(), ProviderError> {
        let name = group.name();
        if let [first, rest @ ..] = foreign {
            let (kind, one, more) = (first.kind(), first.name(), rest.len());
            self.progress.step(&format!(
                "the resource group {name} is kept: mlship did not make {kind} `{one}` in it, and \
                 {more} more"
            ));
            return Ok(());
        }
        self.progress.step(&format!("delete resource group {name}"));
        let call = Call { operation: "delete the resource group", resource: name };
        if self.arm.delete(call, group).await? {
            removed.push(format!("resource group {name}"));
        }
        Ok(())
    }
}

/// The first failure, with all that is left because of them.
fn told(failures: Vec<(String, ProviderError)>) -> Result<(), ProviderError> {
    let (left, errors): (Vec<_>, Vec<_>) = failures.into_iter().unzip();
    let Some(first) = errors.into_iter().next() else { return Ok(()) };
    let left = left.join(", ");
    Err(first.with_hint(format!("still there: {left}, and the resource group around it")))
}

fn rank(id: &Id) -> usize {
    let kind = id.kind().to_ascii_lowercase();
    ORDER.iter().position(|(one, _)| *one == kind).unwrap_or(ORDER.len())
}

fn noun(id: &Id) -> &'static str {
    ORDER.get(rank(id)).map_or("resource", |(_, noun)| noun)
}

fn is_by_product(id: &Id) -> bool {
    let kind = id.kind().to_ascii_lowercase();
    BY_PRODUCTS.iter().any(|(one, start)| *one == kind && id.name().starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_goes_before_what_it_needs() {
        let group = Id::group("s", "g");
        let of = |kind: &str| rank(&group.resource(kind, "x"));
        assert!(of("Microsoft.Web/sites") < of("Microsoft.Web/serverFarms"));
        assert!(of("Microsoft.App/containerApps") < of("Microsoft.App/managedEnvironments"));
        assert!(of("Microsoft.Storage/storageAccounts") < of("Microsoft.Elsewhere/things"));
        let slot = group.resource("Microsoft.Web/sites", "x").part("slots", "next");
        assert_eq!((rank(&slot), noun(&slot)), (0, "slot"));
    }

    #[test]
    fn what_azure_makes_beside_the_logs_keeps_no_group() {
        let group = Id::group("s", "g");
        let rules = "Microsoft.AlertsManagement/smartDetectorAlertRules";
        assert!(is_by_product(&group.resource(rules, "Failure Anomalies - heart-insights")));
        assert!(!is_by_product(&group.resource(rules, "my own rule")));
        assert!(!is_by_product(&group.resource("Microsoft.Web/sites", "Failure Anomalies - x")));
    }
}
