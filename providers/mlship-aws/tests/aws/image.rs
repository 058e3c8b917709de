//! A service made of images: its whole life, as the port promises it and as AWS sees it.

use aws_sdk_ecr::types::Tag;
use mlship_core::deployment::{Destination, Request, Route};
use mlship_core::plan::{Plan, Verb};
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_core::share::Share;
use mlship_testkit::aws::call::{Call, Effect};
use mlship_testkit::aws::faults::Script;
use mlship_testkit::aws::{conformance, emulator};
use mlship_testkit::contract::contract;
use mlship_testkit::image;
use serde_json::{Value, json};

use crate::account::Account;
use crate::stage::{NAME, Stage, deploy, image_config};

const REPOSITORY: &str = "mlship/heart-disease";

#[tokio::test]
async fn an_image_keeps_the_contract() {
    let stage = Stage::new();
    let aws = stage.connect_with(image_config()).await.unwrap();
    let first = stage.image_release(&json!({"diagnosis": "clear"}));
    let second = stage.image_release(&json!({"diagnosis": "heart-disease"}));
    let refusals = Script { role_refusals: 2, pull_refusals: 2, ..Script::default() };
    stage.proxy.play(Script { busy_looks: 2, ..refusals });
    contract(&aws, [first, second], &|| stage.proxy.writes().len() as u64).await;
    assert_eq!(Account::open(stage.moto.url()).await.contents().await, Vec::<String>::new());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

#[tokio::test]
async fn an_image_is_sent_once_and_all_of_it_is_taken_away() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let theirs = account.ecr.create_repository().repository_name("mlship/theirs");
    theirs.send().await.unwrap();
    let aws = stage.connect_with(image_config()).await.unwrap();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    let digest = format!("sha256:{}", release.artifact.sha256);
    stage.proxy.play(Script::default());
    let made = deploy(&aws, &release).await.unwrap();
    let first = [
        "iam CreateRole",
        "iam PutRolePolicy",
        "logs CreateLogGroup",
        "ecr CreateRepository",
        "ecr PutLifecyclePolicy",
        "ecr SetRepositoryPolicy",
        "lambda CreateFunction",
        "lambda PublishVersion",
        "lambda CreateAlias",
        "lambda CreateFunctionUrlConfig",
    ];
    assert_eq!(writes_to_aws(&stage), first);
    print_calls("first image", &stage.proxy.calls());
    assert_eq!(made.kind, "lambda-image");
    assert_eq!(made.settings["image"], digest);
    assert!(!made.settings.contains_key("runtime") && !made.settings.contains_key("handler"));
    is_as_it_should_be(&account, &digest).await;

    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
    assert_eq!(sent_to_registry(&stage), (0, 0), "no call and no byte");

    let changed = stage.image_release(&json!({"diagnosis": "heart-disease"}));
    stage.proxy.play(Script::default());
    deploy(&aws, &changed).await.unwrap();
    let second = [
        "lambda UpdateFunctionCode",
        "lambda PublishVersion",
        "lambda UpdateAlias",
        "lambda TagResource",
    ];
    assert_eq!(writes_to_aws(&stage), second);
    print_calls("changed image", &stage.proxy.calls());

    stage.proxy.play(Script::default());
    let back = Route { to: Destination::Previous, share: Share::ALL };
    let back = aws.route(NAME, &back).await.unwrap().deployment;
    assert_eq!((back.live.as_deref(), &back.settings["image"]), (Some("1"), &digest));
    assert_eq!(stage.proxy.writes(), ["lambda UpdateAlias"]);
    let again = deploy(&aws, &changed).await.unwrap();
    assert_eq!(again.live.as_deref(), Some("2"));
    assert_eq!(sent_to_registry(&stage), (0, 0));

    stage.proxy.play(Script::default());
    let removed = aws.remove(NAME, &Silent).await.unwrap();
    assert!(removed.contains(&format!("repository {REPOSITORY}")), "{removed:?}");
    assert_eq!(account.contents().await, ["repository mlship/theirs"]);
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

/// The repository scans, moves no tag, expires only what has none, and only Lambda reads it.
async fn is_as_it_should_be(account: &Account, digest: &str) {
    let found = account.ecr.describe_repositories().repository_names(REPOSITORY);
    let found = found.send().await.unwrap().repositories.unwrap().remove(0);
    assert_eq!(found.image_tag_mutability().unwrap().as_str(), "IMMUTABLE");
    assert!(found.image_scanning_configuration().unwrap().scan_on_push());
    let tags = account.ecr.list_tags_for_resource().resource_arn(found.repository_arn().unwrap());
    let tags = tags.send().await.unwrap().tags.unwrap_or_default();
    let ours = Tag::builder().key("mlship:project").value(NAME).build().unwrap();
    assert!(tags.contains(&ours), "{tags:?}");
    let images = account.ecr.describe_images().repository_name(REPOSITORY).send().await.unwrap();
    let [image] = images.image_details() else { panic!("one image: {images:?}") };
    assert_eq!(image.image_digest(), Some(digest));
    let tag = format!("sha256-{}", &digest["sha256:".len()..][..32]);
    assert_eq!(image.image_tags(), [tag], "an image without a tag would be expired");

    let found = account.ecr.get_lifecycle_policy().repository_name(REPOSITORY).send().await;
    let policy: Value =
        serde_json::from_str(found.unwrap().lifecycle_policy_text().unwrap()).unwrap();
    assert_eq!(policy["rules"].as_array().unwrap().len(), 1);
    assert_eq!(policy["rules"][0]["selection"]["tagStatus"], "untagged");
    let found = account.ecr.get_repository_policy().repository_name(REPOSITORY).send().await;
    let policy: Value = serde_json::from_str(found.unwrap().policy_text().unwrap()).unwrap();
    let function = format!("arn:aws:lambda:eu-central-1:123456789012:function:{NAME}");
    let [statement] = policy["Statement"].as_array().unwrap().as_slice() else {
        panic!("one statement: {policy}")
    };
    assert_eq!(statement["Principal"], json!({"Service": "lambda.amazonaws.com"}));
    assert_eq!(
        statement["Condition"],
        json!({"StringLike": {"aws:sourceArn": [function, format!("{function}:*")]}})
    );
}

#[tokio::test]
async fn a_repository_that_was_changed_by_hand_is_put_right() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let mut config = image_config();
    config.repository = Some("models/heart".into());
    let aws = stage.connect_with(config).await.unwrap();
    let release = stage.image_release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    account.ecr.delete_repository_policy().repository_name("models/heart").send().await.unwrap();
    let text = r#"{"rules": []}"#;
    let other = account.ecr.put_lifecycle_policy().repository_name("models/heart");
    other.lifecycle_policy_text(text).send().await.unwrap();
    let plan = aws.plan(&release).await.unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.verb, step.resource.as_str())).collect();
    let wanted = [(Verb::Update, "lifecycle policy"), (Verb::Create, "repository policy")];
    assert_eq!(steps, wanted);
    aws.apply(&release, &plan, &Silent).await.unwrap();
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new());
}

/// The program in the image's own layers answers, under the emulator of the runtime interface.
#[tokio::test]
async fn the_images_own_program_answers_the_samples() {
    let stage = Stage::running(emulator::answer_of_image);
    let aws = stage.connect_with(image_config()).await.unwrap();
    let program = include_str!("bootstrap.py").replace("ANSWER", r#"{"diagnosis": "clear"}"#);
    let layer = image::layer("bootstrap", program.as_bytes());
    let release = stage.release_of_image(&layer, &json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    let answer = aws.invoke(NAME, Request::json(br#"{"age": 63}"#)).await.unwrap();
    assert_eq!((answer.status, answer.body), (200, br#"{"diagnosis": "clear"}"#.to_vec()));
    let answer = aws.invoke(NAME, Request::json(br#"{"sex": 1}"#)).await.unwrap();
    assert_eq!(answer.status, 422);
}

/// The calls that write, but for those to the registry: how it is spoken to is another's matter.
fn writes_to_aws(stage: &Stage) -> Vec<String> {
    stage.proxy.writes().into_iter().filter(|call| !call.starts_with("registry")).collect()
}

/// How many calls the registry got, and how many bytes.
fn sent_to_registry(stage: &Stage) -> (usize, usize) {
    let calls = stage.proxy.calls();
    let calls: Vec<&Call> = calls.iter().filter(|call| call.service == "registry").collect();
    (calls.len(), calls.iter().map(|call| call.body.len()).sum())
}

fn print_calls(what: &str, calls: &[Call]) {
    let writes = calls.iter().filter(|call| call.effect() == Effect::Write).count();
    let registry = calls.iter().filter(|call| call.service == "registry").count();
    println!("{what}: {} calls, {writes} of them writes, {registry} to the registry", calls.len());
}
