//! Google Cloud by the command itself: what the manifest may say, what `check-limits` makes of it,
//! and the words with which each mistake is met.

mod deploy;
mod refusals;

use std::path::PathBuf;

use crate::support::{edit, heart_disease, mlship};
use mlship_testkit::sandbox::{Ran, Sandbox};

/// The table of the example's manifest.
const TABLE: &str = "{project: my-project, region: europe-west1, kind: cloud-run-source}";

/// What a command said, beside the one that is kept.
#[track_caller]
fn transcript(name: &str, args: &[&str], ran: &Ran) {
    crate::support::transcript("gcp", name, args, ran);
}

/// The example with another table.
fn with_table(table: &str) -> (Sandbox, PathBuf) {
    let (sandbox, project) = heart_disease();
    edit(&project, TABLE, table);
    (sandbox, project)
}

#[test]
fn mistakes_in_the_table_are_told_with_what_to_write() {
    let place = "project: research-1, region: europe-west1";
    for (name, table) in [
        ("region-form", "{project: research-1, region: Europe West}".to_owned()),
        ("project-form", "{project: Research 1, region: europe-west1}".to_owned()),
        ("gpu-without-image", format!("{{{place}, gpu: nvidia-l4}}")),
        ("cpu-of-no-size", format!("{{{place}, cpu: 3}}")),
        ("secret-in-clear", format!("{{{place}, secrets: {{KEY: \"s3cr3t!\"}}}}")),
        ("fewer-at-most", format!("{{{place}, instances: {{min: 3, max: 2}}}}")),
        ("several", "{kind: cloud-run, labels: {mlship-project: mine}, zone: here}".to_owned()),
    ] {
        let (sandbox, project) = with_table(&table);
        let args = ["plan", "--provider", "gcp"];
        transcript(name, &args, &mlship(&sandbox, &project, &args).ended(3));
    }
}

#[test]
fn what_does_not_go_together_is_found_before_anything_is_packed() {
    let place = "project: research-1, region: europe-west1";
    let gpu = "kind: cloud-run-image, gpu: nvidia-l4";
    for (more, resources, words) in [
        ("cpu: 8", "memory-mb: 128", "with `cpu: 8` Google Cloud takes 4096 to 32768"),
        ("cpu: 0.08", "memory-mb: 1024", "write `memory-mb: 512`"),
        (gpu, "memory-mb: 128", "takes 16384 at least"),
        ("cpu: 0.5", "memory-mb: 128, concurrency: 20", "serves one request at once"),
        ("access: private", "memory-mb: 64", "write `memory-mb: 128`"),
        ("cpu: 8", "disk-mb: 600", "`resources.memory-mb` is 512, and with `cpu: 8`"),
    ] {
        let (sandbox, project) = with_table(&format!("{{{place}, {more}}}"));
        edit(&project, "memory-mb: 128", resources);
        for command in ["check-limits", "plan", "deploy"] {
            let ran = mlship(&sandbox, &project, &[command, "--provider", "gcp"]).ended(3);
            assert!(ran.stderr.contains(words), "{words} in\n{}", ran.stderr);
            assert!(ran.stderr.contains("--> mlship.yaml:"), "{}", ran.stderr);
        }
    }
    for fits in ["cpu: 8, instances: {max: 2}", "cpu: 4", "kind: cloud-run-image, gpu: nvidia-l4"] {
        let (sandbox, project) = with_table(&format!("{{{place}, {fits}}}"));
        edit(&project, "memory-mb: 128", "memory-mb: 16384, concurrency: 20");
        mlship(&sandbox, &project, &["check-limits", "--provider", "gcp"]).ended(0);
    }
}

#[test]
fn a_number_for_a_variable_is_to_be_put_in_quotes() {
    let (sandbox, project) =
        with_table("{project: research-1, region: europe-west1, environment: {A: 1}}");
    let ran = mlship(&sandbox, &project, &["plan", "--provider", "gcp"]).ended(3);
    assert!(ran.stderr.contains("put it in quotes: `A: \"1\"`"), "{}", ran.stderr);
}

#[test]
fn without_the_table_the_place_is_asked_for() {
    let (sandbox, project) = heart_disease();
    edit(&project, &format!("  gcp: {TABLE}\n"), "");
    let args = ["deploy", "--provider", "gcp"];
    transcript("no-table", &args, &mlship(&sandbox, &project, &args).ended(3));
    mlship(&sandbox, &project, &["check-limits", "--provider", "gcp"]).ended(0);
}

#[test]
fn without_credentials_the_way_in_is_told() {
    let (sandbox, project) = heart_disease();
    let missing = sandbox.path().join("nowhere.json");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).args(["plan", "--provider", "gcp"]);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", missing);
    let ran = Ran::from(command.output().expect("the tool starts")).ended(5);
    assert!(ran.stderr.contains("gcloud auth application-default login"), "{}", ran.stderr);
}

#[test]
fn other_clouds_let_no_service_be_taken_over() {
    let (sandbox, project) = heart_disease();
    let args = ["deploy", "--provider", "aws", "--adopt", "--yes"];
    let ran = mlship(&sandbox, &project, &args).ended(2);
    assert!(ran.stderr.contains("`--adopt` is for `--provider gcp`"), "{}", ran.stderr);
}
