//! The packages of a handler for the place it is deployed to: locked, installed, made smaller,
//! proven, and kept in `.mlship` until something of that changes.

mod drift;
mod keep;
pub(super) mod kept;
mod lock;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mlship_core::project::Slim;
use mlship_core::sample::Sample;
use mlship_package::{Layout, Packages, Part, Scripts, sha256};
use mlship_slim::resolve::{Accelerators, Lock, Uv, Wanted, install};
use mlship_slim::{
    Architecture, Choice, Handler, Level, Platform, Purpose, Request, Rest, SlimError, Stubs,
    Subject, slim, slim_across,
};

use super::Case;
use crate::failure::Failure;
use crate::release::samples;
use crate::render::{counted, size};
use kept::{copy, remove, unreadable};

/// What became of each file and why, in the packages' folder.
const RECORD: &str = "mlship-slim.json";

/// The same for people, beside the packages.
const TOLD: &str = "explained.txt";

/// The packages.
const PACKAGES: &str = "packages";

/// How long loading and an answer may take while they are watched, beside four times what the
/// manifest gives a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where packages are for, and what gets them there.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) platform: Platform,
    /// How many bytes they may have with the code and the model, where that is bounded.
    pub(super) most_bytes: Option<u64>,
    pub(super) uv: &'a Uv,
    /// The Python of this machine that stands for the target's.
    pub(super) here: &'a mlship_slim::Python,
}

/// Adds the packages that the manifest lists, if it lists any; gives what was kept and left out.
pub(super) fn add(
    case: &Case<'_>,
    place: &Place<'_>,
    samples: &[Sample],
    scripts: &mut Scripts,
) -> Result<Option<String>, Failure> {
    let Some(requirements) = &case.python.requirements else { return Ok(None) };
    let requirements = case.project.root.join(&requirements.value);
    if samples.is_empty() && case.python.slim.value != Slim::None {
        // Better said before any code runs.
        return Err(SlimError::NoSamples.into());
    }
    let is_held_out = case.python.held_out.as_ref().is_some_and(|paths| !paths.value.is_empty());
    if case.python.slim.value == Slim::Max && !is_held_out {
        return Err(SlimError::NoHeldOut.into());
    }
    let target = Target::of(case, place, &requirements, place.platform, None)?;
    if target.lock.packages.is_empty() {
        return Ok(None);
    }
    drift::tell(case, scripts.facts.as_ref(), &target.lock);
    let requests = requests(case, samples)?;
    let home = kept::folder(case.work).join(key(case, place, &target.lock, &requests, scripts)?);
    if !home.join(TOLD).exists() {
        make(case, place, &target, &requests, scripts, &home)?;
        kept::forget(case.work);
    }
    let explained = fs::read_to_string(home.join(TOLD)).map_err(unreadable(&home))?;
    let told = Packages {
        python: place.here.version(),
        platform: place.platform.to_string(),
        slim: name(case.python.slim.value),
        lock_sha256: sha256(target.lock.text().as_bytes()),
    };
    scripts.add_packages(&home.join(PACKAGES), told)?;
    Ok(Some(explained))
}

/// What is locked for a platform.
struct Target<'a> {
    wanted: Wanted<'a>,
    lock: Lock,
}

impl<'a> Target<'a> {
    /// Locks the requirements; of the versions of `alike` where those must be the same.
    fn of(
        case: &Case<'_>,
        place: &Place<'a>,
        requirements: &'a Path,
        platform: Platform,
        alike: Option<&Lock>,
    ) -> Result<Self, Failure> {
        let wanted = Wanted {
            requirements,
            python: place.here,
            platform,
            accelerators: Accelerators::Refuse,
        };
        let lock = lock::lock(case, place.uv, &wanted, alike)?;
        Ok(Self { wanted, lock })
    }

    /// Installs it, once for each lock.
    fn installed(&self, case: &Case<'_>, uv: &Uv) -> Result<PathBuf, Failure> {
        let Self { wanted, lock } = self;
        let name = &sha256(format!("{}\n{}", wanted.platform, lock.text()).as_bytes())[..16];
        let folder = kept::installed(case.work).join(name);
        if folder.exists() {
            return Ok(folder);
        }
        let packages = counted(lock.packages.len(), "package");
        case.context.say(&format!("  installing {packages}"));
        let partial = folder.with_extension("partial");
        remove(&partial)?;
        install(uv, wanted, lock, &partial)?;
        fs::rename(&partial, &folder).map_err(unreadable(&folder))?;
        Ok(folder)
    }
}

/// What tells the packages from those of another build: all that goes into them.
fn key(
    case: &Case<'_>,
    place: &Place<'_>,
    lock: &Lock,
    requests: &[Request],
    scripts: &Scripts,
) -> Result<String, Failure> {
    let python = case.python;
    let keep = python.keep.as_ref().map(|keep| keep.value.join("\n")).unwrap_or_default();
    let mut all = format!(
        "{}\n{}\n{}\n{}\n{}\n{keep}\n{}\n{}\n",
        env!("CARGO_PKG_VERSION"),
        place.platform,
        place.here.version(),
        name(python.slim.value),
        python.handler.value,
        scripts.provenance.model_sha256,
        lock.text(),
    );
    for request in requests {
        all.push_str(&format!("{} {}\n", request.name, sha256(request.text.as_bytes())));
    }
    // What samples are expected to answer is written down anew, and packages do not depend on it.
    let expected = |path: &str| {
        let samples = case.project.samples.iter();
        samples.filter_map(|sample| sample.expect.as_ref()).any(|expect| expect.value == path)
    };
    let entries = scripts.contents.entries().iter();
    for entry in entries.filter(|one| one.part != Part::Weights && !expected(&one.path)) {
        all.push_str(&format!("{} {}\n", entry.path, entry.digest()?.0));
    }
    Ok(sha256(all.as_bytes())[..16].to_owned())
}

/// Makes the packages smaller, lets them prove it, and writes them into `home`.
fn make(
    case: &Case<'_>,
    place: &Place<'_>,
    target: &Target<'_>,
    requests: &[Request],
    scripts: &Scripts,
    home: &Path,
) -> Result<(), Failure> {
    remove(home)?;
    fs::create_dir_all(home).map_err(unreadable(home))?;
    let installed = target.installed(case, place.uv)?;
    let out = home.join(PACKAGES);
    let Some((level, stubs)) = level(case.python.slim.value) else {
        copy(&installed, &out)?;
        let told = "nothing was left out of the packages: `slim: none`\n";
        return fs::write(home.join(TOLD), told).map_err(unreadable(home));
    };
    case.context.say("  leaving out of the packages what is not used, and proving it");
    let code = home.join("code");
    scripts.contents.write(&code)?;
    let (module, function) = case.python.handler.value.split_once(':').unwrap_or_default();
    let handler = Handler {
        function: function.to_owned(),
        model: Some(scripts.model_file(&code)),
        ..Handler::new(&code, module)
    };
    let subject = Subject {
        packages: &installed,
        python: place.here,
        platform: place.platform,
        handler: &handler,
        requests,
    };
    let own_bytes: u64 =
        scripts.contents.entries().iter().map(|entry| entry.length()).sum::<Result<_, _>>()?;
    let rest =
        place.most_bytes.map_or(Rest::Shipped, |most| Rest::Within(most.saturating_sub(own_bytes)));
    let keep = keep::kept(case, &installed)?;
    let patience = Some(PATIENCE + 4 * Duration::from_secs(timeout_s(case)));
    let choice = Choice { level, keep, rest, stubs, patience, ..Choice::default() };
    let work = home.join("work");
    let slimmed = match alike(case, place, target)? {
        Some(alike) => slim_across(&subject, &alike, &choice, &work, &out)?,
        None => slim(&subject, &choice, &work, &out)?,
    };
    let record = serde_json::to_vec_pretty(&slimmed.provenance()?)
        .map_err(|error| Failure::internal(format!("the record is no JSON: {error}")))?;
    fs::write(out.join(RECORD), record).map_err(unreadable(&out))?;
    let explained = slimmed.explain()?;
    case.context.say(&format!(
        "  packages: {} of {}, answers equal",
        size(explained.bytes_after),
        size(explained.bytes_before)
    ));
    tell_unsteady(case, &slimmed.verification.unsteady);
    remove(&code)?;
    remove(&work)?;
    // Written last: packages without it are half made.
    fs::write(home.join(TOLD), explained.to_string()).map_err(unreadable(home))
}

/// How long a request may take, in seconds.
fn timeout_s(case: &Case<'_>) -> u64 {
    case.project.resources.timeout_s.value.into()
}

/// Says which answers could not be compared.
fn tell_unsteady(case: &Case<'_>, unsteady: &[String]) {
    if !unsteady.is_empty() {
        case.context.say(&format!(
            "warning: the handler answers {} differently each time: only that it answers was \
             compared",
            unsteady.join(", ")
        ));
    }
}

/// The same versions for this machine, where the target is another: they are watched and proven in
/// its stead.
fn alike(
    case: &Case<'_>,
    place: &Place<'_>,
    target: &Target<'_>,
) -> Result<Option<PathBuf>, Failure> {
    let Some(here) = Architecture::here().filter(|here| *here != place.platform.architecture)
    else {
        return Ok(None);
    };
    let platform = Platform { architecture: here, ..place.platform };
    let requirements = target.wanted.requirements;
    let alike = Target::of(case, place, requirements, platform, Some(&target.lock))?;
    alike.installed(case, place.uv).map(Some)
}

/// The samples, and what the manifest holds out.
fn requests(case: &Case<'_>, samples: &[Sample]) -> Result<Vec<Request>, Failure> {
    let request = |name: &str, value: &serde_json::Value, purpose| Request {
        name: name.to_owned(),
        text: value.to_string(),
        purpose,
    };
    let mut requests: Vec<_> = samples
        .iter()
        .map(|sample| request(&sample.name, &sample.request, Purpose::Sample))
        .collect();
    for path in case.python.held_out.iter().flat_map(|paths| &paths.value) {
        let value = samples::read_request(case.project, path)?;
        requests.push(request(path, &value, Purpose::HeldOut));
    }
    Ok(requests)
}

pub(super) fn platform(layout: &Layout, glibc: &str) -> Result<Platform, Failure> {
    let processor = if layout.architecture == "arm64" { "aarch64" } else { "x86_64" };
    let name = format!("{processor}-manylinux_{glibc}");
    name.parse().map_err(|error| Failure::internal(format!("{error}")))
}

/// The program uv.
pub(super) fn uv() -> PathBuf {
    std::env::var_os("MLSHIP_UV").map_or_else(|| "uv".into(), PathBuf::from)
}

fn level(slim: Slim) -> Option<(Level, Stubs)> {
    match slim {
        Slim::None => None,
        Slim::Safe => Some((Level::Safe, Stubs::None)),
        Slim::Balanced => Some((Level::Balanced, Stubs::None)),
        Slim::Traced => Some((Level::Traced, Stubs::None)),
        Slim::Max => Some((Level::Balanced, Stubs::Unused { named: Vec::new() })),
    }
}

fn name(slim: Slim) -> &'static str {
    let known = Slim::NAMES.iter().find(|(_, known)| *known == slim);
    known.map_or("", |(name, _)| name)
}
