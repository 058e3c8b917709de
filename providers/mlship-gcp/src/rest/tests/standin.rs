//! The same calls against the stand-in, which takes nothing that Google's documents do not know.

use mlship_core::provider::ErrorKind;
use mlship_registry::hex;
use mlship_testkit::gcp::{Cloud, PROJECT, REGION};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::connect::{self, Identity, Options};
use crate::pace::Pace;
use crate::rest::Rest;
use crate::rest::storage::Upload;
use crate::rest::usage::Usage;

async fn rest(cloud: &Cloud) -> Rest {
    let options = Options {
        endpoint: Some(cloud.url()),
        identity: Identity::Token { access: "access".into(), identity: None },
        pace: Pace::hurried(),
        ..Options::default()
    };
    connect::sign_in(&options).await.expect("a sign-in").0
}

fn standin() -> Cloud {
    Cloud::start(|_, body| Ok(body.to_vec()))
}

/// What Google's documents do not know of what was asked.
fn complaints(cloud: &Cloud) -> Vec<String> {
    let of_answers = |one: &String| one.starts_with("the stand-in's answer");
    cloud.complaints().into_iter().filter(|one| !of_answers(one)).collect()
}

#[tokio::test]
async fn a_bucket_lives_from_end_to_end() {
    let cloud = standin();
    let rest = rest(&cloud).await;
    let (bucket, labels) = ("mlship-heart-0123456789", json!({ "mlship-project": "heart" }));
    assert_eq!(rest.bucket(bucket).await.expect("an answer"), None);
    let made = rest.make_bucket(PROJECT, REGION, bucket, &labels).await.expect("a bucket");
    assert_eq!(rest.bucket(bucket).await.expect("an answer"), Some(made.clone()));
    assert_eq!((made.location.as_str(), made.project_label.as_deref()), (REGION, Some("heart")));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let bytes = vec![7; 9 << 20];
    std::fs::write(&path, &bytes).expect("a file");
    let sha256 = hex(&Sha256::digest(&bytes));
    let name = format!("source/{sha256}.tar.gz");
    let content_type = "application/gzip";
    let upload = Upload { bucket, name: &name, path: &path, content_type, sha256: &sha256 };
    let sent = rest.upload(upload, &|_| {}).await.expect("an object");
    let again = rest.upload(upload, &|_| {}).await.expect("an object");
    assert_eq!((sent.bytes, &again), (9 << 20, &sent));
    let member = format!("serviceAccount:{}", made.default_account().expect("an account"));
    let role = ("roles/storage.objectViewer", member.as_str());
    assert!(!rest.has_role(bucket, role).await.expect("an answer"));
    rest.give_role(bucket, role).await.expect("given");
    assert!(rest.has_role(bucket, role).await.expect("an answer"));
    rest.delete_bucket(bucket).await.expect("it is gone");
    assert_eq!(rest.objects(bucket, "").await.expect("an answer"), []);
    assert_eq!((cloud.contents(), complaints(&cloud)), (vec![], vec![]));
}

#[tokio::test]
async fn apis_are_put_on() {
    let cloud = standin();
    let rest = rest(&cloud).await;
    cloud.disable("run.googleapis.com");
    let apis = ["run.googleapis.com", "storage.googleapis.com"];
    let off = rest.apis_off(PROJECT, &apis).await.expect("an answer");
    assert_eq!(off, Usage::Off(vec![apis[0].to_owned()]));
    rest.enable_apis(PROJECT, &[apis[0].to_owned()]).await.expect("it is on");
    assert_eq!(rest.apis_off(PROJECT, &apis).await.expect("an answer"), Usage::Off(vec![]));
    assert_eq!(complaints(&cloud), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_refused_is_told_in_plain_words() {
    let cloud = standin();
    let rest = rest(&cloud).await;
    cloud.deny("storage.buckets.create");
    let error = rest.make_bucket(PROJECT, REGION, "b-12345", &json!({})).await;
    let error = error.expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.reason.contains("`storage.buckets.create` is missing"), "{error}");
}
