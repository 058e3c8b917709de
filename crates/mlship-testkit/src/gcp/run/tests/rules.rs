//! What Cloud Run refuses of a service, an archive or an image.

use std::io::Write;

use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::super::Place;
use super::super::resources::{bytes, milli};
use super::world::{Around, service, with};

fn refused(body: &Value) -> String {
    Around::default().create(body).unwrap_err().message
}

fn limits(cpu: &str, memory: &str) -> Value {
    json!({"limits": {"cpu": cpu, "memory": memory}, "cpuIdle": true})
}

#[test]
fn quantities_are_read() {
    let cpus = [("1", 1000), ("0.5", 500), ("0.08", 80), ("500m", 500), ("8", 8000)];
    cpus.iter().for_each(|(text, number)| assert_eq!(milli(text), Some(*number), "{text}"));
    let memories = [("512Mi", 512 << 20), ("2Gi", 2 << 30), ("500M", 500_000_000), ("7", 7)];
    memories.iter().for_each(|(text, number)| assert_eq!(bytes(text), Some(*number), "{text}"));
    assert_eq!((milli("x"), bytes("1Ti"), milli("")), (None, None, None));
}

#[test]
fn cpu_and_memory_go_together() {
    let good = [
        ("0.08", "512Mi"),
        ("0.5", "1Gi"),
        ("1", "4Gi"),
        ("1000m", "128Mi"),
        ("2", "8Gi"),
        ("4", "16Gi"),
        ("6", "24Gi"),
        ("8", "32Gi"),
    ];
    for (cpu, memory) in good {
        let body = with(json!({}), limits(cpu, memory));
        assert!(Around::default().create(&body).is_ok(), "{cpu} {memory}");
    }
    let bad = [
        ("0.08", "513Mi"),
        ("0.5", "2Gi"),
        ("1", "5Gi"),
        ("2", "9Gi"),
        ("4", "1Gi"),
        ("8", "2Gi"),
        ("8", "33Gi"),
        ("1", "64Mi"),
        ("3", "4Gi"),
        ("0.05", "128Mi"),
        ("1", "lots"),
    ];
    for (cpu, memory) in bad {
        let why = refused(&with(json!({}), limits(cpu, memory)));
        assert!(why.contains("Invalid value specified for"), "{cpu} {memory}: {why}");
    }
}

#[test]
fn less_than_a_cpu_takes_one_call_at_a_time() {
    let many = with(json!({"maxInstanceRequestConcurrency": 2}), limits("0.5", "512Mi"));
    assert!(refused(&many).contains("concurrency > 1"));
    let mut always = limits("0.5", "512Mi");
    always["cpuIdle"] = json!(false);
    assert!(refused(&with(json!({}), always)).contains("cpu always allocated"));
}

#[test]
fn numbers_have_their_bounds() {
    for (template, words) in [
        (json!({"timeout": "3601s"}), "timeout"),
        (json!({"timeout": "5"}), "timeout"),
        (json!({"maxInstanceRequestConcurrency": 1001}), "concurrency"),
        (json!({"scaling": {"minInstanceCount": 3, "maxInstanceCount": 2}}), "must not exceed"),
        (json!({"labels": {"Upper": "x"}}), "label key"),
        (json!({"labels": {"run.googleapis.com/x": "x"}}), "System label"),
        (json!({"containers": []}), "at least one container"),
    ] {
        let why = refused(&with(template, Value::Null));
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn environments_have_rules() {
    for (env, words) in [
        (json!([{"name": "PORT", "value": "1"}]), "reserved env names"),
        (json!([{"name": "A"}, {"name": "A"}]), "more than once"),
        (json!([{"name": "A", "value": "x".repeat(32_769)}]), "longer than 32768"),
    ] {
        let mut body = service("eu/iris:1");
        body["template"]["containers"][0]["env"] = env;
        let why = refused(&body);
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn a_gpu_needs_room_a_region_and_quota() {
    let gpu = |cpu: &str, memory: &str, card: &str| {
        let resources = json!({"limits": {"cpu": cpu, "memory": memory, "nvidia.com/gpu": "1"}});
        with(json!({"nodeSelector": {"accelerator": card}}), resources)
    };
    assert!(Around::default().create(&gpu("4", "16Gi", "nvidia-l4")).is_ok());
    assert!(refused(&gpu("2", "8Gi", "nvidia-l4")).contains("minimum of 4 CPU and 16Gi"));
    assert!(refused(&gpu("4", "16Gi", "nvidia-t4")).contains("accelerator"));
    assert!(refused(&gpu("4", "16Gi", "nvidia-rtx-pro-6000")).contains("not supported in region"));
    let mut idle = gpu("4", "16Gi", "nvidia-l4");
    idle["template"]["containers"][0]["resources"]["cpuIdle"] = json!(true);
    assert!(refused(&idle).contains("cpu always allocated"));
    let mut world = Around::default();
    world.set.denied.insert("gpu");
    let why = world.create(&gpu("4", "16Gi", "nvidia-l4")).unwrap_err();
    assert_eq!((why.code, why.status), (429, "RESOURCE_EXHAUSTED"));
    let mut world = Around::default();
    world.set.denied.insert("europe-west1");
    let why = world.create(&gpu("4", "16Gi", "nvidia-l4")).unwrap_err();
    assert!(why.message.contains("not supported in region"), "{}", why.message);
}

#[test]
fn names_and_regions_are_checked() {
    let place = |region: &str| Place { project: "research-1".into(), region: region.into() };
    for id in ["Iris", "1ris", "iris-", &"i".repeat(50)] {
        let why = Around::default().create_at(&place("europe-west1"), id, &service("eu/iris:1"));
        assert_eq!(why.unwrap_err().status, "INVALID_ARGUMENT", "{id}");
    }
    let why = Around::default().create_at(&place("mars-east1"), "iris", &service("eu/iris:1"));
    assert_eq!(why.unwrap_err().status, "PERMISSION_DENIED");
}

#[test]
fn policies_and_accounts_are_kept() {
    for (set, body, status) in [
        (
            "constraints/run.managed.requireInvokerIam",
            json!({"invokerIamDisabled": true}),
            "INVALID_ARGUMENT",
        ),
        ("constraints/run.allowedIngress", json!({}), "FAILED_PRECONDITION"),
        ("iam.serviceaccounts.actAs", json!({}), "PERMISSION_DENIED"),
    ] {
        let mut world = Around::default();
        let mut all = service("eu/iris:1");
        let more = body.as_object().unwrap();
        more.iter().for_each(|(name, value)| all[name.as_str()] = value.clone());
        assert!(Around::default().create(&all).is_ok());
        world.set.denied.insert(set);
        let why = world.create(&all).unwrap_err();
        assert_eq!(why.status, status);
        assert!(why.message.contains(set), "{}", why.message);
    }
}

fn source(archive: Option<Vec<u8>>) -> (Around, Value) {
    let mut world = Around::default();
    if let Some(archive) = archive {
        world.set.objects.insert("shelf/source.tar.gz".into(), archive);
    }
    let place = json!({"bucket": "shelf", "object": "source.tar.gz", "generation": "1"});
    let container = json!({"image": "scratch", "command": ["./bootstrap"],
        "baseImageUri": "europe-west1-docker.pkg.dev/serverless-runtimes/google-24/runtimes/osonly24",
        "sourceCode": {"cloudStorageSource": place}});
    (world, json!({"launchStage": "BETA", "template": {"containers": [container]}}))
}

fn archive(name: &str, mode: u32) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    header.set_mode(mode);
    tar.append_data(&mut header, name, &b"hi"[..]).unwrap();
    let mut gzip = tar.into_inner().unwrap();
    gzip.flush().unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_source_archive_must_hold_what_it_starts() {
    let (mut world, body) = source(Some(archive("bootstrap", 0o755)));
    world.made(&body);
    for (archive, words) in [
        (archive("bootstrap", 0o644), "permission denied"),
        (archive("other", 0o755), "no such file"),
        (b"not a tar".to_vec(), "not a gzipped tar"),
    ] {
        let (mut world, body) = source(Some(archive));
        world.create(&body).unwrap();
        let why = world.settled().unwrap_err().message;
        assert!(why.contains(words), "{why}");
    }
    let (mut world, body) = source(None);
    assert!(world.create(&body).unwrap_err().message.contains("was not found"));
}

#[test]
fn a_source_needs_its_base_its_command_and_the_stage() {
    for (path, value, words) in [
        ("/launchStage", json!("GA"), "must be BETA"),
        ("/template/containers/0/image", json!("eu/x"), "must be 'scratch'"),
        ("/template/containers/0/baseImageUri", json!("windows"), "not supported"),
        ("/template/containers/0/command", json!([]), "command is required"),
    ] {
        let (mut world, mut body) = source(Some(archive("bootstrap", 0o755)));
        *body.pointer_mut(path).unwrap() = value;
        let why = world.create(&body).unwrap_err().message;
        assert!(why.contains(words), "{why}");
    }
}
