//! Changes in the words of a plan.

use mlship_core::artifact::Fetched;
use mlship_core::plan::{Difference, Plan, Step, Verb};
use mlship_core::share::Share;

use crate::config::Auth;
use crate::find::concurrency::{PROVISIONED, RESERVED};
use crate::find::function::Alias;
use crate::find::models::key;
use crate::image;
use crate::names::{self, Account, LIVE};
use crate::plan::{Change, Was};
use crate::wanted::Wanted;

/// The plan that these changes are.
pub(crate) fn plan(changes: &[Change], wanted: &Wanted, account: &Account) -> Plan {
    Plan { steps: changes.iter().map(|change| step(change, wanted, account)).collect() }
}

/// One change as a step.
pub(crate) fn step(change: &Change, wanted: &Wanted, account: &Account) -> Step {
    let name = &wanted.name;
    let place = wanted.place.as_ref();
    let bucket = || wanted.bucket.name.clone();
    match change {
        Change::CreateRole => make("role", names::role(name)),
        Change::PutRolePolicy(Was::Absent, _) => make("role policy", account.role_policy()),
        Change::PutRolePolicy(Was::Different, _) => {
            of(Verb::Update, "role policy", account.role_policy(), Vec::new())
        }
        Change::CreateLogGroup => make("log group", names::log_group(name)),
        Change::CreateBucket => make("bucket", bucket()),
        Change::ClosePublicAccess => {
            let closed = vec![set("public-access", None, "refused")];
            of(Verb::Update, "bucket", bucket(), closed)
        }
        Change::UploadObject => {
            let key = place.map_or(String::new(), |place| place.key.clone());
            of(Verb::Upload, "object", format!("{}/{key}", bucket()), sent(wanted))
        }
        Change::UploadModel(at) => model(wanted, &wanted.fetched[*at]),
        Change::CreateRepository
        | Change::PutLifecycle(_)
        | Change::PutPullPolicy(_)
        | Change::UploadImage => image::step(change, wanted),
        Change::CreateFunction => {
            let mut settings = match wanted.setup.image_digest() {
                Some(digest) => vec![set("image", None, &digest)],
                None => sent(wanted),
            };
            settings.push(set("architecture", None, &wanted.setup.architecture));
            let rest = wanted.setup.settings();
            let rest = rest.into_iter().chain(wanted.setup.models.settings());
            settings.extend(rest.map(|(field, value)| set(field, None, &value)));
            of(Verb::Create, "function", name.clone(), settings)
        }
        Change::UpdateSettings(differences) => {
            of(Verb::Update, "function", name.clone(), differences.clone())
        }
        Change::UpdateCode => match wanted.setup.image_digest() {
            Some(digest) => {
                let image = vec![set("image", None, &digest)];
                of(Verb::Update, "code", name.clone(), image)
            }
            None => of(Verb::Upload, "code", name.clone(), sent(wanted)),
        },
        Change::Publish => {
            let stamped = vec![set("content-sha256", None, &wanted.content_sha256)];
            of(Verb::Create, "version", name.clone(), stamped)
        }
        Change::Promote { from, to } => promote(from.as_ref(), to.as_deref(), wanted.share),
        Change::CreateAddress => {
            let access = vec![set("access", None, access(wanted.auth))];
            of(Verb::Create, "address", name.clone(), access)
        }
        Change::UpdateAddress => {
            let before = access(match wanted.auth {
                Auth::Iam => Auth::None,
                Auth::None => Auth::Iam,
            });
            let access = vec![set("access", Some(before), access(wanted.auth))];
            of(Verb::Update, "address", name.clone(), access)
        }
        Change::Allow(statement) => make("permission", statement.id().into()),
        Change::Forbid(statement) => {
            of(Verb::Delete, "permission", statement.id().into(), Vec::new())
        }
        Change::Tag(differences) => of(Verb::Update, "tags", name.clone(), differences.clone()),
        Change::Reserve(from) => concurrency(name, RESERVED, [*from, wanted.concurrency.reserved]),
        Change::Provision(from) => {
            concurrency(name, PROVISIONED, [*from, wanted.concurrency.provisioned])
        }
    }
}

/// What a change is called while it is made: `create function heart-disease`.
pub(crate) fn words(step: &Step) -> String {
    let verb = match step.verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Upload => "upload",
        Verb::Promote => "check the new version and move",
        Verb::Delete => "delete",
    };
    format!("{verb} {} {}", step.resource, step.name)
}

/// Who may call, in a word or two.
pub(crate) fn access(auth: Auth) -> &'static str {
    match auth {
        Auth::Iam => "private (iam)",
        Auth::None => "public",
    }
}

fn promote(from: Option<&Alias>, to: Option<&str>, share: Share) -> Step {
    let to = to.unwrap_or("the new version");
    let now = from.map(|alias| alias.traffic.words());
    let then = match from {
        Some(alias) => alias.traffic.giving(to, share).words(),
        None => to.to_owned(),
    };
    of(Verb::Promote, "alias", LIVE.into(), vec![set("version", now.as_deref(), &then)])
}

fn model(wanted: &Wanted, file: &Fetched) -> Step {
    let name = format!("{}/{}", wanted.bucket.name, key(wanted, file));
    let differences = vec![
        set("file", None, &file.name),
        set("sha256", None, &file.sha256),
        set("bytes", None, &file.bytes.to_string()),
    ];
    of(Verb::Upload, "model", name, differences)
}

fn concurrency(name: &str, field: &str, [from, to]: [Option<i32>; 2]) -> Step {
    let [from, to] = [from, to].map(|number| number.map(|number| number.to_string()));
    let differences = vec![Difference { field: field.into(), from, to }];
    of(Verb::Update, "concurrency", name.to_owned(), differences)
}

/// A step that makes something.
pub(crate) fn make(resource: &str, name: String) -> Step {
    of(Verb::Create, resource, name, Vec::new())
}

/// A step of any kind.
pub(crate) fn of(verb: Verb, resource: &str, name: String, differences: Vec<Difference>) -> Step {
    Step { verb, resource: resource.into(), name, differences }
}

fn set(field: &str, from: Option<&str>, to: &str) -> Difference {
    Difference { field: field.into(), from: from.map(str::to_owned), to: Some(to.into()) }
}

/// What is sent, as settings of a step.
pub(crate) fn sent(wanted: &Wanted) -> Vec<Difference> {
    vec![
        set("content-sha256", None, &wanted.content_sha256),
        set("bytes", None, &wanted.packed_bytes.to_string()),
    ]
}
