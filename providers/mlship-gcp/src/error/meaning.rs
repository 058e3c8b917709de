//! What a refusal means, and what the reader can do about it.

use mlship_core::provider::{ErrorKind, ProviderError, harmless, phrase, plain};

use super::refusal::Refusal;
use super::{Call, failed, missing};

/// The first of the meanings that fits.
pub(super) fn of(call: Call<'_>, refusal: &Refusal) -> ProviderError {
    let found = api_off(refusal)
        .or_else(|| billing_off(refusal))
        .or_else(|| no_project(refusal))
        .or_else(|| policy(refusal))
        .or_else(|| quota(refusal))
        .or_else(|| missing::permission(refusal))
        .or_else(|| machine(refusal))
        .or_else(|| no_region(refusal))
        .or_else(|| build(refusal))
        .or_else(|| start(refusal));
    let Meaning { kind, reason, hints } = found.unwrap_or_else(|| plainly(refusal));
    let mut error = failed(kind, call.operation, call.resource, reason);
    error.hints = hints;
    error.hints.extend(link(refusal).map(|link| format!("more at {link}")));
    error
}

/// Whether it is the project itself that cannot be used.
pub(super) fn is_of_project(refusal: &Refusal) -> bool {
    billing_off(refusal).or_else(|| no_project(refusal)).is_some()
}

/// What is said of a refusal.
pub(super) struct Meaning {
    pub(super) kind: ErrorKind,
    pub(super) reason: String,
    pub(super) hints: Vec<String>,
}

impl Meaning {
    pub(super) fn new(kind: ErrorKind, reason: impl Into<String>, hints: &[String]) -> Self {
        Self { kind, reason: reason.into(), hints: hints.to_vec() }
    }
}

/// What is said of an API that is off.
const OFF: &str = "is off in this project";

/// Whether an API is off, or was put on so lately that Google does not know it everywhere.
pub(super) fn is_api_off(error: &ProviderError) -> bool {
    error.reason.ends_with(OFF) || error.reason.contains("has not been used in project")
}

fn api_off(refusal: &Refusal) -> Option<Meaning> {
    let off = refusal.reason(&["SERVICE_DISABLED", "accessNotConfigured"]).is_some()
        || refusal.speaks(&["has not been used in project", "api is not enabled"]);
    if !off {
        return None;
    }
    let named = refusal.said(&["service", "serviceTitle"]);
    let in_link = || {
        let rest = refusal.message.split_once("/apis/api/")?.1;
        rest.split('/').next().map(str::to_owned)
    };
    let api = named.or_else(in_link).map(|api| harmless(&api));
    let shown = api.as_deref().unwrap_or("that it needs");
    let reason = format!("the API `{shown}` {OFF}");
    let mut hints = vec![
        "`mlship deploy --provider gcp` puts on what the service needs, when you may".to_owned(),
    ];
    hints.extend(api.map(|api| format!("gcloud services enable {api}")));
    hints.push("an API that was just put on takes some minutes".into());
    Some(Meaning::new(ErrorKind::Refused, reason, &hints))
}

fn billing_off(refusal: &Refusal) -> Option<Meaning> {
    let off = refusal
        .reason(&["BILLING_DISABLED", "billingNotEnabled", "accountDisabled"])
        .is_some()
        || refusal.speaks(&[
            "requires billing to be enabled",
            "billing account for",
            "enable billing",
        ])
        || (refusal.speaks(&["billing"]) && refusal.speaks(&["disabled", "not open", "absent"]));
    if !off {
        return None;
    }
    let project = project(refusal);
    let shown = project.as_deref().unwrap_or("of the manifest");
    let query = project.as_ref().map(|project| format!("?project={project}")).unwrap_or_default();
    let hint =
        format!("link an account at https://console.cloud.google.com/billing/linkedaccount{query}");
    let reason = format!("the project `{shown}` has no billing account that pays");
    Some(Meaning::new(ErrorKind::Refused, reason, &[hint]))
}

/// The project that a refusal names: `projects/123`, `project #123`, `project research-1`.
fn project(refusal: &Refusal) -> Option<String> {
    let said = refusal.said(&["consumer", "containerInfo"]);
    let word = || {
        let words = ["project #", "projects/", "project "];
        words.iter().find_map(|before| refusal.word_after(before)).map(str::to_owned)
    };
    let named = said.or_else(word)?;
    let named = named.trim_start_matches("projects/").trim_start_matches('#');
    let known = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    (!named.is_empty() && named.chars().all(known)).then(|| named.to_owned())
}

fn no_project(refusal: &Refusal) -> Option<Meaning> {
    let none = refusal.reason(&["CONSUMER_INVALID", "USER_PROJECT_DENIED"]).is_some()
        || (refusal.speaks(&["project"])
            && refusal.speaks(&["not found or deleted", "has been deleted", "project not found"]))
        || refusal.speaks(&["permission denied on resource project", "unknown project id"]);
    if !none {
        return None;
    }
    let shown = project(refusal).unwrap_or_else(|| "of the manifest".into());
    let reason = format!("the project `{shown}` is not there, or is not yours");
    let hint = "check `project` in `targets.gcp`; `gcloud projects list` shows yours".to_owned();
    Some(Meaning::new(ErrorKind::NotFound, reason, &[hint]))
}

fn policy(refusal: &Refusal) -> Option<Meaning> {
    let named = refusal.message.find("constraints/").map(|at| {
        let rest = &refusal.message[at..];
        let known = |c: char| c.is_ascii_alphanumeric() || "/._".contains(c);
        rest.split(|c| !known(c)).next().unwrap_or_default().trim_end_matches('.').to_owned()
    });
    let told = refusal.said(&["constraint", "customConstraint"]);
    let about_members = refusal.speaks(&["permitted customer", "allowedpolicymemberdomains"]);
    let speaks = refusal.speaks(&["organization policy", "org policy", "organisation policy"]);
    if named.is_none() && told.is_none() && !about_members && !speaks {
        return None;
    }
    let members = about_members.then(|| "constraints/iam.allowedPolicyMemberDomains".to_owned());
    let constraint = named.or(told).or(members).map(|name| harmless(&name));
    let reason = match &constraint {
        Some(name) => format!("the organisation's policy `{name}` forbids it"),
        None => format!("a policy of the organisation forbids it: {}", phrase(&refusal.message)),
    };
    let name = constraint.unwrap_or_default();
    let is = |word: &str| name.contains(word);
    let hint = if is("InvokerIam") || is("MemberDomains") || is("MemberTypes") {
        "write `access: private` in `targets.gcp`"
    } else if is("Ingress") {
        "write `ingress: internal` in `targets.gcp`, or what the policy allows"
    } else if is("resourceLocations") {
        "write a `region` that the policy allows in `targets.gcp`"
    } else {
        "ask those who keep the organisation"
    };
    Some(Meaning::new(ErrorKind::Denied, reason, &[hint.to_owned()]))
}

fn quota(refusal: &Refusal) -> Option<Meaning> {
    let limited = ["RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"];
    let violated = refusal.speaks(&["quota violated", "quota exceeded", "exceeded quota"])
        || refusal.reason(&["QUOTA_EXCEEDED", "quotaExceeded"]).is_some()
        || (refusal.speaks(&["quota"]) && refusal.code == "RESOURCE_EXHAUSTED");
    let passes = refusal.reason(&limited).is_some() || !super::is_lasting_quota(&refusal.message);
    if !violated || (passes && refusal.reason(&["QUOTA_EXCEEDED"]).is_none()) {
        return None;
    }
    // `Quota violated: CpuAllocPerProjectRegion requested: 60000 allowed: 20000`
    let listed = ["Quota violated:", "Quotas violated:"]
        .iter()
        .find_map(|words| Some(refusal.message.split_once(words)?.1.trim()));
    let metric = refusal.said(&["quota_metric", "quotaMetric", "quota_limit", "quotaLimit"]);
    let metric = metric.as_deref().or(refusal.word_after("quota metric "));
    let reason = match (listed, metric) {
        (Some(listed), _) => format!("a quota is used up: {}", harmless(listed)),
        (None, Some(metric)) => format!("the quota `{}` is used up", harmless(metric)),
        (None, None) => phrase(&refusal.message),
    };
    let hints = [
        "ask for more at https://console.cloud.google.com/iam-admin/quotas".to_owned(),
        "or choose another `region`, fewer `instances: { max: … }`, or less `cpu` and memory"
            .into(),
    ];
    Some(Meaning::new(ErrorKind::Quota, reason, &hints))
}

fn machine(refusal: &Refusal) -> Option<Meaning> {
    let gpu = refusal.speaks(&["gpu", "accelerator", "nvidia"]);
    let absent = ["not supported in", "not available in", "unsupported region", "is not supported"];
    if !gpu || !refusal.speaks(&absent) {
        return None;
    }
    let hint = "choose a `region` that has it: \
                https://cloud.google.com/run/docs/configuring/services/gpu";
    Some(Meaning::new(ErrorKind::Refused, words(refusal), &[hint.to_owned()]))
}

fn no_region(refusal: &Refusal) -> Option<Meaning> {
    let hint = "check `region` in `targets.gcp`; `gcloud run regions list` shows all".to_owned();
    // What is not there is said not to be allowed.
    if let Some(region) = refusal.word_after("denied on 'locations/") {
        let region = harmless(region);
        let reason = format!("there is no region `{region}`, or it is not open to the project");
        return Some(Meaning::new(ErrorKind::Refused, reason, &[hint]));
    }
    let location = refusal.speaks(&["location", "region"]);
    let none = [
        "is not found or access is unauthorized",
        "not a valid",
        "invalid location",
        "is not valid",
        "unknown location",
        "location not found",
        "unsupported location",
    ];
    if !location || !refusal.speaks(&none) || refusal.speaks(&["field", "audience"]) {
        return None;
    }
    Some(Meaning::new(ErrorKind::Refused, words(refusal), &[hint]))
}

fn build(refusal: &Refusal) -> Option<Meaning> {
    if !refusal.speaks(&["build failed", "could not build", "build error"]) {
        return None;
    }
    let hint = "the log of the build says more; it is Google's, out of the function's source";
    Some(Meaning::new(ErrorKind::Failed, words(refusal), &[hint.to_owned()]))
}

fn start(refusal: &Refusal) -> Option<Meaning> {
    let memory = refusal.speaks(&["memory limit of", "out of memory", "exceeded memory"]);
    let silent = refusal.speaks(&[
        "failed to start and listen",
        "failed to start and then listen",
        "container healthcheck failed",
        "startup probe",
        "container failed to start",
    ]);
    if !memory && !silent {
        return None;
    }
    let hints = [
        "the runtime listens on `PORT` once the model is loaded: `mlship logs --provider gcp` \
         shows how far it came"
            .to_owned(),
        "a model that is too large for the memory ends it before: raise `resources.memory-mb`"
            .into(),
    ];
    let reason = match memory {
        true => words(refusal),
        false => "the container did not start to listen in time".to_owned(),
    };
    Some(Meaning::new(ErrorKind::Failed, reason, &hints[usize::from(memory)..]))
}

/// The words of the refusal, without the addresses behind them.
fn words(refusal: &Refusal) -> String {
    let tails = ["Logs URL:", "For more troubleshooting", "Please visit https", "See http"];
    let message = tails.iter().fold(refusal.message.as_str(), |message, tail| {
        message.split_once(tail).map_or(message, |(words, _)| words)
    });
    phrase(message)
}

fn plainly(refusal: &Refusal) -> Meaning {
    let kind = kind(refusal);
    let reason = match refusal.message.as_str() {
        "" => plain(kind, refusal.http),
        _ => words(refusal),
    };
    let hint = match kind {
        ErrorKind::Denied => {
            "sign in again with `gcloud auth application-default login`, and \
                              check that the account may do this"
        }
        ErrorKind::Throttled => "wait a minute and run the same command again",
        ErrorKind::Unavailable => "run the same command again; it goes on where it stopped",
        _ => return Meaning::new(kind, reason, &[]),
    };
    Meaning::new(kind, reason, &[hint.to_owned()])
}

/// By the code where there is one, else by the status.
fn kind(refusal: &Refusal) -> ErrorKind {
    match refusal.code.as_str() {
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => ErrorKind::Denied,
        "NOT_FOUND" => ErrorKind::NotFound,
        "ALREADY_EXISTS" | "ABORTED" => ErrorKind::Conflict,
        "RESOURCE_EXHAUSTED" => ErrorKind::Throttled,
        "UNAVAILABLE" | "INTERNAL" | "DEADLINE_EXCEEDED" | "CANCELLED" => ErrorKind::Unavailable,
        "INVALID_ARGUMENT" | "OUT_OF_RANGE" | "UNIMPLEMENTED" => ErrorKind::Refused,
        "FAILED_PRECONDITION" if refusal.http.is_some() => ErrorKind::Refused,
        _ => refusal.http.map_or(ErrorKind::Failed, ErrorKind::of_status),
    }
}

/// The first address of Google's in the words, or in the reasons.
fn link(refusal: &Refusal) -> Option<String> {
    let told = refusal.said(&["activationUrl"]);
    let text = told.as_deref().unwrap_or(&refusal.message);
    let rest = &text[text.find("https://")?..];
    let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || "'\"`<>()[]".contains(c));
    let link = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ';']);
    let host = link.strip_prefix("https://")?.split(['/', '?']).next()?;
    let googles = host == "google.com" || host.ends_with(".google.com");
    (googles && link.len() <= 1000).then(|| link.to_owned())
}
