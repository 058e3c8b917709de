//! What every provider must do, whoever it is: the promises of the [`Provider`] trait, tried.
//!
//! It knows no provider and starts nothing; a failure is a panic that names the promise.

mod share;

pub use share::share_contract;

use mlship_core::deployment::{Deployment, Destination, LogQuery, Moved, Request, Route};
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;
use mlship_core::sample::compare;
use mlship_core::share::Share;
use serde_json::{Value, json};

/// A number that changes with every write: a count of the write calls, or a digest of the folder
/// that a provider writes to.
pub type Writes<'a> = &'a (dyn Fn() -> u64 + Sync);

/// Takes `provider` through a service's whole life and checks what it promises on the way.
///
/// The two releases have one name, different contents, and each at least one sample with an
/// answer. Nothing by that name exists before, and nothing is left after.
///
/// # Panics
/// When a promise is broken.
pub async fn contract(provider: &dyn Provider, releases: [Release; 2], writes: Writes<'_>) {
    let [first, second] = &releases;
    assert_eq!(first.project.name.value, second.project.name.value);
    assert_ne!(first.artifact.content_sha256, second.artifact.content_sha256);
    let trial = Trial { provider, name: &first.project.name.value, writes };
    trial.absent().await;
    trial.plan_only_reads(first).await;
    let one = trial.deploys(first).await;
    trial.nothing_before_the_first().await;
    let two = trial.deploys(second).await;
    assert_ne!(one.live, two.live, "a changed artifact must be a version of its own");
    assert!(two.versions.len() >= 2, "the version before must still be there");
    trial.rolls_back(&releases, &one, &two).await;
    trial.refuses_a_wrong_answer(first, &two).await;
    trial.logs().await;
    trial.removes(first).await;
}

struct Trial<'a> {
    provider: &'a dyn Provider,
    name: &'a str,
    writes: Writes<'a>,
}

impl Trial<'_> {
    async fn absent(&self) {
        let removed = self.provider.remove(self.name, &Silent).await;
        assert_eq!(removed.expect("remove of an absent service succeeds"), Vec::<String>::new());
        assert_eq!(self.find().await, None, "find of an absent service is none");
        let invoked = self.provider.invoke(self.name, Request::json(b"{}")).await.map(|_| ());
        assert_kind(invoked, ErrorKind::NotFound, "invoke of an absent service");
        let rolled_back = self.back().await.map(|_| ());
        assert_kind(rolled_back, ErrorKind::NotFound, "rollback of an absent service");
    }

    async fn plan_only_reads(&self, release: &Release) {
        let before = (self.writes)();
        let plan = self.plan(release).await;
        assert!(!plan.is_empty(), "the plan of a new service has steps");
        assert_eq!(plan, self.plan(release).await, "planning twice gives one plan");
        assert_eq!(self.find().await, None, "plan makes nothing");
        let applied = self.apply(release, &Plan::default()).await.map(|_| ());
        assert_kind(applied, ErrorKind::Conflict, "apply of a plan that lacks the steps");
        assert_eq!((self.writes)(), before, "plan and a refused apply write nothing");
    }

    async fn deploys(&self, release: &Release) -> Deployment {
        let plan = self.plan(release).await;
        assert!(!plan.is_empty(), "the plan of a changed release has steps");
        let made = self.apply(release, &plan).await.expect("apply of a fresh plan");
        self.is_made_of(&made, release);
        assert_eq!(self.find().await.as_ref(), Some(&made), "find sees what apply made");
        self.answers(release).await;

        let before = (self.writes)();
        assert_eq!(self.plan(release).await, Plan::default(), "plan is empty after apply");
        let again = self.apply(release, &Plan::default()).await.expect("apply of an empty plan");
        assert_eq!(again, made, "applying an empty plan changes nothing");
        let stale = self.apply(release, &plan).await.map(|_| ());
        assert_kind(stale, ErrorKind::Conflict, "apply of a plan that is done already");
        assert_eq!((self.writes)(), before, "nothing to do means nothing written");
        made
    }

    fn is_made_of(&self, made: &Deployment, release: &Release) {
        assert_eq!(made.provider, self.provider.name());
        assert_eq!(made.name, self.name);
        assert_eq!(made.state, "ready");
        let live = made.live.as_ref().expect("a version is live after apply");
        let version = made.versions.iter().find(|version| version.id == *live);
        let version = version.expect("the live version is one of the versions");
        assert_eq!(version.content_sha256.as_ref(), Some(&release.artifact.content_sha256));
        assert_eq!(version.git_revision, release.git_revision);
        assert_eq!(made.versions[0].id, *live, "the newest version comes first");
    }

    async fn answers(&self, release: &Release) {
        let mut compared = 0;
        for sample in &release.samples {
            let Some(expected) = &sample.expect else { continue };
            let request = sample.request.to_string();
            let answer = self.provider.invoke(self.name, Request::json(request.as_bytes())).await;
            let answer = answer.expect("invoke of a live service");
            assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            let got: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
            compare(expected, &got).expect("the live version answers the sample");
            compared += 1;
        }
        assert!(compared > 0, "the contract needs a sample with an answer");
    }

    async fn nothing_before_the_first(&self) {
        let rolled_back = self.back().await.map(|_| ());
        assert_kind(rolled_back, ErrorKind::NotFound, "rollback with no version before");
    }

    async fn rolls_back(&self, releases: &[Release; 2], one: &Deployment, two: &Deployment) {
        let [first, second] = releases;
        let moved = self.back().await.expect("rollback");
        assert_eq!(moved.from.map(|from| from.id), two.live, "rollback says where it was");
        assert_eq!(Some(moved.to.id), one.live, "rollback says where it is");
        let back = moved.deployment;
        assert_eq!(back.live, one.live, "rollback moves to the version before");
        assert_eq!(self.find().await.as_ref(), Some(&back), "find sees the rollback");
        self.answers(first).await;
        assert!(!self.plan(second).await.is_empty(), "a deploy would move the traffic again");

        let unknown = self.route(Destination::Version("999999".into())).await.map(|_| ());
        assert_kind(unknown, ErrorKind::NotFound, "rollback to a version that is not there");
        assert_eq!(self.find().await, Some(back), "a refused rollback changes nothing");

        let named = two.live.clone().map(Destination::Version).expect("a live version");
        let forth = self.route(named.clone()).await.expect("rollback to a named version");
        assert_eq!(forth.deployment.live, two.live);
        let before = (self.writes)();
        let again = self.route(named).await.expect("moving to where it is");
        assert_eq!(again.deployment.live, two.live);
        assert_eq!((self.writes)(), before, "moving traffic to where it is writes nothing");
        self.answers(second).await;
        assert_eq!(self.plan(second).await, Plan::default());
    }

    async fn refuses_a_wrong_answer(&self, release: &Release, live: &Deployment) {
        let mut wrong = release.clone();
        for sample in &mut wrong.samples {
            sample.expect = Some(json!({"never": "this"}));
        }
        let plan = self.plan(&wrong).await;
        let refused = self.apply(&wrong, &plan).await.map(|_| ());
        assert_kind(refused, ErrorKind::Verification, "apply of a release that answers wrongly");
        let after = self.find().await.expect("the service is still there");
        assert_eq!(after.live, live.live, "traffic stays where it was");
        assert_eq!(after.state, "ready", "the live version still serves");
    }

    async fn logs(&self) {
        let query = LogQuery { since_ms: None, limit: 3 };
        let lines = self.provider.logs(self.name, &query).await.expect("logs of a live service");
        assert!(lines.len() <= query.limit, "at most as many lines as asked for");
        assert!(lines.is_sorted_by_key(|line| line.at_ms), "oldest first");
    }

    async fn removes(&self, release: &Release) {
        let removed = self.provider.remove(self.name, &Silent).await.expect("remove");
        assert!(!removed.is_empty(), "remove says what it took away");
        assert_eq!(self.find().await, None, "nothing is found after remove");
        let before = (self.writes)();
        let again = self.provider.remove(self.name, &Silent).await.expect("remove twice");
        assert_eq!(again, Vec::<String>::new(), "the second remove takes nothing away");
        assert_eq!((self.writes)(), before, "the second remove writes nothing");
        assert!(!self.plan(release).await.is_empty(), "after remove all is to be made again");
    }

    async fn back(&self) -> Result<Moved, ProviderError> {
        self.route(Destination::Previous).await
    }

    async fn route(&self, to: Destination) -> Result<Moved, ProviderError> {
        self.provider.route(self.name, &Route { to, share: Share::ALL }).await
    }

    async fn plan(&self, release: &Release) -> Plan {
        self.provider.plan(release).await.expect("plan")
    }

    async fn apply(&self, release: &Release, plan: &Plan) -> Result<Deployment, ProviderError> {
        self.provider.apply(release, plan, &Silent).await
    }

    async fn find(&self) -> Option<Deployment> {
        self.provider.find(self.name).await.expect("find")
    }
}

fn assert_kind(result: Result<(), ProviderError>, kind: ErrorKind, what: &str) {
    match result {
        Ok(()) => panic!("{what} must fail with {kind:?}, and succeeded"),
        Err(error) => assert_eq!(error.kind, kind, "{what}: {error}"),
    }
}
