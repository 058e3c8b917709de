//! Storage from outside.

use serde_json::json;

use crate::gcp::tests::{call, cloud, json_call, sent};
use crate::gcp::{Fault, PROJECT, Script};

const BUCKETS: &str = "/storage/v1/b?project=research-1";

#[test]
fn a_bucket_is_one_of_its_name_and_goes_when_it_is_empty() {
    let cloud = cloud();
    cloud.take_name("taken");
    let body = |name: &str| json!({"name": name, "location": REGION, "labels": {"a": "b"}});
    assert_eq!(json_call(&cloud, "POST", BUCKETS, &body("taken")).status, 409);
    let made = json_call(&cloud, "POST", BUCKETS, &body("heart"));
    assert_eq!(made.value()["projectNumber"], crate::gcp::NUMBER, "{}", made.value());
    assert_eq!(json_call(&cloud, "POST", BUCKETS, &body("heart")).status, 409);
    let media = "/upload/storage/v1/b/heart/o?uploadType=media&name=a%2Fb&ifGenerationMatch=0";
    assert_eq!(sent(&cloud, "POST", media, b"bytes", &[]).unwrap().status, 200);
    assert_eq!(sent(&cloud, "POST", media, b"bytes", &[]).unwrap().status, 412);
    assert_eq!(cloud.contents(), ["bucket heart", "object heart/a/b"]);
    assert_eq!(call(&cloud, "DELETE", "/storage/v1/b/heart").status, 409);
    assert_eq!(call(&cloud, "DELETE", "/storage/v1/b/heart/o/a%2Fb").status, 204);
    assert_eq!(call(&cloud, "GET", "/storage/v1/b/heart/o/a%2Fb").status, 404);
    assert_eq!(call(&cloud, "DELETE", "/storage/v1/b/heart").status, 204);
    assert!(cloud.contents().is_empty() && cloud.complaints().is_empty());
}

const REGION: &str = crate::gcp::REGION;

#[test]
fn an_upload_that_broke_is_taken_up_where_it_ended() {
    let cloud = cloud();
    assert_eq!(PROJECT, "research-1");
    json_call(&cloud, "POST", BUCKETS, &json!({"name": "heart"}));
    let start = "/upload/storage/v1/b/heart/o?uploadType=resumable";
    let begun = json_call(&cloud, "POST", start, &json!({"name": "m", "contentType": "x/y"}));
    let at = begun.headers.iter().find(|(name, _)| name == "location").unwrap().1.clone();
    let at = at.split_once("://").unwrap().1.split_once('/').unwrap().1;
    let target = format!("/{at}");
    let bytes: Vec<u8> = (0..1_000_003_u32).map(|at| at.to_le_bytes()[at as usize % 2]).collect();
    cloud.play(Script { once: Some((0, Fault::DroppedMidway)), ..Script::default() });
    let whole = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
    assert!(sent(&cloud, "PUT", &target, &bytes, &[("content-range", &whole)]).is_none());
    let asked = format!("bytes */{}", bytes.len());
    let kept = sent(&cloud, "PUT", &target, b"", &[("content-range", &asked)]).unwrap();
    let range = kept.headers.iter().find(|(name, _)| name == "range").unwrap().1.clone();
    assert_eq!((kept.status, range.as_str()), (308, "bytes=0-262143"));
    let rest = format!("bytes 262144-{}/{}", bytes.len() - 1, bytes.len());
    let done = sent(&cloud, "PUT", &target, &bytes[262_144..], &[("content-range", &rest)]);
    assert_eq!(done.unwrap().value()["size"], bytes.len().to_string());
    let got = call(&cloud, "GET", "/storage/v1/b/heart/o/m?alt=media");
    assert_eq!(got.body, bytes);
    let range = [("range", "bytes=1000000-")];
    let part = sent(&cloud, "GET", "/storage/v1/b/heart/o/m?alt=media", b"", &range).unwrap();
    assert_eq!((part.status, part.body.as_slice()), (206, &bytes[1_000_000..]));
}

#[test]
fn what_is_said_of_an_object_is_checked_too() {
    let cloud = cloud();
    json_call(&cloud, "POST", BUCKETS, &json!({"name": "heart"}));
    let multipart = |said: &str| {
        let body = format!(
            "--x\r\nContent-Type: application/json\r\n\r\n{said}\r\n--x\r\nContent-Type: a/b\r\n\r\n\
             bytes\r\n--x--"
        );
        let target = "/upload/storage/v1/b/heart/o?uploadType=multipart";
        let kind = [("content-type", "multipart/related; boundary=x")];
        sent(&cloud, "POST", target, body.as_bytes(), &kind).unwrap()
    };
    let made = multipart(r#"{"name": "n"}"#).value();
    assert_eq!((&made["size"], &made["contentType"]), (&json!("5"), &json!("a/b")));
    assert_eq!(multipart(r#"{"name": "n", "shade": "red"}"#).status, 400);
    assert_eq!(multipart(r#"{"name": "n", "crc32c": "AAAAAA=="}"#).status, 400);
}
