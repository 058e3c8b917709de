//! The judge of requests can say no.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_testkit::aws::call::Call;
use mlship_testkit::aws::conformance::problems;
use serde_json::{Value, json};

fn create_function(change: impl FnOnce(&mut Value)) -> Call {
    let mut body = json!({
        "FunctionName": "heart-disease",
        "Runtime": "provided.al2023",
        "Role": "arn:aws:iam::123456789012:role/mlship-heart-disease",
        "Handler": "bootstrap",
        "Code": {"ZipFile": STANDARD.encode("zip")},
        "MemorySize": 512,
        "Tags": {"mlship:project": "heart-disease"},
    });
    change(&mut body);
    lambda("POST", "/2015-03-31/functions", &body)
}

fn lambda(method: &str, target: &str, body: &Value) -> Call {
    Call {
        service: "lambda".into(),
        method: method.into(),
        target: target.into(),
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
        status: None,
    }
}

fn create_role(body: &str) -> Call {
    let body = format!("Action=CreateRole&Version=2010-05-08&{body}").into_bytes();
    Call { service: "iam".into(), body, ..lambda("POST", "/", &Value::Null) }
}

#[test]
fn good_requests_pass() {
    let role =
        "RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=k&Tags.member.1.Value=";
    assert_eq!(problems(&[create_function(|_| ()), create_role(role)]), Vec::<String>::new());
}

#[test]
fn bad_requests_do_not() {
    let bad: [(&str, Call); 11] = [
        ("below 128", create_function(|body| body["MemorySize"] = json!(64))),
        ("above 5400", create_function(|body| body["Timeout"] = json!(99999))),
        ("is none of", create_function(|body| body["Runtime"] = json!("provided.al9999"))),
        ("does not match", create_function(|body| body["Role"] = json!("my-role"))),
        ("does not match", create_function(|body| body["FunctionName"] = json!("a b"))),
        (
            "Missing required",
            create_function(|body| {
                body.as_object_mut().unwrap().remove("Role");
            }),
        ),
        ("unknown key", create_function(|body| body["Memory"] = json!(128))),
        ("unknown query", lambda("GET", "/2015-03-31/functions/f?Version=1", &json!({}))),
        ("no operation", lambda("GET", "/2015-03-31/function/f", &json!({}))),
        (
            "above 64",
            create_role(&format!("RoleName={}&AssumeRolePolicyDocument=%7B%7D", "r".repeat(65))),
        ),
        ("Missing required", create_role("RoleName=r")),
    ];
    for (expected, call) in bad {
        let found = problems(std::slice::from_ref(&call));
        let body = String::from_utf8_lossy(&call.body).into_owned();
        assert!(found.iter().any(|problem| problem.contains(expected)), "{found:?} for {body}");
    }
}
