//! Text models by the command itself: begun, served, and made smaller.

use std::fs;

use crate::support::{edit, json, mlship, transaction_text};

#[test]
fn a_text_model_is_served_from_its_two_files() {
    let (sandbox, project) = transaction_text();
    for path in ["mlship.yaml", "train.py", "README.md"] {
        fs::remove_file(project.join(path)).expect("a file of the example");
    }
    fs::remove_dir_all(project.join("samples")).expect("the samples");
    json(&sandbox, &project, &["init", "model.onnx", "--name", "texts"], 0);
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    assert!(manifest.contains("tokenizer: tokenizer.json"), "{manifest}");
    assert!(manifest.contains("activation: softmax"), "{manifest}");
    let deployed = json(&sandbox, &project, &["deploy"], 0);
    assert!(deployed["answer"]["label"].is_string(), "{deployed}");

    let ask =
        |data: &str| json(&sandbox, &project, &["invoke", "--data", data], 0)["answer"].clone();
    let one = ask(r#"{"text": "monthly rent flat 12"}"#);
    assert_eq!(ask(r#""monthly rent flat 12""#), one);
    let batch = ask(r#"["monthly rent flat 12", "a much longer text about a bus ticket to town"]"#);
    let (alone, together) = (&one["probabilities"], &batch[0]["probabilities"]);
    mlship_core::sample::compare(alone, together).expect("a batch changes no answer");
    let long = format!("\"{}\"", "rent ".repeat(100_000));
    fs::write(project.join("long.json"), long).expect("a request");
    json(&sandbox, &project, &["invoke", "--request", "long.json"], 0);
    let refused = mlship(&sandbox, &project, &["invoke", "--data", r#"{"txt": "rent"}"#]);
    assert_eq!(refused.code, 2);
    assert!(refused.stdout.contains("text") || refused.stderr.contains("text"));
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

#[test]
fn a_tokenizer_that_does_not_fit_the_model_is_told_before_anything_is_built() {
    let (sandbox, project) = transaction_text();
    let path = project.join("tokenizer.json");
    let mut tokenizer: serde_json::Value =
        serde_json::from_slice(&fs::read(&path).expect("a tokenizer")).expect("JSON");
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().expect("words");
    let next = vocabulary.values().filter_map(|id| id.as_u64()).max().expect("an id") + 1;
    vocabulary.insert("unheard".into(), next.into());
    fs::write(&path, tokenizer.to_string()).expect("a tokenizer");
    let ran = mlship(&sandbox, &project, &["package"]).ended(3);
    assert!(ran.stderr.contains(&format!("{next}")), "{}", ran.stderr);
    assert!(!project.join(".mlship/transaction-text.zip").exists());
}

#[test]
fn smaller_weights_are_told_with_what_they_cost_and_are_served() {
    let (sandbox, project) = transaction_text();
    let whole = fs::metadata(project.join("model.onnx")).expect("the model").len();
    for (weights, part, drift) in [("int8", 0.35, 5e-3), ("f16", 0.55, 1e-4)] {
        let converted = json(&sandbox, &project, &["convert", "--weights", weights], 0);
        let bytes = converted["converted"]["file-bytes"].as_u64().expect("a size");
        assert!((bytes as f64) < part * whole as f64, "{weights}: {bytes} of {whole}");
        for sample in converted["samples"].as_array().expect("samples") {
            let largest = sample["drift"]["largest"].as_f64().expect("a number");
            assert!(largest > 0.0 && largest < drift, "{weights}: {sample}");
            assert_eq!(sample["drift"]["changed"], 0, "{weights}: {sample}");
        }
    }
    edit(&project, "path: model.onnx", "path: model.f16.onnx");
    let packed = json(&sandbox, &project, &["package"], 0);
    assert_eq!(packed["provenance"]["proved-on"].as_array().map(Vec::len), Some(2));
    let halved = fs::metadata(project.join(".mlship/weights.half")).expect("the weights").len();
    assert!(halved * 19 < whole * 10, "{halved} of {whole}");
    edit(&project, "path: model.f16.onnx", "path: model.int8.onnx");
    let refused = mlship(&sandbox, &project, &["package"]).ended(7);
    assert!(refused.stderr.contains("--record"), "{}", refused.stderr);
    json(&sandbox, &project, &["package", "--record"], 0);
    json(&sandbox, &project, &["deploy"], 0);
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}
