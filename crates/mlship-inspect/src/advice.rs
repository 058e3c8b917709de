//! What to do with a model that is not ONNX yet, or lacks its tokenizer: steps to paste.

use std::path::Path;

use crate::facts::{Facts, Format};
use crate::text::{takes_text, tokenizer_beside};

/// The steps for a file of these facts; none for ONNX that has all it needs.
pub(crate) fn advice(facts: &Facts) -> Vec<String> {
    let path = &facts.path;
    let mut steps = match facts.format {
        Format::Onnx => text_model(facts),
        Format::Joblib | Format::Pickle => pickle(facts),
        Format::Skops => skops(path),
        Format::Torch => torch(path, facts),
        Format::TorchScript => torch_script(path),
        Format::Fastai => fastai(path),
        Format::XgboostJson | Format::XgboostUbjson => xgboost(path),
        Format::XgboostBinary => xgboost_binary(path),
        Format::Lightgbm => lightgbm(path),
        Format::Catboost => catboost(path),
        Format::Safetensors | Format::HuggingFace => hugging_face(path, facts.format),
        Format::Keras | Format::Hdf5 => keras(path),
        Format::SavedModel => vec![
            "pip install tf2onnx".into(),
            format!("python -m tf2onnx.convert --saved-model {} --output model.onnx", shell(path)),
        ],
        Format::Tflite => vec![
            "pip install tf2onnx".into(),
            format!("python -m tf2onnx.convert --tflite {} --output model.onnx", shell(path)),
        ],
        Format::Compressed => compressed(path),
        Format::Archive => vec![archive(path, facts)],
        Format::GitLfsPointer => {
            vec![format!("git lfs install\ngit lfs pull --include {}", shell(path))]
        }
        other => vec![words(other).into()],
    };
    if facts.pickle.as_ref().is_some_and(|pickle| !pickle.suspicious.is_empty()) {
        steps.insert(0, "do not load this file unless you know who wrote it".into());
    }
    steps
}

/// Token ids are no use to a caller who has text.
fn text_model(facts: &Facts) -> Vec<String> {
    let inputs = facts.onnx.iter().flat_map(|onnx| &onnx.inputs).map(|port| {
        let dimensions = port.shape.as_ref().map_or(0, Vec::len);
        (port.name.as_str(), port.dtype.as_str(), dimensions)
    });
    if !takes_text(inputs) || tokenizer_beside(&facts.path).is_some() {
        return Vec::new();
    }
    vec![
        "a text model without its tokenizer: put the `tokenizer.json` or `vocab.txt` that it was \
         trained with beside it; transformers writes it by:\n\
         python -c 'from transformers import AutoTokenizer; \
         AutoTokenizer.from_pretrained(\"MODEL\").save_pretrained(\".\")'"
            .into(),
    ]
}

fn words(format: Format) -> &'static str {
    match format {
        Format::Ort => "give the `.onnx` file that it was made from",
        Format::Coreml => "export the model that it was made from to ONNX",
        Format::Gguf => "a language model for llama.cpp; it has no ONNX form",
        Format::Pmml => "export the model that it was made from to ONNX",
        Format::Numpy => "arrays without a model; export the model that uses them to ONNX",
        Format::Empty => "copy or download the file again",
        Format::Folder => "give the path of one model file in it",
        _ => "export the model to ONNX and give that file",
    }
}

/// A path as Python text.
fn python(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy().into_owned()).to_string()
}

/// A path as one word of a shell.
fn shell(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./+-=@".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        text.into_owned()
    } else {
        let text = if text.starts_with('-') { format!("./{text}") } else { text.into_owned() };
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn pickle(facts: &Facts) -> Vec<String> {
    let pickle = facts.pickle.clone().unwrap_or_default();
    let uses = |name: &str| pickle.packages.iter().any(|package| package == name);
    let class = pickle.class.unwrap_or_default();
    let root = class.split('.').next().unwrap_or_default();
    let load = load(&facts.path);
    if root == "xgboost" {
        return boosted("xgboost", "convert_xgboost", &load);
    }
    if root == "lightgbm" {
        return boosted("lightgbm", "convert_lightgbm", &load);
    }
    if root == "torch" {
        return torch(&facts.path, facts);
    }
    if uses("sklearn") {
        let version = pickle.versions.get("scikit-learn");
        return sklearn(&load, version.map(String::as_str), uses("xgboost") || uses("lightgbm"));
    }
    vec![
        "load it in Python with the packages that it needs, and export the model in it to ONNX"
            .into(),
    ]
}

fn load(path: &Path) -> String {
    format!("import joblib\nmodel = joblib.load({})", python(path))
}

fn sklearn(load: &str, version: Option<&str>, boosters: bool) -> Vec<String> {
    let pin = version.map(|version| format!("==\"{version}\"")).unwrap_or_default();
    let mut steps = vec![
        format!("pip install skl2onnx joblib scikit-learn{pin}"),
        format!(
            "{load}\nfrom skl2onnx import to_onnx\n\
             # X: the table the model was trained on; to_onnx reads column names and types from it\n\
             onx = to_onnx(model, X[:1], options={{\"zipmap\": False}})\n\
             open(\"model.onnx\", \"wb\").write(onx.SerializeToString())"
        ),
        "for a regressor leave `options` out; a numpy X must be float32: X[:1].astype(\"float32\")"
            .into(),
    ];
    if boosters {
        steps.push(
            "an xgboost or lightgbm step needs its converter registered first: see \
             https://onnx.ai/sklearn-onnx/auto_tutorial/plot_gexternal_xgboost.html"
                .into(),
        );
    }
    steps
}

fn boosted(package: &str, converter: &str, load: &str) -> Vec<String> {
    vec![
        format!("pip install onnxmltools skl2onnx {package}"),
        format!(
            "{load}\nfrom onnxmltools import {converter}\n\
             from onnxmltools.convert.common.data_types import FloatTensorType\n\
             {}onx = {converter}(model, initial_types=[(\"input\", FloatTensorType([None, n]))])\n\
             open(\"model.onnx\", \"wb\").write(onx.SerializeToString())",
            features(package)
        ),
    ]
}

fn features(package: &str) -> &'static str {
    match package {
        "xgboost" => "n = getattr(model, \"n_features_in_\", None) or model.num_features()\n",
        _ => "n = getattr(model, \"n_features_in_\", None) or model.num_feature()\n",
    }
}

fn xgboost(path: &Path) -> Vec<String> {
    let load = format!(
        "import xgboost\nmodel = xgboost.XGBClassifier()  # or XGBRegressor, as it was trained\n\
         model.load_model({})",
        python(path)
    );
    boosted("xgboost", "convert_xgboost", &load)
}

fn xgboost_binary(path: &Path) -> Vec<String> {
    let path = python(path);
    vec![
        "pip install \"xgboost<3.1\"  # later versions do not read the old binary form".into(),
        format!(
            "import xgboost\nbooster = xgboost.Booster()\nbooster.load_model({path})\n\
             booster.save_model(\"model.json\")"
        ),
        "then inspect model.json".into(),
    ]
}

fn lightgbm(path: &Path) -> Vec<String> {
    let load = format!("import lightgbm\nmodel = lightgbm.Booster(model_file={})", python(path));
    boosted("lightgbm", "convert_lightgbm", &load)
}

fn catboost(path: &Path) -> Vec<String> {
    let path = python(path);
    vec![
        "pip install catboost".into(),
        format!(
            "from catboost import CatBoost\nmodel = CatBoost().load_model({path})\n\
             model.save_model(\"model.onnx\", format=\"onnx\")"
        ),
    ]
}

fn skops(path: &Path) -> Vec<String> {
    let path = python(path);
    let load = format!(
        "import skops.io\nunknown = skops.io.get_untrusted_types(file={path})\n\
         print(unknown)  # look before you go on\n\
         model = skops.io.load({path}, trusted=unknown)"
    );
    let mut steps = sklearn(&load, None, false);
    steps[0] = "pip install skops skl2onnx".into();
    steps
}

const EXPORT: &str = "model.eval()\n\
    example = torch.zeros(1, 3, 224, 224)  # one input, in the shape the model takes\n\
    torch.onnx.export(model, (example,), \"model.onnx\", input_names=[\"input\"],\n\
    \x20                 output_names=[\"output\"], opset_version=17,\n\
    \x20                 dynamic_axes={\"input\": {0: \"batch\"}, \"output\": {0: \"batch\"}})";

fn torch(path: &Path, facts: &Facts) -> Vec<String> {
    let path = python(path);
    let class = facts.pickle.as_ref().and_then(|pickle| pickle.class.as_deref());
    let tensors = matches!(class, None | Some("dict" | "tuple" | "collections.OrderedDict"))
        || facts.summary.contains("tensors by name");
    let load = if tensors {
        format!(
            "import torch\nmodel = MyModel()  # the class that was trained\n\
             model.load_state_dict(torch.load({path}, map_location=\"cpu\", weights_only=True))"
        )
    } else {
        format!(
            "import torch\n# runs the file's own code: only for a file you trust\n\
             model = torch.load({path}, map_location=\"cpu\", weights_only=False)"
        )
    };
    vec!["pip install torch onnx onnxscript".into(), format!("{load}\n{EXPORT}")]
}

fn torch_script(path: &Path) -> Vec<String> {
    let path = python(path);
    vec![
        "pip install torch onnx onnxscript".into(),
        format!("import torch\nmodel = torch.jit.load({path}, map_location=\"cpu\")\n{EXPORT}"),
        "with torch 2.9 or later add `dynamo=False`; exporting the module it was made from is \
         better still"
            .into(),
    ]
}

fn fastai(path: &Path) -> Vec<String> {
    let path = python(path);
    vec![
        "pip install fastai onnx onnxscript".into(),
        format!(
            "import torch\nfrom fastai.learner import load_learner\n\
             learn = load_learner({path})  # runs the file's own code: only for a file you trust\n\
             print(learn.dls.vocab)  # the labels\nmodel = learn.model\n{EXPORT}"
        ),
        "fastai scales and normalises before the model: put the same steps before the request"
            .into(),
    ]
}

fn hugging_face(path: &Path, format: Format) -> Vec<String> {
    let export = |folder: &Path| {
        vec![
            "pip install \"optimum[onnx]\"".into(),
            format!("optimum-cli export onnx --model {} onnx/", shell(folder)),
        ]
    };
    match (format, path.parent()) {
        (Format::HuggingFace, _) => export(path),
        (_, Some(folder)) if folder.join("config.json").exists() => {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            export(here)
        }
        _ => {
            let path = python(path);
            let mut steps = vec![
                "safetensors holds weights without the model; put the model's config.json and \
                 tokenizer beside it for:\npip install \"optimum[onnx]\"\n\
                 optimum-cli export onnx --model FOLDER onnx/"
                    .to_owned(),
            ];
            steps.push(format!(
                "or, with the class that was trained:\nimport torch\n\
                 from safetensors.torch import load_file\nmodel = MyModel()\n\
                 model.load_state_dict(load_file({path}))\n{EXPORT}"
            ));
            steps
        }
    }
}

fn keras(path: &Path) -> Vec<String> {
    let path = python(path);
    vec![
        "pip install keras tensorflow tf2onnx".into(),
        format!(
            "import keras\nmodel = keras.models.load_model({path})\n\
             model.export(\"saved_model\")"
        ),
        "python -m tf2onnx.convert --saved-model saved_model --output model.onnx".into(),
    ]
}

fn compressed(path: &Path) -> Vec<String> {
    let path = python(path);
    vec![
        "if joblib wrote it, and you trust it, write it again without compression:".into(),
        format!("import joblib\njoblib.dump(joblib.load({path}), \"model.joblib\")"),
        "else unpack it, and give the model file".into(),
    ]
}

fn archive(path: &Path, facts: &Facts) -> String {
    let word = shell(path);
    let unpack = match facts.summary.split(' ').next() {
        Some("zip") => format!("unzip {word} -d model"),
        Some("tar") => format!("mkdir model && tar -xf {word} -C model"),
        _ => format!("gunzip --keep {word}"),
    };
    format!("{unpack}\nthen inspect the model file")
}
