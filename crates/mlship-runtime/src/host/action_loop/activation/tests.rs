//! Activations, as the proxy writes them.

use super::*;

fn read(line: &str) -> Activation {
    Activation::read(line.as_bytes()).unwrap()
}

fn plain(value: &str) -> (String, Wrap) {
    match read(&format!(r#"{{"value":{value}}}"#)).asked {
        Asked::Plain { request, wrap } => (String::from_utf8(request).unwrap(), wrap),
        Asked::Web(web) => panic!("{web:?}"),
    }
}

fn web(value: &str) -> (String, String, String) {
    match read(&format!(r#"{{"value":{value}}}"#)).asked {
        Asked::Web(web) => (web.method, web.path, String::from_utf8(web.body).unwrap()),
        Asked::Plain { .. } => panic!("{value}"),
    }
}

#[test]
fn a_plain_action_is_given_the_request_itself() {
    assert_eq!(plain(r#"{"age": 4.50}"#), (r#"{"age": 4.50}"#.into(), Wrap::Plain));
    assert_eq!(plain("[1, 2]"), ("[1, 2]".into(), Wrap::Plain));
    assert_eq!(plain(r#"{"instances": [{}]}"#).1, Wrap::Instances);
    assert_eq!(plain(r#"{"instances": 3}"#).1, Wrap::Plain);
    assert_eq!(plain(r#"{"instances": [], "more": 1}"#).1, Wrap::Plain);
    assert_eq!(plain("null").0, "{}");
}

#[test]
fn a_deadline_is_a_number_however_it_is_written() {
    assert_eq!(read(r#"{"value":{},"deadline":"1700000000000"}"#).deadline_ms, Some(1700000000000));
    assert_eq!(read(r#"{"value":{},"deadline":1700000000000}"#).deadline_ms, Some(1700000000000));
    assert_eq!(read(r#"{"value":{},"deadline":"soon"}"#).deadline_ms, None);
    assert_eq!(read(r#"{"value":{},"deadline":null}"#).deadline_ms, None);
    assert_eq!(read(r#"{"api_key":"x:y","activation_id":"1"}"#).deadline_ms, None);
}

#[test]
fn what_is_no_activation_is_refused() {
    for line in ["", "{", "[]", "7", r#"{"value":{}} {}"#] {
        let problem = Activation::read(line.as_bytes()).unwrap_err();
        assert_eq!(problem.kind, Kind::NotJson, "{line}");
    }
}

#[test]
fn a_web_action_is_given_an_http_request() {
    let object = r#"{"__ow_method":"post","__ow_path":"","__ow_headers":{},"b":2.0,"a":[1e400]}"#;
    let expected = ("POST".into(), "/predict".into(), r#"{"a":[1e400],"b":2.0}"#.into());
    assert_eq!(web(object), expected);
    let get = web(r#"{"__ow_method":"get","__ow_path":"/readyz","__ow_headers":{"a":"b"}}"#);
    assert_eq!((get.0.as_str(), get.1.as_str()), ("GET", "/readyz"));
    assert_eq!(web(r#"{"__ow_method":"get","__ow_path":""}"#).1, "/");
}

#[test]
fn a_body_that_stands_apart_is_what_was_sent() {
    let of = |raw: &str, kind: &str, body: &str| {
        let headers = format!(r#""__ow_headers":{{"content-type":"{kind}"}}"#);
        web(&format!(r#"{{"__ow_method":"post",{raw}{headers},"__ow_body":{body}}}"#)).2
    };
    const RAW: &str = r#""__ow_query":"","#;
    // Read by the platform: a list, and text that could be taken for base64.
    assert_eq!(of("", "application/json", "[1, 2]"), "[1, 2]");
    assert_eq!(of("", "application/json", r#""abcd""#), r#""abcd""#);
    // Not read by it.
    assert_eq!(of(RAW, "application/json", r#""eyJhIjoxfQ==""#), r#"{"a":1}"#);
    assert_eq!(of(RAW, "application/json; charset=utf-8", r#""eyJhIjoxfQ==""#), r#"{"a":1}"#);
    assert_eq!(of(RAW, "application/x-ndjson", r#""eyJhIjoxfQ==""#), r#"{"a":1}"#);
    assert_eq!(of("", "application/octet-stream", r#""eyJhIjoxfQ==""#), r#"{"a":1}"#);
    assert_eq!(of("", "text/csv", r#""abcd""#), "abcd");
    assert_eq!(of(RAW, "application/vnd.x+json", r#""{\"a\":1}""#), r#"{"a":1}"#);
    assert_eq!(of(RAW, "application/json", r#""""#), "");
}
