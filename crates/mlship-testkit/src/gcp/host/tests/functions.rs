//! Functions of the 2nd generation, called and built.

use std::io::{Cursor, Write};

use serde_json::{Value, json};

use super::calls::{api, done, no_complaints, send, visit};
use crate::gcp::{Cloud, START};

pub(super) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The place of a source that was sent.
pub(super) fn uploaded(cloud: &Cloud, source: &[u8]) -> Value {
    let place = api(cloud, "POST", "/functions:generateUploadUrl", &json!({})).value();
    let target = place["uploadUrl"].as_str().unwrap().to_owned();
    let target = target.trim_start_matches("http://").split_once('/').unwrap().1.to_owned();
    let headers = [("content-type", "application/zip")];
    let sent = send(cloud, "127.0.0.1", "PUT", &format!("/{target}"), source, &headers);
    assert_eq!(sent.status, 200);
    place["storageSource"].clone()
}

pub(super) fn function(source: &Value, runtime: &str) -> Value {
    json!({"labels": {"mlship-project": "iris"}, "environment": "GEN_2",
        "buildConfig": {"runtime": runtime, "entryPoint": "predict",
            "source": {"storageSource": source}},
        "serviceConfig": {"availableMemory": "512Mi", "environmentVariables": {"A": "b"},
            "allTrafficOnLatestRevision": false}})
}

const MAIN: &str = "def predict(request):\n    return 'x'\n";

#[test]
fn an_upload_wants_the_headers_that_were_signed() {
    let cloud = Cloud::start(|_, body| Ok(body.to_vec()));
    let place = api(&cloud, "POST", "/functions:generateUploadUrl", &json!({})).value();
    let url = place["uploadUrl"].as_str().unwrap().to_owned();
    let target = format!("/{}", url.trim_start_matches("http://").split_once('/').unwrap().1);
    let zip = ("content-type", "application/zip");
    for headers in [
        vec![("content-type", "application/octet-stream")],
        vec![zip, ("authorization", "Bearer x")],
        vec![],
    ] {
        let refused = send(&cloud, "127.0.0.1", "PUT", &target, b"PK", &headers);
        assert_eq!(refused.status, 403);
        assert!(String::from_utf8_lossy(&refused.body).contains("SignatureDoesNotMatch"));
    }
    assert_eq!(send(&cloud, "127.0.0.1", "PUT", &target, b"PK", &[zip]).status, 200);
}

#[test]
fn a_function_is_a_service_with_revisions() {
    let cloud = Cloud::start(|served, _| match served.method {
        START => Ok(Vec::new()),
        _ => Ok(served.environment["FUNCTION_TARGET"].clone().into_bytes()),
    });
    let source = uploaded(&cloud, &zip(&[("main.py", MAIN)]));
    let ended = done(&cloud, "POST", "/functions?functionId=iris", &function(&source, "python312"));
    let made = &ended["response"];
    assert_eq!(made["state"], "ACTIVE");
    let uri = made["serviceConfig"]["uri"].as_str().unwrap().to_owned();
    assert_eq!(visit(&cloud, &uri, Some(&uri)).body, b"predict");
    let service = api(&cloud, "GET", "/services/iris", &Value::Null).value();
    assert_eq!(service["labels"]["goog-managed-by"], "cloudfunctions");
    assert_eq!(service["labels"]["mlship-project"], "iris");
    let first = service["latestReadyRevision"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(made["serviceConfig"]["revision"], first);
    // Pinned, the traffic stays where it is when the function changes.
    let pinned = json!({"traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
        "revision": first, "percent": 100, "tag": "live"}]});
    done(&cloud, "PATCH", "/services/iris?updateMask=traffic", &pinned);
    let change = json!({"serviceConfig": {"environmentVariables": {"A": "c"}}});
    let mask = "updateMask=service_config.environment_variables";
    let ended = done(&cloud, "PATCH", &format!("/functions/iris?{mask}"), &change);
    assert_ne!(ended["response"]["serviceConfig"]["revision"], first);
    let service = api(&cloud, "GET", "/services/iris", &Value::Null).value();
    assert_eq!(service["trafficStatuses"][0]["revision"], first);
    done(&cloud, "DELETE", "/functions/iris", &Value::Null);
    for gone in ["/functions/iris", "/services/iris"] {
        assert_eq!(api(&cloud, "GET", gone, &Value::Null).status, 404);
    }
    no_complaints(&cloud);
}

#[test]
fn a_build_that_fails_is_told_late() {
    let cloud = Cloud::start(|_, body| Ok(body.to_vec()));
    for (files, words) in [
        (vec![("other.py", MAIN)], "missing main.py"),
        (vec![("main.py", "def other(): pass")], "Container Healthcheck failed"),
    ] {
        let source = uploaded(&cloud, &zip(&files));
        let ended =
            done(&cloud, "POST", "/functions?functionId=iris", &function(&source, "python312"));
        let why = ended["error"]["message"].as_str().unwrap_or_default();
        assert!(why.contains(words), "{ended}");
        assert_eq!(ended["error"]["code"], 3);
        let shown = api(&cloud, "GET", "/functions/iris", &Value::Null).value();
        assert_eq!(shown["state"], "FAILED");
        assert!(shown["stateMessages"][0]["message"].as_str().unwrap().contains(words));
        done(&cloud, "DELETE", "/functions/iris", &Value::Null);
    }
    let source = uploaded(&cloud, &zip(&[("main.py", MAIN)]));
    let unknown = function(&source, "cobol7");
    assert_eq!(api(&cloud, "POST", "/functions?functionId=iris", &unknown).status, 400);
    no_complaints(&cloud);
}
