//! What Google refuses, in the words that a user reads.

use mlship_testkit::gcp::{Cloud, host};

use super::deploy::{Signed, table};
use super::transcript;
use crate::support::{edit, heart_disease};

/// Deploys the example after `prepare` made something wrong, and compares what is said.
fn refused(name: &str, more: &str, code: i32, prepare: impl Fn(&Cloud)) {
    let cloud = Cloud::start(host::run());
    prepare(&cloud);
    let signed = Signed::new(&cloud, heart_disease(), &table(more));
    if more.contains("gpu") {
        edit(&signed.project, "memory-mb: 128", "memory-mb: 16384");
    }
    let args = ["deploy", "--yes"];
    transcript(name, &args, &signed.run(&args).ended(code));
}

#[test]
fn what_a_project_lacks_is_named_with_what_to_do() {
    refused("billing-off", "", 6, Cloud::billing_off);
    refused("api-off", "", 5, |cloud| {
        cloud.disable("run.googleapis.com");
        cloud.deny("serviceusage.services.enable");
    });
    refused("no-permission", "", 5, |cloud| cloud.deny("run.services.create"));
}

#[test]
fn what_a_policy_forbids_is_named_with_the_line_to_change() {
    refused("public-forbidden", ", access: public", 5, |cloud| {
        cloud.forbid("constraints/run.managed.requireInvokerIam");
        cloud.forbid("constraints/iam.allowedPolicyMemberDomains");
    });
}

#[test]
fn a_gpu_that_the_region_lacks_is_named_with_the_line_to_change() {
    let gpu = ", kind: cloud-run-image, cpu: 4, gpu: nvidia-l4";
    refused("no-gpu-there", gpu, 6, |cloud| cloud.no_gpu("europe-west1"));
}

#[test]
fn a_limit_stops_a_plan_and_a_deploy_alike() {
    let cloud = Cloud::start(host::run());
    let signed = Signed::new(&cloud, heart_disease(), &table(""));
    edit(&signed.project, "memory-mb: 128", "memory-mb: 99999");
    let [plan, deploy] = ["plan", "deploy"].map(|command| signed.run(&[command]).ended(4).stderr);
    assert!(plan.contains("--> mlship.yaml:") && plan.contains("over the limit"), "{plan}");
    assert_eq!(plan, deploy);
    for command in ["plan", "deploy"] {
        let ran = signed.run(&[command, "--output", "json"]).ended(4);
        let said: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        assert_eq!(said["error"]["kind"], "limit", "{said}");
        assert_eq!(said["error"]["findings"][0]["code"], "limits/memory", "{said}");
    }
    assert_eq!(cloud.writes(), 0);
}

#[test]
fn a_service_of_somebody_else_is_left_alone_unless_it_is_adopted() {
    let cloud = Cloud::start(host::run());
    let name = "projects/research-1/locations/europe-west1/services/heart-disease";
    cloud.plant(
        name,
        serde_json::json!({"template": {"containers": [{"image": "gcr.io/cloudrun/hello"}]}}),
    );
    let signed = Signed::new(&cloud, heart_disease(), &table(""));
    let args = ["deploy", "--yes"];
    transcript("foreign", &args, &signed.run(&args).ended(6));
    let plan = signed.run(&["plan", "--adopt"]).ended(0);
    assert!(plan.stdout.contains("heart-disease"), "{}", plan.stdout);
    let made = signed.json(&["deploy", "--yes", "--adopt"]);
    assert_eq!(made["answer"]["diagnosis"], "heart-disease", "{made}");
}
