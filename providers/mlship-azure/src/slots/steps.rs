//! Changes in the words of a plan.

use mlship_core::plan::{Difference, Plan, Step, Verb};

use crate::access;
use crate::names::SLOT;
use crate::resource::differ;
use crate::surroundings::Looked;

use super::bodies::Where;
use super::changes::Change;
use super::existing::Existing;
use super::wanted::Wanted;

/// The plan that these changes are.
pub(crate) fn plan(changes: &[Change], existing: &Existing, wanted: &Wanted) -> Plan {
    Plan { steps: changes.iter().flat_map(|change| steps(change, existing, wanted)).collect() }
}

/// One change as steps.
fn steps(change: &Change, existing: &Existing, wanted: &Wanted) -> Vec<Step> {
    let stamp = &wanted.program.stamp;
    let of = |verb, resource: &str, name: String, differences| {
        vec![Step { verb, resource: resource.to_owned(), name, differences }]
    };
    match change {
        Change::Make(looked) | Change::Adjust(looked) => made(looked).into_iter().collect(),
        Change::UploadModel(at) => {
            let file = &wanted.fetched[*at];
            of(Verb::Upload, "model", file.name.clone(), sent(&file.sha256, file.bytes))
        }
        Change::Upload => {
            let name = wanted.program.names.package_name(stamp);
            of(Verb::Upload, "package", name, sent(&stamp.package_sha256, wanted.bytes))
        }
        Change::Image => match (&wanted.image, &existing.images) {
            (Some((images, image)), Some(looked)) => images.steps(looked, image),
            _ => Vec::new(),
        },
        Change::Create(at) => {
            of(Verb::Create, at.noun(), name(wanted, *at), vec![set("version", &stamp.id)])
        }
        Change::Deploy(at, wrong) => of(Verb::Update, at.noun(), name(wanted, *at), wrong.clone()),
        Change::Promote(_) => {
            let names = &wanted.program.names;
            let app = existing.app.as_ref();
            let live = app.and_then(|app| app.ledger().live);
            let who = app.filter(|_| live.is_some()).and_then(|app| app.site.access(names.kind));
            let live = live.as_ref().map(|live| live.id.as_str());
            let version = differ("version", live, Some(&stamp.id));
            let access = access::change(who, names.access);
            let moved = [version].into_iter().chain(access).collect();
            of(Verb::Promote, "app", name(wanted, Where::Live), moved)
        }
    }
}

/// The name of a place, as Azure shows it.
pub(crate) fn name(wanted: &Wanted, at: Where) -> String {
    let site = wanted.program.names.site.name();
    match at {
        Where::Live => site.to_owned(),
        Where::Next => format!("{site}/{SLOT}"),
    }
}

/// A part of a site is called after the site.
fn made(looked: &Looked) -> Option<Step> {
    let step = looked.step()?;
    let id = looked.resource.id.as_str();
    let (_, own) = id.rsplit_once("/providers/").unwrap_or_default();
    let words: Vec<&str> = own.split('/').skip(2).step_by(2).collect();
    let name = if own.starts_with("Microsoft.Web/sites/") { words.join("/") } else { step.name };
    Some(Step { name, ..step })
}

fn sent(sha256: &str, bytes: u64) -> Vec<Difference> {
    vec![set("sha256", sha256), set("bytes", &bytes.to_string())]
}

fn set(field: &str, to: &str) -> Difference {
    differ(field, None, Some(to))
}
