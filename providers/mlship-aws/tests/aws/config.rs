//! The `targets.aws` table: what it takes, what it says of what it does not take, and that the
//! schema for editors knows the same keys.

use std::cell::RefCell;

use mlship_aws::config::{Architecture, Auth, Kind};
use mlship_aws::{Config, schema};
use mlship_core::finding::Report;
use mlship_core::node::{Key, Node, Value};
use serde_json::json;

fn node(json: &serde_json::Value) -> Node {
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(value) => Value::Int(value.as_i64().unwrap()),
        serde_json::Value::String(text) => Value::Str(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(node).collect()),
        serde_json::Value::Object(entries) => {
            let key = |name: &String| Key { name: name.clone(), span: 0..0 };
            Value::Table(entries.iter().map(|(name, value)| (key(name), node(value))).collect())
        }
    };
    Node { span: 0..0, value }
}

fn read(json: &serde_json::Value) -> (Config, Vec<String>) {
    let findings = RefCell::new(Report::default());
    let config = Config::read(Some(&node(json)), &findings);
    let messages = findings.into_inner().0.into_iter().map(|finding| finding.message).collect();
    (config, messages)
}

#[test]
fn a_full_table_is_read() {
    let (config, findings) = read(&json!({
        "region": "eu-central-1",
        "kind": "lambda-image",
        "architecture": "arm64",
        "url": {"auth": "none"},
        "role": "arn:aws-us-gov:iam::123456789012:role/service/my_role",
        "bucket": "my-artifacts",
        "repository": "team-1/heart.disease_2",
        "profile": "work",
        "tags": {"team": "cardiology"},
        "reserved-concurrency": 10,
        "provisioned-concurrency": 2,
    }));
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(config.architecture, Architecture::Arm64);
    assert_eq!(config.auth, Auth::None);
    assert_eq!(config.region.as_deref(), Some("eu-central-1"));
    assert_eq!(config.bucket.as_deref(), Some("my-artifacts"));
    assert_eq!(config.kind, Kind::LambdaImage);
    assert_eq!(config.repository.as_deref(), Some("team-1/heart.disease_2"));
    assert_eq!(config.profile.as_deref(), Some("work"));
    assert_eq!(config.tags["team"], "cardiology");
    assert_eq!(config.reserved_concurrency, Some(10));
    assert_eq!(config.provisioned_concurrency, Some(2));
}

#[test]
fn nothing_written_is_private_and_x86() {
    let (config, findings) = read(&json!({}));
    assert_eq!((config, findings), (Config::default(), Vec::new()));
    let Config { auth, architecture, kind, .. } = Config::default();
    assert_eq!((auth, architecture, kind), (Auth::Iam, Architecture::X86_64, Kind::LambdaZip));
}

#[test]
fn mistakes_are_all_named() {
    let long = "x".repeat(300);
    let (_, findings) = read(&json!({
        "region": "Frankfurt",
        "kind": "lambda",
        "architecture": "x86",
        "url": {"auth": "public", "cors": true},
        "role": "my-role",
        "bucket": "My_Bucket",
        "repository": "team//Heart",
        "tags": {"mlship:project": "x", "AWS:name": "x", "long": long, "number": 1},
        "memory": 1,
    }));
    let expected = [
        "`targets.aws.kind` cannot be `lambda`",
        "`targets.aws.region` cannot be `Frankfurt`",
        "`targets.aws.architecture` cannot be `x86`",
        "`targets.aws.url.auth` cannot be `public`",
        "unknown key `targets.aws.url.cors`",
        "`targets.aws.role` cannot be `my-role`",
        "`targets.aws.bucket` cannot be `My_Bucket`",
        "`targets.aws.repository` cannot be `team//Heart`",
        "tag `mlship:project` cannot be used: tags `mlship:…` are mlship's own",
        "tag `AWS:name` cannot be used: tags `aws:…` are Amazon's own",
        "tag `long` cannot be used: a tag has letters, digits, spaces and `_.:/=+-@`, \
         up to 128 or 256",
        "tag `number` cannot be used: the value of a tag must be text",
        "unknown key `targets.aws.memory`",
    ];
    assert_eq!(findings, expected);
}

#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let schema = schema();
    for key in schema["properties"].as_object().unwrap().keys() {
        let (_, findings) = read(&json!({key: 7}));
        let unknown = findings.iter().any(|message| message.starts_with("unknown key"));
        assert!(!unknown, "`{key}` is in the schema and is not read");
    }
    let (_, findings) = read(&json!({"nothing-like-it": 7}));
    assert_eq!(findings, ["unknown key `targets.aws.nothing-like-it`"]);
}
