//! The Cloud Run service of a function, out of its `serviceConfig`.

use serde_json::{Map, Value, json};

use crate::gcp::PROJECT;
use crate::gcp::error::Refusal;
use crate::gcp::run::{Place, account, bytes, field, milli, text};

/// CPUs in thousandths by memory in MB, when none are asked for:
/// <https://cloud.google.com/functions/docs/configuring/memory>.
const CPUS: [(u64, u64, &str); 8] = [
    (128, 83, "0.0833"),
    (256, 166, "0.1666"),
    (512, 333, "0.3333"),
    (1024, 583, "0.5833"),
    (2048, 1000, "1"),
    (8192, 2000, "2"),
    (16_384, 4000, "4"),
    (32_768, 8000, "8"),
];

/// Fills in what a function leaves open.
///
/// # Errors
/// What cannot be read.
pub(super) fn filled(config: &Value) -> Result<Value, Refusal> {
    let mut all = match config.is_object() {
        true => config.clone(),
        false => json!({}),
    };
    let text_or = |all: &mut Value, name: &str, value: &str| {
        if text::of(all, &format!("/{name}")).is_empty() {
            all[name] = json!(value);
        }
    };
    text_or(&mut all, "availableMemory", "256M");
    text_or(&mut all, "serviceAccountEmail", &account());
    text_or(&mut all, "ingressSettings", "ALLOW_ALL");
    let memory = memory(&all)?;
    let cpu = CPUS.iter().find(|(mb, ..)| memory <= mb * 1_048_576).unwrap_or(&CPUS[7]);
    text_or(&mut all, "availableCpu", cpu.2);
    cpu_of(&all)?;
    let number_or = |all: &mut Value, name: &str, value: i64| {
        if all[name].as_i64().unwrap_or(0) == 0 {
            all[name] = json!(value);
        }
    };
    number_or(&mut all, "timeoutSeconds", 60);
    number_or(&mut all, "maxInstanceCount", 100);
    number_or(&mut all, "maxInstanceRequestConcurrency", 1);
    if !(1..=3600).contains(&all["timeoutSeconds"].as_i64().unwrap_or(0)) {
        return Err(field("service_config.timeout_seconds", "must be from 1 to 3600"));
    }
    if !all["environmentVariables"].is_object() {
        all["environmentVariables"] = json!({});
    }
    all["environmentVariables"]["LOG_EXECUTION_ID"] = json!("true");
    Ok(all)
}

fn memory(config: &Value) -> Result<u64, Refusal> {
    let text = text::of(config, "/availableMemory");
    let wrong = || field("service_config.available_memory", &format!("cannot read '{text}'"));
    let found = bytes(text).ok_or_else(wrong)?;
    match found <= 32 << 30 {
        true => Ok(found),
        false => Err(field("service_config.available_memory", "must be at most 32Gi")),
    }
}

fn cpu_of(config: &Value) -> Result<u64, Refusal> {
    let text = text::of(config, "/availableCpu");
    if let Some((_, cpu, _)) = CPUS.iter().find(|(.., shown)| *shown == text) {
        return Ok(*cpu);
    }
    let wrong = || field("service_config.available_cpu", &format!("cannot read '{text}'"));
    milli(text).ok_or_else(wrong)
}

/// The service that a function (filled in) has; its traffic is not said.
///
/// # Errors
/// What cannot be read.
pub(super) fn of(function: &Value, place: &Place) -> Result<Value, Refusal> {
    let id = text::last(text::of(function, "/name"));
    let config = &function["serviceConfig"];
    let (project, region) = (PROJECT.replace('-', "--"), place.region.replace('-', "--"));
    let image = format!(
        "{}-docker.pkg.dev/{PROJECT}/gcf-artifacts/{project}__{region}__{}:version_1",
        place.region,
        id.replace('-', "--")
    );
    let container = json!({"name": "worker", "image": image, "env": environment(function),
        "resources": {"cpuIdle": true, "limits": {
            "cpu": format!("{}m", cpu_of(config)?), "memory": text::of(config, "/availableMemory")}}});
    let mut labels = function["labels"].as_object().cloned().unwrap_or_default();
    labels.insert("goog-managed-by".into(), json!("cloudfunctions"));
    labels.insert("goog-cloudfunctions-runtime".into(), function["buildConfig"]["runtime"].clone());
    let template = json!({
        "labels": labels.clone(),
        "annotations": {"cloudfunctions.googleapis.com/trigger-type": "HTTP_TRIGGER"},
        "containers": [container], "timeout": format!("{}s", config["timeoutSeconds"]),
        "serviceAccount": config["serviceAccountEmail"],
        "maxInstanceRequestConcurrency": config["maxInstanceRequestConcurrency"],
        "scaling": {"minInstanceCount": config["minInstanceCount"].as_i64().unwrap_or(0),
            "maxInstanceCount": config["maxInstanceCount"]},
    });
    let ingress = match text::of(config, "/ingressSettings") {
        "ALLOW_INTERNAL_ONLY" => "INGRESS_TRAFFIC_INTERNAL_ONLY",
        "ALLOW_INTERNAL_AND_GCLB" => "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        _ => "INGRESS_TRAFFIC_ALL",
    };
    Ok(json!({"labels": labels, "ingress": ingress, "template": template, "launchStage": "GA",
        "client": "cloudfunctions"}))
}

fn environment(function: &Value) -> Vec<Value> {
    let config = &function["serviceConfig"];
    let empty = Map::new();
    let plain = config["environmentVariables"].as_object().unwrap_or(&empty);
    let mut all: Vec<Value> =
        plain.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    for secret in text::list(config, "/secretEnvironmentVariables") {
        let project = match text::of(secret, "/projectId") {
            "" => PROJECT,
            project => project,
        };
        let whole = format!("projects/{project}/secrets/{}", text::of(secret, "/secret"));
        let reference = json!({"secret": whole, "version": text::of(secret, "/version")});
        all.push(json!({"name": secret["key"], "valueSource": {"secretKeyRef": reference}}));
    }
    let target = text::of(function, "/buildConfig/entryPoint");
    all.push(json!({"name": "FUNCTION_TARGET", "value": target}));
    all.push(json!({"name": "FUNCTION_SIGNATURE_TYPE", "value": "http"}));
    all
}
