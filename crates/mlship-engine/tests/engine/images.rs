//! Images in and out.

use std::io::{self, Write};

use mlship_core::progress::Silent;

use crate::{archive, engine};

#[tokio::test]
async fn an_image_saved_and_loaded_is_the_same() {
    let (engine, _running) = engine().await;
    let id = engine.load(|to| archive("saved", to), &Silent).await.expect("it is loaded");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("image.tar");
    engine.save(&id, &file).await.expect("it is saved");
    engine.remove_image(&id).await.expect("it is removed");
    engine.id(&id).await.expect_err("it is gone");
    let again = engine.load_file(&file, &Silent).await.expect("it is loaded again");
    assert_eq!(again, id);
    engine.remove_image(&id).await.expect("it is removed");
    engine.remove_image(&id).await.expect("one that is not there is no failure");
}

#[tokio::test]
async fn what_is_no_archive_is_refused_and_a_failed_writer_says_why() {
    let (engine, _running) = engine().await;
    let load = |bytes: Vec<u8>| engine.load(move |to| to.write_all(&bytes), &Silent);
    let error = load(vec![b'x'; 4096]).await.expect_err("no archive");
    assert!(error.to_string().contains("could not load the image"), "{error}");
    let error = load(Vec::new()).await.expect_err("nothing");
    assert!(error.to_string().contains("could not load the image"), "{error}");
    let mut whole = Vec::new();
    archive("cut", &mut whole).expect("an archive");
    whole.truncate(whole.len() / 2);
    load(whole).await.expect_err("half an archive");
    let broken = |to: &mut dyn Write| {
        to.write_all(b"a beginning")?;
        Err(io::Error::other("the layout is damaged"))
    };
    let error = engine.load(broken, &Silent).await.expect_err("a writer that fails");
    assert!(error.to_string().contains("the layout is damaged"), "{error}");
}

#[tokio::test]
async fn nothing_is_left_of_a_save_that_fails() {
    let (engine, _running) = engine().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("image.tar");
    engine.save("sha256:0000", &file).await.expect_err("no such image");
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 0);
}
