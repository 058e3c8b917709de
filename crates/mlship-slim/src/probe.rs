//! A handler asked in a process of its own: it loads, answers each request twice, and says what it
//! touched. Used to watch the packages as installed and to prove the smaller ones.

mod contained;
mod hung;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use hung::Hung;

use crate::error::SlimError;
use crate::python::{Python, clean, last_line};

/// Our own program that calls the handler.
const RUNNER: &str = include_str!("probe/runner.py");

/// The user's code: a module with a function that is called with each request and, where there is
/// something to load, `load()`.
#[derive(Debug, Clone)]
pub struct Handler {
    /// The folder that the module is in, with what it reads.
    pub folder: PathBuf,
    /// The module: `app` of `app.py`.
    pub module: String,
    /// The function: `predict`.
    pub function: String,
    /// The model's file, whose whole path the code is told in `MLSHIP_MODEL`.
    pub model: Option<PathBuf>,
}

impl Handler {
    /// One whose function is `predict`, and that knows itself where its model is.
    pub fn new(folder: impl Into<PathBuf>, module: &str) -> Self {
        Self {
            folder: folder.into(),
            module: module.into(),
            function: "predict".into(),
            model: None,
        }
    }
}

/// A request, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// What it is called in reports.
    pub name: String,
    /// The JSON.
    pub text: String,
    /// What it is for.
    #[serde(skip)]
    pub purpose: Purpose,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The packages are watched while it is answered; it must be answered.
    Sample,
    /// Nothing is watched: it shows whether what was kept is enough for others.
    HeldOut,
    /// A sample made wrong, for what is only needed to refuse.
    Malformed,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Probe<'a> {
    pub(crate) python: &'a Python,
    pub(crate) handler: &'a Handler,
    /// The packages.
    pub(crate) tree: &'a Path,
    pub(crate) requests: Vec<&'a Request>,
    /// Whether the guard of the smaller packages is there and to be installed.
    pub(crate) guard: bool,
    /// How long loading and each request may take.
    pub(crate) patience: Duration,
}

/// What came of a run.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Outcome {
    /// Why it could not begin to answer.
    #[serde(default)]
    pub(crate) failure: Option<Failure>,
    /// What it was at when it was ended because it took too long.
    #[serde(skip)]
    pub(crate) hung: Option<Hung>,
    pub(crate) answers: Vec<Answered>,
    #[serde(default)]
    pub(crate) watched: Watched,
    #[serde(default)]
    pub(crate) misses: Vec<Miss>,
}

/// A request's answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Answered {
    pub(crate) name: String,
    pub(crate) replies: Vec<Reply>,
}

/// One answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reply {
    /// JSON.
    Value(String),
    /// The handler raised.
    Error(Failure),
}

/// An error of Python.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Failure {
    pub(crate) kind: String,
    pub(crate) message: String,
    /// The files it went through, innermost last.
    pub(crate) files: Vec<String>,
}

/// What Python itself saw being touched; whole paths.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Watched {
    pub(crate) opened: Vec<String>,
    pub(crate) listed: Vec<String>,
    pub(crate) mapped: Vec<String>,
    pub(crate) modules: Vec<String>,
}

/// A pruned module that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Miss {
    /// Its name.
    pub module: String,
    /// The distribution that it is of.
    pub distribution: String,
    /// Whether it was in what was shipped aside, so that the import went well.
    pub served: bool,
}

/// What the runner reads.
#[derive(Serialize)]
struct Wanted<'a> {
    paths: [&'a Path; 2],
    module: &'a str,
    function: &'a str,
    model: Option<PathBuf>,
    requests: &'a [&'a Request],
    guard: bool,
    out: &'a Path,
    hung: &'a Path,
    /// In seconds.
    patience: f64,
}

impl Probe<'_> {
    /// Runs it in the folder `work`, behind the words of `before` (`strace`, `unshare`).
    ///
    /// # Errors
    /// When nothing could be started or written. What the handler does wrong is in the outcome.
    pub(crate) fn run(&self, work: &Path, before: &[String]) -> Result<Outcome, SlimError> {
        fs::create_dir_all(work).map_err(SlimError::file("create", work))?;
        let work = work.canonicalize().map_err(SlimError::file("read", work))?;
        let [runner, wanted, out, hung] =
            ["runner.py", "wanted.json", "told.json", "hung.txt"].map(|name| work.join(name));
        let handler = &self.handler.folder;
        let handler = handler.canonicalize().map_err(SlimError::file("read", handler))?;
        let tree = self.tree.canonicalize().map_err(SlimError::file("read", self.tree))?;
        let whole = |path: &PathBuf| path.canonicalize().map_err(SlimError::file("read", path));
        let model = self.handler.model.as_ref().map(whole).transpose()?;
        let said = Wanted {
            paths: [&handler, &tree],
            module: &self.handler.module,
            function: &self.handler.function,
            model,
            requests: &self.requests,
            guard: self.guard,
            out: &out,
            hung: &hung,
            patience: self.patience.as_secs_f64(),
        };
        let said = serde_json::to_vec(&said).map_err(SlimError::json(&wanted))?;
        fs::write(&wanted, said).map_err(SlimError::file("write", &wanted))?;
        fs::write(&runner, RUNNER).map_err(SlimError::file("write", &runner))?;
        let _ = fs::remove_file(&out);
        let [mut words, inner] = contained::words();
        words.extend(before.iter().cloned());
        words.extend(inner);
        words.push(self.python.program().to_string_lossy().into_owned());
        words.extend(self.python.flags().iter().map(|flag| (*flag).to_owned()));
        words.extend([&runner, &wanted].map(|path| path.to_string_lossy().into_owned()));
        let Some((program, arguments)) = words.split_first() else { return Ok(Outcome::default()) };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&handler).stdin(Stdio::null());
        let ended = clean(&mut command).output().map_err(self.python.unstarted())?;
        let Ok(told) = fs::read(&out) else {
            if let Some(hung) = Hung::read(&hung, self.patience) {
                return Ok(hung.outcome());
            }
            let message = format!("{}: {}", ended.status, last_line(&ended.stderr));
            let failure = Failure { kind: "crash".to_owned(), message, files: Vec::new() };
            return Ok(Outcome { failure: Some(failure), ..Outcome::default() });
        };
        serde_json::from_slice(&told).map_err(SlimError::json(&out))
    }
}
