//! What exists for a service, and what must change. Reads only.

use mlship_core::plan::{Difference, Plan, Step, Verb};
use mlship_core::provider::ProviderError;
use mlship_core::release::Release;
use mlship_core::traffic::Traffic;

use super::apis::{self, Apis};
use super::found::{Readiness, Service};
use super::function::{self, Function};
use super::image::Image;
use super::store::Store;
use super::wanted::{Wanted, differ, step};
use super::{access, make, source, template};
use crate::config::{Access, Ingress, Kind};
use crate::connect::Cloud;
use crate::rest::storage::Object;

/// Everything that a plan depends on.
#[derive(Debug, Clone)]
pub(crate) struct Existing {
    pub(crate) apis: Apis,
    pub(crate) store: Store,
    pub(crate) package: Package,
    pub(crate) service: Option<Service>,
    /// Who may call it now.
    pub(crate) access: Access,
}

/// What there is of the way that a kind makes revisions.
#[derive(Debug, Clone)]
pub(crate) enum Package {
    Source(Option<Object>),
    Image(Image),
    Function(Option<Box<Function>>),
}

impl Package {
    async fn look(
        cloud: &Cloud,
        wanted: &Wanted,
        release: &Release,
        (apis, store): (&Apis, &Store),
    ) -> Result<Self, ProviderError> {
        Ok(match wanted.config.kind {
            Kind::CloudRunSource => {
                Self::Source(source::look(cloud, wanted, release, store).await?)
            }
            Kind::CloudRunImage if apis.is_off(apis::REGISTRY) => Self::Image(Image::absent()),
            Kind::CloudRunImage => Self::Image(Image::look(cloud, wanted, release).await?),
            Kind::FunctionsV2 if apis.is_off(apis::FUNCTIONS) => Self::Function(None),
            Kind::FunctionsV2 => {
                Self::Function(Function::look(cloud, &wanted.place).await?.map(Box::new))
            }
        })
    }
}

impl Existing {
    pub(crate) async fn look(
        cloud: &Cloud,
        wanted: &Wanted,
        release: &Release,
    ) -> Result<Self, ProviderError> {
        // What is behind an API that is off cannot be looked at: it counts as not there.
        let apis = Apis::look(cloud, wanted).await?;
        let store = match apis.is_off(apis::STORAGE) {
            true => Store::absent(wanted),
            false => Store::look(cloud, wanted).await?,
        };
        let package = Package::look(cloud, wanted, release, (&apis, &store)).await?;
        let service = match apis.is_off(apis::RUN) {
            true => None,
            false => Service::look_to_deploy(cloud, &wanted.place).await?,
        };
        function::refuse_other_kind(service.as_ref(), wanted)?;
        let access = match &service {
            Some(service) => access::look(cloud, &wanted.place, service).await?,
            None => Access::Private,
        };
        Ok(Self { apis, store, package, service, access })
    }

    /// The steps, in the order they are done.
    pub(crate) fn plan(&self, wanted: &Wanted) -> Plan {
        let mut steps = self.apis.steps();
        steps.extend(self.store.steps(wanted));
        match &self.package {
            // A version that is there needs its archive no more.
            Package::Source(object) if self.is_new(wanted) => {
                steps.extend(source::steps(object.as_ref(), wanted));
            }
            Package::Image(image) if self.is_new(wanted) => steps.extend(image.steps(wanted)),
            Package::Function(function) => {
                steps.extend(function::steps(function.as_deref(), self, wanted));
            }
            _ => {}
        }
        if wanted.config.kind != Kind::FunctionsV2 {
            steps.extend(self.outer(wanted));
            steps.extend(self.new_revision(wanted));
        }
        steps.extend(self.promotion(wanted));
        Plan { steps }
    }

    fn outer(&self, wanted: &Wanted) -> Option<Step> {
        let name = &wanted.place.service;
        let Some(service) = &self.service else {
            let ingress = Some(wanted.config.ingress).filter(|one| *one != Ingress::All);
            let ingress = ingress.and_then(|one| differ("ingress", None, Some(one.as_str())));
            let differences = ingress.into_iter().collect();
            return Some(Step { differences, ..step(Verb::Create, "service", name) });
        };
        let differences = make::differences(service, wanted);
        let changed = !differences.is_empty();
        changed.then(|| Step { differences, ..step(Verb::Update, "service", name) })
    }

    fn new_revision(&self, wanted: &Wanted) -> Option<Step> {
        let name = make::next_name(self.service.as_ref(), wanted);
        let differences = self.differences(wanted);
        let new = self.is_new(wanted);
        new.then(|| Step { differences, ..step(Verb::Create, "revision", name) })
    }

    /// What the new version is run with and the live one is not.
    pub(crate) fn differences(&self, wanted: &Wanted) -> Vec<Difference> {
        let live = self.traffic().map(|traffic| traffic.live);
        let live = live.and_then(|live| self.service.as_ref()?.revision(&live));
        template::differences(live.map(|live| &live.body), wanted)
    }

    /// Whether there is no revision of the version, or only ones that do not start.
    pub(crate) fn is_new(&self, wanted: &Wanted) -> bool {
        let revision = self.service.as_ref().and_then(|it| it.revision(wanted.version()));
        revision.is_none_or(|revision| matches!(revision.readiness, Readiness::Failed(_)))
    }

    /// Where the traffic is to go, and who may come in when that changes; `None` when all is so.
    pub(crate) fn move_to(&self, wanted: &Wanted) -> Option<(Traffic, Option<Access>)> {
        let version = wanted.version();
        let access = (self.access != wanted.config.access).then_some(wanted.config.access);
        let Some(now) = self.traffic() else { return Some((Traffic::whole(version), access)) };
        let then = now.giving(version, wanted.share);
        (then != now || access.is_some()).then_some((then, access))
    }

    pub(crate) fn traffic(&self) -> Option<Traffic> {
        self.service.as_ref().and_then(Service::traffic)
    }

    fn promotion(&self, wanted: &Wanted) -> Option<Step> {
        let (then, access) = self.move_to(wanted)?;
        let now = self.traffic().map(|traffic| traffic.words());
        let mut step = step(Verb::Promote, "traffic", &wanted.place.service);
        step.differences.extend(differ("version", now.as_deref(), Some(&then.words())));
        let from = self.traffic().map(|_| self.access.as_str());
        step.differences.extend(access.and_then(|to| differ("access", from, Some(to.as_str()))));
        Some(step)
    }
}
