//! The packages of a handler for the place it is deployed to: locked, installed, made smaller,
//! proven, and kept in `.mlship` until something of that changes.

mod lock;

use std::fs;
use std::path::{Path, PathBuf};

use mlship_core::project::Slim;
use mlship_core::sample::Sample;
use mlship_package::{Layout, Packages, Scripts, sha256};
use mlship_slim::resolve::{Lock, Uv, Wanted, install};
use mlship_slim::{Choice, Handler, Level, Platform, Purpose, Request, Rest, Subject, slim};

use super::Case;
use crate::failure::Failure;
use crate::release::samples;
use crate::render::size;

/// What became of each file and why, in the packages' folder.
const RECORD: &str = "mlship-slim.json";

/// The same for people, beside the packages.
const TOLD: &str = "explained.txt";

/// The packages.
const PACKAGES: &str = "packages";

/// Adds the packages that the manifest lists, if it lists any, for a C library of that version.
pub(super) fn add(
    case: &Case<'_>,
    glibc: &str,
    layout: &Layout,
    samples: &[Sample],
    (uv, here): (&Uv, &mlship_slim::Python),
    scripts: &mut Scripts,
) -> Result<(), Failure> {
    let Some(requirements) = &case.python.requirements else { return Ok(()) };
    let wanted = Wanted {
        requirements: &case.project.root.join(&requirements.value),
        python: here,
        platform: platform(layout, glibc)?,
        accelerators: mlship_slim::resolve::Accelerators::Refuse,
    };
    let lock = lock::lock(case, uv, &wanted)?;
    let lock_sha256 = sha256(lock.text().as_bytes());
    let requests = requests(case, samples)?;
    let home = case.work.join("python").join(key(case, &wanted, &lock, &requests, scripts)?);
    if !home.join(TOLD).exists() {
        let installed = installed(case, uv, &wanted, &lock)?;
        make(case, &wanted, &installed, &requests, scripts, &home)?;
    }
    let told = fs::read_to_string(home.join(TOLD)).map_err(unreadable(&home))?;
    case.context.detail(told.trim_end());
    scripts.add_packages(
        &home.join(PACKAGES),
        Packages {
            python: here.version(),
            platform: wanted.platform.to_string(),
            slim: name(case.python.slim.value),
            lock_sha256,
        },
    )?;
    Ok(())
}

/// Bytes of the packages that were made last in the folder `work`.
pub(super) fn last_bytes(work: &Path) -> Option<u64> {
    let made = fs::read_dir(work.join("python")).ok()?.flatten();
    let whole = made.filter_map(|entry| {
        let made = entry.path().join(TOLD).metadata().ok()?.modified().ok()?;
        Some((made, entry.path().join(PACKAGES)))
    });
    let (_, packages) = whole.max()?;
    Some(bytes(&packages))
}

/// Bytes of all files in a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let each = entries.map(|entry| match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
        true => bytes(&entry.path()),
        false => entry.metadata().map_or(0, |about| about.len()),
    });
    each.sum()
}

/// What tells the packages from those of another build: all that goes into them.
fn key(
    case: &Case<'_>,
    wanted: &Wanted<'_>,
    lock: &Lock,
    requests: &[Request],
    scripts: &Scripts,
) -> Result<String, Failure> {
    let python = case.python;
    let keep = python.keep.as_ref().map(|keep| keep.value.join("\n")).unwrap_or_default();
    let mut all = format!(
        "{}\n{}\n{}\n{}\n{}\n{keep}\n{}\n{}\n",
        env!("CARGO_PKG_VERSION"),
        wanted.platform,
        wanted.python.version(),
        name(python.slim.value),
        python.handler.value,
        scripts.provenance.model_sha256,
        lock.text(),
    );
    for request in requests {
        all.push_str(&format!("{} {}\n", request.name, sha256(request.text.as_bytes())));
    }
    let code = scripts.contents.entries().iter().filter(|entry| entry.path.ends_with(".py"));
    for entry in code {
        all.push_str(&format!("{} {}\n", entry.path, entry.digest()?.0));
    }
    Ok(sha256(all.as_bytes())[..16].to_owned())
}

/// Installs what is locked, once for each lock.
fn installed(
    case: &Case<'_>,
    uv: &Uv,
    wanted: &Wanted<'_>,
    lock: &Lock,
) -> Result<PathBuf, Failure> {
    let name = &sha256(format!("{}\n{}", wanted.platform, lock.text()).as_bytes())[..16];
    let folder = case.work.join("python/installed").join(name);
    if folder.exists() {
        return Ok(folder);
    }
    case.context.say(&format!("  installing {} packages", lock.packages.len()));
    let partial = folder.with_extension("partial");
    remove(&partial)?;
    install(uv, wanted, lock, &partial)?;
    fs::rename(&partial, &folder).map_err(unreadable(&folder))?;
    Ok(folder)
}

/// Makes the packages smaller, lets them prove it, and writes them into `home`.
fn make(
    case: &Case<'_>,
    wanted: &Wanted<'_>,
    installed: &Path,
    requests: &[Request],
    scripts: &Scripts,
    home: &Path,
) -> Result<(), Failure> {
    remove(home)?;
    fs::create_dir_all(home).map_err(unreadable(home))?;
    let out = home.join(PACKAGES);
    let Some(level) = level(case.python.slim.value) else {
        copy(installed, &out)?;
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
        packages: installed,
        python: wanted.python,
        platform: wanted.platform,
        handler: &handler,
        requests,
    };
    let keep = case.python.keep.as_ref().map(|keep| keep.value.clone()).unwrap_or_default();
    let choice = Choice { level, keep, rest: Rest::Shipped, ..Choice::default() };
    let slimmed = slim(&subject, &choice, &home.join("work"), &out)?;
    let record = serde_json::to_vec_pretty(&slimmed.provenance()?)
        .map_err(|error| Failure::internal(format!("the record is no JSON: {error}")))?;
    fs::write(out.join(RECORD), record).map_err(unreadable(&out))?;
    let explained = slimmed.explain()?;
    case.context.say(&format!(
        "  packages: {} of {}, answers equal",
        size(explained.bytes_after),
        size(explained.bytes_before)
    ));
    remove(&code)?;
    remove(&home.join("work"))?;
    // Written last: packages without it are half made.
    fs::write(home.join(TOLD), explained.to_string()).map_err(unreadable(home))
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

fn platform(layout: &Layout, glibc: &str) -> Result<Platform, Failure> {
    let processor = if layout.architecture == "arm64" { "aarch64" } else { "x86_64" };
    let name = format!("{processor}-manylinux_{glibc}");
    name.parse().map_err(|error| Failure::internal(format!("{error}")))
}

/// The program uv.
pub(super) fn uv() -> PathBuf {
    std::env::var_os("MLSHIP_UV").map_or_else(|| "uv".into(), PathBuf::from)
}

fn level(slim: Slim) -> Option<Level> {
    match slim {
        Slim::None => None,
        Slim::Safe => Some(Level::Safe),
        Slim::Balanced => Some(Level::Balanced),
        Slim::Traced => Some(Level::Traced),
    }
}

fn name(slim: Slim) -> &'static str {
    let known = Slim::NAMES.iter().find(|(_, known)| *known == slim);
    known.map_or("", |(name, _)| name)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(unreadable(to))?;
    for entry in fs::read_dir(from).map_err(unreadable(from))? {
        let entry = entry.map_err(unreadable(from))?;
        let place = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &place)?,
            false => drop(fs::copy(entry.path(), &place).map_err(unreadable(&place))?),
        }
    }
    Ok(())
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(unreadable(folder)) } else { Ok(()) }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::usage(format!("could not use `{}`: {error}", path.display()))
}
