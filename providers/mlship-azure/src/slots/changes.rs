//! What must change so that what exists is what is wanted, and in what order. Pure.

use mlship_core::plan::Difference;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;
use serde_json::Value;

use crate::error::failed;
use crate::ledger::Ledger;
use crate::resource::{Resource, Standing, differ};
use crate::sizes::Tier;
use crate::surroundings::{Looked, refuse_foreign};

use super::bodies::{self, Where};
use super::existing::{Existing, Kept};
use super::look::{App, Running};
use super::program::Program;
use super::settings::{self, KEY, STAMP, musts, staying};
use super::wanted::{Wanted, undivided};

/// One change, carried out by one function.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// A resource that is made or changed as a whole.
    Make(Looked),
    /// A resource of which a part is changed.
    Adjust(Looked),
    /// A file that the runtime fetches, by its place in the list.
    UploadModel(usize),
    /// The zip.
    Upload,
    /// The registry, who may pull from it, and the image.
    Image,
    /// The site or its slot with what it runs.
    Create(Where),
    /// Another program or other settings for what is there; what is wrong now.
    Deploy(Where, Vec<Difference>),
    /// The samples, and what follows when they are answered rightly.
    Promote(By),
}

/// How a version comes to be live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// It runs where the traffic goes, which is nobody's yet.
    Checking,
    /// It runs in the slot, which is swapped.
    Swapping,
    /// It was swapped before, and that was not written down.
    WritingDown,
}

/// The changes, in the order they are to be made.
pub(crate) fn changes(existing: &Existing, wanted: &Wanted) -> Result<Vec<Change>, ProviderError> {
    keeps_plan(&existing.plan, wanted)?;
    if existing.app.as_ref().is_some_and(|app| is_flex(&app.site.found)) {
        return Err(other_plan(FLEX, wanted));
    }
    let differs = |one: &&Looked| one.standing != Standing::Same;
    let around = existing.around.iter().filter(differs).cloned();
    let mut changes: Vec<Change> = around.map(Change::Make).collect();
    changes.extend(existing.missing.iter().map(|at| Change::UploadModel(*at)));
    changes.extend(image(existing, wanted));
    changes.extend(Some(&existing.plan).filter(differs).cloned().map(Change::Make));
    let Some(app) = &existing.app else {
        changes.extend(upload(existing, wanted));
        changes.extend([Change::Create(Where::Live), Change::Promote(By::Checking)]);
        return Ok(changes);
    };
    changes.extend(outside(existing, &app.site, wanted, Where::Live)?);
    changes.extend(stays(app, wanted).map(Change::Make));
    if let Some(slot) = &app.slot {
        changes.extend(outside(existing, slot, wanted, Where::Next)?);
    }
    changes.extend(version(existing, app, wanted)?);
    Ok(changes)
}

/// What it takes that the wanted version is live. The first one gets all traffic, whatever share
/// is asked for: there is no other.
fn version(existing: &Existing, app: &App, wanted: &Wanted) -> Result<Vec<Change>, ProviderError> {
    let wrong = wrong(app, &app.site, &wanted.program, Where::Live);
    let written = Ledger::of(&app.site.found);
    let mut changes = Vec::new();
    match (&written.live, wrong.is_empty()) {
        (Some(live), true) if live.is(&wanted.program.stamp) => {}
        (Some(_), true) => changes.push(Change::Promote(By::WritingDown)),
        (None, true) => changes.push(Change::Promote(By::Checking)),
        (None, false) => {
            changes.extend(upload(existing, wanted));
            changes.push(Change::Deploy(Where::Live, wrong));
            changes.push(Change::Promote(By::Checking));
        }
        (Some(_), false) => {
            if wanted.share != Share::ALL {
                let names = &wanted.program.names;
                return Err(undivided(names, "deploy", &names.place.service));
            }
            changes.extend(slot(existing, app, wanted));
            changes.push(Change::Promote(By::Swapping));
        }
    }
    Ok(changes)
}

/// What it takes that the slot runs the wanted version.
fn slot(existing: &Existing, app: &App, wanted: &Wanted) -> Vec<Change> {
    let change = match &app.slot {
        None => Change::Create(Where::Next),
        Some(slot) => match wrong(app, slot, &wanted.program, Where::Next) {
            none if none.is_empty() => return Vec::new(),
            wrong => Change::Deploy(Where::Next, wrong),
        },
    };
    upload(existing, wanted).into_iter().chain([change]).collect()
}

fn upload(existing: &Existing, wanted: &Wanted) -> Option<Change> {
    (wanted.image.is_none() && existing.package == Kept::Missing).then_some(Change::Upload)
}

fn image(existing: &Existing, wanted: &Wanted) -> Option<Change> {
    let ((images, image), looked) = (wanted.image.as_ref()?, existing.images.as_ref()?);
    (!images.steps(looked, image).is_empty()).then_some(Change::Image)
}

/// How what a place runs differs from this program. Values of settings are secret.
pub(crate) fn wrong(app: &App, running: &Running, program: &Program, at: Where) -> Vec<Difference> {
    let mut wrong = Vec::new();
    let found = running.stamp();
    // The same version may have been packed otherwise, at another time.
    let same = found.clone().filter(|found| found.is(&program.stamp));
    if same.is_none() {
        let found = found.as_ref().map(|found| found.id.as_str());
        wrong.push(differ("version", found, Some(&program.stamp.id)));
    }
    let there = same.is_some();
    let program =
        Program { stamp: same.unwrap_or_else(|| program.stamp.clone()), ..program.clone() };
    let image = |fx: &str| fx.rsplit_once('/').map(|(_, name)| name.to_owned());
    let fx = program.fx_end();
    if !running.fx().ends_with(&fx) || running.fx().is_empty() != fx.is_empty() {
        wrong.push(differ("image", image(running.fx()).as_deref(), image(&fx).as_deref()));
    }
    let names = settings::wrong(&running.settings, &musts(&program, at)).into_iter();
    let names = names.filter(|name| there || *name != STAMP);
    wrong.extend(names.map(|name| match (name, program.names.access) {
        (KEY, access) => differ("access", None, Some(access.as_str())),
        _ => differ(&format!("setting.{name}"), None, Some("set")),
    }));
    if at == Where::Next && app.others(&app.site) != app.others(running) {
        wrong.push(differ("settings-of-your-own", None, Some("as those of the live version")));
    }
    if running.is_stopped() {
        wrong.push(differ("state", Some("stopped"), Some("running")));
    }
    wrong
}

/// The site or slot itself, how it is run, and how it is published to.
fn outside(
    existing: &Existing,
    running: &Running,
    wanted: &Wanted,
    at: Where,
) -> Result<Vec<Change>, ProviderError> {
    let mut site = Looked::at(bodies::site(wanted, at), Some(running.found.clone()));
    refuse_foreign(&site)?;
    if running.found["kind"].as_str().is_some_and(|kind| !same_kind(kind, &site.resource)) {
        return Err(other_kind(running, wanted));
    }
    if lacks_identity(wanted, running) {
        let lacks = differ("identity", None, Some("the one that pulls images"));
        site.standing = match site.standing {
            Standing::Different(more) => Standing::Different([more, vec![lacks]].concat()),
            _ => Standing::Different(vec![lacks]),
        };
    }
    let client = existing.images.as_ref().and_then(|images| images.client());
    let web = Looked::at(bodies::web(wanted, at, client), Some(running.web.clone()));
    let policies = bodies::policies(&running.id).into_iter().zip(running.policies.clone());
    let policies = policies.map(|(policy, found)| Looked::at(policy, Some(found)));
    let differs = |one: &Looked| one.standing != Standing::Same;
    let site = Some(site).filter(differs).map(Change::Make);
    let web = Some(web).filter(differs).map(Change::Adjust);
    Ok(site.into_iter().chain(web).chain(policies.filter(differs).map(Change::Make)).collect())
}

/// Ids come back in any case.
fn lacks_identity(wanted: &Wanted, running: &Running) -> bool {
    let Some((images, _)) = &wanted.image else { return false };
    let has = running.found["identity"]["userAssignedIdentities"].as_object();
    let is = |id: &String| id.eq_ignore_ascii_case(images.identity.as_str());
    !has.is_some_and(|has| has.keys().any(is))
}

fn same_kind(kind: &str, site: &Resource) -> bool {
    site.body["kind"].as_str().is_some_and(|wanted| wanted.eq_ignore_ascii_case(kind))
}

fn other_kind(running: &Running, wanted: &Wanted) -> ProviderError {
    let names = &wanted.program.names;
    let is = running.found["kind"].as_str().unwrap_or_default();
    let will = bodies::site_kind(names.kind, names.package);
    let reason = format!("it is a `{is}`, and Azure cannot make it a `{will}`");
    failed(ErrorKind::Refused, "deploy", &names.place.service, reason).with_hint(AWAY)
}

const FLEX: &str = "FlexConsumption";

const AWAY: &str = "`mlship destroy --provider azure` and deploy again, or deploy it under another \
                    `name` and destroy the old one when nobody calls it";

/// An elastic plan cannot become another one, nor another one elastic.
fn keeps_plan(plan: &Looked, wanted: &Wanted) -> Result<(), ProviderError> {
    let found = plan.found.as_ref().and_then(|found| found["sku"]["tier"].as_str());
    let Some(found) = found else { return Ok(()) };
    let elastic = Tier::ElasticPremium.as_str();
    let will = wanted.size.tier.as_str();
    let apart = |tier: &str| tier == elastic || tier == FLEX;
    if found == will || (!apart(found) && !apart(will)) {
        return Ok(());
    }
    Err(other_plan(found, wanted))
}

fn other_plan(found: &str, wanted: &Wanted) -> ProviderError {
    let service = &wanted.program.names.place.service;
    let will = wanted.size.tier.as_str();
    let reason = format!("its plan is `{found}`, and Azure cannot make it `{will}`");
    failed(ErrorKind::Refused, "deploy", service, reason).with_hint(AWAY)
}

/// Whether a site is on the Flex Consumption plan, which no other plan takes over.
fn is_flex(site: &Value) -> bool {
    let properties = &site["properties"];
    properties["functionAppConfig"].is_object() || properties["sku"] == FLEX
}

/// The list of settings that stay where they are, when some of ours are not on it.
fn stays(app: &App, wanted: &Wanted) -> Option<Looked> {
    let Program { names, tier, .. } = &wanted.program;
    let ours = staying(names.kind, *tier);
    let there = app.staying["properties"]["appSettingNames"].as_array();
    let has = |name: &&&str| there.is_some_and(|there| there.iter().any(|one| one == **name));
    let lacks: Vec<_> = ours.iter().filter(|name| !has(name)).collect();
    if lacks.is_empty() {
        return None;
    }
    let differences = lacks.iter().map(|name| differ(name, None, Some("stays"))).collect();
    Some(Looked {
        resource: bodies::staying(&names.site, &app.staying, ours),
        found: None,
        standing: Standing::Different(differences),
    })
}
