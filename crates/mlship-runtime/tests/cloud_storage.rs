//! Files of a model that are fetched from Cloud Storage, with the token of a metadata server where
//! there is one.
#![cfg(feature = "fetch")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::process::Output;

use support::away::{Away, BYTES, ask, assert_answered, assert_refused};
use support::store::{Act, Store};

const ACCOUNT: &str = "123-compute@developer.gserviceaccount.com";

/// A token that must not be told to anybody else.
fn token(word: &str) -> Act {
    let text =
        format!(r#"{{"access_token":"hunter-{word}","expires_in":3599,"token_type":"Bearer"}}"#);
    Act::Say(200, "metadata-flavor: Google".into(), text)
}

fn say(status: u16, text: &str) -> Act {
    Act::Say(status, "x-nothing: 1".into(), text.into())
}

/// A metadata server that does what `script` says.
fn metadata(script: &[Act]) -> Store {
    Store::start(Vec::new(), script)
}

/// An address that nothing listens at.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// One answer, with the weights in a bucket that `store` serves.
fn fetch(away: &Away, storage: &str, metadata: &str, more: &[(&str, &str)]) -> Output {
    let host = metadata.strip_prefix("http://").unwrap();
    let mut command = away.command(support::RUNTIME, "gs://shelf/models/bert one");
    command.args(["--answer", "--bundle"]).arg(away.folder.path());
    command.env("STORAGE_EMULATOR_HOST", storage).env("GCE_METADATA_HOST", host);
    let output = ask(command.envs(more.iter().copied()));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter"), "a token is shown");
    output
}

/// The value of a header, in lower case, of each request that was seen.
fn header(store: &Store, name: &str) -> Vec<Option<String>> {
    let start = format!("{name}: ");
    let value =
        |head: &String| head.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned);
    store.seen().iter().map(value).collect()
}

fn shown(store: &Store) -> Vec<String> {
    let tokens = header(store, "authorization").into_iter();
    tokens.map(|shown| shown.unwrap_or_default().replace("bearer hunter-", "")).collect()
}

#[test]
fn an_object_is_fetched_with_a_token_and_gone_on_with() {
    let away = Away::new();
    let server = metadata(&[token("a")]);
    let script = [Act::Cut(1_000_000), say(503, ""), say(429, ""), Act::Cut(900_000), Act::Give];
    let store = Store::start(away.weights.clone(), &script);
    assert_answered(&fetch(&away, &store.url, &server.url, &[]));
    let digest = &away.bundle.model.fetched[0].sha256;
    let line =
        format!("get /storage/v1/b/shelf/o/models%2fbert%20one%2f{digest}?alt=media http/1.1");
    assert_eq!(store.seen()[0].lines().next(), Some(line.as_str()));
    assert_eq!(shown(&store), ["a"; 5]);
    let ranges = store.ranges();
    assert_eq!(ranges[0], None);
    assert!(ranges[1..].iter().all(Option::is_some), "{ranges:?}");
    assert_eq!(ranges[1], ranges[3]);
    let asked = server.seen();
    let line = "get /computemetadata/v1/instance/service-accounts/default/token http/1.1";
    assert_eq!((asked.len(), asked[0].lines().next()), (1, Some(line)));
    assert_eq!(header(&server, "metadata-flavor"), [Some("google".into())]);
    assert_answered(&fetch(&away, &store.url, &server.url, &[]));
    assert_eq!(store.seen().len(), 5, "the second start fetched again");
}

#[test]
fn a_token_that_has_ended_is_replaced_once() {
    let away = Away::new();
    let server = metadata(&[token("a"), token("b"), token("c")]);
    let ended = say(401, "Invalid Credentials");
    let script = [Act::Cut(1_000_000), ended.clone(), Act::Cut(500_000), ended.clone(), Act::Give];
    let store = Store::start(away.weights.clone(), &script);
    assert_answered(&fetch(&away, &store.url, &server.url, &[]));
    assert_eq!(shown(&store), ["a", "a", "b", "b", "c"]);
    let away = Away::new();
    let server = metadata(&[token("a"), token("b"), token("c")]);
    let store = Store::start(away.weights.clone(), &[ended]);
    let output = fetch(&away, &store.url, &server.url, &[]);
    assert_refused(&away, &output, &["401", "a new token is not taken either", "`weights.data`"]);
    assert_eq!(shown(&store), ["a", "b"]);
}

#[test]
fn a_public_object_is_fetched_without_a_token() {
    let nobody = nobody();
    let no_account = metadata(&[say(404, "not found")]);
    for server in [&nobody, &no_account.url] {
        let away = Away::new();
        let store = Store::start(away.weights.clone(), &[Act::Cut(1_000_000), Act::Give]);
        assert_answered(&fetch(&away, &store.url, server, &[]));
        assert_eq!(shown(&store), ["", ""]);
        let away = Away::new();
        let store = Store::start(away.weights.clone(), &[say(401, "Anonymous caller")]);
        let output = fetch(&away, &store.url, server, &[]);
        assert_refused(&away, &output, &["401", "`shelf` is not public", "no metadata server"]);
        assert_eq!(store.seen().len(), 1);
    }
    assert_eq!(no_account.seen().len(), 2);
}

#[test]
fn a_refusal_says_who_needs_what_where() {
    let away = Away::new();
    let refused = |act: Act, script: &[Act], words: &[&str]| {
        let server = metadata(script);
        let store = Store::start(away.weights.clone(), &[act]);
        let output = fetch(&away, &store.url, &server.url, &[]);
        assert_refused(&away, &output, words);
        assert_eq!(store.seen().len(), 1);
    };
    let place = format!("`gs://shelf/models/bert one/{}`", away.bundle.model.fetched[0].sha256);
    let role = "needs `roles/storage.objectViewer` on the bucket `shelf`";
    let denied = say(403, &format!("{ACCOUNT} does not have storage.objects.get access"));
    let account = format!("`{ACCOUNT}` {role}");
    refused(denied.clone(), &[token("a"), say(200, ACCOUNT)], &["403", &account, &place]);
    let nameless = format!("the service's account {role}");
    refused(denied, &[token("a"), say(404, "")], &["403", &nameless]);
    refused(say(404, "Not Found"), &[token("a")], &["404", "`shelf` has no such object", &place]);
}

#[test]
fn what_is_not_the_file_is_refused() {
    let away = Away::new();
    let mut other = away.weights.clone();
    other[BYTES / 2] ^= 1;
    let server = metadata(&[token("a")]);
    let store = Store::start(other, &[Act::Cut(1_000_000), Act::Give]);
    let output = fetch(&away, &store.url, &server.url, &[]);
    assert_refused(&away, &output, &["SHA-256", &away.bundle.model.fetched[0].sha256]);
    assert!(!away.kept(".part").exists(), "what is known to be wrong is kept");
    let store = Store::start(vec![7; BYTES + 1], &[Act::Give]);
    let output = fetch(&away, &store.url, &server.url, &[]);
    assert_refused(&away, &output, &[&(BYTES + 1).to_string(), &BYTES.to_string()]);
}

#[test]
fn a_metadata_server_that_is_of_no_use_is_said() {
    let away = Away::new();
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    let server = metadata(&[say(503, ""), token("a")]);
    assert_answered(&fetch(&away, &store.url, &server.url, &[]));
    assert_eq!(shown(&store), ["a"], "it was not asked again");
    let away = Away::new();
    let cases = [
        (say(503, ""), "the metadata server answers 503, 6 times in a row"),
        (say(403, ""), "the metadata server answers 403"),
        (say(200, "<html>hunter</html>"), "the metadata server gives no token"),
        (say(200, r#"{"access_token":""}"#), "the metadata server gives no token"),
    ];
    for (act, words) in cases {
        let server = metadata(&[act]);
        let output = fetch(&away, &store.url, &server.url, &[]);
        assert_refused(&away, &output, &[words, "`gs://shelf/"]);
    }
    let output = fetch(&away, &store.url, "http://no host", &[]);
    assert_refused(&away, &output, &["`no host` is not a host with a port"]);
    assert_eq!(store.seen().len(), 1, "it was asked without a token");
}

#[test]
fn vertex_says_where_the_store_is_and_a_bundle_may_name_an_object() {
    let mut away = Away::new();
    let server = metadata(&[token("a")]);
    let store = Store::start(away.weights.clone(), &[Act::Give]);
    let folder = [("MLSHIP_MODEL_STORE", ""), ("AIP_STORAGE_URI", "gs://caip-1/model")];
    assert_answered(&fetch(&away, &store.url, &server.url, &folder));
    std::fs::remove_file(away.kept("")).unwrap();
    let both = [("AIP_STORAGE_URI", "gs://caip-1/model")];
    assert_answered(&fetch(&away, &store.url, &server.url, &both));
    std::fs::remove_file(away.kept("")).unwrap();
    away.file().url = Some("gs://theirs/bert.onnx".into());
    away.write();
    assert_answered(&fetch(&away, &store.url, &server.url, &folder));
    let paths: Vec<_> =
        store.seen().iter().map(|head| head.split('?').next().unwrap().to_owned()).collect();
    let digest = &away.bundle.model.fetched[0].sha256;
    assert_eq!(
        paths,
        [
            format!("get /storage/v1/b/caip-1/o/model%2f{digest}"),
            format!("get /storage/v1/b/shelf/o/models%2fbert%20one%2f{digest}"),
            "get /storage/v1/b/theirs/o/bert.onnx".to_owned(),
        ]
    );
}
