//! The forms of a request beside JSON: the same answers, and what is said of mistakes.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use mlship_bundle::{Bundle, Column, ColumnKind, Format, Input, Unit};
use serde_json::{Value, json};
use support::bundles;
use support::client::request;
use support::forms::{answers, post, written};
use support::server::Server;

/// The tiny table, with Arrow asked for.
fn table() -> Bundle {
    Bundle { formats: vec![Format::Arrow], ..bundles::table() }
}

/// As many rows of the tiny table, seeded, one in nine without an age.
fn rows(count: u32) -> Vec<Value> {
    let mut state = 7_u32;
    let mut next = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let row = |_| {
        let age = if next(9) == 0 { Value::Null } else { json!(f64::from(next(1000)) / 8.0) };
        json!({"age": age, "visits": next(50), "smoker": next(2) == 1})
    };
    (0..count).map(row).collect()
}

#[test]
fn every_form_is_answered_as_json_is() {
    let folder = bundles::write(&table());
    let server = Server::start(folder.path());
    let rows = rows(100);
    let expected = request(&server.address, "POST", "/predict", json!(rows).to_string()).json();
    let file = folder.path().join("rows.json");
    std::fs::write(&file, json!(rows).to_string()).unwrap();
    let forms = written(&file, &["age", "visits", "smoker"]);
    assert_eq!(forms.len(), 8);
    for (media_type, body) in forms {
        let response = post(&server.address, media_type, body);
        assert_eq!(response.status, 200, "{media_type}: {}", response.text());
        assert_eq!(json!(answers(&response)), expected, "{media_type}");
    }
    // Some programs write a mark of the order of bytes first.
    let marked = format!("\u{feff}{}", rows[0]);
    assert_eq!(post(&server.address, "application/json", marked).json(), expected[0]);
    // What curl says of a body that it was told nothing about.
    for media_type in ["application/x-www-form-urlencoded", "text/plain", "text/json"] {
        let response = post(&server.address, media_type, rows[0].to_string());
        assert_eq!((response.status, response.json()), (200, expected[0].clone()), "{media_type}");
    }
}

#[test]
fn tensors_as_lines_and_arrays() {
    let folder = bundles::write(&bundles::linear());
    let server = Server::start(folder.path());
    let lines = "{\"x\": [1, 2, 3]}\r\n\n{\"x\": [[0, 0.5, 0]]}";
    let response = post(&server.address, "application/x-ndjson", lines);
    assert_eq!(response.text(), "{\"y\":[21.0,302.0]}\n{\"y\":[[5.0,0.5]]}\n");
    let npy = |order: &str, shape: &str, values: &[f32]| {
        let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        post(&server.address, "application/x-npy", array("<f4", order, shape, &values))
    };
    let batch = npy("False", "(2, 3)", &[1.0, 2.0, 3.0, 0.0, 0.5, 0.0]).json();
    assert_eq!(batch, json!({"y": [[21.0, 302.0], [5.0, 0.5]]}));
    assert_eq!(npy("True", "(2, 3)", &[1.0, 0.0, 2.0, 0.5, 3.0, 0.0]).json(), batch);
    assert_eq!(npy("False", "(3,)", &[1.0, 2.0, 3.0]).json(), json!({"y": [21.0, 302.0]}));
    assert_eq!(npy("False", "(3,)", &[f32::NAN, 2.0, 3.0]).json(), json!({"y": [null, null]}));
    let wide = npy("False", "(1, 4)", &[0.0; 4]);
    assert_eq!((wide.status, &wide.json()["field"]), (422, &json!("/x")));
    let many = npy("False", "(101, 3)", &[0.0; 303]);
    assert_eq!((many.status, &many.json()["field"]), (413, &json!("/x")));
    let csv = post(&server.address, "text/csv", "x\n1");
    assert_eq!(csv.status, 415, "{}", csv.text());
}

/// An `.npy` body.
fn array(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// Media type, body; status, kind of problem, field.
type Case<'a> = (&'a str, &'a [u8], u16, &'a str, Option<&'a str>);

#[test]
fn mistakes_are_named_with_their_place() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    const CSV: &str = "text/csv";
    const LINES: &str = "application/jsonlines";
    const NPY: &str = "application/x-npy";
    const ARROW: &str = "application/vnd.apache.arrow.stream";
    let many = format!("age,visits,smoker\n{}", "1,1,1\n".repeat(101));
    let claims = array("<f8", "False", "(1000000000, 3)", &[0; 24]);
    let two = array("<f8", "False", "(2,)", &[0; 16]);
    let narrow = array("<f8", "False", "(1, 2)", &[0; 16]);
    let infinite =
        array("<f8", "False", "(1, 3)", &[&f64::INFINITY.to_le_bytes()[..], &[0; 16]].concat());
    let cases: &[Case] = &[
        (CSV, b"", 400, "malformed", None),
        (CSV, b"age,visits,smoker\n", 422, "empty-list", None),
        (CSV, b"age,vists,smoker\n1,1,1\n", 422, "unknown", Some("/vists")),
        (CSV, b"age,smoker\n1,1\n", 422, "missing", Some("/visits")),
        (CSV, b"age,visits,smoker,age\n1,1,1,1\n", 422, "duplicate", Some("/age")),
        (CSV, b",age,visits,smoker\n0,1,1,1\n", 422, "unknown", Some("/")),
        (CSV, b"age,visits,smoker\n1,1,1\n1,1\n", 422, "ragged", Some("/1")),
        (CSV, b"age,visits,smoker\n1,1,1\nold,1,1\n", 422, "wrong-type", Some("/1/age")),
        (CSV, b"age,visits,smoker\n1,,1\n", 422, "null", Some("/0/visits")),
        (CSV, b"age,visits,smoker\n1,1.5,1\n", 422, "not-whole", Some("/0/visits")),
        (CSV, b"age,visits,smoker\n1e400,1,1\n", 422, "out-of-range", Some("/0/age")),
        (CSV, b"age,visits,smoker\n1,1,2\n", 422, "wrong-type", Some("/0/smoker")),
        (CSV, b"age,visits,smoker\n1,1,\"1\n", 400, "malformed", Some("/0")),
        (CSV, b"age,visits,smoker\n1,\xff,1\n", 400, "malformed", None),
        (CSV, many.as_bytes(), 413, "too-many-rows", Some("/100")),
        (LINES, b"\n \n", 422, "empty-list", None),
        (
            LINES,
            b"{\"visits\":1,\"smoker\":true}\n\n{\"visits\":1}\n",
            422,
            "missing",
            Some("/1/smoker"),
        ),
        (LINES, b"{\"visits\":1,\"smoker\":true}\n{\"visits\":\n", 400, "not-json", Some("/1")),
        (LINES, b"{\"visits\":1,\"smoker\":true} {}\n{}\n", 400, "not-json", Some("/0")),
        (LINES, b"{\"visits\":1,\"smoker\":true}\n{\"visits\":\"\xff\"}\n", 400, "not-json", None),
        (LINES, b"[{\"visits\":1,\"smoker\":true}]", 422, "not-an-object", Some("/0")),
        (NPY, b"", 400, "malformed", None),
        (NPY, &claims, 400, "malformed", None),
        (NPY, &two, 422, "wrong-shape", None),
        (NPY, &narrow, 422, "wrong-shape", None),
        (NPY, &infinite, 422, "out-of-range", Some("/0/age")),
        (ARROW, b"", 415, "unsupported-media-type", None),
        ("image/png", b"", 415, "unsupported-media-type", None),
    ];
    for (media_type, body, status, slug, field) in cases {
        let response = post(&server.address, media_type, body);
        let problem = response.json();
        let shown = format!("{media_type} {}: {problem}", String::from_utf8_lossy(body));
        assert_eq!(response.status, *status, "{shown}");
        assert_eq!(problem["type"], format!("urn:mlship:problem:{slug}"), "{shown}");
        assert_eq!(problem.get("field").and_then(Value::as_str), *field, "{shown}");
    }
    let detail = |media_type, body: &str| {
        post(&server.address, media_type, body).json()["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail(ARROW, "").contains("`formats: [arrow]` under `input.table`"));
    assert!(detail("image/png", "").contains("CSV"));
    assert!(detail(CSV, ",age\n1,2\n").contains("index=False"));
    assert!(detail(LINES, "{\"visits\":1,\"smoker\":true}\n{\n").contains("line 2 column"));
}

#[test]
fn dates_categories_and_defaults() {
    let mut bundle = bundles::table();
    let Input::Table(packed) = &mut bundle.input else { unreachable!() };
    let mut visits = Column::plain("visits", ColumnKind::Int, false);
    visits.default = Some(mlship_bundle::Filler::Int(2));
    packed[0].columns = vec![
        Column::plain("day", ColumnKind::Date(Unit::Days), true),
        visits,
        Column::plain("smoker", ColumnKind::Bool, false),
    ];
    let folder = bundles::write(&bundle);
    let server = Server::start(folder.path());
    let ask = |body: &str| request(&server.address, "POST", "/predict", body).json();
    // a + 10 b, b + 100 c
    let full = ask(r#"{"day": "1970-04-11", "visits": 3, "smoker": true}"#);
    assert_eq!(full, json!({"score": [130.0, 103.0]}));
    let filled = json!({"score": [120.0, 2.0]});
    assert_eq!(ask(r#"{"day": "1970-04-11", "smoker": false}"#), filled);
    assert_eq!(ask(r#"{"day": "1970-04-11", "visits": null, "smoker": false}"#), filled);
    let csv = post(&server.address, "text/csv", "smoker,day\nFalse,1970-04-11\n");
    assert_eq!(csv.json(), json!([filled]));
    let csv = post(&server.address, "text/csv", "smoker,day,visits\n0,1970-04-11,\n1,,3\n");
    assert_eq!(csv.json(), json!([filled, {"score": [null, null]}]));
    let wrong = ask(r#"[{"day": "11.4.1970", "smoker": false}]"#);
    assert_eq!((&wrong["status"], &wrong["field"]), (&json!(422), &json!("/0/day")));
}
