//! What a program is run with: its settings as they are wanted, as the API is told them, and as it
//! shows them. Pure.

use std::collections::BTreeMap;

use google_cloud_run_v2::model::source_code::CloudStorageSource;
use google_cloud_run_v2::model::{
    Container, ContainerPort, EnvVar, EnvVarSource, HTTPGetAction, NodeSelector, Probe,
    ResourceRequirements, Revision, RevisionTemplate, SecretKeySelector, SourceCode,
};
use google_cloud_wkt::Duration;
use mlship_bundle::MODEL_STORE;
use mlship_core::plan::Difference;
use mlship_core::project::Resources;

use super::models::Models;
use super::wanted::{Wanted, differ};
use crate::config::{Config, Secret};
use crate::names::STAMP_ANNOTATION;

/// The port that the runtime is told to listen on.
pub(crate) const PORT: i32 = 8080;
/// The name of the one container.
const CONTAINER: &str = "mlship";
/// What an archive starts: its own program.
const COMMAND: &str = "./bootstrap";

/// What makes up a revision beside its program. Everything in it makes a version another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    /// As the API writes it: `0.5`, `2`.
    pub(crate) cpu: String,
    pub(crate) memory_mb: u32,
    pub(crate) gpu: Option<String>,
    /// Requests that one instance serves at once.
    pub(crate) concurrency: u32,
    pub(crate) timeout_s: u32,
    /// The account that it runs as; the project's default one when absent.
    pub(crate) service_account: Option<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, Secret>,
}

/// Where the program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Program {
    /// An object of a bucket, an archive, on a base image.
    Source { region: String, base: String, bucket: String, object: String, generation: i64 },
    /// An image, by its digest.
    Image(String),
}

/// The settings of a manifest.
pub(crate) fn shape(config: &Config, resources: &Resources, models: &Models) -> Shape {
    let memory_mb = resources.memory_mb.value;
    let cpu = config.cpu_for(memory_mb);
    let concurrency = if cpu.is_shared() { 1 } else { resources.concurrency.value.max(1) };
    let mut environment = config.environment.clone();
    if let Some(store) = models.store() {
        environment.insert(MODEL_STORE.to_owned(), store);
    }
    Shape {
        cpu: cpu.as_str().to_owned(),
        memory_mb,
        gpu: config.gpu.map(|gpu| gpu.as_str().to_owned()),
        concurrency,
        timeout_s: resources.timeout_s.value,
        service_account: config.service_account.clone(),
        environment,
        secrets: config.secrets.clone(),
    }
}

impl Shape {
    /// Every setting in words, by its key in the manifest.
    pub(crate) fn words(&self) -> BTreeMap<String, String> {
        let mut words: BTreeMap<String, String> = [
            ("cpu", self.cpu.clone()),
            ("memory-mb", self.memory_mb.to_string()),
            ("concurrency", self.concurrency.to_string()),
            ("timeout-s", self.timeout_s.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        let accounted = self.service_account.iter().map(|name| ("service-account", name));
        for (key, value) in self.gpu.iter().map(|name| ("gpu", name)).chain(accounted) {
            words.insert(key.to_owned(), value.clone());
        }
        for (key, value) in &self.environment {
            words.insert(format!("environment.{key}"), value.clone());
        }
        for (key, Secret { name, version }) in &self.secrets {
            words.insert(format!("secrets.{key}"), format!("{name}:{version}"));
        }
        words
    }

    /// The settings of a revision, in the same words.
    pub(crate) fn words_of(revision: &Revision) -> BTreeMap<String, String> {
        let mut words = BTreeMap::new();
        let mut put = |key: &str, value: String| drop(words.insert(key.to_owned(), value));
        put("concurrency", revision.max_instance_request_concurrency.to_string());
        if let Some(timeout) = &revision.timeout {
            put("timeout-s", timeout.seconds().to_string());
        }
        if !revision.service_account.is_empty() {
            put("service-account", revision.service_account.clone());
        }
        if let Some(selector) = &revision.node_selector {
            put("gpu", selector.accelerator.clone());
        }
        let Some(container) = revision.containers.first() else { return words };
        let limits = container.resources.as_ref().map(|resources| &resources.limits);
        let limit = |key: &str| limits.and_then(|limits| limits.get(key));
        if let Some(cpu) = limit("cpu") {
            put("cpu", cpu_words(cpu));
        }
        if let Some(memory) = limit("memory") {
            put("memory-mb", memory_words(memory));
        }
        for variable in &container.env {
            let Some((key, value)) = variable_words(variable) else { continue };
            put(&key, value);
        }
        words
    }
}

/// What differs between a revision and what is wanted; everything when there is none.
pub(crate) fn differences(now: Option<&Revision>, wanted: &Wanted) -> Vec<Difference> {
    let Some(now) = now else { return Vec::new() };
    let (mut is, mut will) = (Shape::words_of(now), wanted.shape.words());
    is.retain(|key, _| will.contains_key(key) || !is_googles(key));
    if wanted.shape.service_account.is_none()
        && let Some(account) = is.get("service-account").filter(|name| is_default(name))
    {
        will.insert("service-account".to_owned(), account.clone());
    }
    let keys: std::collections::BTreeSet<&String> = is.keys().chain(will.keys()).collect();
    let text = |words: &BTreeMap<String, String>, key: &str| words.get(key).cloned();
    keys.into_iter()
        .filter_map(|key| differ(key, text(&is, key).as_deref(), text(&will, key).as_deref()))
        .collect()
}

/// Variables that Google gives a function by itself.
/// Source: <https://docs.cloud.google.com/functions/docs/configuring/env-var>, 2026-11-21.
fn is_googles(key: &str) -> bool {
    let own = ["FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "LOG_EXECUTION_ID"];
    key.strip_prefix("environment.").is_some_and(|name| own.contains(&name))
}

/// The account that the project's services run as unless told.
fn is_default(account: &str) -> bool {
    account.ends_with("-compute@developer.gserviceaccount.com")
}

/// `1000m` is `1`.
fn cpu_words(cpu: &str) -> String {
    let milli = cpu.strip_suffix('m').and_then(|milli| milli.parse::<u32>().ok());
    match milli {
        Some(milli) if milli % 1000 == 0 => (milli / 1000).to_string(),
        Some(milli) => (f64::from(milli) / 1000.0).to_string(),
        None => cpu.to_owned(),
    }
}

/// `2Gi` is `2048`.
fn memory_words(memory: &str) -> String {
    let number = |unit: &str| memory.strip_suffix(unit)?.parse::<u64>().ok();
    let mb = number("Mi").or_else(|| number("Gi").map(|gb| gb.saturating_mul(1024)));
    mb.map_or_else(|| memory.to_owned(), |mb| mb.to_string())
}

fn variable_words(variable: &EnvVar) -> Option<(String, String)> {
    if let Some(value) = variable.value() {
        let own = variable.name == crate::names::STAMP_VARIABLE;
        return (!own).then(|| (format!("environment.{}", variable.name), value.clone()));
    }
    let secret = variable.value_source()?.secret_key_ref.as_ref()?;
    let words = format!("{}:{}", secret.secret, secret.version);
    Some((format!("secrets.{}", variable.name), words))
}

/// A revision, as Cloud Run is told. `name` is its short name.
pub(crate) fn template(wanted: &Wanted, name: &str, program: &Program) -> RevisionTemplate {
    let shape = &wanted.shape;
    let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let mut template = RevisionTemplate::new()
        .set_revision(name)
        .set_labels(labels(wanted))
        .set_annotations([(STAMP_ANNOTATION, wanted.stamp.write())])
        .set_timeout(Duration::clamp(i64::from(shape.timeout_s), 0))
        .set_max_instance_request_concurrency(whole(shape.concurrency))
        .set_containers([container(shape, program)]);
    if let Some(account) = &shape.service_account {
        template = template.set_service_account(account);
    }
    if let Some(gpu) = &shape.gpu {
        let selector = NodeSelector::new().set_accelerator(gpu);
        // A second zone that is kept ready has a quota of its own, which few projects have.
        template = template.set_node_selector(selector).set_gpu_zonal_redundancy_disabled(true);
    }
    template
}

/// The labels of everything that is made.
pub(crate) fn labels(wanted: &Wanted) -> BTreeMap<String, String> {
    let mut labels = wanted.config.labels.clone();
    labels.insert(crate::names::PROJECT_LABEL.to_owned(), wanted.place.service.clone());
    labels
}

fn container(shape: &Shape, program: &Program) -> Container {
    let mut limits = vec![
        ("cpu".to_owned(), shape.cpu.clone()),
        ("memory".to_owned(), format!("{}Mi", shape.memory_mb)),
    ];
    if shape.gpu.is_some() {
        limits.push(("nvidia.com/gpu".to_owned(), "1".to_owned()));
    }
    // With a GPU the CPU is never taken away between requests; else it is, which costs nothing.
    let resources = ResourceRequirements::new()
        .set_limits(limits)
        .set_cpu_idle(shape.gpu.is_none())
        .set_startup_cpu_boost(true);
    let container = Container::new()
        .set_name(CONTAINER)
        .set_resources(resources)
        .set_env(variables(shape))
        .set_ports([ContainerPort::new().set_container_port(PORT)])
        .set_startup_probe(startup());
    match program {
        Program::Image(image) => container.set_image(image),
        Program::Source { region, base, bucket, object, generation } => {
            let source = CloudStorageSource::new()
                .set_bucket(bucket)
                .set_object(object)
                .set_generation(*generation);
            container
                .set_image("scratch")
                .set_base_image_uri(format!("{region}-docker.pkg.dev/{base}"))
                .set_command([COMMAND])
                .set_source_code(SourceCode::new().set_cloud_storage_source(source))
        }
    }
}

fn variables(shape: &Shape) -> Vec<EnvVar> {
    let plain = shape.environment.iter();
    let plain = plain.map(|(name, value)| EnvVar::new().set_name(name).set_value(value));
    let secrets = shape.secrets.iter().map(|(variable, Secret { name, version })| {
        let selector = SecretKeySelector::new().set_secret(name).set_version(version);
        let source = EnvVarSource::new().set_secret_key_ref(selector);
        EnvVar::new().set_name(variable).set_value_source(source)
    });
    plain.chain(secrets).collect()
}

/// A model may take minutes to load; four are the most there are.
/// Source: <https://docs.cloud.google.com/run/docs/configuring/healthchecks>, 2026-11-21.
fn startup() -> Probe {
    Probe::new()
        .set_period_seconds(10)
        .set_failure_threshold(24)
        .set_timeout_seconds(5)
        .set_http_get(HTTPGetAction::new().set_path("/healthz").set_port(PORT))
}
