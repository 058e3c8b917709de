//! Which versions of a Cloud Run service are gone to, and what keeps two deploys apart.

use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_gcp::{Config, Ingress};
use mlship_testkit::gcp::Cut;
use mlship_testkit::release::located;
use serde_json::{Value, json};

use crate::accepted;
use crate::stage::{IMAGE, NAME, SOURCE, Stage, answer, ask, config, deploy, named, words};

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_failed_its_samples_is_never_gone_to() {
    accepted::a_failed_version(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_cut_anywhere_is_never_gone_to_untried() {
    accepted::a_cut_update(SOURCE, (0..80).step_by(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_of_a_source_was_not_live_before() {
    accepted::a_canary(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deploys_of_sources_at_once_one_ends_soon() {
    accepted::two_at_once(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_name_works_and_a_longer_one_is_refused_at_once() {
    let stage = Stage::new();
    let gcp = stage.connect(SOURCE).await;
    let mut release = stage.releases(SOURCE)[0].clone();
    release.project.name = located("n".repeat(46));
    let error = gcp.plan(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    let said = words(&error);
    assert!(said.contains("45 are the most") && said.contains("`name: …`"), "{said}");
    assert_eq!(stage.cloud.writes(), 0);
    let longest = "n".repeat(45);
    release.project.name = located(longest.clone());
    deploy(&gcp, &release).await.unwrap();
    gcp.remove(&longest, &Silent).await.unwrap();
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_in_the_making_is_removed_too() {
    let stage = Stage::new();
    let release = &stage.releases(IMAGE)[0];
    let mut at = 0;
    loop {
        assert!(!stage.cut(IMAGE, release, Cut::After(at)).await, "no repository is made");
        if stage.last_call().contains("repositories?") || stage.last_call().contains("POST") {
            break;
        }
        stage.clean(IMAGE).await;
        at += 1;
    }
    stage.calm();
    let removed = stage.connect(IMAGE).await.remove(NAME, &Silent).await.unwrap();
    assert_eq!(removed, [format!("repository mlship-{NAME}")]);
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

/// A service of somebody else's of which no revision ever started.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_worked_is_adopted() {
    let stage = Stage::new();
    let service = json!({"labels": {"team": "a"}, "template": {"containers": [
        {"image": format!("europe-west1-docker.pkg.dev/{}/none/absent:1", "research-1")}]}});
    let path = format!("v2/{}?serviceId={NAME}", named("services"));
    let mut begun = ask(&stage, "POST", &path, &service).await;
    while begun["done"] != true {
        let name = begun["name"].as_str().unwrap().to_owned();
        begun = ask(&stage, "GET", &format!("v2/{name}"), &Value::Null).await;
    }
    let gcp = stage.adopting(SOURCE).await;
    let release = &stage.releases(SOURCE)[0];
    deploy(&gcp, release).await.unwrap();
    assert_eq!(Some(answer(&gcp).await), release.samples[0].expect);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_closed_to_the_outside_is_not_waited_for() {
    let stage = Stage::new();
    let release = &stage.releases(SOURCE)[0];
    let gcp = stage.connect_with(Config { ingress: Ingress::Internal, ..config(SOURCE) }).await;
    let plan = gcp.plan(release).await.unwrap();
    let shown = plan.steps.iter().flat_map(|step| &step.differences);
    let shown: Vec<_> = shown.filter(|one| one.field == "ingress").collect();
    assert_eq!(shown.len(), 1, "{plan:?}");
    let error = deploy(&gcp, release).await.unwrap_err();
    let said = words(&error);
    assert_eq!(error.kind, ErrorKind::Verification, "{said}");
    assert!(said.contains("`ingress: all`") && !said.contains("<html"), "{said}");
    let tried = stage.cloud.calls().iter().filter(|call| call.path == "/predict").count();
    assert!((1..=5).contains(&tried), "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_none_is_named_before_anything_is_made() {
    let stage = Stage::new();
    let gcp = stage.connect_with(Config { region: "mars-north1".into(), ..config(SOURCE) }).await;
    let error = gcp.plan(&stage.releases(SOURCE)[0]).await.unwrap_err();
    let said = words(&error);
    assert!(said.contains("no region `mars-north1`") && said.contains("`region`"), "{said}");
}
