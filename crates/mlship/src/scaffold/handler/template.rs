//! Which handler a model begins with, by its form. Pure text.

use mlship_export::{Trust, trust};
use mlship_inspect::{Facts, Format};

const JOBLIB: &str = include_str!("../../../../../templates/python-handler/content/app.py");
const XGBOOST: &str =
    include_str!("../../../../../templates/python-handler-xgboost/content/app.py");
const LIGHTGBM: &str =
    include_str!("../../../../../templates/python-handler-lightgbm/content/app.py");
const TORCH: &str = include_str!("../../../../../templates/python-handler-torch/content/app.py");
const WEIGHTS: &str =
    include_str!("../../../../../templates/python-handler-torch-weights/content/app.py");
const TORCH_SCRIPT: &str =
    include_str!("../../../../../templates/python-handler-torchscript/content/app.py");
const FASTAI: &str = include_str!("../../../../../templates/python-handler-fastai/content/app.py");
const ONNX: &str = include_str!("../../../../../templates/python-handler-onnx/content/app.py");

/// Where torch is without the code for graphics cards
/// (<https://pytorch.org/get-started/locally/>).
const PROCESSOR: &str = "--extra-index-url https://download.pytorch.org/whl/cpu";

/// A handler to begin with.
#[derive(Debug)]
pub(super) struct Template {
    /// Its code.
    pub(super) app: String,
    /// What the model's file is called in it.
    pub(super) file: &'static str,
    /// What it needs installed, and options of the installer.
    pub(super) needs: Vec<String>,
    /// What the user must write before it can answer.
    pub(super) missing: Option<&'static str>,
}

impl Template {
    fn new(app: &str, file: &'static str, needs: &[&str]) -> Self {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        Self { app: app.to_owned(), file, needs, missing: None }
    }

    /// The same with other code at some places.
    fn with(mut self, changes: &[(&str, &str)]) -> Self {
        for (from, to) in changes {
            self.app = self.app.replace(from, to);
        }
        self
    }
}

/// What a model of these facts begins with; `None` where its form has no handler.
pub(super) fn template(facts: &Facts) -> Option<Template> {
    Some(match facts.format {
        Format::XgboostJson | Format::XgboostUbjson => xgboost(facts),
        Format::Lightgbm => Template::new(LIGHTGBM, "model.txt", &["lightgbm", "numpy"]),
        Format::Onnx | Format::Ort => Template::new(ONNX, "model.onnx", &["numpy", "onnxruntime"]),
        Format::Fastai => fastai(facts),
        Format::TorchScript => Template::new(TORCH_SCRIPT, "model.pt", &[PROCESSOR, "torch"]),
        Format::Torch if is_weights(facts) => weights(facts),
        Format::Torch => Template::new(TORCH, "model.pt", &[PROCESSOR, "torch"]),
        Format::Safetensors => safetensors(),
        // joblib packs by methods that are not looked into.
        Format::Joblib | Format::Pickle | Format::Compressed => pickled(facts),
        _ => return None,
    })
}

/// Of a model in a pickle, by the class in it.
fn pickled(facts: &Facts) -> Template {
    let class =
        facts.pickle.as_ref().and_then(|pickle| pickle.class.as_deref()).unwrap_or_default();
    let load = "joblib.load(path)";
    match class {
        "xgboost.core.Booster" => {
            Template::new(XGBOOST, "model.json", &["joblib", "numpy"]).with(&[
                ("import numpy\n", "import joblib\nimport numpy\n"),
                ("xgboost.Booster(model_file=str(path))", load),
            ])
        }
        "lightgbm.basic.Booster" => Template::new(LIGHTGBM, "model.txt", &["joblib", "numpy"])
            .with(&[
                ("import lightgbm\n", "import joblib\nimport lightgbm\n"),
                ("lightgbm.Booster(model_file=str(path))", load),
            ]),
        _ if class.starts_with("torch.nn.") => {
            Template::new(TORCH, "model.pt", &["joblib", PROCESSOR]).with(&[
                ("import torch\n", "import joblib\nimport torch\n"),
                ("torch.load(path, map_location=\"cpu\", weights_only=False)", load),
            ])
        }
        _ if wears_sklearn(facts) => {
            Template::new(JOBLIB, "model.joblib", &["joblib", "scikit-learn"])
        }
        _ => Template::new(JOBLIB, "model.joblib", &["joblib"]),
    }
}

/// Whether a model is a booster in the form of scikit-learn, which its library imports then though
/// the file names nothing of it.
fn wears_sklearn(facts: &Facts) -> bool {
    let mut globals = facts.pickle.iter().flat_map(|pickle| &pickle.globals);
    globals
        .any(|name| name.starts_with("xgboost.sklearn.") || name.starts_with("lightgbm.sklearn."))
}

/// A model's own file is read by the version that wrote it, and by later ones.
fn xgboost(facts: &Facts) -> Template {
    let written = facts.booster.as_ref().and_then(|booster| booster.version.as_deref());
    let package = match written {
        Some(version) => format!("xgboost-cpu>={version}"),
        None => "xgboost-cpu".to_owned(),
    };
    Template::new(XGBOOST, "model.json", &["numpy", &package])
}

/// A learner of pictures takes those of the class that it was trained with.
fn fastai(facts: &Facts) -> Template {
    // What the versions of fastai before 2.9 go with.
    let needs = [PROCESSOR, "fastai>=2.7,<2.9", "torch>=2.2,<2.9", "torchvision"];
    let template = Template::new(FASTAI, "export.pkl", &needs);
    let globals = facts.pickle.iter().flat_map(|pickle| &pickle.globals);
    let is_gray = |name: &String| name == "fastai.vision.core.PILImageBW";
    match globals.into_iter().any(is_gray) {
        true => template.with(&[("PILImage", "PILImageBW")]),
        false => template,
    }
}

/// Whether a file of torch holds tensors and numbers alone, and no module.
fn is_weights(facts: &Facts) -> bool {
    let class = facts.pickle.as_ref().and_then(|pickle| pickle.class.as_deref());
    matches!(class, None | Some("dict" | "tuple" | "collections.OrderedDict"))
}

/// Of tensors by name.
fn weights(facts: &Facts) -> Template {
    let template = Template::new(WEIGHTS, "model.pt", &[PROCESSOR, "torch"]);
    let template = Template { missing: Some(DEFINITION), ..template };
    match trust(facts) {
        Trust::Data => template,
        // torch's reader of weights takes no more than tensors.
        _ => template.with(&[("weights_only=True", "weights_only=False")]),
    }
}

/// What makes a module of weights.
const DEFINITION: &str = "it holds tensors by name, and not their module: put the class that was \
                          trained into `model.py` beside app.py, and its name in the place of `Net`";

fn safetensors() -> Template {
    let needs = [PROCESSOR, "safetensors", "torch"];
    let template = Template::new(WEIGHTS, "model.pt", &needs).with(&[
        ("import torch\n", "import torch\nfrom safetensors.torch import load_file\n"),
        ("torch.load(path, map_location=\"cpu\", weights_only=True)", "load_file(path)"),
    ]);
    Template { missing: Some(DEFINITION), ..template }
}
