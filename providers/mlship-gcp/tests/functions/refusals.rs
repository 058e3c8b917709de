//! What is refused, and in what words: each says what to change.

use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;
use mlship_gcp::{Config, Gpu, Kind, Secret};
use mlship_testkit::gcp::NEVER_LISTENS;
use mlship_testkit::release::located;
use serde_json::json;

use crate::stage::{FUNCTION, NAME, SOURCE, Stage, answer, config, deploy, words};

async fn refused(stage: &Stage, config: Config, release: &Release) -> ProviderError {
    let gcp = stage.connect_with(config).await;
    deploy(&gcp, release).await.unwrap_err()
}

fn says(error: &ProviderError, parts: &[&str]) {
    let words = words(error);
    for part in parts {
        assert!(words.contains(part), "`{part}` is not in: {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_nobody_pays_for_is_told_where_to_link_an_account() {
    for kind in [FUNCTION, SOURCE] {
        let stage = Stage::new();
        stage.cloud.billing_off();
        let error = refused(&stage, config(kind), &stage.releases(kind)[0]).await;
        says(&error, &["no billing account", "linkedaccount"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_off_and_unseen_is_named() {
    let stage = Stage::new();
    stage.cloud.deny("serviceusage.services.get");
    stage.cloud.disable("cloudfunctions.googleapis.com");
    let error = refused(&stage, config(FUNCTION), &stage.releases(FUNCTION)[0]).await;
    says(&error, &["gcloud services enable cloudfunctions.googleapis.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_is_named() {
    for kind in [FUNCTION, SOURCE] {
        let stage = Stage::new();
        stage.cloud.exhaust("run.googleapis.com/services");
        let error = refused(&stage, config(kind), &stage.releases(kind)[0]).await;
        assert_eq!(error.kind, ErrorKind::Quota, "{error}");
        says(&error, &["services per project", "quotas", "`region`"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_with_a_role() {
    for permission in ["cloudfunctions.functions.create", "run.services.update"] {
        let stage = Stage::new();
        stage.cloud.deny(permission);
        let error = refused(&stage, config(FUNCTION), &stage.releases(FUNCTION)[0]).await;
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        says(&error, &[permission, "roles/"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_without_the_gpu_is_refused_for_another() {
    let stage = Stage::new();
    stage.cloud.no_gpu(mlship_testkit::gcp::REGION);
    let config = Config { gpu: Some(Gpu::L4), ..config(SOURCE) };
    let mut release = stage.releases(SOURCE)[0].clone();
    release.project.resources.memory_mb = located(16_384);
    let error = refused(&stage, config, &release).await;
    says(&error, &["gpu", "`region`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_too_large_is_refused_before_it_is_sent() {
    let stage = Stage::new();
    let mut release = stage.releases(SOURCE)[0].clone();
    release.artifact.packed_bytes = (250 << 20) + 1;
    let error = refused(&stage, config(SOURCE), &release).await;
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    let page = "https://docs.cloud.google.com/run/docs/deploying-source-code";
    says(&error, &["takes 250", "`kind: cloud-run-image`", page]);
    assert_eq!(stage.cloud.writes(), 0);
}

async fn never_listens(kind: Kind) {
    let stage = Stage::new();
    let good = &stage.releases(kind)[0];
    let gcp = stage.connect(kind).await;
    deploy(&gcp, good).await.unwrap();
    let mute = stage.release(kind, &json!(NEVER_LISTENS));
    let error = deploy(&gcp, &mute).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "{error}");
    says(&error, &["did not start to listen", "`resources.memory-mb`"]);
    assert_eq!(Some(answer(&gcp).await), good.samples[0].expect, "the traffic stays");
    deploy(&gcp, &stage.releases(kind)[1]).await.unwrap();
    gcp.remove(NAME, &Silent).await.unwrap();
    assert_eq!(stage.cloud.contents(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_never_listens_keeps_the_version_before() {
    never_listens(FUNCTION).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_never_listens_keeps_the_version_before() {
    never_listens(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_is_told_in_googles_words() {
    let stage = Stage::new();
    let release = stage.release_of(b"PK, but no zip", &json!({"is": 1}));
    let error = refused(&stage, config(FUNCTION), &release).await;
    assert_eq!(error.kind, ErrorKind::Failed, "{error}");
    says(&error, &["build failed", "could not unpack"]);
    let gcp = stage.connect(FUNCTION).await;
    deploy(&gcp, &stage.releases(FUNCTION)[0]).await.expect("what is left is no hindrance");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_there_is_named() {
    let stage = Stage::new();
    let secret = Secret { name: "absent-key".into(), version: "1".into() };
    let secrets = [("API_KEY".to_owned(), secret)].into();
    let config = Config { secrets, ..config(FUNCTION) };
    let error = refused(&stage, config, &stage.releases(FUNCTION)[0]).await;
    says(&error, &["absent-key", "`targets.gcp.secrets.API_KEY`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_too_short_for_a_function_is_refused() {
    let stage = Stage::new();
    let mut release = stage.releases(FUNCTION)[0].clone();
    release.project.name = located("abc".to_owned());
    let error = refused(&stage, config(FUNCTION), &release).await;
    assert_eq!(error.kind, ErrorKind::Refused, "{error}");
    says(&error, &["4 to 63", "`name: …`"]);
}
