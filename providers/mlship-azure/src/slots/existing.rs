//! Everything that a plan depends on, as it stands. Reads only.

use mlship_core::provider::ProviderError;
use mlship_core::release::Release;

use crate::arm::Call;
use crate::blob::Store;
use crate::config::{Kind, Package};
use crate::connect::Cloud;
use crate::images;
use crate::names::{MODELS, PACKAGES};
use crate::resource::Resource;
use crate::surroundings::{
    self, Global, Looked, Plans, refuse_absent_group, refuse_foreign, refuse_region, refuse_taken,
};

use super::bodies::{self, Where};
use super::look::{self, App};
use super::program::Names;
use super::wanted::Wanted;

/// What exists of what a release needs.
#[derive(Debug, Clone)]
pub(crate) struct Existing {
    /// What the app needs around it, in the order in which it is made.
    pub(crate) around: Vec<Looked>,
    pub(crate) images: Option<images::Looked>,
    pub(crate) plan: Looked,
    pub(crate) app: Option<App>,
    /// Whether the package is kept already; images know it themselves.
    pub(crate) package: Kept,
    /// Places in the list of fetched files of those that are not there.
    pub(crate) missing: Vec<usize>,
}

/// Whether something is where versions are run from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    There,
    Missing,
}

/// Looks at everything that `wanted` is made of.
pub(crate) async fn look(
    cloud: &Cloud,
    release: &Release,
    wanted: &Wanted,
) -> Result<Existing, ProviderError> {
    let names = &wanted.program.names;
    refuse_absent_group(cloud, &names.place).await?;
    let around = surroundings::look(&cloud.arm, around(cloud, names, release)).await?;
    let account = surroundings::storage_id(&names.place, &cloud.config);
    if let Some(account) = around.iter().find(|one| one.resource.id == account) {
        refuse_taken(cloud, account, Global::STORAGE).await?;
    }
    let group = |one: &&Looked| one.resource.id == names.place.group;
    let nothing = around.iter().find(group).is_some_and(|group| group.found.is_none());
    let (plan, app) = match nothing {
        true => (None, None),
        false => {
            let call = Call { operation: "look at the plan", resource: names.plan.name() };
            let plan = cloud.arm.get(call, &names.plan).await?;
            (plan, look::look(&cloud.arm, &names.site).await?)
        }
    };
    let plan = Looked::at(bodies::plan(wanted), plan);
    refuse_foreign(&plan)?;
    if plan.found.is_none() {
        refuse_region(cloud, Plans(wanted.size.tier.as_str())).await?;
    }
    if app.is_none() {
        let site = Looked::at(bodies::site(wanted, Where::Live), None);
        refuse_taken(cloud, &site, Global::SITE).await?;
    }
    let images = match &wanted.image {
        Some((images, image)) => Some(images.look(cloud, image).await?),
        None => None,
    };
    let (package, missing) = files(cloud, &around, wanted).await?;
    Ok(Existing { around, images, plan, app, package, missing })
}

/// The group, and for what the host or the runtime fetches, the account; for functions, where
/// logs go.
fn around(cloud: &Cloud, names: &Names, release: &Release) -> Vec<Resource> {
    let (place, config) = (&names.place, &cloud.config);
    let mut all: Vec<Resource> = surroundings::group(place, config).into_iter().collect();
    let functions = names.kind != Kind::WebApp;
    if functions || !release.fetched.is_empty() {
        let account = surroundings::storage(place, config);
        let id = account.id.clone();
        all.push(account);
        if names.package == Package::Zip {
            all.push(surroundings::container(&id, PACKAGES));
        }
        if !release.fetched.is_empty() {
            all.push(surroundings::container(&id, MODELS));
        }
    }
    if functions {
        all.push(surroundings::workspace(place, config));
        all.push(surroundings::insights(place, config));
    }
    all
}

/// Whether the package is there, and which fetched files are not.
async fn files(
    cloud: &Cloud,
    around: &[Looked],
    wanted: &Wanted,
) -> Result<(Kept, Vec<usize>), ProviderError> {
    let all: Vec<usize> = (0..wanted.fetched.len()).collect();
    let account = surroundings::storage_id(&wanted.program.names.place, &cloud.config);
    let there = around.iter().any(|one| one.resource.id == account && one.found.is_some());
    let wants = wanted.image.is_none() || !all.is_empty();
    if !there || !wants {
        return Ok((Kept::Missing, all));
    }
    let store = Store::open(cloud, &account).await?;
    let program = &wanted.program;
    let package = match wanted.image {
        None => store.length(PACKAGES, &program.names.package_name(&program.stamp)).await?,
        Some(_) => None,
    };
    let mut missing = Vec::new();
    for (at, file) in wanted.fetched.iter().enumerate() {
        if store.length(MODELS, &file.sha256).await? != Some(file.bytes) {
            missing.push(at);
        }
    }
    let kept = if package == Some(wanted.bytes) { Kept::There } else { Kept::Missing };
    Ok((kept, missing))
}
