//! The settings of a function that mlship decides, as they are or as they should be.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{FunctionConfiguration, PackageType, Runtime};
use mlship_core::plan::Difference;

use crate::config::Kind;
use crate::find::function::architecture;
use crate::models::Models;
use crate::names::PROGRAM;

/// What a version runs, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) package: Package,
    /// SHA-256 as AWS says it: of the zip in base64, or of the image's manifest in hex.
    pub(crate) code_sha256: String,
    pub(crate) architecture: String,
    pub(crate) memory_mb: i32,
    pub(crate) timeout_s: i32,
    pub(crate) disk_mb: i32,
    /// ARN.
    pub(crate) role: String,
    /// Empty when the code is an image.
    pub(crate) runtime: String,
    /// Empty when the code is an image.
    pub(crate) handler: String,
    pub(crate) models: Models,
    /// The program that is started in the stead of the runtime's own; empty when none is.
    pub(crate) wrapper: String,
}

/// The variable that names a program to be started in the stead of a runtime's own
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper>).
pub(crate) const WRAPPER: &str = "AWS_LAMBDA_EXEC_WRAPPER";

/// What the code is packed as. A function keeps it for life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Package {
    Zip,
    Image,
}

impl Package {
    /// The manifest's word for functions of it.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Zip => Kind::LambdaZip,
            Self::Image => Kind::LambdaImage,
        }
    }
}

impl Setup {
    pub(crate) fn of(configuration: &FunctionConfiguration) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            package: match configuration.package_type() {
                Some(PackageType::Image) => Package::Image,
                _ => Package::Zip,
            },
            code_sha256: text(configuration.code_sha256()),
            architecture: architecture(configuration),
            memory_mb: configuration.memory_size().unwrap_or_default(),
            timeout_s: configuration.timeout().unwrap_or_default(),
            disk_mb: configuration.ephemeral_storage().map_or(512, |disk| disk.size()),
            role: text(configuration.role()),
            runtime: text(configuration.runtime().map(|runtime| runtime.as_str())),
            handler: text(configuration.handler()),
            models: Models::of(configuration),
            wrapper: wrapper(configuration),
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
            .chain(self.wrapper_difference_to(wanted))
            .collect()
    }

    fn wrapper_difference_to(&self, wanted: &Self) -> Option<Difference> {
        let words = |wrapper: &str| (!wrapper.is_empty()).then(|| wrapper.to_owned());
        (self.wrapper != wanted.wrapper).then(|| Difference {
            field: "started".into(),
            from: words(&self.wrapper),
            to: words(&wanted.wrapper),
        })
    }

    /// The environment variables that mlship sets.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let mut variables = self.models.variables();
        if !self.wrapper.is_empty() {
            variables.insert(WRAPPER.to_owned(), self.wrapper.clone());
        }
        variables
    }

    /// What UpdateFunctionCode would change.
    pub(crate) fn code_differs_from(&self, wanted: &Self) -> bool {
        self.code_sha256 != wanted.code_sha256 || self.architecture != wanted.architecture
    }

    /// The settings beside the code, with their units in the key.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("memory-mb", self.memory_mb.to_string()),
            ("timeout-s", self.timeout_s.to_string()),
            ("disk-mb", self.disk_mb.to_string()),
            ("role", self.role.clone()),
        ];
        if self.package == Package::Zip {
            settings.push(("runtime", self.runtime.clone()));
            settings.push(("handler", self.handler.clone()));
        }
        settings
    }

    /// What runs the program in a zip.
    pub(crate) fn runtime(&self) -> Option<Runtime> {
        (self.package == Package::Zip).then(|| Runtime::from(self.runtime.as_str()))
    }

    /// The program in a zip.
    pub(crate) fn handler(&self) -> Option<String> {
        (self.package == Package::Zip).then(|| self.handler.clone())
    }

    /// The image's digest, `sha256:…`.
    pub(crate) fn image_digest(&self) -> Option<String> {
        (self.package == Package::Image).then(|| format!("sha256:{}", self.code_sha256))
    }
}

/// mlship's own; another that is set is somebody else's, and none of a function's settings here.
fn wrapper(configuration: &FunctionConfiguration) -> String {
    let found = configuration.environment().and_then(|found| found.variables());
    let found = found.and_then(|found| found.get(WRAPPER));
    found.filter(|program| *program == PROGRAM).cloned().unwrap_or_default()
}
