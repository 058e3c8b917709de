//! What `uv` says about a failure, turned into what is wrong, where, and what to change.

use super::error::ResolveError;
use super::instead::Instead;
use super::place::{Place, Requirements};
use super::wheels::only;
use super::{Uv, Wanted};
use crate::platform::{Glibc, Platform};

/// The newest C library that any index has wheels for.
const NEWEST_GLIBC: Glibc = Glibc { major: 2, minor: 40 };

/// Why there is no lock.
pub(super) fn resolving(
    uv: &Uv,
    wanted: &Wanted<'_>,
    requirements: &Requirements,
    said: &[u8],
) -> ResolveError {
    let said = flat(said);
    if let Some(error) = line(requirements, &said) {
        return error;
    }
    if let Some(package) = word_before(&said, " was not found in the cache") {
        return ResolveError::Offline { place: requirements.of(&package), package };
    }
    if let Some(error) = network(&said) {
        return error;
    }
    if let Some(package) = word_before(&said, " was not found in the package registry") {
        return ResolveError::UnknownPackage { place: requirements.of(&package), package };
    }
    if let Some(error) = no_version(uv, wanted, requirements, &said) {
        return error;
    }
    if let Some(error) = no_python(uv, wanted, requirements, &said) {
        return error;
    }
    if let Some(error) = no_wheel(uv, wanted, requirements, &said) {
        return error;
    }
    conflict(requirements, &said).unwrap_or_else(|| other(wanted, &said))
}

/// Why a lock could not be installed.
pub(super) fn installing(wanted: &Wanted<'_>, said: &[u8]) -> ResolveError {
    let said = flat(said);
    if let Some((_, rest)) = said.split_once("Hash mismatch for `") {
        let package = rest.split('`').next().unwrap_or_default().to_owned();
        let computed = rest.split("Computed:").nth(1).unwrap_or_default();
        let found = computed.split("sha256:").nth(1).unwrap_or_default();
        let found = found.split_whitespace().next().unwrap_or("unknown").to_owned();
        return ResolveError::Hash { package, found };
    }
    let offline = said.contains("network connectivity is disabled")
        || said.contains("network was disabled")
        || said.contains("was not found in the cache");
    if offline {
        let failed =
            said.split("Failed to download `").nth(1).and_then(|rest| rest.split('`').next());
        let package = failed.unwrap_or("a package of the lock").to_owned();
        return ResolveError::Offline { place: whole(wanted), package };
    }
    network(&said).unwrap_or_else(|| other(wanted, &said))
}

/// A line that is no requirement.
fn line(requirements: &Requirements, said: &str) -> Option<ResolveError> {
    let (_, rest) = said.split_once("Couldn't parse requirement in `")?;
    let (file, rest) = rest.split_once("` at position ")?;
    let (position, reason) = rest.split_once(' ')?;
    let mut place = requirements.at(position.trim_end_matches(':').parse().ok()?);
    if !place.file.ends_with(file) {
        // It is in a file that the requirements name.
        place = Place { file: file.into(), line: None };
    }
    Some(ResolveError::Line { place, reason: cause(reason).to_owned() })
}

fn network(said: &str) -> Option<ResolveError> {
    let signs = ["Failed to fetch", "error sending request", "dns error", "Failed to download"];
    let at = signs.iter().find_map(|sign| said.find(sign))?;
    let told = said.get(at..).unwrap_or(said);
    let last = told.rsplit(" cause: ").next().unwrap_or_default();
    let first = told.split(" cause: ").next().unwrap_or_default();
    let reason = if first == last { first.to_owned() } else { format!("{first}: {last}") };
    Some(ResolveError::Network { reason })
}

/// A version that nobody published.
fn no_version(
    uv: &Uv,
    wanted: &Wanted<'_>,
    requirements: &Requirements,
    said: &str,
) -> Option<ResolveError> {
    let (_, rest) = said.split_once("there is no version of ")?;
    let requirement = rest.split(" and ").next()?.trim_end_matches([',', '.']);
    let (package, versions) = parts(requirement);
    Some(ResolveError::NoVersion {
        place: requirements.of(package),
        package: package.to_owned(),
        wanted: versions.to_owned(),
        newest_version: newest(uv, wanted, package),
    })
}

/// A version that is for another Python.
fn no_python(
    uv: &Uv,
    wanted: &Wanted<'_>,
    requirements: &Requirements,
    said: &str,
) -> Option<ResolveError> {
    let (_, rest) = said.split_once(" does not satisfy Python")?;
    let needs = rest.split_whitespace().next()?.trim_end_matches([',', '.']).to_owned();
    let requirement = word_before(rest, " depends on Python")?;
    let (package, _) = parts(&requirement);
    Some(ResolveError::NoPython {
        place: requirements.of(package),
        needs,
        python: wanted.python.version(),
        newest_version: newest(uv, wanted, package),
        requirement,
    })
}

/// A version without a file for the target.
fn no_wheel(
    uv: &Uv,
    wanted: &Wanted<'_>,
    requirements: &Requirements,
    said: &str,
) -> Option<ResolveError> {
    let lacks =
        [" has no usable wheels", " have no usable wheels", " has no wheels with a matching"];
    let requirement = lacks.iter().find_map(|lack| word_before(said, lack))?;
    let (package, _) = parts(&requirement);
    let newest = Platform { glibc: NEWEST_GLIBC, ..wanted.platform };
    let newest = Wanted { platform: newest, ..*wanted };
    let there = only(uv, &newest, &newest.python.version(), &requirement, &[]);
    Some(ResolveError::NoWheel {
        place: requirements.of(package),
        platform: wanted.platform,
        python: wanted.python.version(),
        glibc: there.and_then(|file| file.glibc).filter(|needed| *needed > wanted.platform.glibc),
        instead: Instead::of(uv, wanted, &requirement),
        requirement,
    })
}

/// The newest version of a package for the target.
fn newest(uv: &Uv, wanted: &Wanted<'_>, package: &str) -> Option<String> {
    only(uv, wanted, &wanted.python.version(), package, &[]).map(|file| file.version)
}

fn conflict(requirements: &Requirements, said: &str) -> Option<ResolveError> {
    let (_, rest) = said.split_once("No solution found")?;
    let reason = cause(rest).split(" hint:").next().unwrap_or_default();
    let reason = reason.split(", we can conclude that your requirements").next().unwrap_or(reason);
    let reason = reason.trim_start_matches("Because ").trim_end_matches('.');
    let named =
        |name: &str| reason.split_whitespace().any(|word| parts(word).0.eq_ignore_ascii_case(name));
    let mut places_asked: Vec<_> =
        requirements.asked().filter(|(name, _)| named(name)).map(|(_, place)| place).collect();
    if places_asked.is_empty() {
        places_asked.push(requirements.of(""));
    }
    Some(ResolveError::Conflict { places_asked, reason: reason.to_owned() })
}

fn other(wanted: &Wanted<'_>, said: &str) -> ResolveError {
    let reason = cause(said.trim_start_matches("error: ")).split(" hint:").next();
    ResolveError::Other { place: whole(wanted), reason: reason.unwrap_or_default().to_owned() }
}

fn whole(wanted: &Wanted<'_>) -> Place {
    Place { file: wanted.requirements.to_owned(), line: None }
}

/// What is behind the first `cause:`; all of it when there is none.
fn cause(said: &str) -> &str {
    said.split_once("cause: ").map_or(said, |(_, cause)| cause).trim()
}

/// A requirement's package and the versions that it takes.
pub(super) fn parts(requirement: &str) -> (&str, &str) {
    let end = requirement.find(['=', '<', '>', '!', '~', '[', ' ', ',']);
    requirement.split_at(end.unwrap_or(requirement.len()))
}

fn word_before(said: &str, phrase: &str) -> Option<String> {
    let (before, _) = said.split_once(phrase)?;
    before.split_whitespace().next_back().map(|word| word.trim_matches('`').to_owned())
}

/// One line, from the error on, without what draws trees.
fn flat(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said).replace(['×', '│'], " ").replace("╰─▶", "cause:");
    let said = said.replace("├─▶", "cause:");
    let words: Vec<_> = said.split_whitespace().collect();
    let said = words.join(" ");
    let start = ["error: ", "No solution found"].iter().filter_map(|sign| said.find(sign)).min();
    said.get(start.unwrap_or(0)..).unwrap_or_default().to_owned()
}
