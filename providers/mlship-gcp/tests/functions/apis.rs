//! APIs that are off: shown before they are put on, and left alone where one may not.

use mlship_core::plan::Verb;
use mlship_core::provider::{ErrorKind, Provider};

use crate::stage::{FUNCTION, SOURCE, Stage, config, deploy, words};

const RUN: &str = "run.googleapis.com";
const BUILD: &str = "cloudbuild.googleapis.com";

#[tokio::test(flavor = "multi_thread")]
async fn apis_are_shown_before_they_are_put_on() {
    for kind in [FUNCTION, SOURCE] {
        let stage = Stage::new();
        let off = if kind == FUNCTION { vec![RUN, BUILD] } else { vec![RUN] };
        off.iter().for_each(|api| stage.cloud.disable(api));
        let gcp = stage.connect_with(config(kind)).await;
        let [release, _] = stage.releases(kind);
        let plan = gcp.plan(&release).await.unwrap();
        assert_eq!(stage.cloud.writes(), 0, "a plan puts nothing on");
        let mut shown: Vec<&str> = plan.steps[..off.len()]
            .iter()
            .filter(|step| step.verb == Verb::Create && step.resource == "API")
            .map(|step| step.name.as_str())
            .collect();
        shown.sort_by_key(|api| off.iter().position(|one| one == api));
        assert_eq!(shown, off);
        deploy(&gcp, &release).await.unwrap();
        assert!(gcp.plan(&release).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_was_just_put_on_is_waited_for() {
    for kind in [FUNCTION, SOURCE] {
        let stage = Stage::new();
        stage.cloud.disable(RUN);
        stage.cloud.wake_late(8);
        let gcp = stage.connect(kind).await;
        let [release, _] = stage.releases(kind);
        deploy(&gcp, &release).await.unwrap();
        assert!(gcp.plan(&release).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_does_not_come_on_is_named_in_the_end() {
    let stage = Stage::new();
    stage.cloud.disable(RUN);
    stage.cloud.wake_late(u32::MAX);
    let gcp = stage.connect(SOURCE).await;
    let error = deploy(&gcp, &stage.releases(SOURCE)[0]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    let words = words(&error);
    assert!(words.contains(&format!("`{RUN}` is off")), "{words}");
    assert!(words.contains("takes some minutes"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_put_an_api_on_is_told_whom_to_ask() {
    let stage = Stage::new();
    stage.cloud.disable(RUN);
    stage.cloud.deny("serviceusage.services.enable");
    let gcp = stage.connect(FUNCTION).await;
    let error = deploy(&gcp, &stage.releases(FUNCTION)[0]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    let words = words(&error);
    assert!(words.contains(&format!("gcloud services enable {RUN}")), "{words}");
    assert!(words.contains("serviceusage.services.enable"), "{words}");
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_may_not_look_the_api_itself_speaks() {
    let stage = Stage::new();
    stage.cloud.deny("serviceusage.services.get");
    let gcp = stage.connect(FUNCTION).await;
    let [release, _] = stage.releases(FUNCTION);
    let plan = gcp.plan(&release).await.unwrap();
    assert!(plan.steps.iter().all(|step| step.resource != "API"), "{plan:?}");
    stage.cloud.disable(RUN);
    let error = gcp.plan(&release).await.unwrap_err();
    let words = words(&error);
    assert!(words.contains(RUN) && words.contains("off"), "{words}");
}
