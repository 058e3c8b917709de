//! What is wrapped, what is not, and what is wrapped wrongly.

use serde_json::{Value, json};

use super::*;

/// As the host writes one (version 4): queries and headers in full, and who calls.
fn wrapped() -> Value {
    json!({
        "Data": {"req": {
            "Url": "https://heart.azurewebsites.net/api/predict?code=k%2F/x",
            "Method": "POST",
            "Query": {"code": "k/x"},
            "Headers": {
                "Host": ["heart.azurewebsites.net"],
                "Content-Type": ["application/json"],
                "Authorization": ["Bearer k", "Bearer other"],
                "X-API-Key": "k2"
            },
            "Params": {"path": "predict"},
            "Identities": [{"AuthenticationType": null, "Claims": []}],
            "Body": "{\"age\": 63, \"city\": \"Zürich\"}"
        }},
        "Metadata": {"sys": {"MethodName": "predict", "UtcNow": "2026-01-01T00:00:00Z"}}
    })
}

fn read(value: &Value) -> Option<Result<Invocation, Problem>> {
    Invocation::read(value.to_string().as_bytes())
}

/// The pointer and the kind of what is wrong once `change` is made.
fn problem(change: impl FnOnce(&mut Value)) -> (String, Kind) {
    let mut value = wrapped();
    change(&mut value["Data"]);
    let problem = read(&value).expect("it is wrapped").unwrap_err();
    (problem.field.unwrap(), problem.kind)
}

#[test]
fn a_wrapped_request_is_the_one_that_was_sent() {
    let request = read(&wrapped()).unwrap().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/predict"));
    assert_eq!(request.body, "{\"age\": 63, \"city\": \"Zürich\"}".as_bytes());
    assert_eq!(request.authorization.as_deref(), Some("Bearer k"));
    assert_eq!(request.api_key.as_deref(), Some("k2"));
}

#[test]
fn a_body_may_be_absent_or_bytes() {
    for body in [None, Some(Value::Null)] {
        let mut value = wrapped();
        match body {
            Some(body) => value["Data"]["req"]["Body"] = body,
            None => drop(value["Data"]["req"].as_object_mut().unwrap().remove("Body")),
        }
        assert_eq!(read(&value).unwrap().unwrap().body, b"");
    }
    let mut value = wrapped();
    value["Data"]["req"]["Headers"] = json!({"content-type": ["Application/Octet-Stream"]});
    value["Data"]["req"]["Body"] = json!("e30=");
    assert_eq!(read(&value).unwrap().unwrap().body, b"{}");
    value["Data"]["req"]["Body"] = json!("{}");
    let problem = read(&value).unwrap().unwrap_err();
    assert_eq!(problem.kind, Kind::BrokenBody);
}

#[test]
fn a_request_of_somebodys_own_is_never_taken_for_a_wrapped_one() {
    let wrapped = wrapped();
    let (data, metadata) = (&wrapped["Data"], &wrapped["Metadata"]);
    for own in [
        json!({"age": 63}),
        json!([data, metadata]),
        json!([wrapped]),
        json!("Data"),
        json!(null),
        json!({"Data": data}),
        json!({"Metadata": metadata}),
        json!({"data": data, "metadata": metadata}),
        json!({"Data": data, "Metadata": metadata, "more": 1}),
        // A model may have columns, or inputs, of these names.
        json!({"Data": 1, "Metadata": 2}),
        json!({"Data": "x", "Metadata": "y"}),
        json!({"Data": [[1.0]], "Metadata": [2.0]}),
        json!({"Data": data, "Metadata": [metadata]}),
        json!({"Data": data, "Metadata": null}),
        json!({"Data": [data], "Metadata": metadata}),
    ] {
        assert!(read(&own).is_none(), "{own}");
    }
    let text = wrapped.to_string();
    for own in ["", "{", "{}", &text[..text.len() - 1], &format!("{text} x"), "\u{0}"] {
        assert!(Invocation::read(own.as_bytes()).is_none(), "{own}");
    }
    let twice = format!(r#"{{"Data": {{}}, {}"#, &text[1..]);
    assert!(Invocation::read(twice.as_bytes()).is_none());
    assert!(Invocation::read(b"{\"Data\": {\"\xff\": 1}, \"Metadata\": {}}").is_none());
}

#[test]
fn what_is_wrapped_wrongly_is_pointed_at() {
    let missing = |pointer: &str| (pointer.to_owned(), Kind::Missing);
    let wrong = |pointer: &str| (pointer.to_owned(), Kind::WrongType);
    assert_eq!(problem(|data| *data = json!({})), missing("/Data/req"));
    assert_eq!(problem(|data| *data = json!({"request": {}})), missing("/Data/req"));
    for request in [json!(null), json!("x"), json!(["u", "m", "b"]), json!(7)] {
        assert_eq!(problem(|data| data["req"] = request), missing("/Data/req"));
    }
    assert_eq!(problem(|data| data["req"] = json!({})), missing("/Data/req/Url"));
    let url = json!({"Url": "/predict"});
    assert_eq!(problem(|data| data["req"] = url), missing("/Data/req/Method"));
    for other in [json!({"age": 63}), json!([1]), json!(["{}"]), json!(1), json!(-1.5), json!(true)]
    {
        for name in ["Url", "Method", "Body"] {
            let pointer = format!("/Data/req/{name}");
            assert_eq!(problem(|data| data["req"][name] = other.clone()), wrong(&pointer));
        }
    }
    for headers in [json!("x"), json!([["host", "x"]]), json!(1)] {
        let found = problem(|data| data["req"]["Headers"] = headers);
        assert_eq!(found, wrong("/Data/req/Headers"));
    }
    let twice = r#"{"Data": {"req": {"Url": "/", "Method": "POST", "Body": "1", "Body": "2"}},
        "Metadata": {}}"#;
    let problem = Invocation::read(twice.as_bytes()).unwrap().unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("/Data/req/Body"));
}

#[test]
fn headers_of_other_shapes_show_no_key() {
    for value in [json!(null), json!([]), json!([[]]), json!([7]), json!({"a": "b"}), json!(7)] {
        let mut request = wrapped();
        request["Data"]["req"]["Headers"] = json!({"authorization": value, "x-api-key": value});
        let request = read(&request).unwrap().unwrap();
        assert_eq!((request.authorization, request.api_key), (None, None), "{value}");
    }
}

#[test]
fn deep_nesting_does_not_end_the_process() {
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(500_000), close.repeat(500_000));
    for nested in [deep("[", "]"), deep("{\"Data\":", "}").replace(":}", ":1}")] {
        let around = [
            format!(r#"{{"Data": {nested}, "Metadata": {{}}}}"#),
            format!(r#"{{"Data": {{}}, "Metadata": {nested}}}"#),
            format!(r#"{{"Data": {{"req": {{"Body": {nested}}}}}, "Metadata": {{}}}}"#),
            format!(r#"{{"Data": {{"req": {{"Params": {nested}}}}}, "Metadata": {{}}}}"#),
            format!(
                r#"{{"Data": {{"req": {{"Headers": {{"x-api-key": {nested}}}}}}}, "Metadata": {{}}}}"#
            ),
            nested,
        ];
        for text in around {
            if let Some(read) = Invocation::read(text.as_bytes()) {
                read.unwrap_err();
            }
        }
    }
}

#[test]
fn the_path_is_that_of_the_address() {
    assert_eq!(path("https://x.example/predict"), "/predict");
    assert_eq!(path("http://x:7071/api/predict?next=https://y/healthz#z"), "/api/predict");
    assert_eq!(path("https://x.example"), "/");
    assert_eq!(path("https://x.example?a=/b"), "/");
    assert_eq!(path("/predict#a"), "/predict");
    assert_eq!(path(""), "/");
}

#[test]
fn a_reply_is_wrapped_with_its_status_its_headers_and_its_body() {
    let answer = wrap(Reply::json("{\"label\": \"Zürich\"}".into()));
    assert_eq!((answer.status, &*answer.media_type), (200, "application/json"));
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    let response = json!({
        "statusCode": "200",
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": "{\"label\": \"Zürich\"}"
    });
    assert_eq!(answer, json!({"Outputs": {"res": response}, "Logs": [], "ReturnValue": null}));
    let refused = wrap(Problem::new(Kind::NoKey, "show it").into());
    assert_eq!(refused.status, 200, "of another status the host reads nothing");
    let refused: Value = serde_json::from_slice(&refused.body).unwrap();
    let response = &refused["Outputs"]["res"];
    assert_eq!(
        (&response["statusCode"], &response["headers"]["www-authenticate"]),
        (&json!("401"), &json!("Bearer"))
    );
    let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["type"], "urn:mlship:problem:no-key");
}
