//! What every command is given: the global flags, and how to speak.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use mlship_core::finding::{Report, Severity};
use mlship_core::limits::text::Paint;
use mlship_core::progress::Progress;
use mlship_core::project::Project;
use mlship_manifest::{Source, Style};
use serde::Serialize;
use serde_json::json;

use crate::cli::{Color, Global, OutputFormat, ProgressStyle};
use crate::failure::Failure;
use crate::progress::{Lines, Screen};

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    global: Global,
}

/// A project, and the text it was read from.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The project.
    pub(crate) project: Project,
    /// Its manifest.
    pub(crate) source: Source,
}

impl Context {
    /// From the flags.
    pub(crate) fn new(global: Global) -> Self {
        Self { global }
    }

    /// Reads the manifest; its warnings are said, its errors are the failure.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        self.load_from(&self.manifest_path()?)
    }

    /// Reads the manifest where there is one.
    pub(crate) fn load_if_there(&self) -> Result<Option<Loaded>, Failure> {
        let named = self.global.manifest.is_some();
        let there = named || mlship_manifest::find(Path::new("")).is_some();
        there.then(|| self.load()).transpose()
    }

    /// Reads the manifest at `path`.
    pub(crate) fn load_from(&self, path: &Path) -> Result<Loaded, Failure> {
        let loaded = mlship_manifest::load(path)?;
        match loaded.project {
            Some(project) => {
                self.findings(&loaded.report, &loaded.source);
                Ok(Loaded { project, source: loaded.source })
            }
            None => Err(Failure::Manifest { report: loaded.report, source: Some(loaded.source) }),
        }
    }

    /// Where `init` writes a manifest.
    pub(crate) fn new_manifest_path(&self) -> PathBuf {
        self.global
            .manifest
            .clone()
            .unwrap_or_else(|| PathBuf::from(mlship_manifest::FILE_NAMES[0]))
    }

    fn manifest_path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.global.manifest {
            return Ok(path.clone());
        }
        mlship_manifest::find(Path::new("")).ok_or_else(|| {
            Failure::usage("there is no `mlship.yaml` or `mlship.toml` here")
                .hint("write one: mlship init MODEL")
                .hint("or name one: --manifest PATH")
        })
    }

    /// Writes the answer: `text` for people, `value` for programs, under a schema such as
    /// `mlship/status/1`.
    pub(crate) fn answer(&self, schema: &str, value: &impl Serialize, text: &str) {
        match self.global.output {
            OutputFormat::Text => self.out(text),
            OutputFormat::Json => {
                let body = serde_json::to_value(value).unwrap_or_default();
                let mut whole = json!({"schema": schema});
                match (whole.as_object_mut(), body) {
                    (Some(whole), serde_json::Value::Object(body)) => whole.extend(body),
                    (Some(whole), body) => {
                        whole.insert("result".into(), body);
                    }
                    (None, _) => {}
                }
                self.out(&format!("{whole:#}"));
            }
        }
    }

    /// Writes to stdout as it is. A reader that went away is no failure.
    pub(crate) fn out(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        let _ = write!(stdout, "{text}{end}").and_then(|()| stdout.flush());
    }

    /// Says something on stderr, unless asked to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.global.quiet {
            self.err(text);
        }
    }

    /// Says findings on stderr; warnings not when asked to be quiet.
    pub(crate) fn findings(&self, report: &Report, source: &Source) {
        let shown = report
            .0
            .iter()
            .filter(|finding| finding.severity == Severity::Error || !self.global.quiet);
        let report = Report(shown.cloned().collect());
        if !report.is_empty() {
            self.err(&mlship_manifest::render(&report, source, self.style()));
        }
    }

    /// Says why something failed that is not the whole command.
    pub(crate) fn complain(&self, failure: &Failure) {
        match (self.global.output, failure) {
            (OutputFormat::Text, failure) => self.fail(failure),
            (OutputFormat::Json, Failure::Words(words)) => self.say(&words.message),
            (OutputFormat::Json, _) => self.say("the manifest is invalid"),
        }
    }

    /// Says why the command failed: on stderr for people, on stdout for programs.
    pub(crate) fn fail(&self, failure: &Failure) {
        match (self.global.output, failure) {
            (_, Failure::Limit | Failure::Told { .. }) => {}
            (OutputFormat::Text, Failure::Manifest { report, source }) => {
                let source = source.clone().unwrap_or_default();
                self.err(&mlship_manifest::render(report, &source, self.style()));
            }
            (OutputFormat::Text, Failure::Found { report, source, .. }) => {
                self.findings(report, source)
            }
            (OutputFormat::Text, Failure::Words(words)) => {
                let mut text = format!("{} {}", self.red("error:"), words.message);
                for cause in &words.causes {
                    text.push_str(&format!("\n  because {cause}"));
                }
                for hint in &words.hints {
                    text.push_str(&format!("\nhint: {hint}"));
                }
                self.err(&text);
            }
            (OutputFormat::Json, Failure::Manifest { report, source }) => {
                let path = source.as_ref().map(|source| source.name.as_str());
                self.fail_with("manifest", "the manifest is invalid", path, report);
            }
            (OutputFormat::Json, Failure::Found { kind, message, report, source, .. }) => {
                self.fail_with(kind, message, Some(&source.name), report);
            }
            (OutputFormat::Json, Failure::Words(words)) => {
                self.answer("mlship/error/1", &json!({"error": words}), "");
            }
        }
    }

    /// The answer to a program that is made of findings.
    fn fail_with(&self, kind: &str, message: &str, path: Option<&str>, report: &Report) {
        let error = json!({"kind": kind, "message": message, "path": path, "findings": report});
        self.answer("mlship/error/1", &json!({"error": error}), "");
    }

    /// Whether the answer is for programs, which want one object and no more.
    pub(crate) fn is_json(&self) -> bool {
        self.global.output == OutputFormat::Json
    }

    /// Who hears of a long job.
    pub(crate) fn progress(&self) -> Box<dyn Progress> {
        if self.global.quiet || self.global.progress == ProgressStyle::None {
            Box::new(mlship_core::progress::Silent)
        } else {
            let over =
                self.global.progress == ProgressStyle::Auto && std::io::stderr().is_terminal();
            Box::new(Lines::new(if over { Screen::Terminal } else { Screen::Log }))
        }
    }

    /// Whether a question may be asked.
    pub(crate) fn may_ask(&self) -> bool {
        !self.global.non_interactive
            && self.global.output == OutputFormat::Text
            && std::env::var_os("CI").is_none()
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal()
    }

    /// Asks a yes/no question on the terminal; no is the default.
    pub(crate) fn ask(&self, question: &str) -> bool {
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).is_ok()
            && matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// Says something on stderr that only those want who asked for more.
    pub(crate) fn detail(&self, text: &str) {
        if self.global.verbose {
            self.err(text);
        }
    }

    /// Where the user has ONNX Runtime.
    pub(crate) fn onnxruntime(&self) -> Option<&Path> {
        self.global.onnxruntime.as_deref()
    }

    /// How findings are drawn on stderr.
    pub(crate) fn style(&self) -> Style {
        if self.colours(&std::io::stderr()) { Style::Colour } else { Style::Plain }
    }

    /// How tables are drawn on stdout.
    pub(crate) fn paint(&self) -> Paint {
        if self.colours(&std::io::stdout()) { Paint::Colour } else { Paint::Plain }
    }

    /// How wide the answer may be, in columns.
    pub(crate) fn width(&self) -> usize {
        terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).max(60))
    }

    fn colours(&self, stream: &impl IsTerminal) -> bool {
        match self.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::env::var_os("NO_COLOR").is_none() && stream.is_terminal(),
        }
    }

    fn red(&self, text: &str) -> String {
        match self.style() {
            Style::Colour => format!("\x1b[1;31m{text}\x1b[0m"),
            Style::Plain => text.to_owned(),
        }
    }

    fn err(&self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(std::io::stderr(), "{text}{end}");
    }
}
