//! The whole way on Google Cloud: the stand-in keeps the books, a workload identity signs in as in
//! CI, and the artifact's own program answers.

use std::fs;
use std::path::PathBuf;

use mlship_testkit::gcp::{Cloud, host};
use mlship_testkit::sandbox::{Ran, Sandbox};
use serde_json::{Value, json};

use super::TABLE;
use crate::python_packages::{MANIFEST, environment, project as handler};
use crate::support::{change, edit, heart_disease, transaction_text};

/// The table with the stand-in's project, and more.
pub(super) fn table(more: &str) -> String {
    format!("{{project: research-1, region: europe-west1{more}}}")
}

/// A project, and a tool that is signed in as CI is: a token of the runner is exchanged for one of
/// a service account.
pub(super) struct Signed<'a> {
    pub(super) cloud: &'a Cloud,
    sandbox: Sandbox,
    pub(super) project: PathBuf,
}

impl<'a> Signed<'a> {
    pub(super) fn new(
        cloud: &'a Cloud,
        (sandbox, project): (Sandbox, PathBuf),
        table: &str,
    ) -> Self {
        let token = sandbox.path().join("runner.jwt");
        fs::write(&token, "a.runners.token").expect("a token");
        let account = "ci@research-1.iam.gserviceaccount.com";
        let impersonate = format!("/v1/projects/-/serviceAccounts/{account}:generateAccessToken");
        let identity = json!({
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/forge",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("{}/v1/token", cloud.url()),
            "service_account_impersonation_url": format!("{}{impersonate}", cloud.url()),
            "credential_source": {"file": token},
        });
        fs::write(sandbox.path().join("identity.json"), identity.to_string()).expect("a file");
        edit(&project, TABLE, table);
        Self { cloud, sandbox, project }
    }

    pub(super) fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_mlship"));
        command
            .current_dir(&self.project)
            .args(args)
            .env("MLSHIP_PROVIDER", "gcp")
            .env("MLSHIP_GCP_ENDPOINT", self.cloud.url())
            .env("MLSHIP_GCP_POLL_MS", "20")
            .env("GOOGLE_APPLICATION_CREDENTIALS", self.sandbox.path().join("identity.json"))
            .envs(environment());
        command.output().expect("the tool starts").into()
    }

    pub(super) fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--output", "json"]).collect();
        let ran = self.run(&args).ended(0);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
    }

    /// How many calls of a command change something.
    fn writes(&self, args: &[&str]) -> u64 {
        let before = self.cloud.writes();
        self.json(args);
        self.cloud.writes() - before
    }
}

#[test]
fn a_handler_runs_from_source_on_a_base_with_a_python() {
    let cloud = Cloud::start(host::run());
    let manifest = MANIFEST.replace("{project: my-project, region: europe-west1}", TABLE);
    let signed = Signed::new(&cloud, handler(&manifest), &table(""));
    let first = signed.json(&["deploy"]);
    assert_eq!(first["answer"]["sums"][1][1], 8.0, "{first}");
    assert_eq!(first["deployment"]["kind"], "cloud-run-source");
    let calls = format!("{:?}", cloud.calls());
    assert!(calls.contains("serverless-runtimes/google-22/runtimes/python311"), "{calls}");
    assert_eq!(signed.writes(&["deploy"]), 0, "nothing changed");
    signed.run(&["destroy", "--yes"]).ended(0);
}

fn whole_way(more: &str, kind: &str) {
    let cloud = Cloud::start(host::run());
    let signed = Signed::new(&cloud, heart_disease(), &table(more));
    signed.run(&["check-limits"]).ended(0);
    let plan = signed.json(&["plan"]);
    assert!(plan["steps"].as_array().is_some_and(|steps| steps.len() >= 3), "{plan}");
    assert_eq!((cloud.writes(), cloud.contents()), (0, vec![]), "a plan writes nothing");

    let first = signed.json(&["deploy"]);
    assert_eq!(first["answer"]["diagnosis"], "heart-disease", "{first}");
    assert_eq!(first["deployment"]["kind"], kind);
    assert_eq!(signed.writes(&["deploy"]), 0, "nothing changed");
    assert_eq!(signed.json(&["invoke"])["answer"]["diagnosis"], "heart-disease");
    let status = signed.json(&["status"]);
    assert_eq!(status["deployment"]["live"], first["deployment"]["live"]);
    signed.run(&["logs"]).ended(0);

    change(&signed.project);
    let second = signed.json(&["deploy", "--weight", "10"]);
    assert_eq!(second["deployment"]["live"], first["deployment"]["live"], "{second}");
    assert_eq!(second["answer"], Value::Null, "either version could have given it");
    divided(&signed);
    let whole = signed.json(&["promote"]);
    assert_ne!(whole["deployment"]["live"], first["deployment"]["live"], "{whole}");
    assert_eq!(signed.json(&["invoke"])["answer"]["finding"], "heart-disease");
    assert_eq!(signed.writes(&["deploy"]), 0, "nothing changed");
    assert_eq!(signed.json(&["promote"])["changed"], false);
    let again = signed.run(&["promote"]).ended(0).stdout;
    assert!(again.contains("nothing changed") && again.contains("100 % already"), "{again}");
    let back = signed.json(&["rollback"]);
    assert_eq!(back["changed"], true);
    assert_eq!(back["deployment"]["live"], first["deployment"]["live"], "{back}");
    assert_eq!(signed.json(&["invoke"])["answer"]["diagnosis"], "heart-disease");

    signed.run(&["destroy"]).ended(2);
    signed.json(&["destroy", "--yes"]);
    assert_eq!(cloud.contents(), Vec::<String>::new());
    assert_eq!(signed.json(&["status"])["deployment"], Value::Null);
    assert_eq!(cloud.complaints(), Vec::<String>::new(), "Google's own documents");
}

/// While one version has a tenth of the traffic, it is said which, and what may come next.
fn divided(signed: &Signed<'_>) {
    let deploy = signed.run(&["deploy", "--weight", "10"]).ended(0).stdout;
    let next = ["10 % of the traffic", "90 %", "mlship promote --provider gcp\n"];
    for words in next.iter().chain(&["mlship rollback --provider gcp"]) {
        assert!(deploy.contains(words), "{words} in\n{deploy}");
    }
    let status = signed.run(&["status"]).ended(0).stdout;
    assert!(status.contains("live, 90 % of the traffic"), "{status}");
    assert!(status.contains("  10 % of the traffic"), "{status}");
    let same = signed.run(&["promote", "--weight", "10"]).ended(0).stdout;
    assert!(same.contains("nothing changed") && same.contains("10 % already"), "{same}");
}

#[test]
fn cloud_run_from_source() {
    whole_way("", "cloud-run-source");
}

#[test]
fn cloud_run_from_an_image() {
    whole_way(", kind: cloud-run-image", "cloud-run-image");
}

#[test]
fn a_function_of_the_second_generation() {
    whole_way(", kind: functions-v2", "functions-v2");
}

#[test]
fn everybody_may_call_what_is_public() {
    let cloud = Cloud::start(host::run());
    let signed = Signed::new(&cloud, heart_disease(), &table(", access: public"));
    let made = signed.json(&["deploy"]);
    assert_eq!(made["deployment"]["access"], "public", "{made}");
    edit(&signed.project, ", access: public", "");
    let closed = signed.json(&["deploy"]);
    assert_eq!(closed["deployment"]["access"], "private (iam)", "{closed}");
    assert_eq!(closed["deployment"]["live"], made["deployment"]["live"], "the same version");
}

#[test]
fn the_text_example_runs_from_an_image() {
    let cloud = Cloud::start(host::run());
    let signed = Signed::new(&cloud, transaction_text(), &table(", kind: cloud-run-image"));
    let first = signed.json(&["deploy"]);
    assert!(first["answer"]["category"].is_string(), "{first}");
    assert_eq!(signed.writes(&["deploy"]), 0);
    signed.json(&["destroy", "--yes"]);
    assert_eq!(cloud.contents(), Vec::<String>::new());
}
