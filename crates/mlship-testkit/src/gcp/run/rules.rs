//! What Cloud Run refuses at once: everything of a service that is wrong before anything runs.

use serde_json::Value;

use super::names::Place;
use super::problem;
use super::world::World;
use super::{artifact, gpu, resources, text};
use crate::gcp::error::Refusal;

const RESERVED: [&str; 4] = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];

/// A service with its defaults: everything but its traffic and its names.
pub(super) fn check(body: &Value, place: &Place, world: &mut dyn World) -> Result<(), Refusal> {
    for (index, container) in text::list(body, "/template/containers").iter().enumerate() {
        artifact::check(body, container, &format!("template.containers[{index}]"), world)?;
    }
    check_built(body, place, world)
}

/// The same for one whose image was built elsewhere: where that is, is not looked at.
pub(super) fn check_built(body: &Value, place: &Place, world: &dyn World) -> Result<(), Refusal> {
    labels(&body["labels"], "labels")?;
    labels(&body["template"]["labels"], "template.labels")?;
    let template = &body["template"];
    let containers = text::list(template, "/containers");
    if containers.is_empty() {
        let why = "template must contain at least one container";
        return Err(problem::field("template.containers", why));
    }
    if containers.len() > 10 {
        return Err(problem::field("template.containers", "must contain at most 10 containers"));
    }
    for (index, container) in containers.iter().enumerate() {
        let path = format!("template.containers[{index}]");
        resources::check(template, container, &path)?;
        environment(container, &path)?;
    }
    gpu::check(template, place, world)?;
    numbers(template)?;
    account(template, world)?;
    policies(body, place, world)
}

fn numbers(template: &Value) -> Result<(), Refusal> {
    let timeout = text::of(template, "/timeout");
    let seconds = timeout.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
    if !seconds.is_some_and(|seconds| seconds > 0.0 && seconds <= 3600.0) {
        let why = "Invalid value specified for timeout. Must be between 1s and 3600s.";
        return Err(problem::field("template.timeout", why));
    }
    let at_once = template["maxInstanceRequestConcurrency"].as_i64().unwrap_or(1);
    if !(1..=1000).contains(&at_once) {
        let why = "Invalid value specified for container concurrency. Must be between 1 and 1000.";
        return Err(problem::field("template.max_instance_request_concurrency", why));
    }
    let scaling = &template["scaling"];
    let least = scaling["minInstanceCount"].as_i64().unwrap_or(0);
    let most = scaling["maxInstanceCount"].as_i64().unwrap_or(100);
    if least < 0 || most < 1 {
        return Err(problem::field("template.scaling", "instance counts must be positive"));
    }
    if least > most {
        let why =
            format!("min_instance_count ({least}) must not exceed max_instance_count ({most})");
        return Err(problem::field("template.scaling.min_instance_count", &why));
    }
    Ok(())
}

fn environment(container: &Value, path: &str) -> Result<(), Refusal> {
    let path = format!("{path}.env");
    let mut names: Vec<&str> = Vec::new();
    for variable in text::list(container, "/env") {
        let name = text::of(variable, "/name");
        let value = text::of(variable, "/value");
        if name.is_empty() || name.contains('=') {
            return Err(problem::field(&path, &format!("Invalid environment variable '{name}'.")));
        }
        if RESERVED.contains(&name) {
            let why = format!(
                "The following reserved env names were provided: {name}. These values are \
                 automatically set by the system."
            );
            return Err(problem::field(&path, &why));
        }
        if names.contains(&name) {
            let why = format!("Environment variable '{name}' is given more than once.");
            return Err(problem::field(&path, &why));
        }
        if value.len() > 32_768 {
            let why = format!("The value of '{name}' is longer than 32768 bytes.");
            return Err(problem::field(&path, &why));
        }
        if !value.is_empty() && variable["valueSource"].is_object() {
            let why = format!("Only one of value and value_source may be set for '{name}'.");
            return Err(problem::field(&path, &why));
        }
        names.push(name);
    }
    Ok(())
}

fn account(template: &Value, world: &dyn World) -> Result<(), Refusal> {
    let account = text::of(template, "/serviceAccount");
    if !world.denies("iam.serviceaccounts.actAs") && account.contains('@') {
        return Ok(());
    }
    Err(problem::act_as(account))
}

fn policies(body: &Value, place: &Place, world: &dyn World) -> Result<(), Refusal> {
    let subject = format!("projects/{}", place.project);
    let invoker = "constraints/run.managed.requireInvokerIam";
    if body["invokerIamDisabled"] == true && world.forbids(invoker) {
        let why = "Disabling the invoker IAM check is not allowed by the organization policy.";
        let message = format!("Operation denied by org policy: [\"{invoker}\": \"{why}\"].");
        return Err(problem::of_policy(Refusal::invalid(message), invoker, &subject, why));
    }
    let ingress = "constraints/run.allowedIngress";
    let all = ["INGRESS_TRAFFIC_ALL", ""].contains(&text::of(body, "/ingress"));
    if all && world.forbids(ingress) {
        let why = "The ingress setting 'all' is not allowed by your organization policy.";
        let message = format!("Constraint {ingress} violated for {subject}. {why}");
        return Err(problem::of_policy(Refusal::precondition(message), ingress, &subject, why));
    }
    Ok(())
}

/// What labels may be: <https://cloud.google.com/run/docs/configuring/services/labels>.
pub(in crate::gcp) fn labels(labels: &Value, path: &str) -> Result<(), Refusal> {
    let Some(labels) = labels.as_object() else { return Ok(()) };
    if labels.len() > 64 {
        return Err(problem::field(path, "a resource has at most 64 labels"));
    }
    let plain = |text: &str| {
        let one = |c: char| c.is_lowercase() || c.is_numeric() || c == '-' || c == '_';
        text.chars().count() <= 63 && text.chars().all(one)
    };
    for (name, value) in labels {
        let value = value.as_str().unwrap_or_default();
        let spaces = [
            "run.googleapis.com",
            "cloud.googleapis.com",
            "serving.knative.dev",
            "autoscaling.knative.dev",
        ];
        if spaces.iter().any(|space| name.contains(space)) {
            let why = format!("System label '{name}' is not supported.");
            return Err(problem::field(path, &why));
        }
        if !plain(name) || !name.starts_with(char::is_lowercase) {
            let why = format!("Invalid label key '{name}'.");
            return Err(problem::field(path, &why));
        }
        if !plain(value) {
            let why = format!("Invalid label value '{value}'.");
            return Err(problem::field(path, &why));
        }
    }
    Ok(())
}
