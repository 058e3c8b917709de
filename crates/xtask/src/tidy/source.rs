//! What the files themselves must be like: who prints, how long they are, how they begin, what
//! things are called, and that nothing names a machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A text file of the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// From the top of the checkout, with `/`.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
}

/// Folders that hold nothing written by hand.
const NOT_OURS: &[&str] =
    &["target", ".git", ".tools", ".mlship", "node_modules", "__pycache__", ".pytest_cache"];

/// The longest file that is read, in bytes; larger ones are models and tables.
const LONGEST: u64 = 1024 * 1024;

/// The most lines of a Rust file.
const MOST_LINES: usize = 500;

/// Words that say nothing in a type's name.
const EMPTY_WORDS: &[&str] = &["Manager", "Helper", "Util"];

/// Names of files that hold more than one idea.
const EMPTY_FILES: &[&str] = &["utils.rs", "util.rs", "common.rs", "misc.rs", "helpers.rs"];

/// How a program talks, ends and looks around: what only the binaries do.
const BINARIES_ONLY: &[&str] = &[
    "println!(",
    "print!(",
    "eprintln!(",
    "eprint!(",
    "process::exit(",
    "env::var(",
    "env::var_os(",
    "env::vars(",
    "env::vars_os(",
    "env::args(",
    "env::args_os(",
];

/// Reads every text file of the checkout.
pub(crate) fn read(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("could not read `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, files)?;
        } else if kind.is_file() && entry.metadata()?.len() <= LONGEST {
            let Ok(text) = String::from_utf8(fs::read(&path)?) else { continue };
            let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// Everything in the files that breaks a rule.
pub(crate) fn check(files: &[File], root: &Path) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        broken.extend(machine(file, root));
        if file.path.ends_with(".rs") {
            broken.extend(length(file));
            broken.extend(opening(file));
            broken.extend(names(file));
            broken.extend(talk(file));
        }
    }
    broken
}

fn length(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > MOST_LINES).then(|| format!("{} has {lines} lines; split it", file.path))
}

fn opening(file: &File) -> Option<String> {
    (!file.text.starts_with("//! "))
        .then(|| format!("{}:1 must open with a `//!` sentence on what it is for", file.path))
}

fn names(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    let name = file.path.rsplit('/').next().unwrap_or_default();
    if EMPTY_FILES.contains(&name) {
        broken.push(format!("{} is called after nothing it holds", file.path));
    }
    for (number, line) in code(&file.text) {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        while let Some(word) = words.next() {
            let defines = matches!(word, "struct" | "enum" | "trait" | "type" | "union");
            let Some(name) = defines.then(|| words.next()).flatten() else { continue };
            if EMPTY_WORDS.iter().any(|empty| name.contains(empty)) {
                broken.push(format!("{}:{number} the name `{name}` says nothing", file.path));
            }
        }
    }
    broken
}

fn talk(file: &File) -> Vec<String> {
    let outside = |part: &str| file.path.split('/').any(|folder| folder == part);
    let allowed = file.path.starts_with("crates/mlship/")
        || file.path.starts_with("crates/xtask/")
        || file.path.starts_with("crates/mlship-testkit/")
        || file.path == "crates/mlship-runtime/src/main.rs"
        || file.path == "crates/mlship-start/src/main.rs"
        || file.path.ends_with("build.rs")
        || ["tests", "examples", "benches"].into_iter().any(outside);
    if allowed {
        return Vec::new();
    }
    let mut broken = Vec::new();
    let shipped = file.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    for (number, line) in code(shipped) {
        if let Some(call) = BINARIES_ONLY.iter().find(|call| calls(line, call)) {
            let call = call.trim_end_matches('(');
            broken.push(format!("{}:{number} a library uses `{call}`", file.path));
        }
    }
    broken
}

/// True when `call` stands in the line as a word of its own: `print!(` is not in `eprint!(`.
fn calls(line: &str, call: &str) -> bool {
    line.match_indices(call).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == '"')
    })
}

/// Where every host of Azure Functions and Web App has a service's files.
const SITE: &str = "/home/site/";

/// Paths that exist on one machine alone.
fn machine(file: &File, root: &Path) -> Vec<String> {
    let checkout = root.to_string_lossy();
    // A short one, such as `/mlship`, stands in too many a sentence.
    let checkout = Some(&*checkout).filter(|path| path.matches('/').count() >= 3);
    let fixed = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    let mut broken = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let found = |path: &&str| {
            line.match_indices(*path).any(|(at, _)| {
                !line[..at]
                    .ends_with(|letter: char| letter.is_alphanumeric() || "._-/}".contains(letter))
                    && !line[at..].starts_with(SITE)
            })
        };
        if let Some(path) = fixed.into_iter().chain(checkout).find(|path| found(path)) {
            broken.push(format!("{}:{} names the machine's `{path}`", file.path, number + 1));
        }
    }
    broken
}

/// The lines that are not comments, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.into(), text: text.into() };
        check(&[file], Path::new("/checkout/of/mlship"))
    }

    const LIBRARY: &str = "crates/mlship-core/src/a.rs";

    #[test]
    fn a_good_file_breaks_nothing() {
        let text = "//! Adds.\n\n// println!(\npub struct Sum;\n";
        assert_eq!(broken(LIBRARY, text), Vec::<String>::new());
    }

    #[test]
    fn a_library_that_talks_is_found_and_its_tests_are_not() {
        for call in ["println!(\"\")", "std::process::exit(1)", "std::env::var(\"A\")"] {
            let text = format!("//! Talks.\nfn f() {{ {call}; }}\n");
            assert_eq!(broken(LIBRARY, &text).len(), 1, "{call}");
            assert_eq!(broken("crates/mlship/src/a.rs", &text), Vec::<String>::new());
            assert_eq!(broken("crates/mlship-core/tests/a.rs", &text), Vec::<String>::new());
            assert_eq!(broken("crates/mlship-runtime/src/main.rs", &text), Vec::<String>::new());
            assert_eq!(broken("crates/mlship-runtime/src/lib.rs", &text).len(), 1);
            let tested = format!("//! Tests.\n\n#[cfg(test)]\nmod tests {{\n{call};\n}}\n");
            assert_eq!(broken(LIBRARY, &tested), Vec::<String>::new());
        }
    }

    #[test]
    fn a_long_file_is_found() {
        let text = format!("//! Long.\n{}", "\n".repeat(MOST_LINES - 1));
        assert_eq!(broken(LIBRARY, &text), Vec::<String>::new());
        assert_eq!(broken(LIBRARY, &format!("{text}\n")).len(), 1);
    }

    #[test]
    fn a_file_without_opening_is_found() {
        assert_eq!(broken(LIBRARY, "use std::fs;\n").len(), 1);
        assert_eq!(broken(LIBRARY, "").len(), 1);
    }

    #[test]
    fn an_empty_name_is_found() {
        for word in EMPTY_WORDS {
            assert_eq!(broken(LIBRARY, &format!("//! A.\npub struct Model{word};\n")).len(), 1);
            assert_eq!(broken(LIBRARY, &format!("//! A.\ntrait {word}s {{}}\n")).len(), 1);
        }
        assert_eq!(broken("crates/mlship-core/src/utils.rs", "//! A.\n").len(), 1);
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_any_file() {
        for path in [concat!("/ro", "ot/x"), concat!("/ho", "me/me"), "/checkout/of/mlship/a"] {
            assert_eq!(broken("README.md", &format!("see {path}\n")).len(), 1, "{path}");
        }
        for path in ["https://site.example/home/page", SITE] {
            assert_eq!(broken("README.md", &format!("see {path}\n")), Vec::<String>::new());
        }
    }

    #[test]
    fn built_and_installed_folders_are_not_read() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["target", "src"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("a.rs"), "//! A.\n").unwrap();
        }
        fs::write(root.path().join("model.bin"), [0xff, 0xfe]).unwrap();
        let paths: Vec<_> = read(root.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["src/a.rs"]);
    }
}
