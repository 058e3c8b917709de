//! Layers of a base image on disk: whole or not there.

use std::fs;

use mlship_core::progress::Silent;
use mlship_registry::{ErrorKind, Login, Platform, fetch_layers, pull_base};
use mlship_testkit::registry::faults::{Fault, Pick, Script};

use crate::image::{digest, file, image, layer};
use crate::stage::{Stage, push};

#[tokio::test]
async fn layers_come_whole_or_not_at_all() {
    let stage = Stage::new();
    let pushed = image(&stage.layout("x"), &[layer(1, 5_000_000), layer(2, 1000)]);
    push(&pushed, &stage.name("base")).await.unwrap();
    let nobody = Login::Anonymous;
    let platform = Platform::linux("amd64");
    let base = pull_base(&stage.name("base"), &platform, &nobody).await.unwrap();

    let layout = stage.layout("fetched");
    stage.proxy.play(Script::one(Pick::Every(&["GET", "/blobs/"]), Fault::Corrupt));
    let error = fetch_layers(&base, &nobody, &layout, &Silent).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest, "{error}");
    stage.proxy.play(Script::one(Pick::Every(&["GET", "/blobs/"]), Fault::Status(500)));
    let error = fetch_layers(&base, &nobody, &layout, &Silent).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    assert_eq!(fs::read_dir(layout.join("blobs/sha256")).unwrap().count(), 0);

    // Cut in the middle, it goes on from there, in this run or the next.
    let partial = file(&layout, &pushed.layers[0]);
    let partial = layout.join("partial").join(partial.file_name().unwrap());
    let bytes = fs::read(file(&pushed.layout, &pushed.layers[0])).unwrap();
    fs::write(&partial, &bytes[..1_000_000]).unwrap();
    stage.proxy.play(Script::one(Pick::Nth("GET", 0), Fault::CutAnswer(1_000_000)));
    fetch_layers(&base, &nobody, &layout, &Silent).await.unwrap();
    for layer in &pushed.layers {
        assert_eq!(&digest(&fs::read(file(&layout, layer)).unwrap()), layer);
    }
    let continued = stage.proxy.calls().iter().filter(|call| call.status == Some(206)).count();
    assert_eq!(continued, 2);
    assert!(!layout.join("partial").exists());

    // What is there is not asked for.
    stage.proxy.play(Script::default());
    fetch_layers(&base, &nobody, &layout, &Silent).await.unwrap();
    assert!(stage.proxy.calls().is_empty());
}
