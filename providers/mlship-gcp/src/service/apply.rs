//! Makes what exists into what is wanted: looks, changes, and looks again when somebody else was
//! faster.

use google_cloud_run_v2::model::IngressTraffic;
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_core::traffic::Traffic;

use super::accepted::{Accepted, Way};
use super::check::{self, Door, Reach, Turn};
use super::found::{Service, gone};
use super::plan::{Existing, Package};
use super::wanted::Wanted;
use super::{function, make, others, ready, source, tidy, traffic};
use crate::config::Access;
use crate::connect::Cloud;
use crate::error::{failed, is_api_off};
use crate::retry::pause;

/// How often a conflict leads to another look.
const CONFLICTS: u32 = 7;
/// How often it is tried again while Google still says of an API that was just put on that it is
/// off, with pauses as between failed tries: five minutes in all.
const WAKES: u32 = 10;

/// What a deploy works with.
pub(crate) struct Work<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) release: &'a Release,
    pub(crate) wanted: &'a Wanted,
    pub(crate) progress: &'a dyn Progress,
}

impl Work<'_> {
    /// Carries out `plan`, if it or a rest of it is still what would be done: what was begun before
    /// may be over meanwhile.
    pub(crate) async fn apply(&self, plan: &Plan) -> Result<(), ProviderError> {
        let existing = self.look().await?;
        if !is_rest(&existing.plan(self.wanted), plan) {
            let reason = "what exists is no longer what the plan was made for";
            let service = &self.wanted.place.service;
            let error = failed(ErrorKind::Conflict, "deploy", service, reason);
            return Err(error.with_hint("make a new plan and look at it again"));
        }
        let pace = &self.cloud.pace;
        // Only what this plan puts on is waited for.
        let mut wakes = if existing.apis.are_on() { WAKES } else { 0 };
        let mut conflicts = 0;
        let mut outcome = match existing.plan(self.wanted).is_empty() {
            true => Ok(()),
            false => self.carry_out(&existing).await,
        };
        while let Err(error) = &outcome {
            let wait = match error.kind {
                ErrorKind::Conflict if conflicts < CONFLICTS && !others::is_conflict(error) => {
                    conflicts += 1;
                    pace.poll
                }
                _ if is_api_off(error) && wakes < WAKES => {
                    wakes += 1;
                    self.progress.step("wait until the APIs are on everywhere");
                    pause(pace, wakes)
                }
                _ => break,
            };
            tokio::time::sleep(wait).await;
            outcome = self.carry_on(&existing).await;
        }
        outcome
    }

    async fn look(&self) -> Result<Existing, ProviderError> {
        Existing::look(self.cloud, self.wanted, self.release).await
    }

    /// Does what is left to do, of which nothing may be but to tidy up: a change whose answer was
    /// lost is met as a conflict. What somebody else does is left to them.
    async fn carry_on(&self, before: &Existing) -> Result<(), ProviderError> {
        let existing = self.look().await?;
        if others::are_there(before, &existing, self.wanted) {
            return Err(others::conflict(&self.wanted.place));
        }
        match existing.plan(self.wanted).is_empty() {
            true => tidy::tidy(self).await,
            false => self.carry_out(&existing).await,
        }
    }

    async fn carry_out(&self, existing: &Existing) -> Result<(), ProviderError> {
        let Self { cloud, wanted, progress, .. } = *self;
        existing.apis.enable(cloud, wanted, progress).await?;
        existing.store.make(cloud, wanted, progress).await?;
        match &existing.package {
            Package::Function(function) => {
                function::make(self, existing, function.as_deref()).await?;
            }
            _ if existing.is_new(wanted) => self.revision(existing).await?,
            _ => self.outer(existing).await?,
        }
        let Some((then, access)) = existing.move_to(wanted) else { return Ok(()) };
        let service = self.check().await?;
        let earlier = existing.service.as_ref().map(Accepted::read).unwrap_or_default();
        self.promote(&service, &then, earlier, access).await?;
        tidy::tidy(self).await
    }

    /// A new revision, and with it whatever else of the service differs.
    async fn revision(&self, existing: &Existing) -> Result<(), ProviderError> {
        let Self { cloud, release, wanted, progress } = *self;
        let program = match &existing.package {
            Package::Image(image) => image.make(cloud, wanted, release, progress).await?,
            Package::Source(object) => {
                source::make(cloud, wanted, release, object.as_ref(), progress).await?
            }
            // A function makes its own.
            Package::Function(_) => return Ok(()),
        };
        let service = existing.service.as_ref();
        let name = make::next_name(service, wanted);
        progress.step(&format!("create revision {name}"));
        make::revision(cloud, wanted, service, &name, &program).await
    }

    /// The service as it should be, with the revisions that it has.
    async fn outer(&self, existing: &Existing) -> Result<(), ProviderError> {
        let Self { cloud, wanted, progress, .. } = *self;
        let Some(service) = &existing.service else { return Ok(()) };
        if make::differences(service, wanted).is_empty() {
            return Ok(());
        }
        progress.step(&format!("update service {}", wanted.place.service));
        make::update(cloud, wanted, service).await
    }

    /// Waits for the revision and sends it the samples, at its own address.
    async fn check(&self) -> Result<Service, ProviderError> {
        let Self { cloud, release, wanted, progress } = *self;
        let place = &wanted.place;
        let operation = "check the new version of";
        let look = || async {
            Service::look(cloud, place).await?.ok_or_else(|| gone(operation, &place.service))
        };
        let service = look().await?;
        let Some(revision) = service.revision(wanted.version()) else {
            return Err(gone(operation, &place.service));
        };
        let name = revision.name.clone();
        progress.step(&format!("wait for revision {name}"));
        ready::until_up(cloud, place, &name).await?;
        let mut service = traffic::put_on_trial(cloud, place, service, &name).await?;
        for _ in 0..cloud.pace.polls {
            if service.address_of(&name).is_some() {
                break;
            }
            tokio::time::sleep(cloud.pace.poll).await;
            service = look().await?;
        }
        let Some(address) = service.address_of(&name) else {
            let reason = "it has no address of its own";
            return Err(failed(ErrorKind::Failed, "call the revision", &name, reason));
        };
        let door = door(cloud, &service, address).await?;
        progress.step(&format!("send the samples to revision {name}"));
        let turn = Turn { cloud, place, revision: &name };
        if let Err(error) = check::check(&turn, &door, &release.samples).await {
            turn.is_ours().await?;
            return Err(check::stays(error, &service));
        }
        Ok(service)
    }

    async fn promote(
        &self,
        service: &Service,
        then: &Traffic,
        earlier: Accepted,
        access: Option<Access>,
    ) -> Result<(), ProviderError> {
        let Self { cloud, wanted, progress, .. } = *self;
        if service.traffic().is_none() && wanted.share != Share::ALL {
            progress.step("the first version gets all traffic, as there is no other");
        }
        progress.step(&format!("move the traffic: {}", then.words()));
        // Whoever changes a function may put its service's annotations back.
        let accepted = Accepted::read(service).or(earlier).moved(then, Way::Forth);
        traffic::move_to(cloud, &wanted.place, service, (then, accepted), access).await
    }
}

/// Whether `now` is what is left of what was shown, in the same order; nothing is left of nothing
/// only.
fn is_rest(now: &Plan, shown: &Plan) -> bool {
    let mut steps = shown.steps.iter();
    now.is_empty() == shown.is_empty() && now.steps.iter().all(|step| steps.any(|one| one == step))
}

/// How a service is called at one of its addresses.
pub(crate) async fn door(
    cloud: &Cloud,
    service: &Service,
    address: &str,
) -> Result<Door, ProviderError> {
    // Tags have addresses of their own, and yet the service is whom the token is for.
    let token = match service.body.invoker_iam_disabled {
        true => None,
        false => Some(cloud.callers.token(&service.body.uri).await?),
    };
    let reach = match service.body.ingress {
        IngressTraffic::All | IngressTraffic::Unspecified => Reach::Everywhere,
        _ => Reach::Inside,
    };
    Ok(Door { address: address.to_owned(), token, reach })
}

#[cfg(test)]
mod tests {
    use mlship_core::plan::Verb;

    use super::super::wanted::step;
    use super::*;

    fn plan(names: &[&str]) -> Plan {
        Plan { steps: names.iter().map(|name| step(Verb::Create, "thing", *name)).collect() }
    }

    #[test]
    fn only_what_was_shown_is_done() {
        let shown = plan(&["a", "b", "c"]);
        for rest in [plan(&["a", "b", "c"]), plan(&["b", "c"]), plan(&["a", "c"])] {
            assert!(is_rest(&rest, &shown), "{rest:?}");
        }
        for other in [plan(&[]), plan(&["a", "d"]), plan(&["c", "b"]), plan(&["b", "b"])] {
            assert!(!is_rest(&other, &shown), "{other:?}");
        }
        assert!(is_rest(&plan(&[]), &plan(&[])) && !is_rest(&shown, &plan(&[])));
    }
}
