//! What is deployed, as real processes.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::calls::{api, done, no_complaints, send, visit};
use super::functions::{function, uploaded, zip};
use crate::gcp::{Cloud, PROJECT, TOKEN, host};

#[test]
fn a_function_runs_under_googles_framework() {
    let cloud = Cloud::start(host::run());
    let main =
        "def predict(request):\n    return request.path + ' ' + request.get_data(as_text=True)\n";
    let source = uploaded(&cloud, &zip(&[("main.py", main)]));
    let ended = done(&cloud, "POST", "/functions?functionId=iris", &function(&source, "python312"));
    let uri = ended["response"]["serviceConfig"]["uri"].as_str().unwrap();
    let answer = visit(&cloud, uri, Some(uri));
    assert_eq!((answer.status, answer.body), (200, b"/predict body".to_vec()));
    // One that cannot be loaded never listens.
    let broken = uploaded(&cloud, &zip(&[("main.py", "import nowhere\ndef predict(r): pass\n")]));
    let change = json!({"buildConfig": {"runtime": "python312", "entryPoint": "predict",
        "source": {"storageSource": broken}}});
    let ended = done(&cloud, "PATCH", "/functions/iris?updateMask=buildConfig", &change);
    let why = ended["error"]["message"].as_str().unwrap_or_default();
    assert!(why.contains("Container Healthcheck failed"), "{ended}");
    assert_eq!(visit(&cloud, uri, Some(uri)).status, 200, "the first still answers");
    no_complaints(&cloud);
}

const PROGRAM: &str = "#!/usr/bin/env python3
import os, http.server
class It(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = os.environ['K_REVISION'].encode()
        self.send_response(200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), It).serve_forever()
";

fn source() -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(PROGRAM.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "bootstrap", PROGRAM.as_bytes()).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_program_runs_from_its_source() {
    let cloud = Cloud::start(host::run());
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let bucket = json!({"name": "shelf", "location": "europe-west1"}).to_string();
    let target = format!("/storage/v1/b?project={PROJECT}");
    let made = send(&cloud, "127.0.0.1", "POST", &target, bucket.as_bytes(), &headers);
    assert_eq!(made.status, 200, "{}", made.value());
    let target = "/upload/storage/v1/b/shelf/o?uploadType=media&name=source.tar.gz";
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/gzip")];
    let sent = send(&cloud, "127.0.0.1", "POST", target, &source(), &headers);
    assert_eq!(sent.status, 200, "{}", sent.value());
    let place = json!({"bucket": "shelf", "object": "source.tar.gz",
        "generation": sent.value()["generation"]});
    let container = json!({"image": "scratch", "command": ["./bootstrap"],
        "baseImageUri": "europe-west1-docker.pkg.dev/serverless-runtimes/google-24/runtimes/osonly24",
        "sourceCode": {"cloudStorageSource": place}});
    let body = json!({"launchStage": "BETA",
        "template": {"revision": "iris-v1", "containers": [container]}});
    let ended = done(&cloud, "POST", "/services?serviceId=iris", &body);
    let uri = ended["response"]["uri"].as_str().unwrap_or_default();
    let answer = visit(&cloud, uri, Some(uri));
    assert_eq!((answer.status, answer.body), (200, b"iris-v1".to_vec()), "{ended}");
    assert_eq!(api(&cloud, "GET", "/services/iris", &Value::Null).value()["reconciling"], false);
    no_complaints(&cloud);
}
