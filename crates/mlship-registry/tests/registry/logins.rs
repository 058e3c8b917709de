//! Logins: found where Docker keeps them, sent where they belong, renewed, never shown.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mlship_core::progress::Silent;
use mlship_registry::logins::{Sources, find};
use mlship_registry::{ErrorKind, Login, Reference, push};
use mlship_testkit::registry::faults::{Fault, Pick, Script};
use mlship_testkit::registry::{Gate, IDENTITY, PASSWORD, Proxy, Registry, USER};

use crate::image::{image, layer};
use crate::stage::Stage;

fn basic(user: &str, password: &str) -> Login {
    Login::Basic { user: user.into(), password: password.into() }
}

#[tokio::test]
async fn a_registry_with_passwords_lets_in_who_knows_one() {
    let registry = Registry::start_with_login();
    let folder = tempfile::tempdir().unwrap();
    let image = image(&folder.path().join("x/image"), &[layer(1, 20_000_000)]);
    let to: Reference = format!("{}/private:1", registry.host()).parse().unwrap();
    let nobody = Login::Anonymous;
    for wrong in [nobody.clone(), basic(USER, "open barley"), Login::Identity("x".into())] {
        let error = push(&image.layout, &to, &wrong, &nobody, &Silent).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        assert!(error.hints[0].contains("docker login"), "{:?}", error.hints);
        assert!(!format!("{error} {error:?} {wrong:?}").contains("barley"));
    }
    let right = basic(USER, PASSWORD);
    let pushed = push(&image.layout, &to, &right, &nobody, &Silent).await.unwrap();
    assert_eq!(pushed.digest, image.digest);
    assert_eq!(push(&image.layout, &to, &right, &nobody, &Silent).await.unwrap().kept, 2);
}

#[tokio::test]
async fn tokens_are_bought_and_renewed() {
    let stage = Stage::new();
    let image = image(&stage.layout("x"), &[layer(1, 20_000_000), layer(2, 1000)]);
    // Good for two calls: most calls of the push meet one that has expired sooner or later.
    let gate = Gate::Tokens { user: USER, password: PASSWORD, calls: 2 };
    let (right, nobody) = (basic(USER, PASSWORD), Login::Anonymous);
    let name = stage.name("tokens:1");
    stage.proxy.play(Script { gate: gate.clone(), ..Script::default() });
    push(&image.layout, &name, &right, &nobody, &Silent).await.unwrap();
    stage.assert_whole("tokens:1", &image);
    let calls = stage.proxy.calls();
    let bought: Vec<_> = calls.iter().filter(|call| call.target.starts_with("/token")).collect();
    assert!(bought.len() > 3);
    assert!(bought[0].target.contains("service=tests&scope=repository%3Atokens%3Apull%2Cpush"));

    let identity = Login::Identity(IDENTITY.into());
    let name = stage.name("identity:1");
    stage.proxy.play(Script { gate: gate.clone(), ..Script::default() });
    push(&image.layout, &name, &identity, &nobody, &Silent).await.unwrap();
    stage.assert_whole("identity:1", &image);

    let others = [basic(USER, "open barley"), Login::Identity("barley".into())];
    for wrong in others.iter().chain([&nobody]) {
        stage.proxy.play(Script { gate: gate.clone(), ..Script::default() });
        let to = stage.name("denied:1");
        let error = push(&image.layout, &to, wrong, &nobody, &Silent).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        assert!(!format!("{error} {error:?}").contains("barley"));
    }
    // A token server that sells what the registry does not take.
    let useless = Gate::Tokens { user: USER, password: PASSWORD, calls: 0 };
    stage.proxy.play(Script { gate: useless, ..Script::default() });
    let to = stage.name("denied:1");
    let error = push(&image.layout, &to, &right, &nobody, &Silent).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert_eq!(stage.proxy.calls().len(), 3);
}

#[tokio::test]
async fn logins_are_where_docker_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let config = serde_json::json!({
        "auths": {
            "https://index.docker.io/v1/": {"auth": "dXNlcjpwYTpzcw=="},
            "r.example:5000": {"auth": "dXNlcjpwYTpzcw==", "identitytoken": "bought"},
            "https://plain.example/v2/": {"username": "u", "password": "p"},
            "broken.example": {"auth": "====barley"},
            "empty.example": {},
        },
        "credHelpers": {
            "helped.example": "good", "none.example": "none", "bad.example": "bad",
            "gone.example": "gone", "token.example": "token", "up.example": "../good",
        },
    });
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    helper(
        folder.path(),
        "good",
        "read r; echo \"{\\\"Username\\\":\\\"$r\\\",\\\"Secret\\\":\\\"s\\\"}\"",
    );
    helper(folder.path(), "token", "echo '{\"Username\":\"<token>\",\"Secret\":\"s\"}'");
    helper(folder.path(), "none", "echo credentials not found in native keychain; exit 1");
    helper(folder.path(), "bad", "echo barley; exit 1");
    let sources =
        Sources { docker_config: Some(folder.path().into()), path: Some(folder.path().into()) };
    let found = [
        ("docker.io", basic("user", "pa:ss")),
        ("registry-1.docker.io", basic("user", "pa:ss")),
        ("r.example:5000", Login::Identity("bought".into())),
        ("r.example", Login::Anonymous),
        ("plain.example", basic("u", "p")),
        ("empty.example", Login::Anonymous),
        ("helped.example", basic("helped.example", "s")),
        ("token.example", Login::Identity("s".into())),
        ("none.example", Login::Anonymous),
    ];
    for (registry, login) in found {
        assert!(find(registry, &sources).await.unwrap() == login, "{registry}");
    }
    let refused = [
        ("broken.example", "is not one"),
        ("bad.example", "it failed"),
        ("gone.example", "no such program"),
        ("up.example", "not a program's name"),
    ];
    for (registry, reason) in refused {
        let error = find(registry, &sources).await.unwrap_err();
        assert!(error.reason.contains(reason), "{error}");
        assert!(!format!("{error:?}").contains("barley"), "{error:?}");
    }
}

#[tokio::test]
async fn one_store_may_hold_all_logins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let sources =
        Sources { docker_config: Some(folder.path().into()), path: Some(folder.path().into()) };
    assert!(find("r.example", &Sources::default()).await.unwrap() == Login::Anonymous);
    assert!(find("r.example", &sources).await.unwrap() == Login::Anonymous);
    fs::write(&file, r#"{"credsStore": "all", "auths": {"r.example": {}}}"#).unwrap();
    helper(folder.path(), "all", "cat > /dev/null; echo '{\"Username\":\"u\",\"Secret\":\"s\"}'");
    assert!(find("docker.io", &sources).await.unwrap() == basic("u", "s"));
    // One that talks without end is not listened to.
    helper(folder.path(), "all", "cat /dev/zero");
    let error = find("r.example", &sources).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Local, "{error}");
    fs::write(&file, "{\"auths\": {\"r.example\": \"barley\"}}").unwrap();
    let error = find("r.example", &sources).await.unwrap_err();
    assert!(error.reason.contains("line 1"), "{error}");
    assert!(!format!("{error:?}").contains("barley"));
}

#[tokio::test]
async fn a_token_is_not_handed_to_another_host() {
    let stage = Stage::new();
    let image = image(&stage.layout("x"), &[layer(1, 20_000_000)]);
    // Uploads are elsewhere, as with registries that keep blobs in object storage.
    let elsewhere = Proxy::start(stage.registry.address());
    let faults = vec![(Pick::Every(&["POST"]), Fault::Elsewhere(elsewhere.host()))];
    let gate = Gate::Tokens { user: USER, password: PASSWORD, calls: 100 };
    stage.proxy.play(Script { faults, gate, ..Script::default() });
    let login = basic(USER, PASSWORD);
    let to = stage.name("x");
    push(&image.layout, &to, &login, &Login::Anonymous, &Silent).await.unwrap();
    let calls = elsewhere.calls();
    assert!(calls.len() >= 4, "{calls:?}");
    assert!(calls.iter().all(|call| !call.authorized), "{calls:?}");
    assert!(stage.proxy.calls().iter().any(|call| call.authorized));
    stage.assert_whole("x", &image);
}

fn helper(folder: &Path, name: &str, script: &str) {
    let path = folder.join(format!("docker-credential-{name}"));
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}
