//! What the provider will not do: promote what answers wrongly, touch what is not its own, carry
//! out a plan that is out of date, open an address unasked.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use mlship_aws::config::Auth;
use mlship_core::deployment::LogQuery;
use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::share::Share;
use mlship_testkit::aws::conformance;
use mlship_testkit::aws::faults::Script;
use serde_json::{Value, json};

use crate::account::Account;
use crate::stage::{NAME, Stage, config, deploy};

#[tokio::test]
async fn a_version_that_answers_wrongly_gets_no_traffic() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let mut wrong = stage.release(&json!({"diagnosis": "clear", "probability": 0.2}));
    wrong.samples[0].expect = Some(json!({"diagnosis": "clear", "probability": 0.7}));
    let error = deploy(&aws, &wrong).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification);
    let why = "version 1 does not pass `samples/1.json`: `/probability` is 0.2, expected 0.7";
    assert_eq!(error.reason, why);
    let left = aws.find(NAME).await.unwrap().unwrap();
    assert_eq!((left.live, left.url), (None, None), "nobody can call it");
    assert_eq!(left.state, "half-made: run `mlship deploy --provider aws` again");

    let right = stage.release(&json!({"diagnosis": "clear"}));
    let made = deploy(&aws, &right).await.unwrap();
    assert_eq!(made.live.as_deref(), Some("2"));
    let error = deploy(&aws, &wrong).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification);
    assert_eq!(aws.find(NAME).await.unwrap().unwrap().live.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_version_that_fails_or_refuses_gets_no_traffic() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let broken = stage.release_of(b"not what the stand-in reads", &json!({}));
    let error = deploy(&aws, &broken).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification);
    assert!(error.reason.contains("the function failed: Runtime.ExitError"), "{error}");

    let mut refused = stage.release(&json!({"diagnosis": "clear"}));
    refused.samples[0].request = json!({"age": "old"});
    refused.samples[0].expect = None;
    let error = deploy(&aws, &refused).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Verification);
    assert!(error.reason.contains("status 422"), "{error}");
}

#[tokio::test]
async fn a_function_of_somebody_else_is_left_alone() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let account = Account::open(stage.moto.url()).await;
    let role = account.iam.create_role().role_name("theirs").assume_role_policy_document("{}");
    let role = role.send().await.unwrap().role.unwrap();
    let code = FunctionCode::builder().zip_file(Blob::new("theirs")).build();
    let make = account.lambda.create_function().function_name(NAME).role(role.arn());
    let make = make.runtime(Runtime::Providedal2023).handler("bootstrap").code(code);
    make.send().await.unwrap();

    stage.proxy.play(Script::default());
    let refusals = [
        aws.plan(&release).await.map(|_| ()),
        aws.apply(&release, &Default::default(), &Silent).await.map(|_| ()),
        aws.find(NAME).await.map(|_| ()),
        aws.route(NAME, &back()).await.map(|_| ()),
        aws.remove(NAME, &Silent).await.map(|_| ()),
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert!(error.reason.contains("was not made by mlship"), "{error}");
    }
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_role_and_a_log_group_of_somebody_else_are_left_alone() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let account = Account::open(stage.moto.url()).await;
    let group = format!("/aws/lambda/{NAME}");
    account.logs.create_log_group().log_group_name(&group).send().await.unwrap();
    deploy(&aws, &release).await.unwrap();
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, [format!("log group {group}")]);

    let name = format!("mlship-{NAME}");
    let role = account.iam.create_role().role_name(&name).assume_role_policy_document("{}");
    role.send().await.unwrap();
    let error = aws.plan(&release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, [format!("role {name}"), format!("log group {group}")]);
}

#[tokio::test]
async fn a_role_of_the_users_own_is_used_and_left() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let role = account.iam.create_role().role_name("theirs").assume_role_policy_document("{}");
    let arn = role.send().await.unwrap().role.unwrap().arn().to_owned();
    let mut config = config();
    config.role = Some(arn.clone());
    let aws = stage.connect_with(config).await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let made = deploy(&aws, &release).await.unwrap();
    assert_eq!(made.settings["role"], arn);
    assert!(!stage.proxy.writes().iter().any(|call| call.starts_with("iam")));
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, ["role theirs"]);
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_is_refused() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let plan = aws.plan(&release).await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let group = format!("/aws/lambda/{NAME}");
    account.logs.create_log_group().log_group_name(&group).send().await.unwrap();
    stage.proxy.play(Script::default());
    let error = aws.apply(&release, &plan, &Silent).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert_eq!(stage.proxy.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_is_public_only_when_asked_for_and_private_again() {
    let stage = Stage::new();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    let mut public = config();
    public.auth = Auth::None;
    let open = stage.connect_with(public).await.unwrap();
    let made = deploy(&open, &release).await.unwrap();
    assert_eq!(made.access, "public");
    let calls = stage.proxy.calls();
    let added: Vec<Value> = calls
        .iter()
        .filter(|call| call.operation() == "AddPermission")
        .inspect(|call| assert_eq!(call.qualifier(), Some("live")))
        .map(|call| serde_json::from_slice(&call.body).unwrap())
        .collect();
    let url = json!({
        "StatementId": "mlship-public-url",
        "Action": "lambda:InvokeFunctionUrl",
        "Principal": "*",
        "FunctionUrlAuthType": "NONE",
    });
    let run = json!({
        "StatementId": "mlship-public-run",
        "Action": "lambda:InvokeFunction",
        "Principal": "*",
        "InvokedViaFunctionUrl": true,
    });
    assert_eq!(added, [url, run]);
    assert!(open.plan(&release).await.unwrap().is_empty());

    let private = stage.connect().await.unwrap();
    stage.proxy.play(Script::default());
    let made = deploy(&private, &release).await.unwrap();
    assert_eq!(made.access, "private (iam)");
    let writes =
        ["lambda UpdateFunctionUrlConfig", "lambda RemovePermission", "lambda RemovePermission"];
    assert_eq!(stage.proxy.writes(), writes);
    assert!(private.plan(&release).await.unwrap().is_empty());
    let all: Vec<_> = calls.into_iter().chain(stage.proxy.calls()).collect();
    assert_eq!(conformance::problems(&all), Vec::<String>::new());
}

#[tokio::test]
async fn logs_are_the_newest_lines_oldest_first() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let release = stage.release(&json!({"diagnosis": "clear"}));
    deploy(&aws, &release).await.unwrap();
    let account = Account::open(stage.moto.url()).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    account.write_log(NAME, "one", &[(now - 5_000, "a\n"), (now - 3_000, "c\n")]).await;
    account.write_log(NAME, "two", &[(now - 4_000, "b\n")]).await;
    let ask = |since_ms, limit| LogQuery { since_ms, limit };
    let text = |lines: Vec<mlship_core::deployment::LogLine>| -> String {
        lines.into_iter().map(|line| line.text).collect()
    };
    assert_eq!(text(aws.logs(NAME, &ask(None, 100)).await.unwrap()), "abc");
    assert_eq!(text(aws.logs(NAME, &ask(None, 2)).await.unwrap()), "bc");
    assert_eq!(text(aws.logs(NAME, &ask(Some(now - 3_500), 100)).await.unwrap()), "c");

    // Who follows asks again from the last line on: what came at that very time is there as well,
    // after the same lines as before.
    account.write_log(NAME, "three", &[(now - 3_000, "d\n"), (now - 3_000, "e\n")]).await;
    let seen = text(aws.logs(NAME, &ask(Some(now - 3_000), 100)).await.unwrap());
    assert_eq!(seen, "cde");
    account.write_log(NAME, "zwei", &[(now - 3_000, "f\n"), (now - 2_000, "g\n")]).await;
    assert_eq!(text(aws.logs(NAME, &ask(Some(now - 3_000), 100)).await.unwrap()), seen + "fg");
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

/// To the version before.
fn back() -> Route {
    Route { to: Destination::Previous, share: Share::ALL }
}
