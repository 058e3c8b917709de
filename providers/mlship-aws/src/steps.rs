//! Changes in the words of a plan.

use mlship_core::plan::{Difference, Plan, Step, Verb};

use crate::config::Auth;
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
    let bucket = || place.map_or(String::new(), |place| place.bucket.clone());
    match change {
        Change::CreateRole => make("role", names::role(name)),
        Change::PutRolePolicy(Was::Absent) => make("role policy", account.role_policy()),
        Change::PutRolePolicy(Was::Different) => {
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
            settings.extend(rest.iter().map(|(field, value)| set(field, None, value)));
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
        Change::Promote { from, to } => {
            let to = to.as_deref().unwrap_or("the new version");
            of(Verb::Promote, "alias", LIVE.into(), vec![set("version", from.as_deref(), to)])
        }
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
        set("bytes", None, &wanted.zip_bytes.to_string()),
    ]
}
