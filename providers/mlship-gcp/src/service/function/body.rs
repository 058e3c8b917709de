//! What a function should be, and what of it differs from the one that exists. Pure.

use std::collections::{BTreeSet, HashMap};

use google_cloud_functions_v2::model::service_config::IngressSettings;
use google_cloud_functions_v2::model::{
    BuildConfig, Environment, Function, SecretEnvVar, ServiceConfig, Source, StorageSource,
};

use mlship_core::plan::Difference;

use crate::config::{Ingress, Secret};
use crate::names::STAMP_VARIABLE;
use crate::service::template;
use crate::service::wanted::{Wanted, differ};
use crate::stamp::Stamp;

/// What the vendor's frame calls in `main.py`.
const ENTRY_POINT: &str = "predict";

/// The most instances unless told.
/// Source: <https://cloud.google.com/functions/docs/configuring/max-instances>, 2026-11-20.
const MOST: u32 = 100;

/// The account that runs what no account is named for begins with the project's number.
const DEFAULT_ACCOUNT: &str = "-compute@developer.gserviceaccount.com";

/// The function as it should be; labels of Google's own stay as they are found.
pub(super) fn function(
    wanted: &Wanted,
    found: Option<&Function>,
    source: Option<StorageSource>,
) -> Function {
    let own = found.into_iter().flat_map(|found| &found.labels);
    let own = own.filter(|(key, _)| key.starts_with("goog-"));
    let mut labels: HashMap<String, String> =
        own.map(|(key, value)| (key.clone(), value.clone())).collect();
    labels.extend(template::labels(wanted));
    let mut build = BuildConfig::new().set_runtime(&wanted.runtime).set_entry_point(ENTRY_POINT);
    if let Some(source) = source {
        build = build.set_source(Source::new().set_storage_source(source));
    }
    Function::new()
        .set_name(wanted.place.function())
        .set_environment(Environment::Gen2)
        .set_labels(labels)
        .set_build_config(build)
        .set_service_config(service(wanted))
}

/// The labels that change, and those that go: what the manifest does not name does not stay, unless
/// it is Google's own.
pub(super) fn label_differences(found: &Function, wanted: &Wanted) -> Vec<Difference> {
    let then = function(wanted, Some(found), None).labels;
    let keys: BTreeSet<&String> = found.labels.keys().chain(then.keys()).collect();
    let of = |labels: &'_ HashMap<String, String>, key: &str| labels.get(key).cloned();
    let differ = |key: &String| {
        let (is, will) = (of(&found.labels, key), of(&then, key));
        differ(&format!("labels.{key}"), is.as_deref(), will.as_deref())
    };
    keys.into_iter().filter_map(differ).collect()
}

/// From where it can be called, when that changes; all is what is there without a word.
pub(super) fn ingress_difference(found: Option<&Function>, wanted: &Wanted) -> Option<Difference> {
    let now = found.and_then(|found| found.service_config.as_ref());
    let now = now.map(|service| match service.ingress_settings {
        IngressSettings::AllowInternalOnly => Ingress::Internal,
        IngressSettings::AllowInternalAndGclb => Ingress::InternalAndLoadBalancing,
        _ => Ingress::All,
    });
    let then = wanted.config.ingress;
    if now.unwrap_or_default() == then {
        return None;
    }
    differ("ingress", now.map(Ingress::as_str), Some(then.as_str()))
}

fn service(wanted: &Wanted) -> ServiceConfig {
    let (config, shape) = (&wanted.config, &wanted.shape);
    let mut environment: HashMap<_, _> = shape.environment.clone().into_iter().collect();
    environment.insert(STAMP_VARIABLE.to_owned(), wanted.stamp.write());
    let secret = |(key, secret): (&String, &Secret)| reference(key, secret, &config.project);
    ServiceConfig::new()
        .set_available_memory(format!("{}Mi", shape.memory_mb))
        .set_available_cpu(&shape.cpu)
        .set_timeout_seconds(number(shape.timeout_s))
        .set_max_instance_request_concurrency(number(shape.concurrency))
        .set_min_instance_count(number(config.instances.min.unwrap_or(0)))
        .set_max_instance_count(number(config.instances.max.unwrap_or(MOST)))
        .set_ingress_settings(ingress(config.ingress))
        .set_service_account_email(shape.service_account.clone().unwrap_or_default())
        .set_environment_variables(environment)
        .set_secret_environment_variables(shape.secrets.iter().map(secret))
        .set_all_traffic_on_latest_revision(false)
}

/// A secret of this project, or of another one.
fn reference(key: &str, secret: &Secret, project: &str) -> SecretEnvVar {
    let (project, name) = match secret.name.split('/').collect::<Vec<_>>()[..] {
        ["projects", other, "secrets", name] => (other, name),
        _ => (project, secret.name.as_str()),
    };
    SecretEnvVar::new()
        .set_key(key)
        .set_project_id(project)
        .set_secret(name)
        .set_version(&secret.version)
}

fn ingress(ingress: Ingress) -> IngressSettings {
    match ingress {
        Ingress::All => IngressSettings::AllowAll,
        Ingress::Internal => IngressSettings::AllowInternalOnly,
        Ingress::InternalAndLoadBalancing => IngressSettings::AllowInternalAndGclb,
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The paths of what is sent in a change: what differs, and no more.
pub(super) fn mask(found: &Function, then: &Function) -> Vec<&'static str> {
    let empty = (BuildConfig::new(), ServiceConfig::new());
    let [build, new_build] = [found, then].map(|one| one.build_config.as_ref().unwrap_or(&empty.0));
    let [now, new] = [found, then].map(|one| one.service_config.as_ref().unwrap_or(&empty.1));
    let differ = [
        ("labels", found.labels != then.labels),
        ("build_config.runtime", build.runtime != new_build.runtime),
        ("build_config.entry_point", build.entry_point != new_build.entry_point),
        ("build_config.source", new_build.source.is_some()),
        ("service_config.available_memory", now.available_memory != new.available_memory),
        ("service_config.available_cpu", now.available_cpu != new.available_cpu),
        ("service_config.timeout_seconds", now.timeout_seconds != new.timeout_seconds),
        (
            "service_config.max_instance_request_concurrency",
            now.max_instance_request_concurrency != new.max_instance_request_concurrency,
        ),
        ("service_config.min_instance_count", now.min_instance_count != new.min_instance_count),
        ("service_config.max_instance_count", now.max_instance_count != new.max_instance_count),
        ("service_config.ingress_settings", now.ingress_settings != new.ingress_settings),
        (
            "service_config.service_account_email",
            !same_account(&now.service_account_email, &new.service_account_email),
        ),
        (
            "service_config.environment_variables",
            now.environment_variables != new.environment_variables,
        ),
        ("service_config.secret_environment_variables", secrets(now) != secrets(new)),
        ("service_config.all_traffic_on_latest_revision", now.all_traffic_on_latest_revision),
    ];
    differ.into_iter().filter(|(_, differs)| *differs).map(|(path, _)| path).collect()
}

/// No account and the one that Google takes then are the same.
fn same_account(now: &str, then: &str) -> bool {
    now == then || (then.is_empty() && now.ends_with(DEFAULT_ACCOUNT))
}

/// Google may give them back in another order.
fn secrets(service: &ServiceConfig) -> Vec<(&str, &str, &str, &str)> {
    let all = service.secret_environment_variables.iter();
    let mut all: Vec<_> = all
        .map(|one| {
            (one.key.as_str(), one.project_id.as_str(), one.secret.as_str(), one.version.as_str())
        })
        .collect();
    all.sort_unstable();
    all
}

/// The stamp of the newest version of it.
pub(super) fn stamp(function: &Function) -> Option<Stamp> {
    let service = function.service_config.as_ref()?;
    Stamp::read(service.environment_variables.get(STAMP_VARIABLE)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_sent() {
        let service = || {
            ServiceConfig::new()
                .set_available_memory("512Mi")
                .set_service_account_email("1-compute@developer.gserviceaccount.com")
        };
        let found = Function::new().set_service_config(service());
        assert_eq!(mask(&found, &found), Vec::<&str>::new());
        let then = service().set_available_memory("1024Mi").set_service_account_email("");
        let then = Function::new().set_service_config(then);
        assert_eq!(mask(&found, &then), ["service_config.available_memory"]);
        let source = BuildConfig::new().set_source(Source::new());
        let then = found.clone().set_build_config(source).set_labels([("team", "a")]);
        assert_eq!(mask(&found, &then), ["labels", "build_config.source"]);
        let mine = service().set_service_account_email("me@p.iam.gserviceaccount.com");
        let mine = Function::new().set_service_config(mine);
        assert_eq!(mask(&mine, &found), ["service_config.service_account_email"]);
    }

    #[test]
    fn a_secret_of_another_project_is_told_apart() {
        let of = |name: &str| {
            let secret = Secret { name: name.into(), version: "3".into() };
            let made = reference("KEY", &secret, "here");
            format!("{} {} {}", made.project_id, made.secret, made.version)
        };
        assert_eq!(of("api-key"), "here api-key 3");
        assert_eq!(of("projects/there/secrets/api-key"), "there api-key 3");
    }
}
