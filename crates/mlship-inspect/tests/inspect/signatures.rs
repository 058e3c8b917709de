//! What a request and an answer look like, out of graphs that the real converters wrote.

use mlship_inspect::{ClassLabels, Missing, OnnxFacts, Signature, Task};

use crate::setup::facts;

fn onnx(name: &str) -> OnnxFacts {
    facts(name).onnx.unwrap()
}

fn classes(signature: &Signature) -> Vec<String> {
    match signature.class_labels.as_ref().unwrap() {
        ClassLabels::Strings(names) => names.clone(),
        ClassLabels::Ints(numbers) => numbers.iter().map(i64::to_string).collect(),
    }
}

#[test]
fn classifiers() {
    let expected = [
        ("onnx-maps", ["no", "yes"], ("output_label", "output_probability")),
        ("onnx-tensors", ["no", "yes"], ("label", "probabilities")),
        ("onnx-forest", ["0", "5"], ("label", "probabilities")),
        ("onnx-neighbours", ["0", "5"], ("label", "probabilities")),
        ("onnx-bayes", ["x", "y"], ("label", "probabilities")),
        ("onnx-xgboost", ["0", "1"], ("label", "probabilities")),
        ("onnx-lightgbm", ["0", "5"], ("label", "probabilities")),
    ];
    for (name, labels, outputs) in expected {
        let signature = onnx(name).signature;
        assert_eq!(signature.task, Task::Classify, "{name}");
        assert_eq!(classes(&signature), labels, "{name}");
        assert_eq!(signature.label.as_deref(), Some(outputs.0), "{name}");
        assert_eq!(signature.probabilities.as_deref(), Some(outputs.1), "{name}");
    }
}

#[test]
fn numbers_and_clusters() {
    for name in ["onnx-regressor", "onnx-two-targets"] {
        let signature = onnx(name).signature;
        assert_eq!(signature.task, Task::Regress, "{name}");
        assert_eq!(signature.value.as_deref(), Some("variable"), "{name}");
    }
    assert_eq!(onnx("onnx-clusters").signature.task, Task::Other);
}

#[test]
fn which_inputs_may_be_missing() {
    let missing = |name: &str| -> Vec<(String, Missing)> {
        let inputs = onnx(name).signature.inputs;
        inputs.into_iter().map(|input| (input.name, input.missing)).collect()
    };
    let of = |name: &str, missing| (name.to_owned(), missing);
    assert_eq!(
        missing("onnx-tensors"),
        [
            of("age", Missing::Handled),
            of("bmi", Missing::NotHandled),
            of("city", Missing::NotHandled)
        ]
    );
    assert_eq!(missing("onnx-text-imputer"), [of("city", Missing::Handled)]);
    assert_eq!(missing("onnx-late-imputer"), [of("X", Missing::Handled)]);
    assert_eq!(missing("onnx-minus-imputer"), [of("X", Missing::NotHandled)]);
    assert_eq!(missing("onnx-forest"), [of("X", Missing::NotHandled)]);
    assert_eq!(missing("onnx-xgboost"), [of("x", Missing::Handled)]);
    assert_eq!(missing("onnx-lightgbm"), [of("x", Missing::Handled)]);
}

#[test]
fn ports_operators_and_metadata() {
    let facts = onnx("onnx-tensors");
    let inputs: Vec<_> = facts.inputs.iter().map(|port| (&*port.name, &*port.dtype)).collect();
    assert_eq!(inputs, [("age", "float32"), ("bmi", "float32"), ("city", "string")]);
    assert_eq!(facts.inputs[0].shape, Some(vec!["?".to_owned(), "1".to_owned()]));
    let scalers = facts.operators.iter().find(|operator| operator.name == "Scaler").unwrap();
    assert_eq!((scalers.count, scalers.domain.as_str()), (2, "ai.onnx.ml"));
    assert_eq!(facts.producer, "skl2onnx");
    assert_eq!(facts.metadata["author"], "me");
    assert_eq!(facts.signature.columns.unwrap(), ["age", "bmi", "city"]);
    assert!(facts.opsets.iter().any(|opset| opset.domain == "ai.onnx.ml"));
    assert!(onnx("onnx-forest").tree_nodes > 3);
}

#[test]
fn external_weights_are_looked_for() {
    let found = facts("external/model");
    let onnx = found.onnx.unwrap();
    assert_eq!((onnx.parameters, onnx.subgraphs), (3001, 2));
    assert_eq!(onnx.external_files[0].location, "w.bin");
    assert_eq!(onnx.external_files[0].needed_bytes, 12000);
    assert!(onnx.external_files[0].bytes.unwrap() >= 12000);
    assert_eq!(found.warnings, Vec::<String>::new());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    std::fs::copy(crate::setup::model("external/model"), &path).unwrap();
    let alone = mlship_inspect::inspect(&path).unwrap();
    let warning = "the weights are in `w.bin`, which is not beside the model file";
    assert_eq!(alone.warnings, [warning]);
}
