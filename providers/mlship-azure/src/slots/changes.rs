//! What must change so that what exists is what is wanted, and in what order. Pure.

use mlship_core::plan::{Difference, Plan, Step, Verb};
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use crate::error::{failed, with_hint};
use crate::ledger::Ledger;
use crate::resource::{Resource, Standing, differ};
use crate::sizes::Tier;
use crate::surroundings::{Looked, refuse_foreign};

use super::bodies::{self, Where};
use super::look::{App, Running};
use super::settings::{self, STICKY};
use super::wanted::Wanted;

/// Everything that a plan depends on.
#[derive(Debug, Clone)]
pub(crate) struct Existing {
    /// What the app needs around it, in the order it is made.
    pub(crate) around: Vec<Looked>,
    pub(crate) plan: Looked,
    pub(crate) app: Option<App>,
    /// Whether the package or image is kept already.
    pub(crate) kept: Kept,
    /// Places in the list of files to be fetched of those that are not there.
    pub(crate) missing: Vec<usize>,
}

/// Whether an artifact is where versions are run from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    There,
    Missing,
}

/// One change, carried out by one function.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// A resource that is made or changed as a whole.
    Make(Looked),
    /// A resource of which a part is changed.
    Adjust(Looked),
    /// A file that the runtime fetches, by its place in the list.
    UploadModel(usize),
    /// The zip or the image.
    Upload,
    /// The site or its slot with what it runs.
    Create(Where),
    /// Other settings and another program for what is there; why, in names of settings.
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
pub(crate) fn changes(
    existing: &Existing,
    wanted: &Wanted,
) -> Result<Vec<Change>, ProviderError> {
    let around = existing.around.iter().chain([&existing.plan]);
    for one in around.clone() {
        refuse_foreign(one)?;
    }
    keeps_plan(&existing.plan, wanted)?;
    let mut changes: Vec<Change> =
        around.filter(|one| one.standing != Standing::Same).cloned().map(Change::Make).collect();
    changes.extend(existing.missing.iter().map(|at| Change::UploadModel(*at)));
    let Some(app) = &existing.app else {
        changes.extend(upload(existing));
        changes.extend([Change::Create(Where::Live), Change::Promote(By::Checking)]);
        return Ok(changes);
    };
    changes.extend(outside(&app.site, wanted, Where::Live)?);
    changes.extend(sticky(app, wanted).map(Change::Adjust));
    if let Some(slot) = &app.slot {
        changes.extend(outside(slot, wanted, Where::Next)?);
    }
    changes.extend(version(existing, app, wanted));
    Ok(changes)
}

/// What it takes that the wanted version is live.
fn version(existing: &Existing, app: &App, wanted: &Wanted) -> Vec<Change> {
    let wrong = wrong(&app.site, app, wanted, Where::Live);
    let ledger = Ledger::of(&app.site.found);
    let mut changes = Vec::new();
    match (&ledger.live, wrong.is_empty()) {
        (Some(live), true) if live.is(&wanted.stamp) => {}
        (Some(_), true) => changes.push(Change::Promote(By::WritingDown)),
        (None, true) => changes.push(Change::Promote(By::Checking)),
        (None, false) => {
            changes.extend(upload(existing));
            changes.push(Change::Deploy(Where::Live, wrong));
            changes.push(Change::Promote(By::Checking));
        }
        (Some(_), false) => {
            changes.extend(slot(existing, app, wanted));
            changes.push(Change::Promote(By::Swapping));
        }
    }
    changes
}

/// What it takes that the slot runs the wanted version.
fn slot(existing: &Existing, app: &App, wanted: &Wanted) -> Vec<Change> {
    let change = match &app.slot {
        None => Change::Create(Where::Next),
        Some(slot) => match wrong(slot, app, wanted, Where::Next) {
            none if none.is_empty() => return Vec::new(),
            wrong => Change::Deploy(Where::Next, wrong),
        },
    };
    upload(existing).into_iter().chain([change]).collect()
}

fn upload(existing: &Existing) -> Option<Change> {
    (existing.kept == Kept::Missing).then_some(Change::Upload)
}

/// How what a place runs differs from what is wanted there. Values of settings are secret.
fn wrong(running: &Running, app: &App, wanted: &Wanted, at: Where) -> Vec<Difference> {
    let mut wrong = Vec::new();
    let found = running.stamp();
    let same = found.as_ref().filter(|found| found.is(&wanted.stamp));
    if same.is_none() {
        let found = found.as_ref().map(|found| found.id.as_str());
        wrong.push(differ("version", found, Some(&wanted.stamp.id)));
    }
    // The same contents may have been packed otherwise.
    let stamp = same.unwrap_or(&wanted.stamp);
    let fx = wanted.fx_ends(stamp);
    if !running.fx().ends_with(&fx) || running.fx().is_empty() != fx.is_empty() {
        let image = |fx: &str| (!fx.is_empty()).then(|| fx.trim_start_matches('/').to_owned());
        let to = image(&fx);
        wrong.push(differ("image", image(running.fx()).as_deref(), to.as_deref()));
    }
    let must = wanted.must(stamp, at);
    let names = settings::wrong(&running.settings, &must).into_iter();
    let names = names.filter(|name| *name != settings::STAMP || same.is_some());
    wrong.extend(names.map(|name| differ(&format!("setting {name}"), None, None)));
    if at == Where::Next && app.others(&app.site) != app.others(running) {
        wrong.push(differ("settings of your own", None, None));
    }
    wrong
}

/// The site or slot itself, how it is run, and how it is published to.
fn outside(
    running: &Running,
    wanted: &Wanted,
    at: Where,
) -> Result<Vec<Change>, ProviderError> {
    let site = bodies::site(wanted, at);
    if running.found["kind"].as_str().is_some_and(|kind| !same_kind(kind, &site)) {
        return Err(other_kind(running, wanted));
    }
    let mut site = Looked::at(site, Some(running.found.clone()));
    refuse_foreign(&site)?;
    if let Some(difference) = wanted.lacks_identity(&running.found) {
        site.standing = match site.standing {
            Standing::Different(mut more) => {
                more.push(difference);
                Standing::Different(more)
            }
            _ => Standing::Different(vec![difference]),
        };
    }
    let web = Looked::at(bodies::web(wanted, at), Some(running.web.clone()));
    let policies = bodies::policies(&running.id).into_iter().zip(running.policies.clone());
    let policies = policies.map(|(policy, found)| Looked::at(policy, Some(found)));
    let differs = |one: &Looked| one.standing != Standing::Same;
    let mut changes: Vec<Change> = Some(site).filter(differs).map(Change::Make).into_iter().collect();
    changes.extend(Some(web).filter(differs).map(Change::Adjust));
    changes.extend(policies.filter(differs).map(Change::Make));
    Ok(changes)
}

fn same_kind(kind: &str, site: &Resource) -> bool {
    site.body["kind"].as_str().is_some_and(|wanted| wanted.eq_ignore_ascii_case(kind))
}

fn other_kind(running: &Running, wanted: &Wanted) -> ProviderError {
    let is = running.found["kind"].as_str().unwrap_or_default();
    let will = bodies::site_kind(wanted.names.kind, wanted.names.package);
    let reason = format!("it is a `{is}`, and Azure cannot make it a `{will}`");
    let error = failed(ErrorKind::Refused, "deploy", running.id.name(), reason);
    with_hint(error, AWAY)
}

const AWAY: &str = "`mlship destroy --provider azure` and deploy again, or deploy it under another \
                    `name` and destroy the old one when nobody calls it";

/// An elastic plan cannot become another one, nor the other way round.
fn keeps_plan(plan: &Looked, wanted: &Wanted) -> Result<(), ProviderError> {
    let found = plan.found.as_ref().and_then(|found| found["sku"]["tier"].as_str());
    let elastic = Tier::ElasticPremium.as_str();
    let Some(found) = found else { return Ok(()) };
    let own = |tier: &str| tier == elastic || tier == "FlexConsumption";
    if found == wanted.size.tier.as_str() || (!own(found) && wanted.size.tier.as_str() != elastic) {
        return Ok(());
    }
    let will = wanted.size.tier.as_str();
    let reason = format!("its plan is `{found}`, and Azure cannot make it `{will}`");
    let error = failed(ErrorKind::Refused, "deploy", &wanted.names.place.service, reason);
    Err(with_hint(error, AWAY))
}

/// The list of settings that stay where they are, when some of ours are not on it.
pub(crate) fn sticky(app: &App, wanted: &Wanted) -> Option<Looked> {
    let ours = wanted.sticky();
    let lacks: Vec<&str> =
        ours.iter().copied().filter(|name| !app.sticky.iter().any(|one| one == name)).collect();
    let differences = lacks.iter().map(|name| differ("stays", None, Some(name))).collect();
    let mut names = app.sticky.clone();
    names.extend(lacks.iter().map(|name| (*name).to_owned()));
    let id = wanted.names.site.part("config", "slotConfigNames");
    let body = json!({"properties": {"appSettingNames": names}});
    let resource = Resource { id, noun: "list of slot settings", body, unread: &[] };
    let standing = Standing::Different(differences);
    (!lacks.is_empty()).then_some(Looked { resource, found: None, standing })
}

impl App {
    /// Settings of other people's in a place, which go with a version: neither ours, nor such as
    /// stay where they are.
    pub(crate) fn others(&self, running: &Running) -> settings::Settings {
        let stays = |name: &str| self.sticky.iter().any(|one| one == name);
        let ours = |name: &str| settings::OURS.contains(&name) || STICKY.contains(&name);
        let theirs = running.settings.iter().filter(|(name, _)| !stays(name) && !ours(name));
        theirs.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// The plan that these changes are.
pub(crate) fn plan(changes: &[Change], wanted: &Wanted, existing: &Existing) -> Plan {
    Plan { steps: changes.iter().filter_map(|change| step(change, wanted, existing)).collect() }
}

/// One change as a step.
pub(crate) fn step(change: &Change, wanted: &Wanted, existing: &Existing) -> Option<Step> {
    let name = |at: Where| match at {
        Where::Live => wanted.names.site.name().to_owned(),
        Where::Next => format!("{}/{}", wanted.names.site.name(), crate::names::SLOT),
    };
    let noun = |at: Where| match at {
        Where::Live => "app",
        Where::Next => "slot",
    };
    let of = |verb, resource: &str, name: String, differences| {
        Some(Step { verb, resource: resource.to_owned(), name, differences })
    };
    let id = wanted.stamp.id.as_str();
    match change {
        Change::Make(looked) | Change::Adjust(looked) => {
            looked.step().map(|step| Step { name: part_name(looked), ..step })
        }
        Change::UploadModel(at) => {
            let file = &wanted.fetched[*at];
            let set = |field: &str, value: &str| differ(field, None, Some(value));
            let sent =
                vec![set("sha256", &file.sha256), set("bytes", &file.bytes.to_string())];
            of(Verb::Upload, "model", file.name.clone(), sent)
        }
        Change::Upload => {
            let set = |field: &str, value: &str| differ(field, None, Some(value));
            let sent = vec![
                set("sha256", &wanted.stamp.package_sha256),
                set("bytes", &wanted.bytes.to_string()),
            ];
            of(Verb::Upload, wanted.noun(), wanted.names.place.service.clone(), sent)
        }
        Change::Create(at) => {
            of(Verb::Create, noun(*at), name(*at), vec![differ("version", None, Some(id))])
        }
        Change::Deploy(at, why) => of(Verb::Update, noun(*at), name(*at), why.clone()),
        Change::Promote(_) => {
            let live = existing.app.as_ref().and_then(App::live).map(|live| live.id);
            let moved = vec![differ("version", live.as_deref(), Some(id))];
            of(Verb::Promote, "app", name(Where::Live), moved)
        }
    }
}

/// A part of something has the name of what it is a part of.
fn part_name(looked: &Looked) -> String {
    let id = &looked.resource.id;
    let words: Vec<&str> = id.as_str().rsplit_once("/providers/").map_or("", |(_, own)| own).split('/').collect();
    match words.as_slice() {
        [_, _, site, "slots", slot, .., last] if words.len() > 5 => format!("{site}/{slot}/{last}"),
        [_, _, site, "slots", slot] => format!("{site}/{slot}"),
        [_, "sites", site, .., last] if words.len() > 3 => format!("{site}/{last}"),
        _ => id.name().to_owned(),
    }
}

/// What is sent for a list of slot settings: the lists of other things stay as they are.
pub(crate) fn with_rest(mut body: Value, found: Option<&Value>) -> Value {
    for key in ["connectionStringNames", "azureStorageConfigNames"] {
        if let Some(kept) = found.map(|found| &found["properties"][key]).filter(|kept| !kept.is_null()) {
            body["properties"][key] = kept.clone();
        }
    }
    body
}
