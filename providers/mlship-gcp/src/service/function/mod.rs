//! Functions of the second generation: made through their own API, with a Cloud Run service under
//! each. How the traffic of that goes is said to Cloud Run.

mod body;
mod make;
mod source;

use google_cloud_functions_v2::model;
use google_cloud_functions_v2::model::function::State;
use mlship_core::plan::{Step, Verb};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;

use super::describe::is_of_function;
use super::found::{Owner, Service, foreign};
use super::plan::Existing;
use super::wanted::{Wanted, step};
use crate::config::{Config, Kind};
use crate::connect::{Adopt, Cloud};
use crate::error::{Call, failed, translate};
use crate::names::{PROJECT_LABEL, Place};

pub(crate) use self::make::make;

/// The language that what no version is named for runs on.
const PYTHON: &str = "3.12";

/// How long the name of a function may be.
/// Source: <https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions/create>,
/// 2026-11-20.
const NAME_LETTERS: std::ops::RangeInclusive<usize> = 4..=63;

/// A function as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) body: model::Function,
}

impl Function {
    /// The function of the service's name; `None` when there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is somebody else's and is not to be adopted.
    pub(crate) async fn look(cloud: &Cloud, place: &Place) -> Result<Option<Self>, ProviderError> {
        refuse_name(&place.service)?;
        let Some(found) = Self::look_at_any(cloud, place).await? else { return Ok(None) };
        if found.is_of(&place.service) || cloud.adopt == Adopt::Take {
            return Ok(Some(found));
        }
        Err(foreign("deploy", "function", &place.service))
    }

    /// The same, whoever made it.
    pub(crate) async fn look_at_any(
        cloud: &Cloud,
        place: &Place,
    ) -> Result<Option<Self>, ProviderError> {
        let call = Call::new("look at the function", &place.service);
        let asked = cloud.functions.get_function().set_name(place.function()).send().await;
        match asked.map_err(|error| translate(call, error)) {
            Ok(body) => Ok(Some(Self { body })),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether mlship made it for the service of this name.
    pub(crate) fn is_of(&self, service: &str) -> bool {
        self.body.labels.get(PROJECT_LABEL).is_some_and(|label| label == service)
    }

    /// The id of the newest version of it.
    pub(crate) fn version(&self) -> Option<String> {
        body::stamp(&self.body).map(|stamp| stamp.id)
    }

    /// Whether it was built of the same package, in the same language, and works.
    fn has_package_of(&self, wanted: &Wanted) -> bool {
        let runtime = self.body.build_config.as_ref().map(|build| build.runtime.as_str());
        let stamp = body::stamp(&self.body);
        self.body.state == State::Active
            && runtime == Some(wanted.runtime.as_str())
            && stamp.is_some_and(|stamp| stamp.package_sha256 == wanted.stamp.package_sha256)
    }
}

/// What a function runs on, as Google calls it.
pub(crate) fn runtime(release: &Release) -> String {
    let python = release.project.python.as_ref();
    let version = python.map_or(PYTHON, |python| python.version());
    format!("python{}", version.replace('.', ""))
}

/// What of a function makes its version another one, beside what a revision has.
pub(crate) fn words(config: &Config, runtime: &str) -> String {
    let instances = config.instances;
    format!(
        "{runtime} {:?} {:?} {} {:?}",
        instances.min,
        instances.max,
        config.ingress.as_str(),
        config.labels
    )
}

/// Refuses a service of one kind where the other kind is wanted: neither becomes the other.
pub(crate) fn refuse_other_kind(
    service: Option<&Service>,
    wanted: &Wanted,
) -> Result<(), ProviderError> {
    let Some(service) = service else { return Ok(()) };
    let kind = wanted.config.kind;
    let (is, other) = match (is_of_function(service), kind == Kind::FunctionsV2) {
        (true, false) => ("a function", Kind::FunctionsV2.as_str()),
        (false, true) => ("a Cloud Run service without a function", Kind::CloudRunSource.as_str()),
        _ => return Ok(()),
    };
    let reason = format!("it is {is}, and kind `{}` makes something else", kind.as_str());
    let error = failed(ErrorKind::Refused, "deploy", &wanted.place.service, reason);
    let away = match service.owner {
        Owner::Mlship => "or remove what is there: `mlship destroy --provider gcp`",
        Owner::Other => "or remove what is there yourself: mlship did not make it",
    };
    Err(error
        .with_hint(format!("write `kind: {other}` in `targets.gcp`"))
        .with_hint("or rename the service")
        .with_hint(away))
}

fn refuse_name(name: &str) -> Result<(), ProviderError> {
    if NAME_LETTERS.contains(&name.len()) {
        return Ok(());
    }
    let (least, most) = (NAME_LETTERS.start(), NAME_LETTERS.end());
    let reason = format!("the name of a function has {least} to {most} letters");
    let error = failed(ErrorKind::Refused, "deploy", name, reason);
    Err(error.with_hint("write another `name: …`, or choose `kind: cloud-run-source`"))
}

/// What must be done to the function, in order: made, changed, given a new revision.
pub(crate) fn steps(
    function: Option<&Function>,
    existing: &Existing,
    wanted: &Wanted,
) -> Vec<Step> {
    let name = &wanted.place.service;
    let mut steps = Vec::new();
    let is_new = existing.is_new(wanted);
    if is_new && !function.is_some_and(|function| function.has_package_of(wanted)) {
        steps.push(step(Verb::Upload, "source", format!("{}.zip", wanted.stamp.package_sha256)));
    }
    match function {
        None => {
            let mut made = step(Verb::Create, "function", name);
            made.differences.extend(body::ingress_difference(None, wanted));
            steps.push(made);
        }
        Some(function) => {
            let labels = body::label_differences(&function.body, wanted);
            if is_new || !function.is_of(name) {
                let mut changed = step(Verb::Update, "function", name);
                changed.differences.extend(labels);
                let ingress = body::ingress_difference(Some(&function.body), wanted);
                changed.differences.extend(ingress.filter(|_| is_new));
                changed
                    .differences
                    .extend(existing.differences(wanted).into_iter().filter(|_| is_new));
                steps.push(changed);
            }
        }
    }
    if is_new {
        steps.push(step(Verb::Create, "revision", wanted.version()));
    }
    steps
}
