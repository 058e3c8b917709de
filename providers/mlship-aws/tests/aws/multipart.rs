//! A large model goes in parts. Killed in the middle, the next run sends what is missing.

use std::fs;
use std::time::Duration;

use mlship_aws::Aws;
use mlship_core::plan::Plan;
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, Provider};
use mlship_core::release::Release;
use mlship_testkit::aws::call::Call;
use mlship_testkit::aws::conformance;
use mlship_testkit::aws::faults::{Cut, Script};
use serde_json::json;

use crate::account::Account;
use crate::models::BUCKET;
use crate::stage::{NAME, Stage, config, deploy, fetching, model_key};

/// Four parts of 16 MB and a rest.
const PARTS: usize = 5;

/// Little more than 64 MB, of which no two parts are the same.
fn large() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let words = (64 << 20) / 8 + 1000;
    let mut bytes = Vec::with_capacity(words * 8);
    for _ in 0..words {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

fn release(stage: &Stage) -> Release {
    fetching(stage, stage.release(&json!({"diagnosis": "clear"})), &large())
}

fn is_part(call: &Call) -> bool {
    call.method == "PUT" && call.target.contains("partNumber=")
}

fn parts(stage: &Stage) -> usize {
    stage.proxy.calls().iter().filter(|call| is_part(call)).count()
}

async fn is_whole(stage: &Stage, release: &Release) {
    let account = Account::open(stage.moto.url()).await;
    let object = account.read(BUCKET, &model_key(release)).await;
    assert!(object == fs::read(&release.fetched[0].path).unwrap(), "the object is the file");
    assert_eq!(account.open_uploads(BUCKET).await, Vec::<String>::new());
}

#[tokio::test]
async fn cut_at_any_part_the_next_run_sends_only_what_is_missing() {
    let stage = Stage::new();
    let release = release(&stage);
    let aws = stage.connect().await.unwrap();
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    assert_eq!(parts(&stage), PARTS);
    is_whole(&stage, &release).await;
    let calls = stage.proxy.calls();
    assert!(calls.iter().all(|call| call.body.len() <= 16 << 20), "a part has 16 MB");
    let numbers = (0..calls.len()).filter(|at| is_part(&calls[*at]));
    let cuts: Vec<usize> = numbers.collect();
    let small = |call: &&Call| call.body.len() < 1 << 20;
    let small: Vec<Call> = calls.iter().filter(small).cloned().collect();
    assert_eq!(conformance::problems(&small), Vec::<String>::new());

    for (taken, cut) in [(1, Cut::Before(cuts[1])), (4, Cut::After(cuts[3]))] {
        stage.clear();
        stage.proxy.play(Script { cut: Some(cut), ..Script::default() });
        deploy(&aws, &release).await.unwrap_err();
        stage.proxy.play(Script::default());
        deploy(&aws, &release).await.unwrap();
        assert_eq!(parts(&stage), PARTS - taken, "{cut:?}");
        is_whole(&stage, &release).await;
        assert_eq!(aws.plan(&release).await.unwrap(), Plan::default());
    }
    // The answer to the last call, which puts the parts together, is lost.
    let last = cuts[PARTS - 1] + 1;
    stage.clear();
    stage.proxy.play(Script { cut: Some(Cut::After(last)), ..Script::default() });
    deploy(&aws, &release).await.unwrap_err();
    stage.proxy.play(Script::default());
    deploy(&aws, &release).await.unwrap();
    assert_eq!(parts(&stage), 0);
    is_whole(&stage, &release).await;
}

#[tokio::test]
async fn a_deploy_that_is_dropped_is_gone_on_with_and_one_that_is_given_up_is_cleaned() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    account.make_bucket("theirs").await;
    let mut config = config();
    config.bucket = Some("theirs".into());
    let aws = stage.connect_with(config).await.unwrap();
    let release = release(&stage);
    stage.proxy.play(Script::default());
    drop_after(&stage, &aws, &release, 2).await;
    let key = model_key(&release);
    assert_eq!(account.open_uploads("theirs").await, [key.as_str()]);

    // A removal gives up what is the service's own, and nothing else.
    let theirs = format!("mlship/{NAME}/models/precious");
    let begin = account.s3.create_multipart_upload().bucket("theirs").key(&theirs);
    begin.send().await.unwrap();
    stage.proxy.play(Script::default());
    let again = deploy(&aws, &release).await;
    assert!(parts(&stage) <= PARTS - 2, "{} parts", parts(&stage));
    again.unwrap();
    assert!(account.read("theirs", &key).await == fs::read(&release.fetched[0].path).unwrap());

    let begin = account.s3.create_multipart_upload().bucket("theirs").key(&key);
    begin.send().await.unwrap();
    let removed = aws.remove(NAME, &Silent).await.unwrap();
    assert!(removed.contains(&format!("upload theirs/{key}")), "{removed:?}");
    assert_eq!(account.open_uploads("theirs").await, [theirs]);
    assert_eq!(account.keys("theirs").await, Vec::<String>::new());
}

/// Parts that are there already are taken only when they are the file's own.
#[tokio::test]
async fn a_wrong_part_is_replaced_and_a_changed_file_is_refused() {
    let stage = Stage::new();
    let account = Account::open(stage.moto.url()).await;
    let aws = stage.connect().await.unwrap();
    let release = release(&stage);
    drop_after(&stage, &aws, &release, 1).await;

    // The file on disk is another one now, as long as before.
    let path = release.fetched[0].path.clone();
    let mut other = large();
    other[3] ^= 1;
    fs::write(&path, &other).unwrap();
    stage.proxy.play(Script::default());
    let error = deploy(&aws, &release).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.reason.ends_with("has changed since it was packed"), "{error}");
    assert_eq!(parts(&stage), PARTS, "the part that is not the file's is not kept");
    assert_eq!(account.open_uploads(BUCKET).await, Vec::<String>::new());
    assert_eq!(account.keys(BUCKET).await, Vec::<String>::new(), "nothing is half there");
    for length in [other.len() - 1, 100] {
        fs::write(&path, &other[..length]).unwrap();
        let error = deploy(&aws, &release).await.unwrap_err();
        assert!(error.reason.ends_with("has changed since it was packed"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = deploy(&aws, &release).await.unwrap_err();
    assert!(error.reason.ends_with("cannot be read"), "{error}");
}

/// Begins a deploy and drops it when so many parts were answered.
async fn drop_after(stage: &Stage, aws: &Aws, release: &Release, sent: usize) {
    let running = tokio::spawn({
        let (aws, release) = (aws.clone(), release.clone());
        async move { deploy(&aws, &release).await }
    });
    while parts(stage) < sent {
        assert!(!running.is_finished(), "it ended before it could be dropped");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
}
