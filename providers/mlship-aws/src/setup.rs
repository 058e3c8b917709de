//! The settings of a function that mlship decides, as they are or as they should be.

use aws_sdk_lambda::types::FunctionConfiguration;
use mlship_core::plan::Difference;

use crate::find::function::architecture;
use crate::models::Models;

/// What a version runs, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    /// SHA-256 of the zip, in base64, as AWS says it.
    pub(crate) code_sha256: String,
    pub(crate) architecture: String,
    pub(crate) memory_mb: i32,
    pub(crate) timeout_s: i32,
    pub(crate) disk_mb: i32,
    /// ARN.
    pub(crate) role: String,
    pub(crate) runtime: String,
    pub(crate) handler: String,
    pub(crate) models: Models,
}

impl Setup {
    pub(crate) fn of(configuration: &FunctionConfiguration) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            code_sha256: text(configuration.code_sha256()),
            architecture: architecture(configuration),
            memory_mb: configuration.memory_size().unwrap_or_default(),
            timeout_s: configuration.timeout().unwrap_or_default(),
            disk_mb: configuration.ephemeral_storage().map_or(512, |disk| disk.size()),
            role: text(configuration.role()),
            runtime: text(configuration.runtime().map(|runtime| runtime.as_str())),
            handler: text(configuration.handler()),
            models: Models::of(configuration),
        }
    }

    /// What UpdateFunctionConfiguration would change.
    pub(crate) fn differences_to(&self, wanted: &Self) -> Vec<Difference> {
        self.settings()
            .into_iter()
            .zip(wanted.settings())
            .filter(|(now, then)| now != then)
            .map(|((field, from), (_, to))| Difference {
                field: field.into(),
                from: Some(from),
                to: Some(to),
            })
            .chain(self.models.difference_to(&wanted.models))
            .collect()
    }

    /// What UpdateFunctionCode would change.
    pub(crate) fn code_differs_from(&self, wanted: &Self) -> bool {
        self.code_sha256 != wanted.code_sha256 || self.architecture != wanted.architecture
    }

    /// The settings beside the code, with their units in the key.
    pub(crate) fn settings(&self) -> [(&'static str, String); 6] {
        [
            ("memory-mb", self.memory_mb.to_string()),
            ("timeout-s", self.timeout_s.to_string()),
            ("disk-mb", self.disk_mb.to_string()),
            ("role", self.role.clone()),
            ("runtime", self.runtime.clone()),
            ("handler", self.handler.clone()),
        ]
    }
}
