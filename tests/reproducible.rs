//! Packaging twice, by two users, in two folders, with other file times: one digest.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::root;
use mlship_testkit::sandbox::{Ran, Sandbox};

/// Debian's `nobody`.
const NOBODY: u32 = 65_534;

#[test]
fn two_users_two_folders_two_clocks_one_digest() {
    let first = package("project", SystemTime::now(), None, 0o644);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let nobody = is_root().then_some(NOBODY);
    let second = package("another/place/of a project", long_ago, nobody, 0o600);
    assert_eq!(first.0, second.0, "digests");
    assert!(first.1 == second.1, "bytes");
}

/// Packages a copy of the example; gives the digest that the tool says, and the bytes.
fn package(folder: &str, time: SystemTime, user: Option<u32>, mode: u32) -> (String, Vec<u8>) {
    let sandbox = Sandbox::new();
    let project = sandbox.copy(&root().join("examples/heart-disease"), folder);
    // Another user may not reach into this checkout.
    let tool = sandbox.path().join("mlship");
    fs::copy(env!("CARGO_BIN_EXE_mlship"), &tool).expect("the tool");
    touch(&project, time, mode);
    if let Some(user) = user {
        give(sandbox.path(), user);
    }
    let mut command = sandbox.command(&tool);
    command.current_dir(&project).args(["package", "--output", "json"]);
    command.env("TZ", if user.is_some() { "Asia/Tokyo" } else { "UTC" });
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let ran = Ran::from(command.output().expect("the tool starts")).ended(0);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let bytes = fs::read(project.join(".mlship/heart-disease.zip")).expect("the artifact");
    (answer["artifact"]["sha256"].as_str().expect("a digest").to_owned(), bytes)
}

fn touch(folder: &Path, time: SystemTime, mode: u32) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            touch(&entry.path(), time, mode);
        } else {
            File::options()
                .write(true)
                .open(entry.path())
                .and_then(|file| file.set_modified(time))
                .expect("a time");
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode)).expect("a mode");
        }
    }
}

fn give(path: &Path, user: u32) {
    std::os::unix::fs::chown(path, Some(user), Some(user)).expect("an owner");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            give(&entry.path(), user);
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
