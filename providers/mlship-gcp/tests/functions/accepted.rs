//! Only a version that answered its samples is ever gone to; and what was live before is what was
//! live, not what was made before.

use mlship_core::deployment::{Deployment, Destination, Moved, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_gcp::{Gcp, Kind};
use mlship_testkit::gcp::{Cut, Script};
use serde_json::json;

use crate::stage::{NAME, Stage, answer, deploy, words};

async fn route(gcp: &Gcp, to: Destination) -> Result<Moved, ProviderError> {
    gcp.route(NAME, &Route { to, share: Share::ALL }).await
}

async fn back(gcp: &Gcp) -> String {
    route(gcp, Destination::Previous).await.unwrap().to.id
}

fn live(made: &Deployment) -> String {
    made.live.clone().unwrap()
}

/// The version that a plan would make, out of its step.
async fn version_of(gcp: &Gcp, release: &Release) -> String {
    let plan = gcp.plan(release).await.unwrap();
    let promote = plan.steps.iter().find(|step| step.resource == "traffic").unwrap();
    promote.differences.iter().find(|one| one.field == "version").unwrap().to.clone().unwrap()
}

fn wrong(release: &Release) -> Release {
    let mut wrong = release.clone();
    wrong.samples[0].expect = Some(json!({"never": "this"}));
    wrong
}

/// A version that failed its samples is never gone to, and a deploy of it tries it again.
pub(crate) async fn a_failed_version(kind: Kind) {
    let stage = Stage::new();
    let [good, next] = stage.releases(kind);
    let gcp = stage.connect(kind).await;
    let first = live(&deploy(&gcp, &good).await.unwrap());
    let failed = version_of(&gcp, &next).await;
    let error = deploy(&gcp, &wrong(&next)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification, "{error}");
    let said = words(&error);
    assert!(said.contains(&format!("version `{first}` is live as before")), "{said}");
    assert!(said.contains("mlship deploy --provider gcp"), "{said}");
    is_never_gone_to(&stage, &gcp, &failed).await;
    assert_eq!(Some(answer(&gcp).await), good.samples[0].expect);
    let again = deploy(&gcp, &wrong(&next)).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::Verification, "it is tried again: {again}");
    assert_eq!(live(&deploy(&gcp, &next).await.unwrap()), failed);
    assert_eq!(back(&gcp).await, first);
    stage.clean(kind).await;
}

async fn is_never_gone_to(stage: &Stage, gcp: &Gcp, version: &str) {
    let writes = stage.cloud.writes();
    for to in [Destination::Newest, Destination::Version(version.to_owned())] {
        let error = route(gcp, to).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{error}");
        let said = words(&error);
        assert!(said.contains(version) && said.contains("has not answered its samples"), "{said}");
        assert!(said.contains("mlship deploy --provider gcp"), "{said}");
    }
    let error = route(gcp, Destination::Previous).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert_eq!(stage.cloud.writes(), writes, "nothing is moved");
}

/// Wherever an update is cut, the new version is gone to only when the cut came after it was live.
pub(crate) async fn a_cut_update(kind: Kind, cuts: std::iter::StepBy<std::ops::Range<usize>>) {
    let stage = Stage::new();
    let [good, next] = stage.releases(kind);
    for at in cuts {
        stage.reset();
        let gcp = stage.connect(kind).await;
        let first = live(&deploy(&gcp, &good).await.unwrap());
        let second = version_of(&gcp, &next).await;
        let finished = stage.cut(kind, &next, Cut::After(at)).await;
        stage.calm();
        let is_live = live(&gcp.find(NAME).await.unwrap().unwrap()) == second;
        assert!(is_live || !finished);
        let moved = route(&gcp, Destination::Newest).await.map(|moved| moved.to.id);
        match is_live {
            true => assert_eq!(back(&gcp).await, first, "{at}"),
            false => assert_ne!(moved.ok(), Some(second), "{at}: it was never tried"),
        }
        if finished {
            break;
        }
    }
}

/// v1 live, v2 tried with a part and gone back from, v3 live: back is v1.
pub(crate) async fn a_canary(kind: Kind) {
    let stage = Stage::new();
    let gcp = stage.connect(kind).await;
    let [one, two, three] = [1, 2, 3].map(|number| stage.release(kind, &json!({"is": number})));
    let first = live(&deploy(&gcp, &one).await.unwrap());
    let ten = Share::percent(10).unwrap();
    let canary = deploy(&gcp, &Release { share: ten, ..two }).await.unwrap();
    let second = canary.versions[0].id.clone();
    let moved = route(&gcp, Destination::Previous).await.unwrap();
    assert_eq!(moved.from.map(|from| from.id), Some(second.clone()), "it went from the canary");
    assert_eq!(moved.to.id, first);
    let third = live(&deploy(&gcp, &three).await.unwrap());
    assert_eq!(back(&gcp).await, first, "what was live before");
    assert_eq!(answer(&gcp).await, json!({"is": 1}));
    // Both were found to be right once.
    for version in [second, third] {
        let moved = route(&gcp, Destination::Version(version.clone())).await.unwrap();
        assert_eq!(moved.to.id, version);
    }
    stage.clean(kind).await;
}

/// One of two deploys ends soon with a plain conflict.
pub(crate) async fn two_at_once(kind: Kind) {
    let stage = Stage::new();
    let gcp = stage.connect(kind).await;
    let first = stage.release(kind, &json!({"is": "first"}));
    deploy(&gcp, &first).await.unwrap();
    let releases = stage.releases(kind);
    stage.cloud.play(Script { slow: 3, ..Script::default() });
    let plans = [gcp.plan(&releases[0]).await.unwrap(), gcp.plan(&releases[1]).await.unwrap()];
    let (one, two) = tokio::join!(
        gcp.apply(&releases[0], &plans[0], &Silent),
        gcp.apply(&releases[1], &plans[1], &Silent),
    );
    let outcomes = [one, two];
    let failed: Vec<&ProviderError> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(failed.len(), 1, "{outcomes:?}");
    let said = words(failed[0]);
    assert_eq!(failed[0].kind, ErrorKind::Conflict, "{said}");
    assert!(!said.contains("ingress") && !said.to_lowercase().contains("internal"), "{said}");
    let found = gcp.find(NAME).await.unwrap().unwrap();
    let winner = outcomes.iter().position(Result::is_ok).unwrap();
    assert_eq!(Some(answer(&gcp).await), releases[winner].samples[0].expect, "{found:?}");
    // The loser's turn comes when it is run again.
    stage.calm();
    deploy(&gcp, &releases[1 - winner]).await.unwrap();
    stage.clean(kind).await;
}
