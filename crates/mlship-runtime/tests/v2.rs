//! The Open Inference Protocol by hand: what is wrong with a request, and hosts that wrap it.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::bundles;
use support::client::{Client, Response, request};
use support::server::Server;
use tempfile::TempDir;

/// A server on a bundle.
fn serve(folder: TempDir) -> (TempDir, Server) {
    let server = Server::start(folder.path());
    (folder, server)
}

/// Sends a request with more headers.
fn send(address: &str, start: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let mut client = Client::connect(address);
    client.send(format!("{start} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n", body.len()));
    for (name, value) in headers {
        client.send(format!("{name}: {value}\r\n"));
    }
    client.send(b"\r\n");
    client.send(body);
    client.response()
}

/// The status, and the error.
fn refused(response: &Response) -> (u16, String) {
    assert_eq!(response.header("content-type"), Some("application/json"), "{response:?}");
    let body = response.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    (response.status, body["error"].as_str().unwrap().to_owned())
}

/// Refuses `body` with this status and these words.
fn refuses(address: &str, model: &str, body: &str, status: u16, words: &str) {
    let response = request(address, "POST", &format!("/v2/models/{model}/infer"), body);
    let (found, error) = refused(&response);
    let shown = body.get(..200).unwrap_or(body);
    assert!(found == status && error.contains(words), "{found} `{error}` for {shown}");
    assert!(error.len() < 600, "{} bytes", error.len());
}

/// The JSON of a request, and its bytes behind it.
fn joined(inputs: Value, bytes: &[u8]) -> (String, Vec<u8>) {
    let asked = json!({"inputs": inputs, "parameters": {"binary_data_output": true}}).to_string();
    (asked.len().to_string(), [asked.as_bytes(), bytes].concat())
}

/// An input whose data are bytes.
fn raw(name: &str, datatype: &str, shape: Value, size: impl Into<Value>) -> Value {
    let parameters = json!({"binary_data_size": size.into()});
    json!({"name": name, "datatype": datatype, "shape": shape, "parameters": parameters})
}

const LENGTH: &str = "Inference-Header-Content-Length";

#[test]
fn what_is_wrong_with_the_json_is_named() {
    let (_folder, server) = serve(bundles::write(&bundles::linear()));
    let says = |body: &str, words: &str| refuses(&server.address, "linear", body, 400, words);
    says("", "the body is empty");
    says("{", "EOF while parsing");
    says("[]", "expected an object with `inputs`");
    says("7", "invalid type: integer `7`, expected an object with `inputs`");
    says("{}", "missing field `inputs`");
    says(r#"{"inputs": []}"#, "`inputs`: input `x` is missing");
    says(r#"{"id": 7, "inputs": []}"#, "invalid type");
    let inputs = |given: &str, words: &str| {
        let body = format!(r#"{{"inputs": [{{"name": "x", "datatype": "FP32", {given}}}]}}"#);
        says(&body, words);
    };
    inputs(r#""data": [1, 2, 3]"#, "missing field `shape`");
    inputs(r#""shape": [1, 3]"#, "`inputs[0]`: the input has neither `data`");
    inputs(r#""shape": [1, 3], "data": null"#, "has neither `data`");
    for shape in ["[]", "[3]", "[1, 2]", "[1, 3, 1]", "[-1, 3]", "[1, -3]"] {
        let words = format!("`inputs[0].shape`: expected the shape [-1, 3], found {shape}");
        inputs(&format!(r#""shape": {shape}, "data": [1, 2, 3]"#), &words);
    }
    inputs(&format!(r#""shape": {:?}, "data": []"#, vec![1; 5000]), "and 4984 more");
    inputs(r#""shape": [9223372036854775808, 3], "data": []"#, "expected i64");
    inputs(r#""shape": [0, 3], "data": []"#, "no elements");
    inputs(r#""shape": "13", "data": []"#, "invalid type");
    let data =
        |data: &str, words: &str| inputs(&format!(r#""shape": [2, 3], "data": {data}"#), words);
    data("[]", "asks for 2 here, found 0");
    data("[1, 2, 3]", "asks for 6 here, found 3");
    data("[1, 2, 3, 4, 5, 6, 7]", "asks for 6 here, found 7");
    data("[[1, 2, 3]]", "asks for 2 here, found 1");
    data("[[1, 2], [3, 4], [5, 6]]", "`inputs[0].data[0]`: the shape [2, 3] asks for 3 here");
    data("[[1, 2, 3], 4]", "`inputs[0].data[1]`: expected a flat list, or lists nested as [2, 3]");
    data("[1, [2, 3, 4], 5, 6]", "expected a flat list");
    data("[[[1], [2], [3]]]", "expected a flat list");
    data("1", "expected a flat list");
    data(r#"{"0": 1}"#, "expected a flat list");
    data(r#"[[1, 2, 3], [4, "5", 6]]"#, "`inputs[0].data[1][1]`: expected a number, found");
    data("[1, 2, 3, 4, null, 6]", "found null; a number that JSON lacks is sent as binary data");
    data("[1, 2, 3, 4, 1e39, 6]", "beyond a 32-bit float");
    data("[1, 2, 3, 4, NaN, 6]", "`NaN` is not JSON");
    data(&"[".repeat(200_000), "expected value");
    data(&format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)), "expected a flat list");
    let x = r#"{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}"#;
    says(&format!(r#"{{"inputs": [{x}, {x}]}}"#), "`inputs[1]`: the input is given twice");
    let other = x.replace(r#""x""#, r#""X""#);
    says(&format!(r#"{{"inputs": [{other}]}}"#), "no input `X`; the nearest is `x`");
    let other = x.replace("FP32", "INT32");
    says(&format!(r#"{{"inputs": [{other}]}}"#), "`x` is of `FP32`, found `INT32`, which it");
    let other = x.replace("FP32", &"F".repeat(1000));
    says(&format!(r#"{{"inputs": [{other}]}}"#), "`x` is of `FP32`, found `FFF");
    let outputs = |given: &str, words: &str| {
        says(&format!(r#"{{"inputs": [{x}], "outputs": {given}}}"#), words);
    };
    outputs(r#"[{"name": "z"}]"#, "`outputs[0]`: the model has no output `z`; the nearest is `y`");
    outputs(r#"[{"name": "y"}, {"name": "y"}]"#, "`outputs[1]`: the output is asked for twice");
    let classes = r#"[{"name": "y", "parameters": {"classification": 2}}]"#;
    outputs(classes, "`classification` is not taken");
    let rows = json!({"inputs": [{
        "name": "x", "datatype": "FP32", "shape": [101, 3], "data": vec![0; 303]
    }]});
    refuses(&server.address, "linear", &rows.to_string(), 413, "at most 100 examples");
    refuses(&server.address, "Linear", "{}", 404, "the model here is `linear`");
    let body = format!(r#"{{"inputs": [{x}], "id": "ü\n", "outputs": [], "more": {{}}}}"#);
    let answer = request(&server.address, "POST", "/v2/models/linear/versions/1/infer", body);
    let y = json!({"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [21.0, 302.0]});
    let expected =
        json!({"model_name": "linear", "model_version": "1", "id": "ü\n", "outputs": [y]});
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[test]
fn what_is_wrong_with_the_bytes_is_named() {
    let (_types, types) = serve(bundles::write_classical(&bundles::types()));
    let (_words, words) = serve(bundles::write(&bundles::words()));
    let says = |server: &Server, inputs: Value, bytes: &[u8], error: &str| {
        let (length, body) = joined(inputs, bytes);
        let path = if server.address == types.address { "types" } else { "words" };
        let start = format!("POST /v2/models/{path}/infer");
        let (status, said) = refused(&send(&server.address, &start, &[(LENGTH, &length)], &body));
        assert!(status == 400 && said.contains(error), "{status} `{said}`");
    };
    let f = |size: Value| json!([raw("f", "FP32", json!([1, 2]), size)]);
    says(&types, f(json!(8)), &[0; 7], "8 bytes are said, and 7 are left of the body");
    says(&types, f(json!(u64::MAX)), &[0; 8], "18446744073709551615 bytes are said");
    says(&types, f(json!(-8)), &[0; 8], "invalid value");
    says(&types, f(json!(4)), &[0; 8], "2 elements of `FP32` are 8 bytes, found 4");
    says(&types, f(json!(9)), &[0; 9], "are 8 bytes, found 9");
    says(&types, f(json!(8)), &[0; 9], "1 bytes follow those of the inputs");
    let overlapping =
        json!([raw("f", "FP32", json!([1, 2]), 8), raw("d", "FP64", json!([1, 2]), 16)]);
    says(&types, overlapping, &[0; 16], "`inputs[1].parameters.binary_data_size`: 16 bytes");
    let mut both = f(json!(8));
    both[0]["data"] = json!([1, 2]);
    says(&types, both, &[0; 8], "both `data` and `binary_data_size`");
    let mut shared = f(json!(8));
    shared[0]["parameters"]["shared_memory_region"] = json!("region");
    says(&types, shared, &[0; 8], "shared memory is not taken");
    let b = json!([raw("b", "BOOL", json!([1, 2]), 2)]);
    says(&types, b, &[1, 2], "`inputs[0]`: element 1 is the byte 2: expected 0 or 1");
    let s = |bytes: &[u8], error: &str| {
        says(&types, json!([raw("s", "BYTES", json!([1, 2]), bytes.len())]), bytes, error);
    };
    s(b"", "the 0 bytes end in element 0 of 2");
    s(b"\x01\0\0\0a\x05\0\0\0bcd", "the 12 bytes end in element 1 of 2");
    s(b"\xff\xff\xff\xff\0\0\0\0", "end in element 0 of 2");
    s(b"\x01\0\0\0\xff\x01\0\0\0b", "element 0 is not UTF-8 text");
    s(b"\0\0\0\0\0\0\0\0\0", "1 bytes follow the 2 elements");
    // A shape is never believed before its bytes are there.
    for (shape, error) in [
        (
            json!([1, 1_u64 << 61]),
            "2305843009213693952 elements of `INT64` are 18446744073709551616",
        ),
        (json!([100, 1_u64 << 62]), "is too large"),
        (json!([1, 1_u64 << 32]), "4294967296 elements"),
    ] {
        says(&words, json!([raw("ids", "INT64", shape, 8)]), &[0; 8], error);
    }
    let beyond = (1_i64 << 31).to_le_bytes();
    let ids = json!([raw("ids", "INT64", json!([1, 1]), 8)]);
    says(&words, ids.clone(), &beyond, "element 0 is beyond 32 bits");
    says(&words, ids.clone(), &9_i64.to_le_bytes(), "do not fit the model");
    let (length, body) = joined(ids, &3_i64.to_le_bytes());
    let start = "POST /v2/models/words/infer";
    for (value, error) in [
        ("-1", "is not a number of bytes"),
        ("1e3", "is not a number of bytes"),
        ("18446744073709551616", "is not a number of bytes"),
        ("99999", "says 99999 bytes, and the body has"),
        ("0", "the body is empty"),
        ("9", "EOF while parsing"),
    ] {
        let answer = send(&words.address, start, &[(LENGTH, value)], &body);
        assert!(refused(&answer).1.contains(error), "{answer:?}");
    }
    let json = &body[..length.parse().unwrap()];
    let (status, error) = refused(&send(&words.address, start, &[], json));
    assert!(status == 400 && error.contains("needs the header"), "{error}");
    let gzip = [(LENGTH, length.as_str()), ("content-encoding", "gzip")];
    assert_eq!(refused(&send(&words.address, start, &gzip, &body)).0, 415);
    let answer = send(&words.address, start, &[(LENGTH, &length)], &body);
    assert_eq!(
        (answer.status, &answer.body[answer.body.len() - 8..]),
        (200, &[0, 0, 192, 64, 0, 0, 224, 64][..])
    );
}

#[test]
fn numbers_that_json_lacks_go_as_bytes() {
    let (_folder, server) = serve(bundles::write(&bundles::infinite()));
    let x = json!({"name": "x", "datatype": "FP32", "shape": [2], "data": [0, 2]});
    let body = json!({ "inputs": [x] }).to_string();
    let error = "`l` holds a number that is not finite, which JSON lacks: ask for it as binary";
    let l = |binary: bool| json!({"name": "l", "parameters": {"binary_data": binary}});
    let ask = |outputs: Value| json!({"inputs": [x], "outputs": outputs}).to_string();
    refuses(&server.address, "infinite", &ask(json!([l(false)])), 400, error);
    refuses(&server.address, "infinite", &body, 400, "`r` holds a number that is not finite");
    let answer =
        request(&server.address, "POST", "/v2/models/infinite/infer", ask(json!([l(true)])));
    let length: usize = answer.header(LENGTH).unwrap().parse().unwrap();
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    let (json, bytes) = answer.body.split_at(length);
    let json: Value = serde_json::from_slice(json).unwrap();
    assert_eq!(json["outputs"][0]["parameters"], json!({"binary_data_size": 8}));
    assert_eq!(bytes[..4], f32::NEG_INFINITY.to_le_bytes());
    assert_eq!(bytes.len(), 8);
}

#[test]
fn many_texts_are_one_tensor_where_their_answers_are_of_one_shape() {
    let bounds = Bounds { rows: 2000, ..Bounds::default() };
    let (_folder, server) = serve(bundles::write_text(&Bundle { bounds, ..bundles::text() }));
    let ask = |texts: &[&str], outputs: &[&str]| {
        let text = json!({
            "name": "text", "datatype": "BYTES", "shape": [texts.len()], "data": texts
        });
        let outputs: Vec<_> = outputs.iter().map(|name| json!({ "name": name })).collect();
        let body = json!({"inputs": [text], "outputs": outputs}).to_string();
        request(&server.address, "POST", "/v2/models/tokens/infer", body)
    };
    // More than one run of the model.
    let texts = [vec!["a b a b"; 900], vec!["a"; 900]].concat();
    let answer = ask(&texts, &["sum"]).json();
    let sums = answer["outputs"][0]["data"].as_array().unwrap();
    assert_eq!(answer["outputs"][0]["shape"], json!([1800, 2]));
    let expected = |row: usize| if row < 900 { [27.0, 24.0] } else { [10.0, 12.0] };
    for (row, sum) in sums.chunks(2).enumerate() {
        assert_eq!(sum, expected(row).map(Value::from), "row {row}");
    }
    let (status, error) = refused(&ask(&texts, &["states"]));
    assert!(status == 400 && error.contains("differ in shape: ask about fewer"), "{error}");
    let answer = ask(&texts[900..902], &["states"]).json();
    assert_eq!(answer["outputs"][0]["shape"], json!([2, 3, 2]));
}

#[test]
fn what_a_host_wraps_is_answered_in_text() {
    let folder = bundles::write(&bundles::linear());
    let variables = [("FUNCTIONS_CUSTOMHANDLER_PORT", "0")];
    let server = Server::start_with(folder.path(), &variables);
    let numbers: Vec<u8> = [0.1_f32, 2.0, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let (length, body) = joined(json!([raw("x", "FP32", json!([1, 3]), 12)]), &numbers);
    // As it is, bytes go in and out.
    for path in ["/api/v2/models/linear/infer", "/v2/models/linear/infer"] {
        let start = format!("POST {path}");
        let answer = send(&server.address, &start, &[(LENGTH, &length)], &body);
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.body[answer.body.len() - 8..][..4], 20.1_f32.to_le_bytes());
    }
    let wrapped = json!({"Data": {"req": {
        "Url": "https://x/api/v2/models/linear/infer", "Method": "POST",
        "Headers": {
            "Content-Type": ["application/octet-stream"],
            "inference-header-content-length": [length]
        },
        "Body": STANDARD.encode(&body)
    }}, "Metadata": {"sys": {}}});
    let mark = [("X-Azure-Functions-InvocationId", "83a33220")];
    let answer = send(&server.address, "POST /x", &mark, wrapped.to_string().as_bytes());
    let reply = &answer.json()["Outputs"]["res"];
    assert_eq!(
        (&reply["statusCode"], &reply["headers"]["content-type"]),
        (&json!("200"), &json!("application/json"))
    );
    let answer: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    assert_eq!(answer["outputs"][0]["data"], json!([20.1, 302.0]));
}

#[test]
fn a_key_and_a_model_that_cannot_be_loaded_are_said_in_the_same_form() {
    let folder = bundles::write(&bundles::linear());
    let server = Server::start_with(folder.path(), &[("MLSHIP_KEY", "s3cret")]);
    assert_eq!(
        request(&server.address, "GET", "/v2/health/live", "").json(),
        json!({"live": true})
    );
    let ready = request(&server.address, "GET", "/v2/health/ready", "");
    assert!([200, 503].contains(&ready.status), "{ready:?}");
    for path in ["/v2", "/v2/models/linear", "/v2/models/linear/ready", "/v2/health"] {
        let (status, error) = refused(&request(&server.address, "GET", path, ""));
        assert!(status == 401 && error.starts_with("show it as"), "{error}");
        assert_eq!(
            request(&server.address, "GET", "/v2x", "").header("content-type"),
            Some("application/problem+json")
        );
    }
    let head = send(&server.address, "GET /v2", &[("x-api-key", "s3cret")], b"");
    assert_eq!(head.json()["extensions"], json!(["binary_tensor_data"]));
    drop(server);
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let (_folder, mut server) = serve(folder);
    assert_eq!(server.notice()["event"], "failed");
    let get = |path| request(&server.address, "GET", path, "");
    assert_eq!(get("/v2/health/live").status, 200);
    assert_eq!(get("/v2").status, 200);
    for path in ["/v2/health/ready", "/v2/models/linear", "/v2/models/linear/ready"] {
        let (status, error) = refused(&get(path));
        assert!(status == 500 && error.contains("cannot be loaded"), "{error}");
    }
    let body = json!({"inputs": []}).to_string();
    refuses(&server.address, "linear", &body, 500, "cannot be loaded");
    let long = " ".repeat(6 * 1024 * 1024 + 1);
    refuses(&server.address, "linear", &long, 413, "at most 6291456 bytes");
    let method = request(&server.address, "GET", "/v2/models/linear/infer", "");
    assert_eq!((refused(&method).0, method.header("allow")), (405, Some("POST")));
}
