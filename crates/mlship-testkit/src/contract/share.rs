//! What every provider that can divide traffic must do.

use mlship_core::deployment::{Deployment, Destination, Route};
use mlship_core::plan::{Plan, Verb};
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_core::share::Share;

use super::{Trial, Writes, assert_kind};

/// Takes `provider` through a service's life with traffic that is divided. What the releases are,
/// and what is there before and after, is as in [`super::contract`].
///
/// # Panics
/// When a promise is broken.
pub async fn share_contract(provider: &dyn Provider, releases: [Release; 2], writes: Writes<'_>) {
    let [first, second] = &releases;
    let trial = Trial { provider, name: &first.project.name.value, writes };
    let one = trial.shares(&with(first, 10), &[100]).await;
    let two = trial.shares(&with(second, 10), &[10, 90]).await;
    assert_eq!(two.live, one.live, "the version that was there first is the live one");
    let plan = trial.plan(&with(second, 25)).await;
    let verbs: Vec<Verb> = plan.steps.iter().map(|step| step.verb).collect();
    assert_eq!(verbs, [Verb::Promote], "another share is one step");
    trial.shares(&with(second, 25), &[25, 75]).await;
    trial.shares(&with(second, 0), &[0, 100]).await;
    trial.divides_by_route(&one).await;
    let whole = trial.moved(Destination::Newest, 100, &[100, 0]).await;
    assert_ne!(whole.live, one.live, "with all of it the newest is the live one");
    assert!(trial.plan(second).await.is_empty());
    trial.moved(Destination::Previous, 100, &[0, 100]).await;
    trial.removes(first).await;
}

impl Trial<'_> {
    /// Deploys, and checks the shares of the versions, newest first.
    async fn shares(&self, release: &Release, shares: &[u8]) -> Deployment {
        let plan = self.plan(release).await;
        assert!(!plan.is_empty());
        let made = self.apply(release, &plan).await.expect("apply of a share");
        assert_eq!(percents(&made), shares);
        assert_eq!(
            made.versions[0].content_sha256.as_ref(),
            Some(&release.artifact.content_sha256)
        );
        assert_eq!(self.find().await.as_ref(), Some(&made), "find sees the shares");
        let before = (self.writes)();
        assert_eq!(self.plan(release).await, Plan::default(), "the same share again is no step");
        self.apply(release, &Plan::default()).await.expect("apply of an empty plan");
        assert_eq!((self.writes)(), before, "the same share again writes nothing");
        made
    }

    async fn divides_by_route(&self, one: &Deployment) {
        let split = self.moved(Destination::Newest, 40, &[40, 60]).await;
        assert_eq!(split.live, one.live);
        let back = self.moved(Destination::Previous, 100, &[0, 100]).await;
        assert_eq!(back.live, one.live, "the way back from divided traffic is the live one alone");
        let live = one.live.clone().map(Destination::Version).expect("a live version");
        let route = Route { to: live, share: Share::percent(30).expect("a share") };
        let alone = self.provider.route(self.name, &route).await.map(|_| ());
        assert_kind(alone, ErrorKind::Refused, "a part for a version that has all of it");
        assert_eq!(self.find().await, Some(back), "a refused share changes nothing");
    }

    async fn moved(&self, to: Destination, percent: u8, shares: &[u8]) -> Deployment {
        let route = Route { to, share: Share::percent(percent).expect("a share") };
        let moved = self.provider.route(self.name, &route).await.expect("route of a share");
        assert_eq!(percents(&moved.deployment), shares);
        assert_eq!(self.find().await.as_ref(), Some(&moved.deployment), "find sees the shares");
        moved.deployment
    }
}

fn with(release: &Release, percent: u8) -> Release {
    Release { share: Share::percent(percent).expect("a share"), ..release.clone() }
}

fn percents(made: &Deployment) -> Vec<u8> {
    made.versions.iter().map(|version| version.share.as_percent()).collect()
}
