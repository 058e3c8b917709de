//! Pushes send what is missing, once, and others can read the result.

use std::fs;

use mlship_core::image::Base;
use mlship_registry::{ErrorKind, Login, Platform, Reference, pull_base, push as push_loudly};
use mlship_testkit::registry::faults::{Fault, Pick, Script};
use mlship_testkit::registry::{Call, Registry};

use crate::image::{file, image, image_for, layer};
use crate::stage::{Heard, Stage, push};

#[tokio::test]
async fn what_the_registry_has_is_not_sent_again() {
    let stage = Stage::new();
    let (weights, code) = (layer(1, 20_000_000), layer(2, 10_000));
    let first = image(&stage.layout("first"), &[weights.clone(), code.clone()]);
    let name = stage.name("shop/model:live");

    let heard = Heard::default();
    let nobody = Login::Anonymous;
    let pushed = push_loudly(&first.layout, &name, &nobody, &nobody, &heard).await.unwrap();
    assert_eq!(pushed.digest, first.digest);
    let all = (weights.len() + code.len()) as u64 + first.config_bytes;
    assert_eq!(pushed.uploaded_bytes, all);
    assert_eq!(stage.seen("shop/model:live"), Some(first.digest.clone()));
    stage.assert_whole("shop/model:live", &first);
    let steps = heard.steps.into_inner().unwrap();
    assert_eq!(steps[0], "sending the weights (layer 1 of 2), 19.1 MB");
    assert_eq!(steps[1], "sending layer 2 of 2, 11.5 KB");
    assert_eq!(steps.len(), 3);
    let bytes = heard.bytes.into_inner().unwrap();
    assert!(bytes.contains(&(weights.len() as u64, weights.len() as u64)), "{bytes:?}");

    stage.proxy.play(Script::default());
    let again = push(&first, &name).await.unwrap();
    assert_eq!((again.uploaded_bytes, again.kept), (0, 3));
    assert!(!stage.proxy.calls().iter().any(Call::writes), "{:?}", stage.proxy.calls());

    stage.proxy.play(Script::default());
    let changed = layer(3, 10_000);
    let second = image(&stage.layout("second"), &[weights, changed.clone()]);
    let pushed = push(&second, &name).await.unwrap();
    assert_eq!(pushed.uploaded_bytes, changed.len() as u64 + second.config_bytes);
    assert_eq!(pushed.kept, 1);
    assert_eq!(stage.seen("shop/model:live"), Some(second.digest));
    let calls = stage.proxy.calls();
    assert!(calls.last().unwrap().to_string().ends_with("/manifests/live"), "{calls:?}");
}

#[tokio::test]
async fn base_layers_are_mounted_where_the_registry_can() {
    let stage = Stage::new();
    let base = pushed_base(&stage, &stage.name("library/base:1")).await;
    let own = layer(5, 10_000);
    let image = image_for(&stage.layout("own"), "amd64", std::slice::from_ref(&own), Some(&base));

    stage.proxy.play(Script::default());
    let pushed = push(&image, &stage.name("mounted:1")).await.unwrap();
    assert_eq!(pushed.mounted, 2);
    assert_eq!(pushed.uploaded_bytes, own.len() as u64 + image.config_bytes);
    stage.assert_whole("mounted:1", &image);

    // A registry that knows no mounts opens an upload instead; one that refuses says so.
    for (tag, fault) in [("opened:1", Fault::WithoutQuery), ("refused:1", Fault::Status(405))] {
        stage.proxy.play(Script::one(Pick::Every(&["POST", "mount="]), fault));
        let pushed = push(&image, &stage.name(tag)).await.unwrap();
        assert_eq!(pushed.mounted, 0);
        stage.assert_whole(tag, &image);
    }
}

#[tokio::test]
async fn base_layers_are_copied_from_another_registry() {
    let (there, here) = (Stage::new(), Stage::new());
    let base = pushed_base(&there, &there.name("base:1")).await;
    let image = image_for(&here.layout("own"), "amd64", &[layer(5, 10_000)], Some(&base));
    // The connection ends in the middle of the large layer: the copy goes on from there.
    let cut = (Pick::Nth("GET", 0), Fault::CutAnswer(5_000_000));
    there.proxy.play(Script { faults: vec![cut], ..Script::default() });
    let pushed = push(&image, &here.name("copied:1")).await.unwrap();
    assert_eq!(pushed.mounted, 0);
    let sent: u64 = base.layers.iter().map(|layer| layer.bytes).sum();
    assert!(pushed.uploaded_bytes > sent && pushed.uploaded_bytes < sent + 20_000);
    here.assert_whole("copied:1", &image);
    assert!(there.proxy.calls().iter().any(|call| call.status == Some(206)));

    // Its bytes are not those of the digest.
    let spoilt = Script::one(Pick::Every(&["GET", "/blobs/"]), Fault::Corrupt);
    there.proxy.play(spoilt);
    let error = push(&image, &here.name("spoilt:1")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest, "{error}");
    assert_eq!(here.seen("spoilt:1"), None);

    // A source that stays away is asked for so often, and no more.
    there.proxy.play(Script::one(Pick::Every(&["GET", "/blobs/"]), Fault::Status(503)));
    let error = push(&image, &here.name("away:1")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    assert_eq!(error.reason.matches("5 times in a row").count(), 1, "{error}");
    assert_eq!(there.proxy.calls().len(), 5);
}

#[tokio::test]
async fn a_layout_that_is_not_whole_is_not_sent() {
    let stage = Stage::new();
    let image = image(&stage.layout("x"), &[layer(1, 20_000_000), layer(2, 1000)]);
    let name = stage.name("bad:1");
    let path = file(&image.layout, &image.layers[0]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[19_000_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = push(&image, &name).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest, "{error}");
    assert!(error.resource == image.layers[0], "{error}");

    bytes.truncate(1000);
    fs::write(&path, &bytes).unwrap();
    let error = push(&image, &name).await.unwrap_err();
    assert!(error.reason.contains("has 1000 bytes"), "{error}");

    fs::remove_file(&path).unwrap();
    let error = push(&image, &name).await.unwrap_err();
    assert!(error.reason.contains("no base image is named"), "{error}");
    assert_eq!(stage.seen("bad:1"), None);

    fs::write(image.layout.join("index.json"), r#"{"schemaVersion":2,"manifests":[]}"#).unwrap();
    let error = push(&image, &name).await.unwrap_err();
    assert!(error.reason.contains("names 0 images"), "{error}");
}

#[tokio::test]
async fn a_push_can_be_moved_between_threads() {
    let registry = Registry::start();
    let folder = tempfile::tempdir().unwrap();
    let image = image(&folder.path().join("x/image"), &[layer(1, 1000)]);
    let name: Reference = format!("{}/x", registry.host()).parse().unwrap();
    let pushing = tokio::spawn(async move { push(&image, &name).await });
    assert_eq!(pushing.await.unwrap().unwrap().kept, 0);
}

async fn pushed_base(stage: &Stage, name: &Reference) -> Base {
    let image = image(&stage.layout("base"), &[layer(7, 18_000_000), layer(8, 3_000_000)]);
    push(&image, name).await.unwrap();
    pull_base(name, &Platform::linux("amd64"), &Login::Anonymous).await.unwrap()
}
