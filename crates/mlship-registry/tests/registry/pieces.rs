//! Registries that take no chunks get a layer in one piece, from disk or from another registry.

use mlship_registry::{ErrorKind, Login, Platform, pull_base};
use mlship_testkit::registry::faults::{Fault, Pick, Script};

use crate::image::{file, image, image_for, layer};
use crate::stage::{Stage, push};

#[tokio::test]
async fn one_piece_is_whole_too() {
    let (there, here) = (Stage::new(), Stage::new());
    let base = image(&there.layout("base"), &[layer(7, 20_000_000)]);
    push(&base, &there.name("base")).await.unwrap();
    let nobody = Login::Anonymous;
    let platform = Platform::linux("amd64");
    let base = pull_base(&there.name("base"), &platform, &nobody).await.unwrap();
    let own = layer(1, 20_000_000);
    let image = image_for(&here.layout("own"), "amd64", std::slice::from_ref(&own), Some(&base));
    // The second piece is cut once.
    let faults = vec![
        (Pick::Every(&["PATCH"]), Fault::Status(405)),
        (Pick::Nth("PUT", 1), Fault::CutBody(10_000_000)),
    ];
    here.proxy.play(Script { faults, ..Script::default() });
    push(&image, &here.name("pieces")).await.unwrap();
    here.assert_whole("pieces", &image);

    // What is wrong with the source is said, not that a request ended early.
    let no_chunks = Script::one(Pick::Every(&["PATCH"]), Fault::Status(405));
    here.proxy.play(no_chunks.clone());
    there.proxy.play(Script::one(Pick::Every(&["GET", "/blobs/"]), Fault::Corrupt));
    let error = push(&image, &here.name("spoilt")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest, "{error}");

    there.proxy.play(Script::default());
    let path = file(&image.layout, &image.layers[0]);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let error = push(&image, &here.name("spoilt")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest, "{error}");
    assert_eq!(here.seen("spoilt"), None);
}
