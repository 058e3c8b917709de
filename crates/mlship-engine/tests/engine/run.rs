//! What a container may and may not do.

use std::process::Command;

use mlship_core::progress::Silent;
use mlship_engine::{Caps, Container, End, Network, Root, Stream};

use crate::{archive, engine};

fn container(image: &str, probe: &str, memory_mb: u32) -> Container {
    let caps = Caps {
        memory_mb,
        cpus_milli: Some(250),
        tmp_mb: 8,
        root: Root::ReadOnly,
        network: Network::None,
    };
    Container {
        image: image.to_owned(),
        environment: vec![("PROBE".to_owned(), probe.to_owned())],
        user: Some("65534:65534".to_owned()),
        caps,
    }
}

/// What the probe wrote to each stream, and how it ended.
async fn ran(probe: &str, memory_mb: u32) -> (String, String, End) {
    let (engine, _running) = engine().await;
    let label = format!("run-{probe}");
    let image = engine.load(move |to| archive(&label, to), &Silent).await.expect("an image");
    let running = engine.run(&container(&image, probe, memory_mb)).await.expect("it runs");
    let end = running.wait().await.expect("it ends");
    let (mut out, mut err) = (String::new(), String::new());
    let told = running.logs(|line| match line.stream {
        Stream::Out => out.push_str(&line.text),
        Stream::Err => err.push_str(&line.text),
    });
    told.await.expect("its logs");
    running.stop().await.expect("it is removed");
    engine.remove_image(&image).await.expect("the image is removed");
    (out, err, end)
}

#[tokio::test]
async fn it_runs_without_rights_and_with_its_share_of_the_processor() {
    let (out, err, end) = ran("tell", 64).await;
    assert_eq!(end, End::Exited(0), "{err}");
    for line in ["Uid: 65534 65534 65534 65534", "CapEff: 0000000000000000", "NoNewPrivs: 1"] {
        assert!(out.contains(line), "{line} is not in\n{out}");
    }
    assert!(out.contains("quota: 25000"), "{out}");
    assert_eq!(err, "and this is stderr\n");
}

#[tokio::test]
async fn memory_beyond_the_cap_ends_it_and_the_setting_is_named() {
    let (out, _, end) = ran("memory", 32).await;
    assert_eq!(out, "filling\n");
    assert_eq!(end, End::OutOfMemory { memory_mb: 32 });
    assert!(end.to_string().contains("32 MB of memory; raise `resources.memory-mb`"), "{end}");
}

#[tokio::test]
async fn its_root_is_read_only_and_its_tmp_is_as_large_as_told() {
    let (out, _, _) = ran("root", 64).await;
    assert!(out.contains("Read-only file system"), "{out}");
    let (out, _, _) = ran("tmp", 64).await;
    assert!(out.starts_with("8 MiB, then: No space left on device"), "{out}");
}

#[tokio::test]
async fn a_code_is_told_and_a_program_that_cannot_start_is_an_error() {
    let (_, err, end) = ran("fail", 64).await;
    assert_eq!((err.as_str(), end), ("failing as asked\n", End::Exited(3)));
    let (engine, _running) = engine().await;
    let error = engine.run(&container("sha256:00", "tell", 64)).await.expect_err("no image");
    assert!(error.to_string().contains("could not make a container"), "{error}");
}

#[tokio::test]
async fn nothing_is_left_when_it_is_stopped_or_dropped() {
    let (engine, running_engine) = engine().await;
    let image = engine.load(|to| archive("left", to), &Silent).await.expect("an image");
    for stopped in [true, false] {
        let running = engine.run(&container(&image, "sleep", 64)).await.expect("it runs");
        let id = running.id().to_owned();
        assert!(exists(&running_engine.address(), &id));
        match stopped {
            true => running.stop().await.expect("it is stopped"),
            false => drop(running),
        }
        assert!(!exists(&running_engine.address(), &id), "it is left");
    }
    engine.remove_image(&image).await.expect("the image is removed");
}

fn exists(address: &str, id: &str) -> bool {
    let command = Command::new("docker").args(["-H", address, "inspect", id]).output();
    command.expect("the docker command").status.success()
}
