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
    /// torch's reader of modules and of tensors by name.
    Torch,
    /// torch's reader of TorchScript.
    TorchScript,
    /// fastai's reader of exported learners.
    Fastai,
    /// transformers, which reads folders.
    Transformers,
}

/// Which builds of packages are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builds {
    /// Those that the package index has.
    Any,
    /// Those of torch that use no graphics card: the others bring 3 GB of libraries for one.
    Processor,
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
    /// Which builds of them.
    pub builds: Builds,
}

/// The converters, of versions that go together.
const CONVERTERS: [&str; 5] =
    ["skl2onnx==1.20.0", "onnxmltools==1.16.0", "onnx<2", "onnxruntime<2", "joblib"];

/// What converts the networks of torch. From 2.9 on another exporter takes the place of the one that
/// traces.
const NETWORKS: [&str; 4] = ["torch>=2.2,<2.9", "numpy", "onnx<2", "onnxruntime<2"];

/// What the networks of others are made with, where a file names it.
pub(crate) const MADE_WITH: [&str; 2] = ["torchvision", "timm"];

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
            Self::Torch => "torch",
            Self::TorchScript => "torchscript",
            Self::Fastai => "fastai",
            Self::Transformers => "transformers",
        }
    }
}

/// The recipe for a file of these facts.
///
/// # Errors
/// When files of this form are not converted here.
pub fn recipe(facts: &Facts) -> Result<Recipe, ExportError> {
    let loader = match facts.format {
        Format::Torch => Loader::Torch,
        Format::TorchScript => Loader::TorchScript,
        Format::Fastai => Loader::Fastai,
        Format::HuggingFace => Loader::Transformers,
        Format::Joblib | Format::Pickle => Loader::Joblib,
        Format::XgboostJson | Format::XgboostUbjson => Loader::Xgboost,
        Format::Lightgbm => Loader::Lightgbm,
        _ => return Err(ExportError::Form(facts.summary.clone())),
    };
    Ok(match loader {
        Loader::Joblib | Loader::Xgboost | Loader::Lightgbm => estimator(facts, loader),
        _ => network(facts, loader),
    })
}

/// Of a model of rows.
fn estimator(facts: &Facts, loader: Loader) -> Recipe {
    let version = |name: &str| {
        facts.pickle.as_ref().and_then(|pickle| pickle.versions.get(name)).map(String::as_str)
    };
    let uses = |name: &str| uses(facts, name);
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
    Recipe { loader, requirements, python: python(sklearn), builds: Builds::Any }
}

/// Of a network of torch. No version is written in its files.
fn network(facts: &Facts, loader: Loader) -> Recipe {
    let mut requirements: Vec<String> = NETWORKS.map(str::to_owned).to_vec();
    match loader {
        Loader::Fastai => requirements.extend(["fastai>=2.7,<2.9", "torchvision"].map(Into::into)),
        Loader::Transformers => requirements.push("transformers>=4.40,<4.50".into()),
        _ => {
            let named = MADE_WITH.into_iter().filter(|name| uses(facts, name));
            requirements.extend(named.map(Into::into));
        }
    }
    Recipe { loader, requirements, python: ">=3.10,<3.14", builds: Builds::Processor }
}

/// Whether loading the file needs a package.
fn uses(facts: &Facts, name: &str) -> bool {
    facts.pickle.as_ref().is_some_and(|pickle| pickle.packages.iter().any(|one| one == name))
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
