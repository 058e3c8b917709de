//! A service's whole life, as the port promises it and as AWS sees it.

use aws_sdk_lambda::types::AliasRoutingConfiguration;
use mlship_aws::Config;
use mlship_core::deployment::{Destination, Request, Route};
use mlship_core::plan::{Plan, Verb};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::share::Share;
use mlship_testkit::aws::call::{Call, Effect};
use mlship_testkit::aws::faults::Script;
use mlship_testkit::aws::{conformance, emulator};
use mlship_testkit::contract::contract;
use mlship_testkit::release::located;
use serde_json::json;

use crate::account::Account;
use crate::stage::{NAME, Stage, config, deploy};

#[tokio::test]
async fn keeps_the_contract() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let first = stage.release(&json!({"diagnosis": "clear"}));
    let second = stage.release(&json!({"diagnosis": "heart-disease"}));
    stage.proxy.play(Script { busy_looks: 2, role_refusals: 2, ..Script::default() });
    contract(&aws, [first, second], &|| stage.proxy.writes().len() as u64).await;
    assert_eq!(Account::open(stage.moto.url()).await.contents().await, Vec::<String>::new());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

#[tokio::test]
async fn writes_what_it_must_and_no_more() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    stage.proxy.play(Script::default());
    let made = deploy(&aws, &release).await.unwrap();
    let first = [
        "iam CreateRole",
        "iam PutRolePolicy",
        "logs CreateLogGroup",
        "lambda CreateFunction",
        "lambda PublishVersion",
        "lambda CreateAlias",
        "lambda CreateFunctionUrlConfig",
    ];
    assert_eq!(stage.proxy.writes(), first);
    print_calls("first deploy", &stage.proxy.calls());
    assert_eq!(made.access, "private (iam)");
    assert!(made.url.is_some_and(|url| url.starts_with("https://") && url.ends_with(".on.aws/")));
    assert_eq!(made.settings["memory-mb"], "512");
    assert_eq!(made.versions.len(), 1);

    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
    print_calls("unchanged", &stage.proxy.calls());

    let changed = stage.release(&json!({"diagnosis": "heart-disease"}));
    stage.proxy.play(Script::default());
    let made = deploy(&aws, &changed).await.unwrap();
    let second = [
        "lambda UpdateFunctionCode",
        "lambda PublishVersion",
        "lambda UpdateAlias",
        "lambda TagResource",
    ];
    assert_eq!(stage.proxy.writes(), second);
    print_calls("changed model", &stage.proxy.calls());
    assert_eq!(made.live.as_deref(), Some("2"));

    stage.proxy.play(Script::default());
    let back = aws.route(NAME, &back()).await.unwrap().deployment;
    assert_eq!(back.live.as_deref(), Some("1"));
    assert_eq!(stage.proxy.writes(), ["lambda UpdateAlias"]);
    print_calls("rollback", &stage.proxy.calls());

    stage.proxy.play(Script::default());
    aws.remove(NAME, &Silent).await.unwrap();
    let gone =
        ["lambda DeleteFunction", "logs DeleteLogGroup", "iam DeleteRolePolicy", "iam DeleteRole"];
    assert_eq!(stage.proxy.writes(), gone);
    print_calls("remove", &stage.proxy.calls());
}

#[tokio::test]
async fn changes_only_the_setting_that_differs() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let mut release = stage.release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    release.project.resources.memory_mb = located(1024);
    let plan = aws.plan(&release).await.unwrap();
    let difference = &plan.steps[0].differences[0];
    assert_eq!(plan.steps[0].verb, Verb::Update);
    assert_eq!(difference.field, "memory-mb");
    assert_eq!(difference.from.as_deref(), Some("512"));
    assert_eq!(difference.to.as_deref(), Some("1024"));
    stage.proxy.play(Script { busy_looks: 1, ..Script::default() });
    let made = aws.apply(&release, &plan, &Silent).await.unwrap();
    let writes =
        ["lambda UpdateFunctionConfiguration", "lambda PublishVersion", "lambda UpdateAlias"];
    assert_eq!(stage.proxy.writes(), writes);
    assert_eq!(made.settings["memory-mb"], "1024");
    assert_eq!(made.versions.len(), 2);
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

#[tokio::test]
async fn a_commit_that_changes_nothing_writes_nothing() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let mut release = stage.release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    release.git_revision = Some("b".repeat(40));
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
}

#[tokio::test]
async fn tags_name_the_project_the_contents_and_the_commit() {
    let stage = Stage::new();
    let mut config = config();
    config.tags.insert("team".into(), "cardiology".into());
    let aws = stage.connect_with(config.clone()).await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let function = account.lambda.get_function().function_name(NAME).send().await.unwrap();
    let tags = function.tags().unwrap();
    assert_eq!(tags["mlship:project"], NAME);
    assert_eq!(tags["mlship:content-sha256"], release.artifact.content_sha256);
    assert_eq!(tags["mlship:git-revision"], "a".repeat(40));
    assert_eq!(tags["team"], "cardiology");
    config.tags.insert("team".into(), "surgery".into());
    let aws = stage.connect_with(config).await.unwrap();
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    assert_eq!(stage.proxy.writes(), ["lambda TagResource"]);
}

#[tokio::test]
async fn two_regions_share_a_role_until_the_last_is_removed() {
    let stage = Stage::new();
    let here = stage.connect().await.unwrap();
    let there = Config { region: Some("us-east-1".into()), ..config() };
    let there = stage.connect_with(there).await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    for aws in [&here, &there] {
        deploy(aws, &release).await.unwrap();
    }
    for aws in [&here, &there] {
        assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    }
    let account = Account::open(stage.moto.url()).await;
    here.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, [format!("role mlship-{NAME}")]);
    assert_eq!(there.plan(&release).await.unwrap(), Plan::default());
    there.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new());
}

#[tokio::test]
async fn traffic_that_was_split_by_hand_is_brought_together() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    deploy(&aws, &stage.release(&json!({"diagnosis": "clear"}))).await.unwrap();
    let release = stage.release(&json!({"diagnosis": "heart-disease"}));
    deploy(&aws, &release).await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let weights = AliasRoutingConfiguration::builder().additional_version_weights("1", 0.5);
    let split = account.lambda.update_alias().function_name(NAME).name("live");
    let split = split.function_version("2").routing_config(weights.build());
    split.send().await.unwrap();
    let plan = aws.plan(&release).await.unwrap();
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].verb, Verb::Promote);
    aws.apply(&release, &plan, &Silent).await.unwrap();
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
}

/// The zip's own `bootstrap` answers, under the emulator of the Lambda runtime interface.
#[tokio::test]
async fn the_zips_own_program_answers_the_samples() {
    let stage = Stage::running(emulator::answer);
    let aws = stage.connect().await.unwrap();
    let program = include_str!("bootstrap.py").replace("ANSWER", r#"{"diagnosis": "clear"}"#);
    let release = stage.release_of(&zip_of("bootstrap", &program), &json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    let answer = aws.invoke(NAME, Request::json(br#"{"age": 63}"#)).await.unwrap();
    assert_eq!((answer.status, answer.body), (200, br#"{"diagnosis": "clear"}"#.to_vec()));
    let answer = aws.invoke(NAME, Request::json(br#"{"sex": 1}"#)).await.unwrap();
    assert_eq!(answer.status, 422);
}

fn zip_of(name: &str, text: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let status = std::process::Command::new(mlship_testkit::tools::python())
        .args(["-m", "zipfile", "-c", "made.zip", name])
        .current_dir(folder.path())
        .status();
    assert!(status.unwrap().success());
    std::fs::read(folder.path().join("made.zip")).unwrap()
}

fn print_calls(what: &str, calls: &[Call]) {
    let writes = calls.iter().filter(|call| call.effect() == Effect::Write).count();
    println!("{what}: {} calls, {writes} of them writes", calls.len());
}

/// To the version before.
fn back() -> Route {
    Route { to: Destination::Previous, share: Share::ALL }
}
