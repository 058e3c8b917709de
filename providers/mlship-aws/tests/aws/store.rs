//! A zip that is too large for the request goes through a bucket.

use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::Provider;
use mlship_testkit::aws::conformance;
use mlship_testkit::aws::faults::{Cut, Script};
use serde_json::{Value, json};

use crate::account::Account;
use crate::stage::{NAME, Stage, config, deploy};

const BUCKET: &str = "mlship-123456789012-eu-central-1";

/// 51 MB: the stand-in's answer and a great many spaces.
fn large(answer: &Value) -> Vec<u8> {
    let mut zip = answer.to_string().into_bytes();
    zip.resize(51 << 20, b' ');
    zip
}

#[tokio::test]
async fn a_large_zip_goes_through_a_bucket_that_mlship_makes_and_removes() {
    let stage = Stage::new();
    let aws = stage.connect().await.unwrap();
    let answer = json!({"diagnosis": "clear"});
    let release = stage.release_of(&large(&answer), &answer);
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    let object = format!("mlship/{NAME}/{}.zip", release.artifact.sha256);
    let expected = ["", "", &object].map(|key| format!("s3 PUT /{BUCKET}/{key}"));
    assert_eq!(stage.proxy.writes()[3..6], expected);
    assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());

    let account = Account::open(stage.moto.url()).await;
    assert!(account.contents().await.contains(&format!("bucket {BUCKET}")));
    stage.proxy.play(Script::default());
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.contents().await, Vec::<String>::new());
    assert_eq!(conformance::problems(&stage.proxy.calls()), Vec::<String>::new());
}

#[tokio::test]
async fn a_bucket_of_the_users_own_is_used_and_left_as_it_was() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    account.make_bucket("theirs").await;
    account.put("theirs", &format!("mlship/{NAME}/precious.zip")).await;
    let mut config = config();
    config.bucket = Some("theirs".into());
    let aws = stage.connect_with(config).await.unwrap();
    let answer = json!({"diagnosis": "clear"});
    let release = stage.release_of(&large(&answer), &answer);
    deploy(&aws, &release).await.unwrap();
    assert_eq!(account.keys("theirs").await.len(), 2);
    aws.remove(NAME, &Silent).await.unwrap();
    assert_eq!(account.keys("theirs").await, [format!("mlship/{NAME}/precious.zip")]);
    assert_eq!(account.contents().await, ["bucket theirs"]);
}

#[tokio::test]
async fn a_large_deploy_cut_at_a_write_is_finished_or_cleaned() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let answer = json!({"diagnosis": "clear"});
    let release = stage.release_of(&large(&answer), &answer);
    let aws = stage.connect().await.unwrap();
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    let calls = stage.proxy.calls();
    let in_s3 = |at: &usize| calls[*at].service == "s3";
    let cuts: Vec<usize> = (0..calls.len()).filter(in_s3).filter(|at| *at > 8).collect();
    assert!(cuts.len() >= 3, "{cuts:?}");
    for at in cuts {
        for cleaned in [false, true] {
            stage.clear();
            stage.proxy.play(Script { cut: Some(Cut::After(at)), ..Script::default() });
            deploy(&aws, &release).await.unwrap_err();
            stage.proxy.play(Script::default());
            if !cleaned {
                deploy(&aws, &release).await.unwrap();
                assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
            }
            aws.remove(NAME, &Silent).await.unwrap();
            assert_eq!(account.contents().await, Vec::<String>::new());
        }
    }
}
