//! Each refusal that a reader can do something about, as Google writes it.

use google_cloud_gax::error::rpc::Status;
use serde_json::json;

use super::*;

const CALL: Call<'static> = Call::new("create the service", "heart");

/// Kind, reason and hints of an answer with one `ErrorInfo`.
fn said(http: u16, code: &str, message: &str, reason: &str, metadata: Value) -> ProviderError {
    let details = match reason {
        "" => json!([]),
        _ => json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason, "domain": "googleapis.com", "metadata": metadata,
        }]),
    };
    let body = json!({ "error": {
        "code": http, "message": message, "status": code, "details": details,
    }});
    refused(CALL, http, body.to_string().as_bytes())
}

fn words(error: &ProviderError) -> String {
    format!("{:?} {} | {}", error.kind, error.reason, error.hints.join(" | "))
}

fn check(error: &ProviderError, kind: ErrorKind, expected: &[&str]) {
    let words = words(error);
    assert_eq!(error.kind, kind, "{words}");
    for part in expected {
        assert!(words.contains(part), "`{part}` in {words}");
    }
}

#[test]
fn an_api_that_is_off_is_named_with_the_command() {
    let message = "Cloud Run Admin API has not been used in project 42 before or it is disabled. \
                   Enable it by visiting https://console.developers.google.com/apis/api/\
                   run.googleapis.com/overview?project=42 then retry.";
    let metadata = json!({ "service": "run.googleapis.com", "consumer": "projects/42" });
    let told = said(403, "PERMISSION_DENIED", message, "SERVICE_DISABLED", metadata);
    let expected = ["the API `run.googleapis.com` is off", "gcloud services enable run.googleapis"];
    check(&told, ErrorKind::Refused, &expected);
    check(
        &told,
        ErrorKind::Refused,
        &["`mlship deploy --provider gcp` puts on", "more at https://console"],
    );
    let silent = said(403, "PERMISSION_DENIED", message, "", Value::Null);
    check(&silent, ErrorKind::Refused, &expected);
}

#[test]
fn a_project_without_billing_is_named_with_the_page() {
    let message = "This API method requires billing to be enabled. Please enable billing on \
                   project #research-1 by visiting https://console.developers.google.com/billing/\
                   enable?project=research-1 then retry.";
    let metadata = json!({ "consumer": "projects/research-1" });
    for (reason, metadata) in [("BILLING_DISABLED", metadata), ("", Value::Null)] {
        let error = said(403, "PERMISSION_DENIED", message, reason, metadata);
        let expected = ["`research-1` has no billing", "linkedaccount?project=research-1"];
        check(&error, ErrorKind::Refused, &expected);
    }
    let message = "The billing account for the owning project is disabled in state absent";
    check(&said(403, "", message, "", Value::Null), ErrorKind::Refused, &["no billing account"]);
}

#[test]
fn a_quota_is_named_with_where_to_raise_it() {
    let message = "Max instances must be set to 0 or fewer to set the requested total CPU.\n\
                   Quota violated:\nCpuAllocPerProjectRegion requested: 60000 allowed: 20000";
    let error = said(400, "INVALID_ARGUMENT", message, "", Value::Null);
    let expected = [
        "CpuAllocPerProjectRegion requested: 60000 allowed: 20000",
        "iam-admin/quotas",
        "another `region`",
    ];
    check(&error, ErrorKind::Quota, &expected);
    let gpu = "Revision 'x' is not ready and cannot serve traffic. Quota exceeded for total \
               allowable count of GPUs per project per region.";
    check(&not_ready(CALL, gpu), ErrorKind::Quota, &["count of GPUs per project per region"]);
    let rate = "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per \
                minute per region' of service 'run.googleapis.com'";
    let error = said(429, "RESOURCE_EXHAUSTED", rate, "RATE_LIMIT_EXCEEDED", json!({}));
    check(&error, ErrorKind::Throttled, &["wait a minute"]);
}

#[test]
fn a_policy_is_named_with_the_line_to_change() {
    let members = "One or more users named in the policy do not belong to a permitted customer, \
                   perhaps due to an organization policy.";
    let error = said(400, "FAILED_PRECONDITION", members, "", Value::Null);
    let expected = ["`constraints/iam.allowedPolicyMemberDomains`", "write `access: private`"];
    check(&error, ErrorKind::Denied, &expected);
    for (constraint, hint) in [
        ("constraints/run.managed.requireInvokerIam", "write `access: private`"),
        ("constraints/run.allowedIngress", "write `ingress: internal`"),
        ("constraints/gcp.resourceLocations", "write a `region`"),
        ("constraints/custom.x", "ask those"),
    ] {
        let message = format!("Operation denied by org policy: [\"{constraint}\": \"no.\"].");
        let error = said(400, "FAILED_PRECONDITION", &message, "", Value::Null);
        check(&error, ErrorKind::Denied, &[&format!("`{constraint}` forbids"), hint]);
    }
}

#[test]
fn a_missing_permission_is_named_with_the_role() {
    let metadata =
        json!({ "permission": "run.services.create", "resource": "projects/p/locations/r" });
    let message = "Permission 'run.services.create' denied on resource 'projects/p/locations/r' \
                   (or it may not exist).";
    for (reason, metadata) in [("IAM_PERMISSION_DENIED", metadata), ("", Value::Null)] {
        let error = said(403, "PERMISSION_DENIED", message, reason, metadata);
        let expected = [
            "`run.services.create` is missing at `projects/p/locations/r`",
            "gcloud projects add-iam-policy-binding p --member=user:YOU --role=roles/run.admin",
        ];
        check(&error, ErrorKind::Denied, &expected);
    }
    let act = "Permission 'iam.serviceaccounts.actAs' denied on service account \
               run@p.iam.gserviceaccount.com (or it may not exist).";
    let act = act.replace("serviceaccounts", "serviceAccounts");
    let error = said(403, "PERMISSION_DENIED", &act, "", Value::Null);
    let expected = ["roles/iam.serviceAccountUser", "add-iam-policy-binding run@p.iam.gservice"];
    check(&error, ErrorKind::Denied, &expected);
    let storage = "a@b.com does not have storage.buckets.create access to the Google Cloud \
                   project. Permission 'storage.buckets.create' denied on resource (or it may not \
                   exist).";
    let error = said(403, "", storage, "forbidden", Value::Null);
    check(&error, ErrorKind::Denied, &["`storage.buckets.create`", "roles/storage.admin"]);
}

#[test]
fn what_does_not_come_up_is_told_with_what_to_change() {
    let silent = "Revision 'heart-v1' is not ready and cannot serve traffic. The user-provided \
                  container failed to start and listen on the port defined provided by the \
                  PORT=8080 environment variable within the allocated timeout. Logs URL: \
                  https://console.cloud.google.com/logs/viewer?project=p&resource=x \nFor more \
                  troubleshooting guidance, see https://cloud.google.com/run/docs/troubleshooting";
    let expected = [
        "did not start to listen",
        "mlship logs",
        "resources.memory-mb",
        "more at https://console.cloud.google.com/logs/viewer?project=p&resource=x",
    ];
    check(&not_ready(CALL, silent), ErrorKind::Failed, &expected);
    let memory = "Memory limit of 512 MiB exceeded with 530 MiB used. Consider increasing it.";
    let expected = ["memory limit of 512 MiB exceeded", "raise `resources.memory-mb`"];
    check(&not_ready(CALL, memory), ErrorKind::Failed, &expected);
    let build = json!({ "code": 3, "message": "Build failed with status: FAILURE and message: \
        missing main.py. For more details see the logs at https://console.cloud.google.com/\
        cloud-build/builds;region=r/1?project=2." });
    let expected = ["missing main.py", "more at https://console.cloud.google.com/cloud-build/"];
    check(&operation_failed(CALL, &build), ErrorKind::Failed, &expected);
}

#[test]
fn a_place_that_is_not_there_is_told() {
    let gpu = "The requested accelerator nvidia-l4 is not available in region europe-west9.";
    let error = said(400, "INVALID_ARGUMENT", gpu, "", Value::Null);
    check(&error, ErrorKind::Refused, &["nvidia-l4", "choose a `region` that has it"]);
    let region = "Location europe-west99 is not found or access is unauthorized.";
    let error = said(403, "PERMISSION_DENIED", region, "", Value::Null);
    check(&error, ErrorKind::Refused, &["europe-west99", "gcloud run regions list"]);
    let project = "Permission denied on resource project nowhere-1.";
    let metadata = json!({ "consumer": "projects/nowhere-1" });
    let error = said(403, "PERMISSION_DENIED", project, "CONSUMER_INVALID", metadata);
    check(&error, ErrorKind::NotFound, &["`nowhere-1` is not there", "gcloud projects list"]);
}

#[test]
fn the_rest_is_told_by_its_code_in_plain_words() {
    let cases = [
        (409, "ABORTED", ErrorKind::Conflict),
        (409, "ALREADY_EXISTS", ErrorKind::Conflict),
        (404, "NOT_FOUND", ErrorKind::NotFound),
        (401, "UNAUTHENTICATED", ErrorKind::Denied),
        (503, "UNAVAILABLE", ErrorKind::Unavailable),
        (400, "INVALID_ARGUMENT", ErrorKind::Refused),
        (412, "", ErrorKind::Conflict),
    ];
    for (http, code, kind) in cases {
        let error = said(http, code, "The thing \u{1b}[2Jis so.", "", Value::Null);
        check(&error, kind, &["the thing [2Jis so"]);
    }
    let html = refused(CALL, 502, b"<html>");
    check(&html, ErrorKind::Unavailable, &["the service failed (status 502)"]);
    let field = json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": "Bad.",
        "details": [{ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations":
            [{ "field": "template.containers", "description": "must have a port" }] }] } });
    let error = refused(CALL, 400, field.to_string().as_bytes());
    check(&error, ErrorKind::Refused, &["template.containers: must have a port"]);
}

#[test]
fn the_vendors_errors_are_read_the_same_way() {
    let body = json!({ "code": 7, "message": "no", "details": [{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com", "metadata": { "service": "run.googleapis.com" } }] });
    let status: Status = serde_json::from_value(body).expect("a status");
    let error = translate(CALL, Error::service(status));
    check(&error, ErrorKind::Refused, &["the API `run.googleapis.com` is off"]);
    assert!(error.source.is_none(), "what it says is said once: {error:?}");
    let error = translate(CALL, Error::timeout("slow"));
    assert!(error.source.is_some());
    check(&error, ErrorKind::Unavailable, &["no answer in time", "same command again"]);
}

#[test]
fn a_strangers_link_and_name_are_not_passed_on() {
    let message = "Build failed: see https://evil.example/google.com now";
    let error = not_ready(CALL, message);
    assert!(!error.hints.iter().any(|hint| hint.contains("evil")), "{:?}", error.hints);
    let message = "Permission 'iam.serviceAccounts.actAs' denied on service account `x;rm -rf@y`";
    let error = said(403, "PERMISSION_DENIED", message, "", Value::Null);
    check(&error, ErrorKind::Denied, &["add-iam-policy-binding ACCOUNT"]);
    for unusable in ["projects/P_x", "projects/4150", "x"] {
        let message = format!("Permission 'run.services.get' denied on resource '{unusable}' here");
        let error = said(403, "PERMISSION_DENIED", &message, "", Value::Null);
        check(&error, ErrorKind::Denied, &["add-iam-policy-binding PROJECT "]);
    }
}
