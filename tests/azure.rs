//! Azure by the command itself: what the manifest may say, what `check-limits` makes of it, and
//! the words with which each mistake is met.

mod container;
mod deploy;

use std::fs;
use std::path::Path;

use crate::support::{edit, heart_disease, mlship};
use mlship_testkit::sandbox::{Ran, Sandbox};

/// The table of the example's manifest.
const TABLE: &str = "{location: westeurope, kind: functions-flex, access: key}";

/// What a command said, beside the one that is kept.
#[track_caller]
fn transcript(name: &str, args: &[&str], ran: &Ran) {
    crate::support::transcript("azure", name, args, ran);
}

/// The example with another table.
fn with_table(table: &str) -> (Sandbox, std::path::PathBuf) {
    let (sandbox, project) = heart_disease();
    edit(&project, TABLE, table);
    (sandbox, project)
}

#[test]
fn mistakes_in_the_table_are_told_with_what_to_write() {
    for (name, table) in [
        ("location-form", "{location: West Europe}"),
        ("storage-name", "{location: westeurope, storage-account: Heart-Disease}"),
        ("size-of-another-kind", "{location: westeurope, kind: functions-premium, sku: P1v3}"),
        ("image-on-flex", "{location: westeurope, package: image}"),
        ("too-few-instances", "{location: westeurope, instances: {max: 4}}"),
        ("several", "{kind: function-flex, tags: {mlship:project: mine}, region: westeurope}"),
    ] {
        let (sandbox, project) = with_table(table);
        let args = ["plan", "--provider", "azure"];
        transcript(name, &args, &mlship(&sandbox, &project, &args).ended(3));
    }
}

#[test]
fn without_the_table_the_region_is_asked_for() {
    let (sandbox, project) = heart_disease();
    edit(&project, &format!("  azure: {TABLE}\n"), "");
    let args = ["deploy", "--provider", "azure"];
    transcript("no-table", &args, &mlship(&sandbox, &project, &args).ended(3));
    mlship(&sandbox, &project, &["check-limits", "--provider", "azure"]).ended(0);
}

#[test]
fn an_answer_that_takes_longer_than_azure_waits_is_stopped_before_anything_is_built() {
    let (sandbox, project) = heart_disease();
    edit(&project, "timeout-s: 10", "timeout-s: 300");
    let ran = mlship(&sandbox, &project, &["check-limits", "--provider", "azure"]).ended(4);
    let flex = ran.stdout.split("azure functions-flex\n").nth(1).expect("its own words");
    assert!(flex.starts_with("  timeout of an HTTP request is 300 s"), "{flex}");
    assert!(flex.contains("230 s") && flex.contains("try: "), "{flex}");
}

#[test]
fn an_instance_of_flex_has_one_of_three_sizes_and_the_line_is_named() {
    let (sandbox, project) = heart_disease();
    edit(&project, "memory-mb: 128", "memory-mb: 1024");
    let args = ["check-limits", "--provider", "azure", "--kind", "functions-flex"];
    let ran = mlship(&sandbox, &project, &args).ended(0);
    transcript("memory-of-flex", &args, &ran);
    assert!(ran.stdout.contains("memory becomes 2,048 MB"), "{}", ran.stdout);
    for memory in ["2048", "128"] {
        edit(&project, "memory-mb: 1024", &format!("memory-mb: {memory}"));
        assert_eq!(mlship(&sandbox, &project, &args).ended(0).stderr, "");
        edit(&project, &format!("memory-mb: {memory}"), "memory-mb: 1024");
    }
}

#[test]
fn the_machine_that_is_chosen_is_the_one_that_is_checked() {
    let limits = |table: &str, memory: u32, code: i32| {
        let (sandbox, project) = with_table(table);
        edit(&project, "memory-mb: 128", &format!("memory-mb: {memory}"));
        let kind = table.split("kind: ").nth(1).and_then(|rest| rest.split([',', '}']).next());
        let kind = kind.expect("a kind");
        let args = ["check-limits", "--provider", "azure", "--kind", kind];
        mlship(&sandbox, &project, &args).ended(code).stdout
    };
    let apps = "{location: westeurope, kind: container-apps}";
    let all = limits(apps, 8192, 0);
    let profile = "machine: Consumption-GPU-NC8as-T4 with 56 GB, 8 vCPU, 1 NVIDIA T4";
    assert!(all.contains(profile) && all.contains("machine: E32 with 256 GB"), "{all}");
    limits(apps, 50_000, 4);

    let gpu =
        "{location: westeurope, kind: container-apps, workload-profile: Consumption-GPU-NC8as-T4}";
    let chosen = limits(gpu, 50_000, 0);
    assert!(chosen.contains(profile) && chosen.contains("GPU: 1 NVIDIA T4"), "{chosen}");
    assert!(!chosen.contains("machine: E32"), "{chosen}");
    limits(gpu, 57_345, 4);

    let small = "{location: westeurope, kind: web-app, sku: S1}";
    limits(small, 1792, 0);
    let over = limits(small, 1793, 4);
    assert!(over.contains("memory is 1,793 MB, 1 MB over the limit of 1,792 MB"), "{over}");
}

#[test]
fn a_key_over_an_open_line_is_warned_of() {
    let (sandbox, project) = with_table("{location: westeurope, kind: container-instances}");
    let args = ["check-limits", "--provider", "azure"];
    transcript("no-tls", &args, &mlship(&sandbox, &project, &args).ended(0));
}

#[test]
fn without_a_sign_in_the_way_in_is_told() {
    let (sandbox, project) = heart_disease();
    let programs = sandbox.path().join("programs");
    fs::create_dir(&programs).expect("a folder");
    program(&programs, "az", "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    program(&programs, "azd", "echo 'ERROR: not logged in, run `azd auth login`' >&2; exit 1");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).args(["plan", "--provider", "azure"]);
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{}:{path}", programs.display()));
    let ran = Ran::from(command.output().expect("the tool starts")).ended(5);
    assert!(ran.stderr.contains("sign in with `az login`"), "{}", ran.stderr);
}

/// A shell script that stands for a program.
fn program(folder: &Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be run");
}
