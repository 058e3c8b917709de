//! The contracts of Azure's platforms, and the key: the real binary, started as they start it.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::net::TcpListener;
use std::process::Command;

use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::bundles;
use support::client::{Client, Response, request};
use support::server::Server;

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;
const MARK: &str = "X-Azure-Functions-InvocationId: 83a33220-a921-460a-bec0-b3f043dcf1ff";

/// A server for the Functions host, on a port that it was given.
fn handler(bundle: &Bundle, more: &[(&str, &str)]) -> (tempfile::TempDir, Server) {
    let folder = bundles::write(bundle);
    let mut variables = vec![("FUNCTIONS_CUSTOMHANDLER_PORT", "0")];
    variables.extend(more);
    let server = Server::start_with(folder.path(), &variables);
    (folder, server)
}

/// Sends a request with more headers.
fn send(address: &str, start: &str, headers: &[&str], body: &str) -> Response {
    let mut client = Client::connect(address);
    client.send(format!("{start} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n", body.len()));
    for header in headers {
        client.send(format!("{header}\r\n"));
    }
    client.send(format!("\r\n{body}"));
    client.response()
}

/// Sends what the host sends for a request, in pieces as it does, and gives the status and the
/// body that it would send on.
fn invoke(address: &str, request: Value) -> (String, Value) {
    let body = json!({"Data": {"req": request}, "Metadata": {"sys": {}}}).to_string();
    let mut client = Client::connect(address);
    client.send("POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n");
    client.send(format!("content-type: application/json; charset=utf-8\r\n{MARK}\r\n\r\n"));
    client.send(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()));
    let answer = client.response();
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    let response = &answer["Outputs"]["res"];
    let status = response["statusCode"].as_str().unwrap().to_owned();
    (status, serde_json::from_str(response["body"].as_str().unwrap()).unwrap())
}

fn wrapped(method: &str, path: &str, body: &str) -> Value {
    json!({"Url": format!("https://x{path}"), "Method": method, "Headers": {}, "Body": body})
}

#[test]
fn a_custom_handler_answers_both_forms_alike() {
    let (_folder, server) = handler(&bundles::table(), &[("WEBSITE_SITE_NAME", "x")]);
    let address = &server.address;
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let expected = json!({"score": [70.0, 103.0]});
    for path in ["/predict", "/api/predict"] {
        for headers in [&[MARK][..], &[]] {
            let answer = send(address, &format!("POST {path}"), headers, ROW);
            assert_eq!((answer.status, answer.json()), (200, expected.clone()));
        }
        assert_eq!(invoke(address, wrapped("POST", path, ROW)), ("200".into(), expected.clone()));
    }
    for path in ["/healthz", "/api/healthz"] {
        assert_eq!(send(address, &format!("GET {path}"), &[MARK], "").status, 200);
        assert_eq!(invoke(address, wrapped("GET", path, "")).1, json!({"status": "alive"}));
    }
    assert_eq!(send(address, "GET /", &[], "").status, 404, "the host asks so whether it lives");
}

#[test]
fn what_is_wrong_with_a_wrapped_request_is_said_inside() {
    let bounds = Bounds { body_bytes: 1000, ..Bounds::default() };
    let (_folder, server) = handler(&Bundle { bounds, ..bundles::table() }, &[]);
    let address = &server.address;
    let says = |request: Value| {
        let (status, body) = invoke(address, request);
        (
            status,
            body["type"].as_str().unwrap().trim_start_matches("urn:mlship:problem:").to_owned(),
        )
    };
    let is = |status: &str, kind: &str| (status.to_owned(), kind.to_owned());
    assert_eq!(says(json!(null)), is("422", "missing"));
    assert_eq!(says(wrapped("GET", "/predict", "")), is("405", "method-not-allowed"));
    assert_eq!(says(wrapped("POST", "/elsewhere", ROW)), is("404", "not-found"));
    assert_eq!(says(wrapped("POST", "/predict", "{")), is("400", "not-json"));
    assert_eq!(says(wrapped("POST", "/predict", "")), is("400", "not-json"));
    assert_eq!(says(wrapped("POST", "/predict", "[]")), is("422", "empty-list"));
    let mut object = wrapped("POST", "/predict", "");
    object["Body"] = serde_json::from_str(ROW).unwrap();
    assert_eq!(says(object), is("422", "wrong-type"));
    // The body alone counts for its bound, not what is around it.
    let mut padded = wrapped("POST", "/predict", ROW);
    padded["Headers"] = json!({"cookie": ["c".repeat(50_000)]});
    assert_eq!(invoke(address, padded).0, "200");
    let long = format!("{ROW}{}", " ".repeat(1000));
    assert_eq!(says(wrapped("POST", "/predict", &long)), is("413", "body-too-large"));
    let plain = send(address, "POST /predict", &[MARK], &long);
    assert_eq!(plain.status, 413);
    let huge = send(address, "POST /predict", &[MARK], &" ".repeat(2_000_000));
    assert_eq!((huge.status, huge.json()["status"].clone()), (413, json!(413)));
}

#[test]
fn without_the_functions_host_nothing_is_unwrapped() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    let body = json!({"Data": {"req": wrapped("POST", "/predict", ROW)}, "Metadata": {}});
    let plain = send(&server.address, "POST /predict", &[MARK], &body.to_string());
    assert_eq!((plain.status, &plain.json()["type"]), (422, &json!("urn:mlship:problem:unknown")));
    assert_eq!(send(&server.address, "POST /api/predict", &[MARK], ROW).status, 404);
    assert_eq!(send(&server.address, "POST /score", &[], ROW).status, 404);
}

#[test]
fn a_key_is_asked_for_everywhere_but_of_probes() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start_with(folder.path(), &[("MLSHIP_KEY", "s3cret")]);
    let address = &server.address;
    for path in ["/healthz", "/readyz"] {
        let probe = request(address, "GET", path, "");
        assert!([200, 503].contains(&probe.status), "{probe:?}");
    }
    let wrong = ["Authorization: Bearer s3cre", "X-Api-Key: s3cret2", "x-functions-key: s3cret"];
    for headers in [&[][..], &wrong] {
        for start in ["POST /predict", "GET /predict", "GET /nowhere", "POST /score"] {
            let refused = send(address, start, headers, ROW);
            assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
            assert_eq!(refused.header("content-type"), Some("application/problem+json"));
            assert_eq!(refused.json()["type"], "urn:mlship:problem:no-key");
            assert!(!refused.json().to_string().contains("s3cre"));
        }
    }
    for header in
        ["Authorization: Bearer s3cret", "authorization: bearer s3cret", "X-API-Key: s3cret"]
    {
        assert_eq!(send(address, "POST /predict", &[header], ROW).status, 200, "{header}");
        assert_eq!(send(address, "GET /nowhere", &[header], "").status, 404);
    }
    // Whoever sends a large body without the key hears why it is refused.
    let refused = request(address, "POST", "/predict", vec![b' '; 4_000_000]);
    assert_eq!(refused.status, 401);
}

#[test]
fn a_wrapped_request_shows_its_key_inside() {
    let (_folder, server) = handler(&bundles::table(), &[("MLSHIP_KEY", "s3cret")]);
    let address = &server.address;
    let mut request = wrapped("POST", "/predict", ROW);
    assert_eq!(invoke(address, request.clone()).0, "401");
    request["Headers"] = json!({"X-Api-Key": ["s3cret"]});
    assert_eq!(invoke(address, request.clone()).0, "200");
    request["Headers"] = json!({"AUTHORIZATION": ["Bearer s3cret"]});
    assert_eq!(invoke(address, request).0, "200");
    assert_eq!(invoke(address, json!(7)).0, "401");
    assert_eq!(invoke(address, wrapped("GET", "/api/healthz", "")).0, "200");
    assert_eq!(send(address, "POST /predict", &[MARK], ROW).status, 401);
    let key = "x-api-key: s3cret";
    assert_eq!(send(address, "POST /predict", &[MARK, key], ROW).status, 200);
}

#[test]
fn an_online_endpoint_is_answered_at_its_own_paths() {
    let folder = bundles::write(&bundles::table());
    let variables = [
        ("AZUREML_MODEL_DIR", "/models"),
        ("MLSHIP_LISTEN", "127.0.0.1:0"),
        ("MLSHIP_KEY", "s3cret"),
    ];
    let server = Server::start_with(folder.path(), &variables);
    let address = &server.address;
    assert_eq!(request(address, "GET", "/", "").status, 200);
    assert_eq!(request(address, "POST", "/score", ROW).status, 401);
    let key = ["x-api-key: s3cret"];
    for path in ["/score", "/predict"] {
        let answer = send(address, &format!("POST {path}"), &key, ROW);
        assert_eq!((answer.status, answer.json()), (200, json!({"score": [70.0, 103.0]})));
    }
    let method = send(address, "GET /score", &key, "");
    assert_eq!((method.status, method.header("allow")), (405, Some("POST")));
}

#[test]
fn a_process_that_cannot_do_as_it_is_told_says_so_and_ends() {
    let folder = bundles::write(&bundles::table());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let cases = [
        (&[("MLSHIP_KEY", "")][..], "`MLSHIP_KEY`: the key is empty"),
        (&[("MLSHIP_KEY", "s3cret\n")], "`MLSHIP_KEY`: the key must be of visible ASCII"),
        (&[("MLSHIP_KEY", "s3cret"), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")], "on Lambda"),
        (&[("FUNCTIONS_CUSTOMHANDLER_PORT", "x")], "`FUNCTIONS_CUSTOMHANDLER_PORT`: `x`"),
        (
            &[("FUNCTIONS_CUSTOMHANDLER_PORT", &port)],
            &format!("cannot listen on `127.0.0.1:{port}`"),
        ),
    ];
    for (variables, words) in cases {
        let mut command = Command::new(support::RUNTIME);
        command.arg("--bundle").arg(folder.path()).envs(variables.iter().copied());
        let ended = command.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && !said.contains("s3cret"), "{said}");
    }
}
