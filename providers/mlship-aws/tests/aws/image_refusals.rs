//! What goes wrong with images, and what is said of it: a repository of somebody else, a registry
//! that refuses, a policy that keeps Lambda out, a function of the other kind.

use mlship_aws::Config;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_testkit::aws::faults::Script;
use serde_json::json;

use crate::account::Account;
use crate::stage::{NAME, Stage, config, deploy, image_config};

#[tokio::test]
async fn a_repository_of_somebody_else_is_left_alone() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let repository = format!("mlship/{NAME}");
    account.ecr.create_repository().repository_name(&repository).send().await.unwrap();
    let aws = stage.connect_with(image_config()).await.unwrap();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    stage.proxy.play(Script::default());
    let error = aws.plan(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.reason.contains("repository exists and was not made by mlship"), "{error}");
    assert!(error.hints.iter().any(|hint| hint.contains("`repository: …`")), "{error:?}");
    assert_eq!(aws.remove(NAME, &Silent).await.unwrap(), Vec::<String>::new());
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
    assert_eq!(account.contents().await, [format!("repository {repository}")]);

    // Under another name all is well, and the other's stays.
    let named = Config { repository: Some("models".into()), ..image_config() };
    let aws = stage.connect_with(named).await.unwrap();
    deploy(&aws, &release).await.unwrap();
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, [format!("repository {repository}")]);
}

#[tokio::test]
async fn kind_and_artifact_go_together() {
    let stage = Stage::new();
    let answer = json!({"diagnosis": "clear"});
    let zip = stage.connect().await.unwrap();
    let image = stage.connect_with(image_config()).await.unwrap();
    stage.proxy.play(Script::default());
    let error = zip.plan(&stage.image_release(&answer)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.reason, "kind `lambda-zip` takes a zip, not an image");
    let error = image.plan(&stage.release(&answer)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.reason, "kind `lambda-image` takes an image, not a zip");
    assert_eq!(stage.proxy.calls().len(), 0, "nobody was asked");
}

#[tokio::test]
async fn a_function_does_not_change_its_kind() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let answer = json!({"diagnosis": "clear"});
    let zip = (config(), stage.release(&answer), "lambda-zip");
    let image = (image_config(), stage.image_release(&answer), "lambda-image");
    for (before, after) in [(&zip, &image), (&image, &zip)] {
        let aws = stage.connect_with(before.0.clone()).await.unwrap();
        deploy(&aws, &before.1).await.unwrap();
        let aws = stage.connect_with(after.0.clone()).await.unwrap();
        stage.proxy.play(Script::default());
        let error = aws.plan(&after.1).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        let why = format!("it is a `{}`, and Lambda cannot make it a `{}`", before.2, after.2);
        assert_eq!(error.reason, why);
        let hints = error.hints.join("\n");
        for words in ["`mlship destroy --provider aws`", "the address changes", "another `name`"] {
            assert!(hints.contains(words), "{hints}");
        }
        assert_eq!(stage.proxy.writes(), Vec::<String>::new());
        // The way out works: destroy takes the images too, whatever the manifest says now.
        aws.remove(NAME, &Silent).await.unwrap();
        assert_eq!(account.contents().await, Vec::<String>::new());
        let made = deploy(&aws, &after.1).await.unwrap();
        assert_eq!(made.kind, after.2);
        aws.remove(NAME, &Silent).await.unwrap();
    }
}

#[tokio::test]
async fn a_registry_that_refuses_is_reported_and_nothing_gets_traffic() {
    let stage = Stage::new();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    let kinds = [
        (401, ErrorKind::Denied),
        (403, ErrorKind::Denied),
        (429, ErrorKind::Throttled),
        (500, ErrorKind::Unavailable),
    ];
    for (status, kind) in kinds {
        stage.clear();
        let aws = stage.connect_with(image_config()).await.unwrap();
        stage.proxy.play(Script { registry_refuses: Some(status), ..Script::default() });
        let error = deploy(&aws, &release).await.unwrap_err();
        println!("{status}: {error}; {:?}", error.hints);
        assert_eq!(error.kind, kind, "{status}: {error}");
        assert!(!error.hints.is_empty(), "{status}: {error:?}");
        let words = format!("{error} {:?}", error.hints);
        assert!(!words.contains("auth-token"), "no secret is told: {words}");
        assert_eq!(aws.find(NAME).await.unwrap(), None, "{status}");
        stage.proxy.play(Script::default());
        deploy(&aws, &release).await.unwrap();
        assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    }
}

#[tokio::test]
async fn lambda_that_may_not_read_the_image_is_explained() {
    let stage = Stage::new();
    let aws = stage.connect_with(image_config()).await.unwrap();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    stage.proxy.play(Script { pull_refusals: 1000, ..Script::default() });
    let error = deploy(&aws, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.hints.iter().any(|hint| hint.contains("repository policy")), "{error:?}");

    stage.proxy.play(Script { failing: Some("ImageAccessDenied"), ..Script::default() });
    let error = deploy(&aws, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    let why = "Lambda may not read the image; the repository's policy forbids it";
    assert_eq!(error.reason, format!("{why} (ImageAccessDenied)"));

    stage.proxy.play(Script { failing: Some("InvalidImage"), ..Script::default() });
    let error = deploy(&aws, &release).await.unwrap_err();
    assert!(error.hints.iter().any(|hint| hint.contains("no index")), "{error:?}");
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
}

#[tokio::test]
async fn a_role_of_the_users_own_needs_nothing_more_for_an_image() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let role = account.iam.create_role().role_name("theirs").assume_role_policy_document("{}");
    let arn = role.send().await.unwrap().role.unwrap().arn().to_owned();
    let given = Config { role: Some(arn), ..image_config() };
    let aws = stage.connect_with(given).await.unwrap();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    assert!(!stage.proxy.writes().iter().any(|call| call.starts_with("iam")));
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, ["role theirs"]);
}

#[tokio::test]
async fn a_layout_that_is_broken_is_refused_before_a_function_is_made() {
    let stage = Stage::new();
    let aws = stage.connect_with(image_config()).await.unwrap();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    let manifest = release.artifact.path.join("blobs/sha256").join(&release.artifact.sha256);
    std::fs::write(&manifest, "{}").unwrap();
    let error = deploy(&aws, &release).await.unwrap_err();
    println!("{error}");
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(aws.find(NAME).await.unwrap(), None);
    let mut other = stage.image_release(&json!({"diagnosis": "heart-disease"}));
    other.artifact.sha256 = "ab".repeat(32);
    let error = deploy(&aws, &other).await.unwrap_err();
    println!("{error}");
    assert_eq!(error.kind, ErrorKind::Refused);
}
