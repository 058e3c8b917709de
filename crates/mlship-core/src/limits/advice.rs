//! What would make it fit: another kind, another setting, or the model kept out of the package.
//!
//! Nothing is advised that the check does not pass.

use serde::Serialize;

use super::check::{check, memory_cap, package_on_scratch};
use super::kind::{Architecture, Force, Limit, Limits, Native, Scratch};
use super::need::Need;
use super::verdict::{Comparison, Measure, Verdict};
use super::words::{MIB, quantity};

/// The most kinds that are named for one that fails.
const ALTERNATIVES: usize = 2;

/// One change to the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Another kind, and with it perhaps another provider; packed as that kind wants it.
    Kind {
        /// Whose kind.
        provider: String,
        /// Which.
        kind: String,
    },
    /// `resources.memory-mb`.
    MemoryMb(u64),
    /// `resources.timeout-s`.
    TimeoutS(u64),
    /// `resources.disk-mb`.
    DiskMb(u64),
    /// `resources.concurrency`.
    Concurrency(u64),
    /// The target's `architecture`.
    Architecture(Architecture),
    /// `model.delivery: fetch`.
    Fetch,
}

/// A way to make a kind that fails fit, or to do without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Advice {
    /// The provider of the kind that fails.
    pub provider: String,
    /// The kind that fails.
    pub kind: String,
    /// What to change, all of it.
    pub changes: Vec<Change>,
    /// The same in one phrase.
    pub text: String,
}

/// What would make each failing kind of `all` fit. Kinds that fit get no advice.
///
/// In order: kinds of the same provider that fit as they are; then the settings of the kind
/// itself, or the model fetched at start, or both; then, where its provider has no kind that
/// fits, a kind of another. Kinds whose limits are published go before those whose are not, and
/// the first in the order of `all` before the rest. A setting is lowered only where the manifest, not a measurement,
/// says what is needed, and memory never below the size of the package.
pub fn advise(need: &Need, all: &[&Limits]) -> Vec<Advice> {
    all.iter().flat_map(|limits| advise_one(need, limits, all)).collect()
}

/// What would make one kind fit, with `all` as the alternatives.
pub fn advise_one(need: &Need, limits: &Limits, all: &[&Limits]) -> Vec<Advice> {
    let verdict = check(need, limits);
    if verdict.fits {
        return Vec::new();
    }
    let (own, elsewhere): (Vec<&Limits>, Vec<&Limits>) =
        all.iter().partition(|other| other.provider == limits.provider);
    let kinds = |others: &[&Limits], most| -> Vec<Advice> {
        let mut found: Vec<_> =
            others.iter().filter_map(|other| another_kind(need, limits, other, &verdict)).collect();
        // A stable sort: among equals the first in the order of `all` stays first.
        found.sort_by_key(|(certainty, _)| *certainty);
        found.into_iter().take(most).map(|(_, advice)| advice).collect()
    };
    let mut advice = kinds(&own, ALTERNATIVES);
    let has_sibling = !advice.is_empty();
    advice.extend(own_settings(need, limits, &verdict));
    if !has_sibling {
        advice.extend(kinds(&elsewhere, 1));
    }
    advice
}

/// How well it is known that another kind is enough. The better known is advised first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    Published,
    Unpublished,
}

fn another_kind(
    need: &Need,
    from: &Limits,
    to: &Limits,
    verdict: &Verdict,
) -> Option<(Certainty, Advice)> {
    let same = from.provider == to.provider && from.kind == to.kind;
    if same || to.deprecated.is_some() || to.native != Native::Direct {
        return None;
    }
    let (provider, kind) = (to.provider.to_string(), to.kind.to_string());
    let changes = vec![Change::Kind { provider, kind }];
    let then = check(&need.changed(&changes), to);
    if !then.fits {
        return None;
    }
    let mut said: Vec<String> = Vec::new();
    let mut certainty = Certainty::Published;
    for failed in verdict.violations() {
        let (known, words) = allowance(failed.measure, &then);
        certainty = certainty.max(known);
        if !said.contains(&words) {
            said.push(words);
        }
    }
    let name = if from.provider == to.provider {
        format!("use kind `{}`", to.kind)
    } else {
        format!("use provider `{}`, kind `{}`", to.provider, to.kind)
    };
    let why = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    Some((certainty, advice(from, changes, format!("{name}{why}"))))
}

/// What the other kind allows where this one fails.
fn allowance(failed: Measure, then: &Verdict) -> (Certainty, String) {
    let same =
        |one: &&Comparison| one.measure.code() == failed.code() && one.limit.force == Force::Hard;
    let what = match failed {
        Measure::Packed | Measure::Base64 | Measure::Unpacked | Measure::Image => "package",
        Measure::Timeout | Measure::HttpTimeout => "timeout",
        other => other.words(),
    };
    let Some(one) = then.comparisons.iter().filter(same).min_by_key(|one| one.margin) else {
        return (Certainty::Unpublished, format!("{what} without a published limit"));
    };
    let most = match one.measure {
        Measure::Base64 => one.limit.value / 4 * 3,
        _ => one.limit.value,
    };
    (Certainty::Published, format!("{what} up to {}", quantity(most, one.measure.unit())))
}

/// The kind's own settings, the model fetched, or both: the least that suffices.
fn own_settings(need: &Need, limits: &Limits, verdict: &Verdict) -> Option<Advice> {
    let passes = |changes: &[Change]| check(&need.changed(changes), limits).fits;
    let least_mb = need.unpacked_bytes.as_ref().map_or(0, |bytes| bytes.value.div_ceil(MIB));
    let settings = settings(need, limits, verdict, least_mb);
    if !settings.is_empty() && passes(&settings) {
        let text = phrase(&settings);
        return Some(advice(limits, settings, text));
    }
    let model = need.model_bytes.filter(|bytes| *bytes > 0)?;
    let fetched = need.changed(&[Change::Fetch]);
    let mut changes = vec![Change::Fetch];
    if fetched.disk_mb.value > need.disk_mb.value {
        changes.push(Change::DiskMb(fetched.disk_mb.value));
    }
    if !passes(&changes) {
        let after = need.changed(&changes);
        let rest = self::settings(&after, limits, &check(&after, limits), least_mb);
        // Disk that the fetched model needs cannot be taken back.
        if rest.is_empty() || rest.iter().any(|change| matches!(change, Change::DiskMb(_))) {
            return None;
        }
        changes.extend(rest);
    }
    let model = quantity(model, Measure::Unpacked.unit());
    let text = format!("{}: {model} less to pack", phrase(&changes));
    passes(&changes).then(|| advice(limits, changes, text))
}

/// Every failing setting put to the most that the kind allows, memory not below `least_mb`.
fn settings(need: &Need, limits: &Limits, verdict: &Verdict, least_mb: u64) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for failed in verdict.violations() {
        let change = match failed.measure {
            Measure::Memory => lower_memory(need, limits, least_mb),
            Measure::Timeout | Measure::HttpTimeout => lower_timeout(need, limits),
            Measure::Disk => lower_disk(need, limits, &failed.limit),
            Measure::Concurrency => need
                .concurrency
                .origin
                .is_setting()
                .then_some(Change::Concurrency(failed.limit.value)),
            _ => None,
        };
        changes.extend(change.filter(|change| !changes.contains(change)));
    }
    if let Some(chosen) = &need.architecture
        && !limits.architectures.contains(&chosen.value)
        && let Some(first) = limits.architectures.first()
    {
        changes.push(Change::Architecture(*first));
    }
    changes
}

fn lower_memory(need: &Need, limits: &Limits, least_mb: u64) -> Option<Change> {
    let (_, cap) = memory_cap(limits)?;
    let scratch = match limits.scratch {
        Scratch::Memory => need.shared_disk_mb(),
        Scratch::Disk | Scratch::HoldsPackage => 0,
    };
    let memory = cap.value.checked_sub(scratch).filter(|memory| *memory > 0)?;
    let lowers = need.memory_mb.origin.is_setting() && memory < need.memory_mb.value;
    (lowers && memory >= least_mb).then_some(Change::MemoryMb(memory))
}

fn lower_timeout(need: &Need, limits: &Limits) -> Option<Change> {
    let numbers = &limits.numbers;
    let caps = numbers.timeout_max_s.iter().chain(&numbers.http_max_s);
    let most = caps.map(|limit| limit.value).min()?;
    (need.timeout_s.origin.is_setting() && most > 0).then_some(Change::TimeoutS(most))
}

fn lower_disk(need: &Need, limits: &Limits, cap: &Limit) -> Option<Change> {
    let room = cap.value.checked_sub(package_on_scratch(need, limits))?;
    let lowers = need.disk_mb.origin.is_setting() && room < need.disk_mb.value;
    (lowers && room > 0).then_some(Change::DiskMb(room))
}

/// The changes to one kind in a phrase: what is fetched, then what is set.
fn phrase(changes: &[Change]) -> String {
    let settings: Vec<_> = changes.iter().filter_map(setting).collect();
    let settings = match settings.split_last() {
        Some((last, [])) => format!("set {last}"),
        Some((last, first)) => format!("set {} and {last}", first.join(", ")),
        None => String::new(),
    };
    match (changes.contains(&Change::Fetch), settings.is_empty()) {
        (false, _) => settings,
        (true, true) => FETCH.into(),
        (true, false) => format!("{FETCH} and {settings}"),
    }
}

const FETCH: &str = "deliver the weights by `fetch`";

fn setting(change: &Change) -> Option<String> {
    match change {
        Change::MemoryMb(value) => Some(format!("`memory-mb` to {value}")),
        Change::TimeoutS(value) => Some(format!("`timeout-s` to {value}")),
        Change::DiskMb(value) => Some(format!("`disk-mb` to {value}")),
        Change::Concurrency(value) => Some(format!("`concurrency` to {value}")),
        Change::Architecture(value) => Some(format!("`architecture` to {}", value.word())),
        Change::Kind { .. } | Change::Fetch => None,
    }
}

fn advice(from: &Limits, changes: Vec<Change>, text: String) -> Advice {
    Advice { provider: from.provider.to_string(), kind: from.kind.to_string(), changes, text }
}
