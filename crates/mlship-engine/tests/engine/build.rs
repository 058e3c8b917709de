//! Dockerfiles.

use std::fs;
use std::sync::Mutex;

use mlship_core::progress::{Progress, Silent};
use mlship_engine::EngineError;

use crate::{engine, probe};

const PLATFORM: &str = "linux/amd64";

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn step(&self, message: &str) {
        self.0.lock().expect("a lock").push(message.to_owned());
    }

    fn bytes(&self, _done: u64, _total: u64) {}
}

#[tokio::test]
async fn a_dockerfile_is_built_and_its_steps_are_told() {
    let (engine, _running) = engine().await;
    let heard = Heard::default();
    let text = "FROM scratch\nCOPY probe /probe\nLABEL test=built\nENTRYPOINT [\"/probe\"]\n";
    let id = engine.build(&probe(), text, PLATFORM, &heard).await.expect("it is built");
    assert_eq!(engine.id(&id).await.expect("it is there"), id);
    let heard = heard.0.into_inner().expect("a lock");
    assert!(heard.iter().any(|line| line == "Step 2/4 : COPY probe /probe"), "{heard:?}");
    assert!(!probe().join(".mlship.Dockerfile").exists(), "the folder stays as it is");
    engine.remove_image(&id).await.expect("it is removed");
}

#[tokio::test]
async fn the_step_that_fails_is_named_with_what_it_wrote() {
    let (engine, _running) = engine().await;
    let text = "FROM scratch\nCOPY absent /absent\n";
    let error = engine.build(&probe(), text, PLATFORM, &Silent).await.expect_err("no such file");
    let told = error.to_string();
    assert!(told.contains("Step 2/2 : COPY absent /absent"), "{told}");

    let text = "FROM scratch\nCOPY probe /probe\nENV PROBE=fail\nRUN [\"/probe\"]\n";
    let error = engine.build(&probe(), text, PLATFORM, &Silent).await.expect_err("it fails");
    let EngineError::Build { step, cause, said } = error else { panic!("{error}") };
    assert_eq!(step.as_deref(), Some("Step 4/4 : RUN [\"/probe\"]"));
    assert!(cause.contains("non-zero code: 3"), "{cause}");
    assert!(said.iter().any(|line| line.contains("failing as asked")), "{said:?}");
}

#[tokio::test]
async fn steps_see_the_folder_and_no_more() {
    let (engine, _running) = engine().await;
    for (name, there) in [("probe", true), (".mlship.Dockerfile", false), (".dockerignore", false)]
    {
        let text = format!(
            "FROM scratch\nLABEL test=seen\nCOPY . /all/\nFROM scratch\nCOPY --from=0 /all/{name} /one\n"
        );
        let built = engine.build(&probe(), &text, PLATFORM, &Silent).await;
        assert_eq!(built.is_ok(), there, "{name}: {built:?}");
        if let Ok(id) = built {
            engine.remove_image(&id).await.expect("it is removed");
        }
    }
}

#[tokio::test]
async fn a_dockerfile_that_is_none_and_a_context_that_is_none_are_told() {
    let (engine, _running) = engine().await;
    let error =
        engine.build(&probe(), "FROM\n", PLATFORM, &Silent).await.expect_err("not a Dockerfile");
    assert!(error.to_string().contains("before its first step"), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    let absent = folder.path().join("absent");
    let error = engine.build(&absent, "FROM scratch\n", PLATFORM, &Silent).await;
    assert!(matches!(error, Err(EngineError::File { .. })), "{error:?}");
    let odd = folder.path().join("a name of its own, with 100 characters and more".repeat(3));
    fs::create_dir(&odd).expect("a folder");
    fs::write(odd.join("file"), "x").expect("a file");
    let text = "FROM scratch\nLABEL test=odd\nCOPY . /\n";
    let id = engine.build(folder.path(), text, PLATFORM, &Silent).await.expect("long names are");
    engine.remove_image(&id).await.expect("it is removed");
}

#[tokio::test]
async fn the_dockerfile_to_start_from_has_every_file_once() {
    let (engine, _running) = engine().await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["bootstrap", "bundle.json", "model.onnx", "model.weights", "tokenizer.mlt"];
    for file in files {
        fs::write(folder.path().join(file), vec![b'x'; 100_000]).expect("a file");
    }
    let template =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/dockerfile/content/Dockerfile");
    let text = fs::read_to_string(template).expect("the template");
    let id = engine.build(folder.path(), &text, PLATFORM, &Silent).await.expect("it is built");
    let archive = folder.path().join("image.tar");
    engine.save(&id, &archive).await.expect("it is saved");
    let mut found = Vec::new();
    for entry in
        tar::Archive::new(fs::File::open(&archive).expect("a file")).entries().expect("a tar")
    {
        let entry = entry.expect("an entry");
        // A layer is a tar itself, whatever the engine calls it.
        for file in tar::Archive::new(entry).entries().into_iter().flatten().flatten() {
            let path = file.path().expect("a path").display().to_string();
            found.extend(
                path.strip_prefix("var/task/").filter(|path| !path.is_empty()).map(str::to_owned),
            );
        }
    }
    found.sort();
    assert_eq!(found, files);
    engine.remove_image(&id).await.expect("it is removed");
}
