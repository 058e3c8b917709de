//! Makes the packages of a requirements file smaller and tells what became of them:
//! `slim REQUIREMENTS HANDLER SAMPLES OUT LEVEL [--python P] [--uv U] [--platform P] [--held-out F]
//! [--installed F] [--rest] [--stubs NAMES]`, or `slim --install-only REQUIREMENTS INSTALLED`.
//!
//! `HANDLER` is a folder with `app.py`, `SAMPLES` and `--held-out` folders of `*.json`. `OUT` gets
//! `packages` and `mlship-slim.json`; `--installed` is where the packages are put before, and are
//! used again when they are there. `--stubs` lets stubs stand in for libraries, `NAMES` (with commas)
//! being those that are protected otherwise. For another machine's platform the same versions are installed
//! for this one too, beside them, to be watched.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use mlship_slim::resolve::{Accelerators, Lock, Uv, Wanted, install, lock, lock_alike};
use mlship_slim::{
    Choice, Handler, Level, Platform, Purpose, Python, Request, Rest, Stubs, Subject, slim_across,
};

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let (places, options) = arguments()?;
    let option = |name: &str| options.get(name).map(PathBuf::from);
    let python = Python::at(&option("--python").unwrap_or_else(|| "python3".into()))?;
    let platform: Platform =
        options.get("--platform").map_or("x86_64-manylinux_2_28", String::as_str).parse()?;
    let mut uv = Uv::default();
    uv.program = option("--uv").unwrap_or(uv.program);
    let here = platform.here().ok_or("this machine cannot watch")?;
    let wanted = |requirements, platform| {
        let (requirements, accelerators) = (Path::new(requirements), Accelerators::Report);
        Wanted { requirements, python: &python, platform, accelerators }
    };
    let put = |wanted: &Wanted<'_>, folder: &Path| -> Result<Lock, Failed> {
        let lock = lock(&uv, wanted)?;
        install(&uv, wanted, &lock, folder)?;
        Ok(lock)
    };
    let (requirements, handler, samples, out, level) = match places.as_slice() {
        [requirements, installed] if options.contains_key("--install-only") => {
            return put(&wanted(requirements, platform), Path::new(installed)).map(drop);
        }
        [requirements, handler, samples, out, level] => {
            (requirements, handler, samples, Path::new(out), level)
        }
        _ => return Err("five arguments: requirements, handler, samples, out, level".into()),
    };
    let installed = option("--installed").unwrap_or_else(|| out.join("installed"));
    let alike = installed.with_extension("here");
    if !installed.exists() {
        let target = put(&wanted(requirements, platform), &installed)?;
        if platform != here {
            let wanted = wanted(requirements, here);
            install(&uv, &wanted, &lock_alike(&uv, &wanted, &target)?, &alike)?;
        }
    }
    let mut requests = read(Path::new(samples), Purpose::Sample)?;
    if let Some(folder) = option("--held-out") {
        requests.extend(read(&folder, Purpose::HeldOut)?);
    }
    let level: Level = serde_json::from_str(&format!("\"{level}\""))?;
    let rest = if options.contains_key("--rest") { Rest::Shipped } else { Rest::LeftOut };
    let handler = Handler::new(handler, "app");
    let subject = Subject {
        packages: &installed,
        python: &python,
        platform,
        handler: &handler,
        requests: &requests,
    };
    let stubs = match options.get("--stubs") {
        Some(names) => Stubs::Unused {
            named: names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        },
        None => Stubs::None,
    };
    let choice = Choice { level, rest, stubs, ..Choice::default() };
    let (work, packages) = (out.join("work"), out.join("packages"));
    let slimmed = slim_across(&subject, &alike, &choice, &work, &packages)?;
    writeln!(io::stdout(), "{}", slimmed.explain()?)?;
    let provenance = serde_json::to_vec_pretty(&slimmed.provenance()?)?;
    fs::write(out.join("mlship-slim.json"), provenance)?;
    Ok(())
}

/// What has a name, and what has not.
fn arguments() -> Result<(Vec<String>, BTreeMap<String, String>), Failed> {
    let (mut places, mut options) = (Vec::new(), BTreeMap::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--rest" || word == "--install-only" {
            options.insert(word, String::new());
        } else if word.starts_with("--") {
            let value = words.next().ok_or_else(|| format!("`{word}` lacks its value"))?;
            options.insert(word, value);
        } else {
            places.push(word);
        }
    }
    Ok((places, options))
}

/// The requests of a folder, by name.
fn read(folder: &Path, purpose: Purpose) -> Result<Vec<Request>, Failed> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let request = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Request { name, text: fs::read_to_string(&path)?, purpose })
    };
    paths.into_iter().map(request).collect()
}
