//! Why a command failed: one type, one exit code, one place that turns any error into words.

use mlship_convert::ConvertError;
use mlship_core::finding::Report;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_export::ExportError;
use mlship_inspect::InspectError;
use mlship_manifest::{LoadError, Source};
use mlship_package::PackageError;
use mlship_registry::{ErrorKind as RegistryErrorKind, RegistryError};
use mlship_slim::SlimError;
use mlship_slim::resolve::ResolveError;
use serde::Serialize;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The manifest is wrong, or does not fit the model.
    Manifest {
        /// Everything that was found.
        report: Report,
        /// The text it was found in.
        source: Option<Source>,
    },
    /// A limit is exceeded; the report has already been printed as the answer.
    Limit,
    /// Something at its place in the manifest that makes the manifest itself no worse: a limit is
    /// exceeded, a file is not there.
    Found {
        /// What kind: `limit`, `file`.
        kind: &'static str,
        /// The process's exit code.
        code: u8,
        /// One lower-case phrase for all of it.
        message: String,
        /// Everything that was found.
        report: Report,
        /// The manifest.
        source: Source,
    },
    /// The answer that has been written says it all.
    Told {
        /// The process's exit code.
        code: u8,
    },
    /// Anything else, in words.
    Words(Words),
}

/// A failure in words.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Words {
    /// What kind: `usage`, `denied`, `provider`, ….
    pub(crate) kind: &'static str,
    /// One lower-case phrase.
    pub(crate) message: String,
    /// Why, from the nearest cause to the furthest.
    pub(crate) causes: Vec<String>,
    /// What the reader can do.
    pub(crate) hints: Vec<String>,
    #[serde(skip)]
    code: u8,
}

impl Failure {
    /// The process's exit code (see `--help`).
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Manifest { .. } => 3,
            Failure::Limit => 4,
            Failure::Told { code } | Failure::Found { code, .. } => *code,
            Failure::Words(words) => words.code,
        }
    }

    /// A mistake in how the command was called.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::words("usage", 2, message)
    }

    /// Something that should not happen.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::words("internal", 1, message)
    }

    /// The answer was not the one expected.
    pub(crate) fn verification(message: impl Into<String>) -> Self {
        Self::words("verification", 7, message)
    }

    /// Nobody is signed in, or not so that it can be used.
    pub(crate) fn credentials(message: impl Into<String>) -> Self {
        Self::words("denied", 5, message)
    }

    /// The provider's service answered with an error.
    pub(crate) fn answered(message: impl Into<String>) -> Self {
        Self::words("provider", 6, message)
    }

    /// Whether its message has this text.
    pub(crate) fn says(&self, text: &str) -> bool {
        matches!(self, Failure::Words(words) if words.message.contains(text))
    }

    /// The same, with one more hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Failure::Words(words) = &mut self {
            words.hints.push(hint.into());
        }
        self
    }

    /// A hard limit is exceeded, as `report` says.
    pub(crate) fn over(report: Report, source: Source) -> Self {
        let message = "a limit is exceeded".to_owned();
        Self::Found { kind: "limit", code: 4, message, report, source }
    }

    fn words(kind: &'static str, code: u8, message: impl Into<String>) -> Self {
        Failure::Words(Words {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            code,
        })
    }

    fn caused(mut self, error: &dyn std::error::Error) -> Self {
        if let Failure::Words(words) = &mut self {
            let mut cause = error.source();
            while let Some(error) = cause {
                let text = error.to_string();
                if !words.message.contains(&text) && words.causes.last() != Some(&text) {
                    words.causes.push(text);
                }
                cause = error.source();
            }
        }
        self
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        let (kind, code) = match error.kind {
            ErrorKind::Denied => ("denied", 5),
            ErrorKind::Verification => ("verification", 7),
            _ => ("provider", 6),
        };
        let failure = Self::words(kind, code, error.to_string()).caused(&error);
        error.hints.into_iter().fold(failure, Failure::hint)
    }
}

impl From<PackageError> for Failure {
    fn from(error: PackageError) -> Self {
        match error {
            PackageError::Unfit(report) => Failure::Manifest { report, source: None },
            PackageError::Unanswered { ref traceback, .. } => {
                let failure = Self::verification(error.to_string()).caused(&error);
                let trace = traceback.iter().filter(|trace| trace.lines().count() > 4);
                trace.fold(failure, |failure, trace| failure.hint(trace.replace('\n', "\n  ")))
            }
            PackageError::Wrong { .. } => Self::verification(error.to_string()).caused(&error).hint(
                "mend the model; or, when the new answers are right, write them down: mlship package --record",
            ),
            PackageError::Inspect(error) => error.into(),
            PackageError::NotOnnx { ref advice, .. } => {
                let failure = Self::words("model", 2, error.to_string());
                advice.iter().fold(failure, Failure::hint)
            }
            PackageError::Compile { .. } => Self::words("model", 3, error.to_string())
                .caused(&error)
                .hint("`mlship inspect` shows what the model needs"),
            _ => Self::words("file", 2, error.to_string()).caused(&error),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::words("file", 2, error.to_string()).caused(&error)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let (kind, code) = match error.kind {
            RegistryErrorKind::Denied => ("denied", 5),
            RegistryErrorKind::Digest => ("verification", 7),
            RegistryErrorKind::Local | RegistryErrorKind::Platform => ("usage", 2),
            _ => ("provider", 6),
        };
        let failure = Self::words(kind, code, error.to_string()).caused(&error);
        error.hints.into_iter().fold(failure, Failure::hint)
    }
}

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        let code = if matches!(error, ConvertError::Opset { .. }) { 3 } else { 2 };
        Self::words("model", code, error.to_string()).caused(&error)
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let code = match error {
            ExportError::Step { .. } | ExportError::Differs(_) => 7,
            ExportError::Silent { .. } => 1,
            _ => 2,
        };
        Self::words("export", code, error.to_string()).caused(&error)
    }
}

impl From<SlimError> for Failure {
    fn from(error: SlimError) -> Self {
        let (kind, code) = match error {
            SlimError::Unproven { .. } | SlimError::Handler { .. } => ("verification", 7),
            SlimError::NoSamples | SlimError::NoHeldOut => ("manifest", 3),
            _ => ("packages", 2),
        };
        Self::words(kind, code, error.to_string()).caused(&error)
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let (kind, code) = match error {
            ResolveError::Hash { .. } => ("verification", 7),
            ResolveError::Network { .. } => ("provider", 6),
            _ => ("packages", 2),
        };
        Self::words(kind, code, error.to_string()).caused(&error)
    }
}

impl From<InspectError> for Failure {
    fn from(error: InspectError) -> Self {
        Self::words("model", 2, error.to_string()).caused(&error)
    }
}
