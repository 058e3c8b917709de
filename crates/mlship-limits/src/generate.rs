//! What a provider's build script calls.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use mlship_core::finding::Report;
use thiserror::Error;

use crate::date::Date;
use crate::{emit, read, tree};

/// Why no Rust was written.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// The file could not be read, or the Rust not written.
    #[error("cannot use `{path}`")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Numbers without what they need: one `file:line:column: message` a line.
    #[error("{0}")]
    Invalid(String),
}

/// Writes the kinds of `limits_toml` to `out` as a Rust expression of type
/// `&'static [mlship_core::limits::Limits]`, to be had by `include!`.
///
/// # Errors
/// A number without value, force, page or date, or with a date to come; an unknown key; a file
/// that cannot be read or written.
pub fn generate(limits_toml: &Path, out: &Path) -> Result<(), GenerateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| GenerateError::File { path, source }
    };
    let text = fs::read_to_string(limits_toml).map_err(failed(limits_toml))?;
    // Tomorrow: it may already be that day where the number was checked.
    let last_day = Date::at(SystemTime::now()).next();
    let rust = rust(&text, &limits_toml.display().to_string(), last_day)?;
    fs::write(out, rust).map_err(failed(out))
}

/// The Rust of `text`; `name` is the file's name in errors.
///
/// # Errors
/// As [`generate`], files aside.
pub fn build(text: &str, name: &str) -> Result<String, GenerateError> {
    rust(text, name, Date::at(SystemTime::now()).next())
}

fn rust(text: &str, name: &str, last_day: Date) -> Result<String, GenerateError> {
    match read::read(text, Some(last_day)) {
        Ok(kinds) => Ok(emit::slice(&kinds)),
        Err(report) => Err(GenerateError::Invalid(lines(text, name, &report))),
    }
}

fn lines(text: &str, name: &str, report: &Report) -> String {
    let mut lines = String::new();
    for finding in &report.0 {
        let (line, column) = tree::position(text, finding.span.as_ref());
        // The reader's hints are in the words of the manifest's YAML.
        let hints = finding.hints.iter().map(|hint| hint.replace(": …`", " = …`"));
        let hints: String = hints.map(|hint| format!("; {hint}")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(lines, "{name}:{line}:{column}: {}{hints}", finding.message);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"provider = "aws"
[sources]
quotas = { page = "Quotas", url = "https://example.org/quotas" }
[kinds.zip]
title = "Zip"
formats = ["zip"]
architectures = ["x86_64"]
native = "direct"
scratch = "disk"
[kinds.zip.limits]
memory-max-mb = { value = 3008, force = "hard", source = "quotas", checked = "2026-11-20" }
"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        let last_day = Date::parse("2026-11-21").expect("a day");
        match rust(&GOOD.replace(from, to), "aws/limits.toml", last_day) {
            Err(GenerateError::Invalid(lines)) => lines,
            other => panic!("{from} -> {to} got through: {other:?}"),
        }
    }

    #[test]
    fn a_good_file_becomes_rust() {
        let rust = build(GOOD, "limits.toml").expect("good");
        assert!(rust.contains("memory_max_mb: Some(l::Limit { value: 3008"), "{rust}");
        assert!(rust.contains("Cow::Borrowed(\"2026-11-20\")"), "{rust}");
    }

    #[test]
    fn a_number_without_its_page_date_or_force_stops_the_build() {
        for (gone, key) in [
            ("value = 3008, ", "value"),
            ("force = \"hard\", ", "force"),
            ("source = \"quotas\", ", "source"),
            (", checked = \"2026-11-20\"", "checked"),
        ] {
            let lines = refused(gone, "");
            let key = format!("`kinds.zip.limits.memory-max-mb.{key}` is missing");
            let is_placed = lines.starts_with("aws/limits.toml:11:");
            assert!(is_placed && lines.contains(&key), "{lines}");
        }
    }

    #[test]
    fn a_wrong_number_page_or_date_stops_the_build() {
        for (from, to, words) in [
            ("3008", "0", "it must be from 1"),
            ("3008", "-1", "it must be from 1"),
            ("3008", "3008.5", "must be a whole number"),
            ("3008", "\"3008\"", "must be a whole number"),
            ("3008", "99999999999999999999", "must be a whole number"),
            (
                "{ value = 3008, force = \"hard\", source = \"quotas\", checked = \"2026-11-20\" }",
                "3008",
                "must be a table",
            ),
            ("\"hard\"", "\"firm\"", "cannot be `firm`"),
            (
                "source = \"quotas\"",
                "source = \"quota\"",
                "no source is called `quota`; did you mean `quotas`?",
            ),
            ("2026-11-20", "2026-11-31", "must be a day"),
            ("2026-11-20", "20 November", "must be a day"),
            ("2026-11-20", "2026-11-22", "a day that is yet to come"),
            (
                "memory-max-mb",
                "memory-max",
                "unknown key `kinds.zip.limits.memory-max`; did you mean `memory-max-mb`?",
            ),
        ] {
            let lines = refused(from, to);
            assert!(lines.starts_with("aws/limits.toml:11:") && lines.contains(words), "{lines}");
        }
    }

    #[test]
    fn the_rest_of_the_file_is_read_strictly_too() {
        for (from, to, line, words) in [
            ("title = \"Zip\"\n", "", 4, "`kinds.zip.title` is missing"),
            ("[\"zip\"]", "[\"rar\"]", 6, "must name some of zip, tar, image"),
            ("[\"zip\"]", "[]", 6, "must name some of zip, tar, image"),
            ("\"direct\"", "\"shim\"", 4, "`kinds.zip.native-note` is missing"),
            ("page = \"Quotas\", ", "", 3, "`sources.quotas.page` is missing"),
            ("provider = \"aws\"", "provide = \"aws\"", 1, "`provider` is missing"),
            ("[kinds.zip]", "[kinds.zip", 4, ""),
        ] {
            let lines = refused(from, to);
            let wanted = format!("aws/limits.toml:{line}:");
            assert!(lines.contains(&wanted) && lines.contains(words), "{lines}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = generate(Path::new("no/limits.toml"), Path::new("out.rs")).expect_err("absent");
        assert_eq!(error.to_string(), "cannot use `no/limits.toml`");
    }
}
