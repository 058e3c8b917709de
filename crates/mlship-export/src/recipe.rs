//! What a model file needs to be converted: who loads it, and which packages.

use mlship_inspect::{Facts, Format};

use crate::error::ExportError;

/// Who loads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loader {
    /// joblib, which also reads plain pickles.
    Joblib,
    /// xgboost's own reader.
    Xgboost,
    /// lightgbm's own reader.
    Lightgbm,
}

/// What a model file needs to be converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Who loads it.
    pub loader: Loader,
    /// What is installed, as pip writes it.
    pub requirements: Vec<String>,
    /// The Pythons that there are wheels of all of it for: `>=3.10,<3.14`.
    pub python: &'static str,
}

/// The converters, of versions that go together.
const CONVERTERS: [&str; 5] =
    ["skl2onnx==1.20.0", "onnxmltools==1.16.0", "onnx<2", "onnxruntime<2", "joblib"];

/// From which version of scikit-learn on there are wheels for which Pythons, newest first
/// (<https://pypi.org/project/scikit-learn/#history>).
const PYTHONS: [(u32, u32, &str); 4] =
    [(1, 6, ">=3.10,<3.14"), (1, 4, ">=3.9,<3.13"), (1, 2, ">=3.9,<3.12"), (0, 0, ">=3.8,<3.11")];

impl Loader {
    /// Its name in an order and a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joblib => "joblib",
            Self::Xgboost => "xgboost",
            Self::Lightgbm => "lightgbm",
        }
    }
}

/// The recipe for a file of these facts.
///
/// # Errors
/// When files of this form are not converted here.
pub fn recipe(facts: &Facts) -> Result<Recipe, ExportError> {
    let loader = match facts.format {
        Format::Joblib | Format::Pickle => Loader::Joblib,
        Format::XgboostJson | Format::XgboostUbjson => Loader::Xgboost,
        Format::Lightgbm => Loader::Lightgbm,
        _ => return Err(ExportError::Form(facts.summary.clone())),
    };
    let version = |name: &str| {
        facts.pickle.as_ref().and_then(|pickle| pickle.versions.get(name)).map(String::as_str)
    };
    let uses = |name: &str| {
        facts.pickle.as_ref().is_some_and(|pickle| pickle.packages.iter().any(|one| one == name))
    };
    let pinned = |name: &str, version: Option<&str>| match version {
        Some(version) => format!("{name}=={version}"),
        None => name.to_owned(),
    };
    let sklearn = version("scikit-learn");
    let mut requirements: Vec<String> = CONVERTERS.map(str::to_owned).to_vec();
    requirements.push(pinned("scikit-learn", sklearn));
    requirements.push("pandas".into());
    if loader == Loader::Xgboost || uses("xgboost") {
        // The other package of that name brings 400 MB of libraries for graphics cards.
        let written = facts.booster.as_ref().and_then(|booster| booster.version.as_deref());
        requirements.push(match version("xgboost").or(written) {
            Some(version) => format!("xgboost-cpu>={version}"),
            None => "xgboost-cpu".into(),
        });
    }
    if loader == Loader::Lightgbm || uses("lightgbm") {
        requirements.push(pinned("lightgbm", version("lightgbm")));
    }
    Ok(Recipe { loader, requirements, python: python(sklearn) })
}

fn python(sklearn: Option<&str>) -> &'static str {
    let newest = PYTHONS[0].2;
    let Some(version) = sklearn else { return newest };
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let (Some(Some(major)), Some(Some(minor))) = (parts.next(), parts.next()) else {
        return newest;
    };
    let fits = PYTHONS.iter().find(|(first, second, _)| (major, minor) >= (*first, *second));
    fits.map_or(newest, |(_, _, python)| python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_model_gets_a_python_that_has_its_packages() {
        assert_eq!(python(Some("1.9.1")), ">=3.10,<3.14");
        assert_eq!(python(Some("1.5.0")), ">=3.9,<3.13");
        assert_eq!(python(Some("1.3.2")), ">=3.9,<3.12");
        assert_eq!(python(Some("0.24.2")), ">=3.8,<3.11");
        assert_eq!(python(Some("strange")), ">=3.10,<3.14");
        assert_eq!(python(None), ">=3.10,<3.14");
    }
}
