//! Files of a model that are fetched at start: brought whole or not at all, whatever happens on
//! the way.
#![cfg(feature = "fetch")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use mlship_bundle::Fetched;
use mlship_testkit::tools::python;
use serde_json::json;
use support::away::{Away, BYTES, ROW, ask, assert_answered, assert_refused, sha256};
use support::client::request;
use support::run;
use support::server::Server;
use support::store::{Act, Store};

fn say(status: u16) -> Act {
    Act::Say(status, "x-nothing: 1".into(), String::new())
}

#[test]
fn a_file_is_fetched_once() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    assert_answered(&away.answer(&format!("{}/shelf/", store.url)));
    let seen = store.seen();
    let line = format!("get /shelf/{} http/1.1", away.bundle.model.fetched[0].sha256);
    assert_eq!((seen.len(), seen[0].lines().next()), (1, Some(line.as_str())));
    assert_answered(&away.answer(&format!("{}/shelf/", store.url)));
    assert_eq!(store.seen().len(), 1, "the second start fetched again");
    // One that was changed meanwhile is fetched again.
    std::thread::sleep(Duration::from_millis(20));
    let kept = away.kept("");
    fs::write(&kept, vec![7; BYTES]).unwrap();
    assert_answered(&away.answer(&store.url));
    assert_eq!(store.seen().len(), 2);
    assert_eq!(sha256(&fs::read(kept).unwrap()), away.bundle.model.fetched[0].sha256);
}

#[test]
fn what_is_cut_is_gone_on_with() {
    let away = Away::new();
    let busy = Act::Say(429, "retry-after: 1".into(), String::new());
    let script = [Act::Cut(1_000_000), say(500), Act::Cut(500_000), busy, say(503), Act::Give];
    let store = Store::start(away.weights.clone(), &script);
    let begin = Instant::now();
    assert_answered(&away.answer(&store.url));
    assert!(begin.elapsed() >= Duration::from_secs(1), "`retry-after` was not waited for");
    let ranges = store.ranges();
    assert_eq!(ranges.len(), 6);
    assert_eq!(ranges[0], None);
    let from = |index: usize| {
        let range = ranges[index].as_deref().unwrap();
        range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse::<usize>().unwrap()
    };
    // A cut may take with it what was under way; what is asked for next begins where the file ends.
    assert!((1..=1_000_000).contains(&from(1)), "{ranges:?}");
    assert_eq!(from(2), from(1));
    assert!((from(2)..=1_500_000).contains(&from(3)), "{ranges:?}");
    assert_eq!(from(5), from(3));
}

#[test]
fn a_store_that_ignores_ranges_is_read_from_the_beginning() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Cut(2_000_000), Act::GiveAll]);
    assert_answered(&away.answer(&store.url));
    assert!(store.ranges()[1].is_some());
}

#[test]
fn a_store_that_never_gives_is_given_up() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[say(500)]);
    let output = away.answer(&store.url);
    assert_refused(&away, &output, &["`weights.data`", &store.url, "500", "6 times"]);
    assert_eq!(store.seen().len(), 6);
}

#[test]
fn what_is_not_the_file_is_refused() {
    let mut away = Away::new();
    let mut other = away.weights.clone();
    other[BYTES / 2] ^= 1;
    let store = Store::start(other, &[Act::Give]);
    assert_refused(
        &away,
        &away.answer(&store.url),
        &["SHA-256", &away.bundle.model.fetched[0].sha256],
    );
    assert!(!away.kept(".part").exists(), "what is known to be wrong is kept");
    for length in [BYTES - 1, BYTES + 1] {
        let mut other = away.weights.clone();
        other.resize(length, 0);
        let store = Store::start(other, &[Act::Give]);
        let output = away.answer(&store.url);
        assert_refused(&away, &output, &[&length.to_string(), &BYTES.to_string()]);
    }
    let denied = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    let store = Store::start(away.weights.clone(), &[Act::Say(403, "x: 1".into(), denied.into())]);
    assert_refused(&away, &away.answer(&store.url), &["403 (AccessDenied)", &store.url]);
    assert_eq!(store.seen().len(), 1);
    let store = Store::start(away.weights.clone(), &[say(404)]);
    assert_refused(&away, &away.answer(&store.url), &["404"]);
    let on = Act::Say(302, "location: http://127.0.0.1:9/".into(), String::new());
    let store = Store::start(away.weights.clone(), &[on]);
    assert_refused(&away, &away.answer(&store.url), &["302"]);
    // A secret in an address stays one.
    let store = Store::start(away.weights.clone(), &[say(403)]);
    away.file().url = Some(format!("{}/f?signature=hunter", store.url));
    away.write();
    let output = away.answer("");
    assert_refused(&away, &output, &["403", "/f`"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter"));
    assert!(store.seen()[0].contains("signature=hunter"));
}

#[test]
fn a_part_that_is_wrong_is_fetched_anew() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    fs::create_dir(away.scratch.path().join("mlship")).unwrap();
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
    fs::set_permissions(away.scratch.path().join("mlship"), mode).unwrap();
    fs::write(away.kept(".part"), vec![9; 1000]).unwrap();
    assert_answered(&away.answer(&store.url));
    assert_eq!(store.ranges(), [Some("bytes=1000-".into()), None]);
    // Longer than the file: it cannot be a part of it.
    fs::remove_file(away.kept("")).unwrap();
    fs::write(away.kept(".part"), vec![9; BYTES + 5]).unwrap();
    assert_answered(&away.answer(&store.url));
    assert_eq!(store.ranges()[2..], [None]);
}

#[test]
fn a_killed_start_is_gone_on_with_and_the_port_answers_meanwhile() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Stall(1_200_000), Act::Give]);
    let environment = away.environment(&store.url);
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
    let mut server = Server::start_with(away.folder.path(), &environment);
    assert_eq!(server.notice()["event"], "fetching");
    let ready = request(&server.address, "GET", "/readyz", "");
    assert_eq!((ready.status, &ready.json()["type"]), (503, &json!("urn:mlship:problem:loading")));
    assert_eq!(request(&server.address, "GET", "/healthz", "").status, 200);
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 503);
    let deadline = Instant::now() + Duration::from_secs(60);
    let have = || fs::metadata(away.kept(".part")).map_or(0, |part| part.len());
    while have() == 0 {
        assert!(Instant::now() < deadline, "nothing arrives");
        std::thread::sleep(Duration::from_millis(5));
    }
    server.signal("KILL");
    server.wait();
    let left = have();
    let mut server = Server::start_with(away.folder.path(), &environment);
    while server.notice()["event"] != "ready" {}
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
    assert_eq!(store.ranges(), [None, Some(format!("bytes={left}-"))]);
}

#[test]
fn two_starts_at_once_fetch_once() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(|| away.answer(&store.url))).collect();
        for start in starts {
            assert_answered(&start.join().unwrap());
        }
    });
    assert_eq!(store.seen().len(), 1);
}

#[test]
fn a_full_disk_is_said() {
    let mut away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    // A bound on the length of files, for the disk cannot be filled here.
    let mut command = away.command("sh", &store.url);
    let bounded = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" --answer --bundle \"$1\"";
    command.args(["-c", bounded, support::RUNTIME]).arg(away.folder.path());
    assert_refused(&away, &ask(&mut command), &["no room is left", "resources.disk-mb"]);
    assert_answered(&away.answer(&store.url));
    away.file().sha256 = "0".repeat(64);
    away.file().bytes = 1 << 60;
    away.write();
    let output = away.answer(&store.url);
    let needed = (1u64 << 60).to_string();
    assert_refused(&away, &output, &[&needed, "are free", "resources.disk-mb"]);
}

#[test]
fn a_whole_graph_is_fetched_from_its_own_address() {
    let whole = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = whole.path().join("model.onnx");
    let script = "import onnx, sys; onnx.save(onnx.load(sys.argv[1]), sys.argv[2])";
    run(Command::new(python())
        .args(["-c", script])
        .arg(support::tiny("linear").join("model.onnx"))
        .arg(&file));
    let bytes = fs::read(&file).unwrap();
    let mut away = Away::new();
    let store = Store::start(bytes.clone(), &[Act::Give]);
    fs::remove_file(away.folder.path().join("model.onnx")).unwrap();
    away.bundle.model.weights = None;
    *away.file() = Fetched {
        path: "model.onnx".into(),
        url: Some(format!("{}/model.onnx", store.url)),
        sha256: sha256(&bytes),
        bytes: bytes.len() as u64,
    };
    away.write();
    assert_answered(&away.answer(""));
}

#[test]
fn from_s3_with_a_signature() {
    let moto = mlship_testkit::aws::moto::Moto::start();
    let away = Away::new();
    let weights = away.scratch.path().join("up");
    fs::write(&weights, &away.weights).unwrap();
    let script = "\
import boto3, sys
url, key, path = sys.argv[1:]
s3 = boto3.client('s3', endpoint_url=url, region_name='eu-central-1',
    aws_access_key_id='id', aws_secret_access_key='secret')
where = {'LocationConstraint': 'eu-central-1'}
s3.create_bucket(Bucket='shelf', CreateBucketConfiguration=where)
s3.upload_file(path, 'shelf', key)
";
    let key = format!("models/bert one/{}", away.bundle.model.fetched[0].sha256);
    run(Command::new(python()).args(["-c", script, &moto.url(), &key]).arg(&weights));
    let with = |more: &[(&str, &str)]| {
        let mut command = away.command(support::RUNTIME, "s3://shelf/models/bert one");
        command.args(["--answer", "--bundle"]).arg(away.folder.path());
        command.env("AWS_ENDPOINT_URL_S3", moto.url()).env("AWS_REGION", "eu-central-1");
        ask(command.envs(more.iter().copied()))
    };
    assert_refused(&away, &with(&[]), &["AWS_ACCESS_KEY_ID", "`weights.data`"]);
    let key = [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "hunter"),
        ("AWS_SESSION_TOKEN", "t"),
    ];
    assert_answered(&with(&key));
    assert_answered(&with(&[]));
    fs::remove_file(away.kept("")).unwrap();
    let mut elsewhere = away.command(support::RUNTIME, "s3://shelf/nothing");
    elsewhere.args(["--answer", "--bundle"]).arg(away.folder.path()).envs(key);
    elsewhere.env("AWS_ENDPOINT_URL", moto.url()).env("AWS_DEFAULT_REGION", "eu-central-1");
    let output = ask(&mut elsewhere);
    assert_refused(&away, &output, &["404 (NoSuchKey)", "s3://shelf/nothing/"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter"));
}

#[test]
fn a_place_that_is_not_safe_is_not_asked() {
    let mut away = Away::new();
    for store in ["http://models.example/x", "ftp://x", ""] {
        let words = ["`weights.data`", "MLSHIP_MODEL_STORE"];
        assert_refused(&away, &away.answer(store), &words);
    }
    away.file().path = "../outside".into();
    away.bundle.model.weights = Some("../outside".into());
    away.write();
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    let output = away.answer(&store.url);
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a path inside the bundle"));
    assert!(!Path::new(away.scratch.path()).join("outside").exists());
    assert!(store.seen().is_empty(), "it was fetched all the same");
}
