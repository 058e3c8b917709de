//! The one place that names every provider: this file, and those under it.

mod azure;
mod connect;
mod gcp;
mod layout;

use std::cell::RefCell;

use mlship_core::finding::{Finding, Report};
use mlship_core::limits::Limits;
use mlship_core::node::Node;
use mlship_core::project::{Project, Python};
use mlship_core::reader::nearest;
use serde_json::Value;

use crate::context::Loaded;
use crate::failure::Failure;

pub(crate) use connect::{Connection, connect, connect_for, download, stage};
pub(crate) use layout::layout;

/// What is known of a provider without talking to it.
pub(crate) struct Known {
    name: &'static str,
    limits: fn() -> &'static [Limits],
    schema: fn() -> Value,
    check: fn(Option<&Node>, &RefCell<Report>),
}

/// Every provider, in the order shown. The first kind of each is its default.
const KNOWN: [Known; 6] = [
    Known {
        name: "aws",
        limits: mlship_aws::limits::limits,
        schema: mlship_aws::schema,
        check: |node, findings| drop(mlship_aws::Config::read(node, findings)),
    },
    Known {
        name: "azure",
        limits: mlship_azure::limits::limits,
        schema: mlship_azure::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_azure::Config::read(node, findings));
        },
    },
    Known {
        name: "gcp",
        limits: mlship_gcp::limits::limits,
        schema: mlship_gcp::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_gcp::config::Config::read(node, findings));
        },
    },
    Known {
        name: "openwhisk",
        limits: mlship_openwhisk::limits::limits,
        schema: mlship_openwhisk::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_openwhisk::config::Config::read(node, findings));
        },
    },
    Known {
        name: "knative",
        limits: mlship_knative::limits::limits,
        schema: mlship_knative::config::schema,
        check: |node, findings| {
            node.and_then(|node| mlship_knative::config::Config::read(node, findings));
        },
    },
    Known {
        name: "local",
        limits: mlship_local::limits::limits,
        schema: mlship_local::schema,
        check: |node, findings| {
            mlship_local::Config::read(node, findings);
        },
    },
];

/// The limits of every kind of every provider.
pub(crate) fn limits() -> impl Iterator<Item = &'static Limits> {
    KNOWN.iter().flat_map(|known| (known.limits)())
}

/// The kind that the manifest chooses for a provider, or the provider's default.
pub(crate) fn kind(name: &str, loaded: &Loaded) -> Result<String, Failure> {
    let known = find(name)?;
    check_target(name, loaded)?;
    let chosen = loaded.project.targets.get(name).and_then(written_kind);
    let default = (known.limits)().first().map(|limits| limits.kind.to_string());
    Ok(chosen.or(default).unwrap_or_default())
}

/// The machine of that kind that the manifest names, where a provider has several.
pub(crate) fn machine(name: &str, project: &Project) -> Option<String> {
    let target = project.targets.get(name)?;
    match name {
        "azure" => {
            let config = mlship_azure::Config::read(target, &RefCell::default())?;
            config.machine().map(Into::into)
        }
        _ => None,
    }
}

/// The JSON Schema of every provider's table.
pub(crate) fn schemas() -> impl Iterator<Item = (&'static str, Value)> {
    KNOWN.iter().map(|known| (known.name, (known.schema)()))
}

/// Checks every target table of the manifest.
pub(crate) fn check_targets(loaded: &Loaded) -> Result<(), Failure> {
    loaded.project.targets.keys().try_for_each(|name| check_target(name, loaded))
}

/// What is worth knowing of a provider's table that stops nothing.
pub(crate) fn warnings(name: &str, loaded: &Loaded) -> Report {
    let report = findings(name, loaded).unwrap_or_default();
    if report.has_errors() { Report::default() } else { report }
}

fn check_target(name: &str, loaded: &Loaded) -> Result<(), Failure> {
    let report = findings(name, loaded)?;
    if report.has_errors() {
        return Err(Failure::Manifest { report, source: Some(loaded.source.clone()) });
    }
    Ok(())
}

fn findings(name: &str, loaded: &Loaded) -> Result<Report, Failure> {
    let findings = RefCell::default();
    (find(name)?.check)(loaded.project.targets.get(name), &findings);
    let mut report = findings.into_inner();
    if name == "gcp" && !report.has_errors() {
        report.0.extend(gcp::misfits(&loaded.project).0);
    }
    Ok(report)
}

/// The kinds that run the user's own Python code.
pub(crate) fn runs_python(provider: &str, kind: &str) -> bool {
    match provider {
        "aws" | "gcp" | "local" => true,
        "azure" => !["functions-flex", "functions-consumption"].contains(&kind),
        _ => false,
    }
}

/// The refusal of a Python that a provider has not.
fn no_such_python<'a>(
    loaded: &Loaded,
    place: &str,
    versions: impl Iterator<Item = &'a str>,
) -> Failure {
    let python = loaded.project.python.as_ref();
    let version = python.map(Python::version).unwrap_or_default();
    let finding =
        Finding::error("manifest/python-version", format!("{place} has no Python {version}"));
    let span =
        python.and_then(|python| python.version.as_ref()).map(|version| version.span.clone());
    let finding = match span {
        Some(span) => finding.at(span).label("not there"),
        None => finding,
    };
    let versions: Vec<&str> = versions.collect();
    let finding = finding.hint(format!("one of: {}", versions.join(", ")));
    Failure::Manifest { report: Report(vec![finding]), source: Some(loaded.source.clone()) }
}

/// What is known of a provider, or that there is none of this name.
pub(crate) fn find(name: &str) -> Result<&'static Known, Failure> {
    KNOWN.iter().find(|known| known.name == name).ok_or_else(|| {
        let failure = Failure::usage(format!("there is no provider `{name}`"));
        let failure = match nearest(name, names()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure,
        };
        failure.hint(format!("one of: {}", names().collect::<Vec<_>>().join(", ")))
    })
}

fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}

fn written_kind(target: &Node) -> Option<String> {
    use mlship_core::node::Value;
    let Value::Table(entries) = &target.value else { return None };
    let (_, node) = entries.iter().find(|(key, _)| key.name == "kind")?;
    match &node.value {
        Value::Str(kind) => Some(kind.clone()),
        _ => None,
    }
}

fn undeployable(name: &str) -> Failure {
    match find(name) {
        Ok(_) => Failure::usage(format!("deploying to {name} is not supported by this version"))
            .hint(format!("`mlship check-limits --provider {name}` tells whether it would fit"))
            .hint("deploy with --provider aws, azure, gcp or local"),
        Err(failure) => failure,
    }
}
