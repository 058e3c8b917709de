//! Plans and deployments as text for people. Pure: nothing is printed here.

pub(crate) mod facts;

use mlship_core::deployment::{Deployment, LogLine, Moved, Version};
use mlship_core::notice::words;
use mlship_core::plan::{Plan, Step, Verb};
use mlship_core::project::Page;
use mlship_core::share::Share;

/// Bytes in a unit a person reads: `3.4 KB`, `12.0 MB` (powers of ten).
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// So many of a thing: `1 sample`, `2 samples`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// A plan, a line a step.
pub(crate) fn plan(plan: &Plan) -> String {
    if plan.is_empty() {
        return "nothing would change".into();
    }
    let widest = plan.steps.iter().map(|step| step.resource.len()).max().unwrap_or_default();
    let lines = plan.steps.iter().map(|one| step(one, widest.max(RESOURCE)));
    lines.collect::<Vec<_>>().join("\n")
}

/// How many characters a kind of resource has room for, at least.
const RESOURCE: usize = 17;

fn step(step: &Step, widest: usize) -> String {
    let sign = match step.verb {
        Verb::Create => '+',
        Verb::Update => '~',
        Verb::Upload => '^',
        Verb::Promote => '>',
        Verb::Delete => '-',
    };
    let verb = match step.verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Upload => "upload",
        Verb::Promote => "promote",
        Verb::Delete => "delete",
    };
    let mut line = format!("{sign} {verb:<8}{:<widest$} {}", step.resource, step.name);
    for difference in &step.differences {
        let change = match (difference.from.as_deref(), difference.to.as_deref()) {
            (None, to) => brief(to.unwrap_or("nothing")).to_owned(),
            (Some(from), to) => format!("{} -> {}", brief(from), brief(to.unwrap_or("nothing"))),
        };
        line.push_str(&format!("\n    {}: {change}", difference.field));
    }
    line
}

/// Where a deployment answers, and how it is seen and taken away again.
pub(crate) fn address(deployment: &Deployment) -> String {
    let predict = match &deployment.url {
        Some(url) => format!("POST {}/predict", url.trim_end_matches('/')),
        None => "(no address)".into(),
    };
    format!("{predict}\n  {} on {}, {}", deployment.name, deployment.provider, deployment.access)
}

/// Where a person tries it, on this machine.
pub(crate) fn page(deployment: &Deployment, page: Page) -> Option<String> {
    let url = deployment.url.as_deref().filter(|_| deployment.provider == "local")?;
    (page != Page::Off).then(|| format!("\n  {url}/ is a page to try it on"))
}

/// How the traffic is divided after the new version was to get the part `asked`, and what may come
/// next; `None` while one version has all of it, as was meant.
pub(crate) fn split(deployment: &Deployment, asked: Share) -> Option<String> {
    let Deployment { provider, live, versions, .. } = deployment;
    if let Some(waits) = waiting(deployment).filter(|_| asked == Share::NONE) {
        let waits = version(waits);
        let next = format!("all to it: mlship promote --provider {provider}");
        return Some(format!("none of the traffic goes to {waits}, which waits\n  {next}\n"));
    }
    let some = |version: &&Version| version.share > Share::NONE && version.share < Share::ALL;
    let beside = versions.iter().filter(some).find(|one| live.as_ref() != Some(&one.id))?;
    let live = versions.iter().find(|one| live.as_ref() == Some(&one.id))?;
    let newest = versions.first().is_some_and(|one| one.id == beside.id);
    let to = if newest { String::new() } else { format!(" --to {}", beside.id) };
    Some(format!(
        "{} of the traffic goes to {}, {} to {}, which is live\n  \
         all to the new one: mlship promote --provider {provider}{to}\n  \
         all to the live one: mlship rollback --provider {provider}\n",
        beside.share,
        version(beside),
        live.share,
        version(live),
    ))
}

/// The newest version, when it has no traffic.
fn waiting(deployment: &Deployment) -> Option<&Version> {
    let newest = deployment.versions.first()?;
    let is_live = deployment.live.as_ref() == Some(&newest.id);
    (newest.share == Share::NONE && !is_live).then_some(newest)
}

/// What a change of traffic came to, with how it stood `before`.
pub(crate) fn change(before: Option<&Deployment>, now: &Moved) -> String {
    if !has_moved(before, now) {
        let share = now.deployment.versions.iter().find(|one| one.id == now.to.id);
        let share = share.map_or(Share::ALL, |one| one.share);
        let to = version(&now.to);
        return format!("nothing changed: {to} of {} has {share} already", now.deployment.name);
    }
    moved(now)
}

/// Whether any version's share is another one now.
pub(crate) fn has_moved(before: Option<&Deployment>, now: &Moved) -> bool {
    let shares = |deployment: &Deployment| {
        let some = deployment.versions.iter().filter(|one| one.share > Share::NONE);
        let mut shares: Vec<_> = some.map(|one| (one.id.clone(), one.share)).collect();
        shares.sort();
        (deployment.live.clone(), shares)
    };
    before.is_none_or(|before| shares(before) != shares(&now.deployment))
}

/// Where traffic went from and to: `heart-disease went from version 1 (…) to version 2 (…)`.
pub(crate) fn moved(moved: &Moved) -> String {
    let from = moved.from.as_ref().map_or("nothing".to_owned(), version);
    let Moved { to, deployment, .. } = moved;
    let share = deployment.versions.iter().find(|there| there.id == to.id).map(|now| now.share);
    match share.filter(|share| *share != Share::ALL) {
        Some(share) => {
            format!("{}: {share} to {}, the rest to {from}", deployment.name, version(to))
        }
        None if moved.from.as_ref().is_some_and(|from| from.id == to.id) => {
            format!("{}: all of the traffic goes to {} again", deployment.name, version(to))
        }
        None => format!("{} went from {from} to {}", deployment.name, version(to)),
    }
}

/// A version with what it was made of: `version 2 (3f2a…, git 81be1c…)`.
pub(crate) fn version(version: &Version) -> String {
    let digest = version.content_sha256.as_deref().map(|digest| short(digest).to_owned());
    let revision = version.git_revision.as_deref().map(|revision| format!("git {revision}"));
    let made_of: Vec<String> = digest.into_iter().chain(revision).collect();
    match made_of.is_empty() {
        true => format!("version {}", version.id),
        false => format!("version {} ({})", version.id, made_of.join(", ")),
    }
}

/// Everything that is known of a deployment.
pub(crate) fn deployment(deployment: &Deployment) -> String {
    let mut text = format!(
        "{} on {} ({}): {}\n",
        deployment.name, deployment.provider, deployment.kind, deployment.state
    );
    let mut row = |name: &str, value: &str| text.push_str(&format!("  {name:<25}{value}\n"));
    row("address", deployment.url.as_deref().unwrap_or("none"));
    row("access", &deployment.access);
    for (name, value) in &deployment.settings {
        row(name, value);
    }
    for made in &deployment.versions {
        row(&format!("version {}", made.id), &version_row(made, deployment.live.as_ref()));
    }
    text
}

/// What is known of a version, in one line.
fn version_row(version: &Version, live: Option<&String>) -> String {
    let share = match version.share {
        Share::ALL => Some("live".to_owned()),
        Share::NONE => (live == Some(&version.id)).then(|| "live".to_owned()),
        part if live == Some(&version.id) => Some(format!("live, {part} of the traffic")),
        part => Some(format!("{part} of the traffic")),
    };
    let parts = [
        Some(version.content_sha256.as_deref().map_or("-", short).to_owned()),
        version.git_revision.as_deref().map(|revision| format!("git {revision}")),
        version.bytes.map(size),
        version.created.clone(),
        share,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// A log line with its time, UTC; what a runtime tells in JSON in words.
pub(crate) fn log_line(line: &LogLine) -> String {
    format!("{} {}\n", utc(line.at_ms), words(&line.text))
}

/// A value of a plan; a whole digest says no more than its beginning.
fn brief(value: &str) -> &str {
    let digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digest { short(value) } else { value }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Milliseconds since 1970 as `2026-11-20T12:34:56.789Z`.
///
/// The date is Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
fn utc(at_ms: i64) -> String {
    let (days, ms) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests {
    use mlship_core::plan::{Difference, Plan, Step, Verb};

    use super::{counted, plan, size, utc};

    #[test]
    fn a_plan_shows_what_is_new_and_what_changes() {
        let difference = |field: &str, from: Option<&str>, to: &str| Difference {
            field: field.into(),
            from: from.map(Into::into),
            to: Some(to.into()),
        };
        let step = Step {
            verb: Verb::Update,
            resource: "function".into(),
            name: "heart".into(),
            differences: vec![
                difference("memory-mb", Some("128"), "256"),
                difference("content-sha256", None, &"0123456789abcdef".repeat(4)),
            ],
        };
        assert_eq!(
            plan(&Plan { steps: vec![step] }),
            "~ update  function          heart\n    memory-mb: 128 -> 256\n    content-sha256: 0123456789ab"
        );
        assert_eq!(plan(&Plan::default()), "nothing would change");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(["0 samples", "1 sample", "2 samples"], [0, 1, 2].map(|n| counted(n, "sample")));
    }

    #[test]
    fn sizes_are_read_by_people() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(3_509), "3.5 KB");
        assert_eq!(size(262_144_000), "262.1 MB");
        assert_eq!(size(3_000_000_000), "3.00 GB");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(utc(1_795_177_496_789), "2026-11-20T12:24:56.789Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59.999Z");
    }
}
