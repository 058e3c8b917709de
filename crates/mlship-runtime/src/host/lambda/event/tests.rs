//! Every kind of event, in and out.

use super::*;

fn event(value: Value) -> Option<Event> {
    Event::read(value.to_string().as_bytes())
}

#[test]
fn a_stage_is_taken_off_whole_or_not_at_all() {
    assert_eq!(without_stage("/prod/predict".into(), Some("prod")), "/predict");
    assert_eq!(without_stage("/prod".into(), Some("prod")), "/");
    assert_eq!(without_stage("/production/predict".into(), Some("prod")), "/production/predict");
    assert_eq!(without_stage("/predict".into(), Some("$default")), "/predict");
}

#[test]
fn what_is_no_http_request_is_a_direct_invocation() {
    assert!(event(json!({"age": 63.0})).is_none());
    assert!(event(json!([{"age": 63.0}])).is_none());
    assert!(event(json!({"path": 3, "httpMethod": 4})).is_none());
    assert!(event(json!({"httpMethod": "POST", "path": "/predict"})).is_none());
    assert!(Event::read(b"{").is_none());
}

#[test]
fn a_load_balancer_gets_its_own_shape() {
    let request = json!({
        "requestContext": {"elb": {"targetGroupArn": "x"}},
        "httpMethod": "PUT", "path": "/predict", "body": "", "isBase64Encoded": false,
        "multiValueHeaders": {"accept": ["*/*"]}
    });
    let event = event(request).unwrap();
    let Err(reply) = crate::host::routes::route(event.method(), event.path()) else { panic!() };
    let response: Value = serde_json::from_slice(&event.response(&reply)).unwrap();
    assert_eq!(response["statusDescription"], "405 Method Not Allowed");
    assert_eq!(response["multiValueHeaders"]["allow"], json!(["POST"]));
    assert!(response.get("headers").is_none());
}

#[test]
fn bytes_that_are_no_text_are_sent_as_base64() {
    let request = json!({
        "version": "2.0", "rawPath": "/predict",
        "requestContext": {"http": {"method": "POST", "path": "/predict"}, "stage": "$default"}
    });
    let event = event(request).unwrap();
    let reply = Reply::json(vec![0xff, 0x00]);
    let response: Value = serde_json::from_slice(&event.response(&reply)).unwrap();
    assert_eq!((&response["body"], &response["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
}
