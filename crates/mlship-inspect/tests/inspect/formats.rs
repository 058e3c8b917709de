//! Every format is told by its content.

use std::fs;

use mlship_inspect::{Format, inspect};

use crate::setup::{facts, model};

#[test]
fn every_model_is_recognised_without_its_extension() {
    let expected = [
        ("sklearn-0", Format::Pickle),
        ("sklearn-5", Format::Pickle),
        ("joblib-plain", Format::Joblib),
        ("joblib-zlib", Format::Joblib),
        ("joblib-gzip", Format::Joblib),
        ("joblib-bz2", Format::Compressed),
        ("joblib-lzma", Format::Compressed),
        ("joblib-xz", Format::Compressed),
        ("xgboost-json", Format::XgboostJson),
        ("xgboost-ubj", Format::XgboostUbjson),
        ("lightgbm-text", Format::Lightgbm),
        ("onnx-maps", Format::Onnx),
        ("torch-module", Format::Torch),
        ("torch-tensors", Format::Torch),
        ("torch-legacy-module", Format::Torch),
        ("torch-legacy-tensors", Format::Torch),
        ("torch-script", Format::TorchScript),
        ("fastai-torch", Format::Fastai),
        ("fastai-pickle", Format::Fastai),
        ("x.npy", Format::Numpy),
    ];
    for (name, format) in expected {
        let facts = facts(name);
        assert_eq!(facts.format, format, "{name}");
        assert_eq!(facts.warnings, Vec::<String>::new(), "{name}");
        assert_eq!(facts.advice.is_empty(), format == Format::Onnx, "{name}");
    }
}

#[test]
fn an_extension_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    fs::copy(model("sklearn-4"), &path).unwrap();
    assert_eq!(inspect(&path).unwrap().format, Format::Pickle);
    fs::write(&path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    let facts = inspect(&path).unwrap();
    assert_eq!(facts.format, Format::Unknown);
    let shown = "89 50 4e 47 0d 0a 1a 0a 00 00 00 0d 49 48 44 52  .PNG........IHDR";
    assert_eq!(facts.first_bytes.as_deref(), Some(shown));
}

#[test]
fn magic_numbers() {
    let cases: &[(&[u8], Format)] = &[
        (b"", Format::Empty),
        (b"\x89HDF\r\n\x1a\n....", Format::Hdf5),
        (b"\x1c\0\0\0TFL3....", Format::Tflite),
        (b"\x1c\0\0\0ORTM....", Format::Ort),
        (b"GGUF\x03\0\0\0", Format::Gguf),
        (b"CBM1....", Format::Catboost),
        (b"binf\0\0\0\0", Format::XgboostBinary),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", Format::GitLfsPointer),
        (b"<?xml version=\"1.0\"?>\n<PMML version=\"4.4\">", Format::Pmml),
        (b"<!DOCTYPE html><html>", Format::Unknown),
        (b"age,sex,cp\n63,1,1\n", Format::Unknown),
        (b"cp,age\n1,63\n", Format::Unknown),
        (b"(a note in brackets)\n", Format::Unknown),
        (b"{\"learner\": 1}", Format::Unknown),
        (b"\x08\x07", Format::Unknown),
        (b"x\x9cnot deflated", Format::Unknown),
        (b"\x80\x02\xff\xff\xff\xff\xff\xff", Format::Unknown),
        (b"I5\n.", Format::Unknown),
        (b"(I1\nI2\nt.", Format::Pickle),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (bytes, format) in cases {
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(inspect(&path).unwrap().format, *format, "{text}");
    }
}

#[test]
fn boosters_say_what_they_were_trained_for() {
    for name in ["xgboost-json", "xgboost-dart"] {
        let booster = facts(name).booster.unwrap();
        assert_eq!(booster.objective.as_deref(), Some("binary:logistic"), "{name}");
        assert_eq!((booster.features, booster.trees), (Some(3), Some(3)), "{name}");
    }
    let booster = facts("lightgbm-text").booster.unwrap();
    assert_eq!(booster.objective.as_deref(), Some("binary sigmoid:1"));
    assert_eq!((booster.features, booster.trees), (Some(3), Some(3)));
    assert_eq!(booster.feature_names, ["Column_0", "Column_1", "Column_2"]);
}

#[test]
fn torch_files_say_how_many_parameters() {
    for name in ["torch-module", "torch-tensors", "torch-legacy-module", "torch-legacy-tensors"] {
        let facts = facts(name);
        assert_eq!(facts.tensors.unwrap().dtypes["float32"], 8, "{name}");
        let module = facts.summary.contains("torch.nn.modules.container.Sequential");
        assert_eq!(module, name.ends_with("module"), "{name}: {}", facts.summary);
    }
}

#[test]
fn safetensors_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    let header = br#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 32]);
    fs::write(&path, &bytes).unwrap();
    let facts = inspect(&path).unwrap();
    assert_eq!(facts.format, Format::Safetensors);
    let tensors = facts.tensors.unwrap();
    assert_eq!((tensors.count, tensors.parameters), (Some(2), 10));
    assert_eq!((tensors.dtypes["float32"], tensors.dtypes["bfloat16"]), (6, 4));
    assert_eq!(tensors.metadata["format"], "pt");
    assert_eq!(facts.warnings, Vec::<String>::new());

    fs::write(folder.path().join("config.json"), r#"{"architectures":["BertModel"]}"#).unwrap();
    let both = inspect(folder.path()).unwrap();
    assert_eq!(both.format, Format::HuggingFace);
    assert_eq!(both.summary, "Hugging Face folder of a `BertModel`");
    assert_eq!(both.tensors.unwrap().parameters, 10);

    bytes.pop();
    fs::write(&path, &bytes).unwrap();
    let cut = inspect(&path).unwrap();
    assert_eq!(
        cut.warnings,
        [format!("the file is cut: it has {} bytes of {}", bytes.len(), bytes.len() + 1)]
    );
}

#[test]
fn a_zip_of_a_model_says_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for name in ["readme", "onnx-maps"] {
        zip.start_file(name, options).unwrap();
        let bytes =
            if name == "readme" { b"words".to_vec() } else { fs::read(model(name)).unwrap() };
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
    }
    zip.finish().unwrap();
    let facts = inspect(&path).unwrap();
    assert_eq!(facts.format, Format::Archive);
    assert_eq!((facts.holds[0].name.as_str(), facts.holds[0].format), ("onnx-maps", Format::Onnx));
}

#[test]
fn skops_and_keras_are_zips_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let write = |entries: &[(&str, &[u8])]| {
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, bytes) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.finish().unwrap();
        inspect(&path).unwrap()
    };
    let schema = br#"{"__class__":"Pipeline","__module__":"sklearn.pipeline","content":{"a":[1]},"_skops_version":"0.13.0"}"#;
    let facts = write(&[("schema.json", schema)]);
    assert_eq!(facts.format, Format::Skops);
    assert_eq!(facts.summary, "skops file of `sklearn.pipeline.Pipeline`, written by skops 0.13.0");
    let facts =
        write(&[("config.json", b"{}"), ("metadata.json", b"{}"), ("model.weights.h5", b"")]);
    assert_eq!(facts.format, Format::Keras);
}

#[test]
fn folders() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("saved_model.pb"), b"x").unwrap();
    assert_eq!(inspect(folder.path()).unwrap().format, Format::SavedModel);
    let folder = tempfile::tempdir().unwrap();
    fs::copy(model("evil/4"), folder.path().join("weights")).unwrap();
    let facts = inspect(folder.path()).unwrap();
    assert_eq!(facts.format, Format::Folder);
    assert!(facts.warnings[0].starts_with("`weights`: this file would run `os.system`"));
    // What tools keep there is no part of a model.
    for inner in [".mlship", "onnx"] {
        fs::create_dir(folder.path().join(inner)).unwrap();
        fs::write(folder.path().join(inner).join("more"), b"12345").unwrap();
    }
    assert_eq!(inspect(folder.path()).unwrap().bytes, facts.bytes + 5);
    assert!(inspect(&folder.path().join("absent")).unwrap_err().to_string().contains("absent"));
}
