//! What requests are read as, and what is said of those that cannot be.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use mlship_bundle::{Bounds, Bundle, Input, Output};
use serde_json::{Value, json};
use support::{answer, bundles};

#[track_caller]
fn refused(bundle: &Bundle, request: &str, status: u16, slug: &str, field: Option<&str>) -> String {
    let (code, problem) = answer(bundles::write(bundle).path(), request);
    assert_eq!(code, 1, "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    assert_eq!(problem["type"], format!("urn:mlship:problem:{slug}"), "{problem}");
    assert_eq!(problem.get("field").and_then(Value::as_str), field, "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

#[track_caller]
fn answered(bundle: &Bundle, request: Value, expected: Value) {
    let (code, found) = answer(bundles::write(bundle).path(), request.to_string());
    assert_eq!((code, found), (0, expected));
}

#[test]
fn a_row_and_a_list_of_rows() {
    let table = bundles::table();
    let row = json!({"smoker": true, "age": 40, "visits": 3.0});
    answered(&table, row.clone(), json!({"score": [70.0, 103.0]}));
    answered(
        &table,
        json!([row, {"age": 0.5, "visits": 0, "smoker": false}]),
        json!([{"score": [70.0, 103.0]}, {"score": [0.5, 0.0]}]),
    );
    // An absent optional column is not a number, and neither is what is made of it.
    answered(&table, json!({"visits": 1, "smoker": false}), json!({"score": [null, null]}));
    answered(
        &table,
        json!({"age": null, "visits": 1, "smoker": false}),
        json!({"score": [null, null]}),
    );
}

#[test]
fn what_is_not_json() {
    let table = bundles::table();
    for request in ["", "  \n", "{", "{\"age\": }", "age=3", "\u{0}", "{'age': 1}"] {
        refused(&table, request, 400, "not-json", None);
    }
    let row = r#"{"visits": 1, "smoker": true}"#;
    for request in [format!("{row} {row}"), format!("[{row}"), format!("[{row},]")] {
        let (code, problem) = answer(bundles::write(&table).path(), request);
        assert_eq!((code, &problem["type"]), (1, &json!("urn:mlship:problem:not-json")));
    }
    let detail = refused(&table, "{\"age\": 3,\n \"visits\": NaN}", 400, "not-json", None);
    assert!(
        detail.starts_with("`NaN` is not JSON") && detail.contains("line 2 column"),
        "{detail}"
    );
    let detail = refused(&table, "{\"age\": -Infinity}", 400, "not-json", None);
    assert!(detail.starts_with("`-Infinity` is not JSON"), "{detail}");
    let (code, problem) = answer(bundles::write(&table).path(), b"{\"a\xff\": 1}");
    assert_eq!((code, &problem["status"]), (1, &json!(400)));
}

#[test]
fn what_is_neither_an_object_nor_a_list_of_objects() {
    for bundle in [bundles::table(), bundles::linear()] {
        for request in ["3", "null", "true", "\"text\"", "1.5"] {
            refused(&bundle, request, 422, "not-an-object", None);
        }
        refused(&bundle, "[3]", 422, "not-an-object", Some("/0"));
        refused(&bundle, "[[1, 2, 3]]", 422, "not-an-object", Some("/0"));
        refused(&bundle, "[]", 422, "empty-list", None);
    }
    let long = format!("\"{}\"", "x".repeat(100_000));
    assert!(refused(&bundles::table(), &long, 422, "not-an-object", None).len() < 300);
}

#[test]
fn columns_missing_unknown_or_given_twice() {
    let table = bundles::table();
    refused(&table, r#"{"visits": 1}"#, 422, "missing", Some("/smoker"));
    refused(
        &table,
        r#"[{"visits": 1, "smoker": true}, {"visits": 1}]"#,
        422,
        "missing",
        Some("/1/smoker"),
    );
    let detail = refused(&table, r#"{"Vists": 1, "smoker": true}"#, 422, "unknown", Some("/Vists"));
    assert!(detail.ends_with("the nearest is `visits`"), "{detail}");
    refused(&table, r#"{"a/b~": 1}"#, 422, "unknown", Some("/a~1b~0"));
    let twice = r#"{"visits": 1, "smoker": true, "visits": 2}"#;
    refused(&table, twice, 422, "duplicate", Some("/visits"));
}

#[test]
fn values_of_another_type() {
    let table = bundles::table();
    let row = |age: &str, visits: &str, smoker: &str| {
        format!(r#"[{{"age": {age}, "visits": {visits}, "smoker": {smoker}}}]"#)
    };
    for age in ["\"40\"", "true", "[40]", "{\"x\": 1}"] {
        refused(&table, &row(age, "1", "true"), 422, "wrong-type", Some("/0/age"));
    }
    for smoker in ["1", "0", "\"yes\"", "[]"] {
        refused(&table, &row("1", "1", smoker), 422, "wrong-type", Some("/0/smoker"));
    }
    refused(&table, &row("1", "null", "true"), 422, "null", Some("/0/visits"));
    refused(&table, &row("1", "1.5", "true"), 422, "not-whole", Some("/0/visits"));
    refused(
        &table,
        &row("1", "18446744073709551615", "true"),
        422,
        "out-of-range",
        Some("/0/visits"),
    );
    refused(&table, &row("1e39", "1", "true"), 422, "out-of-range", Some("/0/age"));
    refused(&table, &row("-1e400", "1", "true"), 422, "out-of-range", Some("/0/age"));
}

#[test]
fn more_rows_than_the_bound() {
    let bounds = Bounds { rows: 3, ..Bounds::default() };
    let table = Bundle { bounds, ..bundles::table() };
    let row = json!({"age": 1, "visits": 1, "smoker": false});
    let three = json!([row, row, row]);
    assert_eq!(answer(bundles::write(&table).path(), three.to_string()).0, 0);
    let four = json!([row, row, row, row]).to_string();
    refused(&table, &four, 413, "too-many-rows", Some("/3"));
    let linear = Bundle { bounds, ..bundles::linear() };
    let example = json!({"x": [1, 2, 3]});
    let four = json!([example, example, example, example]).to_string();
    refused(&linear, &four, 413, "too-many-rows", Some("/3"));
    let whole = r#"{"x": [[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]]}"#;
    refused(&linear, whole, 413, "too-many-rows", Some("/x"));
}

#[test]
fn a_body_over_the_bound() {
    let bounds = Bounds { body_bytes: 64, ..Bounds::default() };
    let table = Bundle { bounds, ..bundles::table() };
    let request = format!("{{\"age\": 1{}}}", " ".repeat(64));
    refused(&table, &request, 413, "body-too-large", None);
}

#[test]
fn tensors_whole_or_one_example_or_a_list() {
    let linear = bundles::linear();
    answered(&linear, json!({"x": [1, 2, 3]}), json!({"y": [21.0, 302.0]}));
    answered(
        &linear,
        json!({"x": [[1, 2, 3], [0, 0.5, 0]]}),
        json!({"y": [[21.0, 302.0], [5.0, 0.5]]}),
    );
    answered(
        &linear,
        json!([{"x": [1, 2, 3]}, {"x": [0, 0.5, 0]}]),
        json!([{"y": [21.0, 302.0]}, {"y": [5.0, 0.5]}]),
    );
    // A list of examples and of whole tensors: each is answered in its own form.
    answered(
        &linear,
        json!([{"x": [1, 2, 3]}, {"x": [[0, 0.5, 0]]}]),
        json!([{"y": [21.0, 302.0]}, {"y": [[5.0, 0.5]]}]),
    );
}

#[test]
fn examples_of_different_lengths_are_run_one_by_one() {
    answered(
        &bundles::words(),
        json!([{"ids": [0, 1]}, {"ids": [3]}]),
        json!([{"y": [1.0, 2.0]}, {"y": [6.0, 7.0]}]),
    );
}

#[test]
fn a_model_of_one_example_at_a_time_takes_lists_too() {
    let example = json!({"image": [[1, -1], [0, 2]]});
    let expected =
        json!({"y": [[1.0, 0.0], [0.0, 2.0]], "positive": [[true, false], [false, true]]});
    answered(&bundles::fixed(), example.clone(), expected.clone());
    answered(&bundles::fixed(), json!([example, example]), json!([expected, expected]));
}

#[test]
fn what_is_not_finite_is_null() {
    let quarter = json!({"r": 4.0, "l": -1.3862944});
    answered(
        &bundles::infinite(),
        json!([{"x": 0}, {"x": 0.25}]),
        json!([{"r": null, "l": null}, quarter]),
    );
}

#[test]
fn tensors_of_another_shape() {
    let linear = bundles::linear();
    let detail = refused(&linear, r#"{"x": [1, 2]}"#, 422, "wrong-shape", Some("/x"));
    assert!(detail.contains("[?, 3]") && detail.contains("found [2]"), "{detail}");
    refused(&linear, r#"{"x": [[1, 2, 3, 4]]}"#, 422, "wrong-shape", Some("/x"));
    refused(&linear, r#"{"x": 1}"#, 422, "wrong-shape", Some("/x"));
    refused(&linear, r#"{"x": [[[1, 2, 3]]]}"#, 422, "wrong-shape", Some("/x/0/0"));
    refused(&linear, r#"{"x": [[1, 2, 3], [1, 2]]}"#, 422, "ragged", Some("/x/1"));
    refused(&linear, r#"{"x": [[1, 2, 3], 1]}"#, 422, "ragged", Some("/x/1"));
    refused(&linear, r#"{"x": [1, [2, 3]]}"#, 422, "ragged", Some("/x/1"));
    refused(&linear, r#"{"x": []}"#, 422, "empty-list", Some("/x"));
    refused(&linear, r#"{"x": [[]]}"#, 422, "empty-list", Some("/x/0"));
    refused(&linear, r#"{"x": [1, null, 3]}"#, 422, "null", Some("/x/1"));
    refused(&linear, r#"[{"x": [1, "2", 3]}]"#, 422, "wrong-type", Some("/0/x/1"));
    refused(&linear, r#"{"x": {"0": 1}}"#, 422, "wrong-type", Some("/x"));
    refused(&linear, r#"{"x": [1, 2, 1e39]}"#, 422, "out-of-range", Some("/x/2"));
    refused(&linear, r#"{"X": [1, 2, 3]}"#, 422, "unknown", Some("/X"));
    refused(&linear, "{}", 422, "missing", Some("/x"));
    refused(&linear, r#"{"x": [1, 2, 3], "x": [1, 2, 3]}"#, 422, "duplicate", Some("/x"));
}

#[test]
fn whole_numbers_that_the_engine_cannot_keep() {
    let words = bundles::words();
    refused(&words, r#"{"ids": [2147483648]}"#, 422, "out-of-range", Some("/ids/0"));
    refused(&words, r#"{"ids": [0.5]}"#, 422, "not-whole", Some("/ids/0"));
    // In range and beyond the table of four words: the model's own refusal.
    refused(&words, r#"{"ids": [4]}"#, 422, "unfit", None);
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{{\"x\": {}", "[".repeat(1_000_000));
    refused(&bundles::linear(), &deep, 422, "wrong-shape", Some("/x/0/0"));
    let deep = "[".repeat(1_000_000);
    refused(&bundles::table(), &deep, 422, "not-an-object", Some("/0"));
    let deep = format!("{{\"age\": {}", "{\"a\":".repeat(1_000_000));
    refused(&bundles::table(), &deep, 422, "wrong-type", Some("/age"));
}

#[test]
fn classes_best_first() {
    let mut bundle = bundles::classifier();
    let request = json!({"x": [0.0, 0.0, 0.01]});
    let expected = json!({
        "diagnosis": "ill", "probabilities": {"ill": 0.7310586, "clear": 0.26894143}
    });
    answered(&bundle, request.clone(), expected);
    answered(
        &bundle,
        json!({"x": [[1, 0, 0], [0, 0, 0]]}),
        json!([
            {"diagnosis": "clear", "probabilities": {"clear": 0.7310586, "ill": 0.26894143}},
            {"diagnosis": "clear", "probabilities": {"clear": 0.5, "ill": 0.5}},
        ]),
    );
    let Output::Classify(classify) = &mut bundle.output else { unreachable!() };
    classify.top = Some(1);
    answered(&bundle, request, json!({"diagnosis": "ill", "probabilities": {"ill": 0.7310586}}));
}

#[test]
fn a_bundle_that_contradicts_itself_is_not_served() {
    let wrong = |change: fn(&mut Bundle)| {
        let mut bundle = bundles::table();
        change(&mut bundle);
        let folder = bundles::write(&bundle);
        let output = support::serve_nothing(folder.path());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(wrong(|bundle| bundle.format = 9).contains("format 9"));
    assert!(
        wrong(|bundle| bundle.model.path = "../model.onnx".into()).contains("not a path inside")
    );
    assert!(wrong(|bundle| bundle.model.path = "none.onnx".into()).contains("none.onnx"));
    assert!(wrong(|bundle| bundle.model.outputs.clear()).contains("no output `y`"));
    let narrow = wrong(|bundle| {
        let Input::Table(packed) = &mut bundle.input else { unreachable!() };
        packed[0].columns.pop();
    });
    assert!(narrow.contains("contradicts itself"), "{narrow}");
}
