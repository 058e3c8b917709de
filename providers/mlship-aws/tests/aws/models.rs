//! Model files that are not in the zip: they are in a bucket before a version starts that fetches
//! them, and nobody else may read them.

use std::collections::HashMap;

use aws_sdk_lambda::types::Environment;
use mlship_aws::download_with;
use mlship_core::plan::{Plan, Verb};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_testkit::aws::conformance;
use mlship_testkit::aws::faults::{Cut, Script};
use serde_json::{Value, json};

use crate::account::Account;
use crate::stage::{NAME, Stage, config, deploy, fetching, model_key, options};

pub(crate) const BUCKET: &str = "mlship-123456789012-eu-central-1";

fn policy(keys: &[&str]) -> Value {
    let objects: Vec<String> =
        keys.iter().map(|key| format!("arn:aws:s3:::{BUCKET}/{key}")).collect();
    let logs = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/heart-disease:*";
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": logs,
    })];
    if !objects.is_empty() {
        let read = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects});
        statements.push(read);
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

async fn environment(account: &Account, version: &str) -> HashMap<String, String> {
    let get = account.lambda.get_function_configuration().function_name(NAME).qualifier(version);
    let found = get.send().await.unwrap();
    found.environment.and_then(|found| found.variables).unwrap_or_default()
}

#[tokio::test]
async fn a_model_is_sent_once_and_its_versions_alone_may_read_it() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let first = fetching(&stage, stage.release(&json!({"diagnosis": "clear"})), b"weights");
    let key = model_key(&first);
    stage.proxy.play(Script::default());
    let plan = aws.plan(&first).await.unwrap();
    let step = plan.steps.iter().find(|step| step.resource == "model").unwrap();
    assert_eq!((step.verb, &step.name), (Verb::Upload, &format!("{BUCKET}/{key}")));
    aws.apply(&first, &plan, &Silent).await.unwrap();
    let put = |key: &str| format!("s3 PUT /{BUCKET}/{key}");
    let writes = stage.proxy.writes();
    assert_eq!(writes[3..7], [put(""), put(""), put(&key), "lambda CreateFunction".into()]);
    assert_eq!(account.read(BUCKET, &key).await, b"weights");
    assert_eq!(account.policy(NAME).await, policy(&[&key]));
    let told = environment(&account, "1").await;
    let store = format!("s3://{BUCKET}/mlship/{NAME}/models");
    assert_eq!(told["MLSHIP_MODEL_STORE"], store);
    let mut calls = stage.proxy.calls();

    // Nothing again, and for other code with the same model no model.
    stage.proxy.play(Script::default());
    deploy(&aws, &first).await.unwrap();
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
    let code = fetching(&stage, stage.release(&json!({"diagnosis": "unclear"})), b"weights");
    deploy(&aws, &code).await.unwrap();
    assert!(!stage.proxy.writes().iter().any(|call| call.starts_with("s3")));
    assert_eq!(account.policy(NAME).await, policy(&[&key]));
    calls.extend(stage.proxy.calls());

    // The version before is still to be rolled back to: its file stays readable.
    let second = fetching(&stage, stage.release(&json!({"diagnosis": "clear"})), b"others");
    stage.proxy.play(Script::default());
    deploy(&aws, &second).await.unwrap();
    let mut both = [key.as_str(), &model_key(&second)];
    both.sort_unstable();
    assert_eq!(account.policy(NAME).await, policy(&both));
    calls.extend(stage.proxy.calls());

    // Without a model no version is told of one, and what no version fetches is not readable.
    let plain = stage.release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &plain).await.unwrap();
    assert_eq!(environment(&account, "4").await, HashMap::new());
    for version in ["1", "2"] {
        let delete = account.lambda.delete_function().function_name(NAME).qualifier(version);
        delete.send().await.unwrap();
    }
    deploy(&aws, &plain).await.unwrap();
    assert_eq!(account.policy(NAME).await, policy(&[&model_key(&second)]));
    assert_eq!(aws.plan(&plain).await.unwrap(), Plan::default());

    stage.proxy.play(Script::default());
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new());
    calls.extend(stage.proxy.calls());
    assert_eq!(conformance::problems(&calls), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_is_gone_or_of_another_length_is_sent_again() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let release = fetching(&stage, stage.release(&json!({"diagnosis": "clear"})), b"weights");
    let key = model_key(&release);
    deploy(&aws, &release).await.unwrap();
    account.put(BUCKET, &key).await;
    let plan = aws.plan(&release).await.unwrap();
    assert_eq!(plan.steps.len(), 1, "{plan:?}");
    aws.apply(&release, &plan, &Silent).await.unwrap();
    assert_eq!(account.read(BUCKET, &key).await, b"weights");
}

#[tokio::test]
async fn variables_of_the_users_own_are_kept() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    deploy(&aws, &stage.release(&json!({"diagnosis": "clear"}))).await.unwrap();
    let theirs = HashMap::from([("LOG".to_owned(), "debug".to_owned())]);
    let set = account.lambda.update_function_configuration().function_name(NAME);
    let set = set.environment(Environment::builder().set_variables(Some(theirs)).build());
    set.send().await.unwrap();
    let release = fetching(&stage, stage.release(&json!({"diagnosis": "unclear"})), b"weights");
    deploy(&aws, &release).await.unwrap();
    let told = environment(&account, "2").await;
    assert_eq!((told.len(), told["LOG"].as_str()), (3, "debug"));
    deploy(&aws, &stage.release(&json!({"diagnosis": "none"}))).await.unwrap();
    assert_eq!(environment(&account, "3").await.len(), 1);
}

#[tokio::test]
async fn a_model_in_a_bucket_of_the_users_own_under_a_role_of_theirs() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    account.make_bucket("theirs").await;
    let role = account.iam.create_role().role_name("theirs").assume_role_policy_document("{}");
    let arn = role.send().await.unwrap().role.unwrap().arn().to_owned();
    let mut config = config();
    config.bucket = Some("theirs".into());
    config.role = Some(arn.clone());
    let aws = stage.connect_with(config).await.unwrap();
    let answer = json!({"diagnosis": "clear"});
    let mut wrong = fetching(&stage, stage.release(&answer), b"weights");
    wrong.samples[0].expect = Some(json!({"never": "this"}));
    let error = deploy(&aws, &wrong).await.unwrap_err();
    let all = format!("arn:aws:s3:::theirs/mlship/{NAME}/models/*");
    let hint = format!("the role `{arn}` must allow `s3:GetObject` on `{all}`");
    assert!(error.hints.contains(&hint), "{error:?}");

    let right = fetching(&stage, stage.release(&answer), b"weights");
    deploy(&aws, &right).await.unwrap();
    assert_eq!(account.keys("theirs").await, [model_key(&right)]);
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.keys("theirs").await, Vec::<String>::new());
    assert_eq!(account.contents().await, ["role theirs", "bucket theirs"]);
}

#[tokio::test]
async fn a_first_deploy_with_a_model_cut_at_the_bucket_is_finished_or_cleaned() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let release = fetching(&stage, stage.release(&json!({"diagnosis": "clear"})), b"weights");
    let aws = stage.connect().await.unwrap();
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    let calls = stage.proxy.calls();
    let cuts: Vec<usize> = (0..calls.len()).filter(|at| calls[*at].service == "s3").collect();
    assert!(cuts.len() >= 5, "{cuts:?}");
    for cut in cuts.into_iter().flat_map(|at| [Cut::Before(at), Cut::After(at)]) {
        for cleaned in [false, true] {
            stage.clear();
            stage.proxy.play(Script { cut: Some(cut), ..Script::default() });
            deploy(&aws, &release).await.unwrap_err();
            stage.proxy.play(Script::default());
            if !cleaned {
                deploy(&aws, &release).await.unwrap();
                assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
                assert_eq!(account.read(BUCKET, &model_key(&release)).await, b"weights");
            }
            aws.remove(NAME, &Silent).await.unwrap();
            assert_eq!(account.contents().await, Vec::<String>::new(), "{cut:?}");
        }
    }
}

#[tokio::test]
async fn an_object_is_read_at_package_time() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    account.make_bucket("theirs").await;
    account.put("theirs", "models/a.onnx").await;
    let options = options(stage.proxy.url());
    let mut read = Vec::new();
    let address = "s3://theirs/models/a.onnx";
    assert_eq!(download_with(&config(), &options, address, &mut read).await.unwrap(), 1);
    assert_eq!(read, b"x");
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
    for (address, kind) in [
        ("s3://theirs/models/b.onnx", ErrorKind::NotFound),
        ("s3://others/models/a.onnx", ErrorKind::NotFound),
        ("s3://theirs", ErrorKind::Refused),
        ("s3:///a", ErrorKind::Refused),
        ("https://theirs/models/a.onnx", ErrorKind::Refused),
    ] {
        let error = download_with(&config(), &options, address, &mut read).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.hints.is_empty(), "{error}");
    }
    assert_eq!(read, b"x", "nothing is written when there is nothing");
}
