//! Credentials, region and endpoint, as the environment gives them. Each test runs itself again
//! as a process of its own, with an environment of its own.

use std::process::{Command, Output};

use mlship_aws::{Aws, Config, Options, Pace};
use mlship_core::provider::ErrorKind;
use mlship_testkit::aws::moto::Moto;
use mlship_testkit::aws::proxy::Proxy;

use crate::stage::config;

const INSIDE: &str = "MLSHIP_TEST_INSIDE";

fn options() -> Options {
    Options { pace: Pace::hurried(), ..Options::default() }
}

/// Runs the named test again with only these variables; `None` when this is that run.
fn again(test: &str, variables: &[(&str, &str)]) -> Option<Output> {
    if std::env::var_os(INSIDE).is_some() {
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("sign_in::{test}"), "--nocapture"])
        .env_clear()
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{errors}");
    Some(output)
}

#[tokio::test]
async fn without_credentials_it_says_how_to_get_some() {
    if again("without_credentials_it_says_how_to_get_some", &[]).is_some() {
        return;
    }
    let error = Aws::connect(config(), options()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.hints.iter().any(|hint| hint.contains("aws sso login")), "{error:?}");
}

#[tokio::test]
async fn without_a_region_it_says_where_to_put_one() {
    if again("without_a_region_it_says_where_to_put_one", &[]).is_some() {
        return;
    }
    let error = Aws::connect(Config::default(), options()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.hints[0].contains("`region: …`"), "{error:?}");
}

#[tokio::test]
async fn the_environment_gives_credentials_region_and_endpoint() {
    let test = "the_environment_gives_credentials_region_and_endpoint";
    if std::env::var_os(INSIDE).is_some() {
        Aws::connect(Config::default(), options()).await.unwrap();
        return;
    }
    let moto = Moto::start();
    let proxy = Proxy::start(moto.address(), |_, _| Err("nothing runs here".into()));
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_ENDPOINT_URL", &proxy.url()),
    ];
    again(test, &variables);
    let calls = proxy.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].operation(), "GetCallerIdentity");
    let signature = calls[0].headers.iter().find(|(name, _)| name == "authorization").unwrap();
    assert!(signature.1.contains("/us-west-2/sts/"), "{}", signature.1);
}
