//! Reads an artifact as the functions host does. What the host would not find is not there, and
//! nobody is told: a bad artifact has no functions.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::Value;

/// What a functions host found.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) functions: Vec<Function>,
    /// In front of every route.
    pub(super) prefix: String,
    /// Why the custom handler cannot be started.
    pub(super) error: Option<String>,
}

/// One function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Function {
    pub(super) name: String,
    /// `function.json`.
    pub(super) config: Value,
    pub(super) route: String,
    /// In capitals; empty for all.
    pub(super) methods: Vec<String>,
    /// `anonymous`, `function`, `admin`.
    pub(super) level: String,
    /// The names of the bindings for the request and for the answer.
    pub(super) bindings: [String; 2],
}

struct File {
    mode: u32,
    content: Vec<u8>,
}

/// Whether it is a zip at all.
pub(super) fn is_zip(artifact: &[u8]) -> bool {
    zip::ZipArchive::new(Cursor::new(artifact)).is_ok()
}

/// Looks into a zip, or below `/home/site/wwwroot` of an image's layers.
pub(super) fn read(artifact: &[u8]) -> Found {
    let files = if artifact.starts_with(b"PK") { zipped(artifact) } else { layered(artifact) };
    files.map_or_else(Found::default, |files| find(&files))
}

fn find(files: &BTreeMap<String, File>) -> Found {
    // A file that the host's user may not read is as good as none.
    let json = |path: &str| {
        let file = files.get(path).filter(|file| file.mode & 0o444 != 0)?;
        serde_json::from_slice::<Value>(&file.content).ok()
    };
    let Some(host) = json("host.json").filter(|host| host["version"] == "2.0") else {
        return Found::default();
    };
    let prefix = host["extensions"]["http"]["routePrefix"].as_str().unwrap_or("api");
    let description = &host["customHandler"]["description"];
    let handler = description["defaultExecutablePath"].as_str().unwrap_or_default();
    let error = match files.get(handler.trim_start_matches("./")) {
        Some(file) if file.mode & 0o111 != 0 => None,
        Some(_) => Some(format!("Failed to start '{handler}': Permission denied")),
        None => Some(format!("Failed to start '{handler}': No such file or directory")),
    };
    let folder = |path: &str| match path.split_once('/') {
        Some((folder, "function.json")) => Some(folder.to_owned()),
        _ => None,
    };
    let functions = files
        .keys()
        .filter_map(|path| folder(path))
        .filter_map(|name| function(&name, json(&format!("{name}/function.json"))?));
    let functions = if error.is_some() { Vec::new() } else { functions.collect() };
    Found { functions, prefix: prefix.trim_matches('/').to_owned(), error }
}

fn function(name: &str, config: Value) -> Option<Function> {
    let bindings = config["bindings"].as_array()?;
    let trigger = bindings.iter().find(|binding| binding["type"] == "httpTrigger")?;
    let output = bindings
        .iter()
        .find(|binding| binding["type"] == "http" && binding["direction"] == "out")?;
    let binding = |binding: &Value| binding["name"].as_str().unwrap_or_default().to_owned();
    let methods = trigger["methods"].as_array().map(Vec::as_slice).unwrap_or_default();
    Some(Function {
        name: name.to_owned(),
        route: trigger["route"].as_str().unwrap_or(name).trim_matches('/').to_owned(),
        methods: methods.iter().filter_map(Value::as_str).map(str::to_uppercase).collect(),
        level: trigger["authLevel"].as_str().unwrap_or("function").to_lowercase(),
        bindings: [binding(trigger), binding(output)],
        config,
    })
}

impl Found {
    /// The function that a path without its query is for.
    pub(super) fn function(&self, method: &str, path: &str) -> Option<&Function> {
        let path = path.trim_start_matches('/');
        let rest = match self.prefix.as_str() {
            "" => path,
            prefix => path.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        let takes = |function: &&Function| {
            function.methods.is_empty() || function.methods.iter().any(|one| one == method)
        };
        self.functions.iter().filter(takes).find(|function| fits(&function.route, rest))
    }
}

/// Whether a path is of a route: `{name}` is any one part, `{*name}` is all that is left.
fn fits(route: &str, path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    for wanted in route.split('/').filter(|wanted| !wanted.is_empty()) {
        if wanted.starts_with("{*") {
            return true;
        }
        let Some(part) = parts.next() else { return wanted.ends_with("?}") };
        if !wanted.starts_with('{') && !wanted.eq_ignore_ascii_case(part) {
            return false;
        }
    }
    parts.next().is_none()
}

fn zipped(artifact: &[u8]) -> Option<BTreeMap<String, File>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(artifact)).ok()?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).ok()?;
        if entry.is_dir() {
            continue;
        }
        // A zip that was not made on Unix has files that may be read and not run.
        let mode = entry.unix_mode().unwrap_or(0o644);
        let path = entry.name().ok()?.trim_start_matches("./").to_owned();
        let content = content(&path, &mut entry)?;
        files.insert(path, File { mode, content });
    }
    Some(files)
}

/// Later layers hide earlier ones; what one removes is gone.
fn layered(artifact: &[u8]) -> Option<BTreeMap<String, File>> {
    let mut archive = tar::Archive::new(artifact);
    archive.set_ignore_zeros(true);
    let mut files = BTreeMap::new();
    for entry in archive.entries().ok()? {
        let mut entry = entry.ok()?;
        let path = entry.path().ok()?.to_string_lossy().trim_start_matches("./").to_owned();
        let path = path.trim_start_matches('/');
        let Some(path) = path.strip_prefix("home/site/wwwroot/") else { continue };
        if let Some((folder, name)) = path.rsplit_once(".wh.") {
            files.remove(&format!("{folder}{name}"));
            continue;
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let mode = entry.header().mode().ok()?;
        let content = content(path, &mut entry)?;
        files.insert(path.to_owned(), File { mode, content });
    }
    Some(files)
}

/// Only what the host reads; the model and the handler are large.
fn content(path: &str, from: &mut impl Read) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    if path.ends_with(".json") && path.matches('/').count() < 2 {
        from.take(1 << 20).read_to_end(&mut content).ok()?;
    }
    Some(content)
}
