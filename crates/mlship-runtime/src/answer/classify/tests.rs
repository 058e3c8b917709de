//! Labels, scores and their order.

use mlship_bundle::{Element, EngineKind, Port};

use super::*;

fn model(outputs: &[&str]) -> Model {
    let port =
        |name: &&str| Port { name: (*name).into(), element: Element::F32, shape: vec![None] };
    Model {
        engine: EngineKind::Classical,
        path: String::new(),
        weights: None,
        half_weights: None,
        fetched: Vec::new(),
        source_sha256: String::new(),
        inputs: Vec::new(),
        outputs: outputs.iter().map(port).collect(),
    }
}

fn plan(activation: Activation) -> Classify {
    Classify {
        field: "is".into(),
        label_output: None,
        score_output: Some("scores".into()),
        classes: vec!["0".into(), "1".into(), "2".into()],
        labels: vec!["none".into(), "some".into(), "all".into()],
        top: None,
        activation,
        threshold: None,
    }
}

fn written(plan: &Classify, outputs: &[Tensor], row: usize, rows: usize) -> String {
    let classifier = Classifier::new(plan, &model(&["scores", "label"])).unwrap();
    let mut onto = Vec::new();
    classifier.write(&mut onto, outputs, row, rows).unwrap();
    String::from_utf8(onto).unwrap()
}

fn floats(shape: &[usize], values: &[f32]) -> Tensor {
    Tensor { shape: shape.to_vec().into(), values: Values::F32(values.to_vec().into()) }
}

#[test]
fn equals_keep_their_order_and_what_is_not_a_number_is_last() {
    let scores = floats(&[2, 3], &[0.2, 0.4, 0.4, f32::NAN, 0.1, 0.3]);
    let plan = plan(Activation::None);
    assert_eq!(
        written(&plan, std::slice::from_ref(&scores), 0, 2),
        r#"{"is":"some","probabilities":{"some":0.4,"all":0.4,"none":0.2}}"#
    );
    assert_eq!(
        written(&plan, &[scores], 1, 2),
        r#"{"is":"all","probabilities":{"all":0.3,"some":0.1,"none":null}}"#
    );
}

#[test]
fn one_score_of_two_classes_is_the_second_classes() {
    let mut plan = plan(Activation::Sigmoid);
    plan.classes.pop();
    plan.labels.pop();
    let expected = r#"{"is":"none","probabilities":{"none":0.8807971,"some":0.11920292}}"#;
    assert_eq!(written(&plan, &[floats(&[1, 1], &[-2.0])], 0, 1), expected);
    assert_eq!(written(&plan, &[floats(&[1], &[-2.0])], 0, 1), expected);
    plan.activation = Activation::None;
    let expected = r#"{"is":"some","probabilities":{"some":0.75,"none":0.25}}"#;
    assert_eq!(written(&plan, &[floats(&[1, 1], &[0.75])], 0, 1), expected);
}

#[test]
fn the_models_own_choice_goes_before_the_best_score() {
    let plan =
        Classify { label_output: Some("label".into()), top: Some(1), ..plan(Activation::None) };
    let scores = floats(&[1, 3], &[0.2, 0.4, 0.4]);
    let expected = r#"{"is":"all","probabilities":{"some":0.4}}"#;
    let integer = Tensor { shape: vec![1].into(), values: Values::I64(vec![2].into()) };
    assert_eq!(written(&plan, &[scores.clone(), integer], 0, 1), expected);
    let text = Tensor { shape: vec![1, 1].into(), values: Values::String(vec!["2".into()]) };
    assert_eq!(written(&plan, &[scores, text], 0, 1), expected);
}

#[test]
fn a_label_alone_is_an_answer() {
    let plan = Classify {
        label_output: Some("label".into()),
        score_output: None,
        ..plan(Activation::None)
    };
    let labels = Tensor { shape: vec![2].into(), values: Values::I64(vec![1, 7].into()) };
    let outputs = [floats(&[2, 3], &[0.0; 6]), labels];
    assert_eq!(written(&plan, &outputs, 0, 2), r#"{"is":"some"}"#);
    assert_eq!(written(&plan, &outputs, 1, 2), r#"{"is":"7"}"#);
}

#[test]
fn what_the_bundle_does_not_describe_is_an_error() {
    let classifier = Classifier::new(&plan(Activation::None), &model(&["scores"])).unwrap();
    let four = [floats(&[1, 4], &[0.25; 4])];
    assert!(classifier.write(&mut Vec::new(), &four, 0, 1).is_err());
    assert!(classifier.write(&mut Vec::new(), &[], 0, 1).is_err());
    assert!(Classifier::new(&plan(Activation::None), &model(&["other"])).is_err());
    let neither = Classify { score_output: None, ..plan(Activation::None) };
    assert!(Classifier::new(&neither, &model(&[])).is_err());
}

#[test]
fn with_a_threshold_there_may_be_many_labels_or_none() {
    let plan = Classify { threshold: Some(0.5), ..plan(Activation::Sigmoid) };
    let scores = floats(&[2, 3], &[0.0, -1.0, 2.0, -1.0, -2.0, f32::NAN]);
    assert_eq!(
        written(&plan, std::slice::from_ref(&scores), 0, 2),
        r#"{"is":["all","none"],"probabilities":{"all":0.8807971,"none":0.5}}"#
    );
    assert_eq!(written(&plan, &[scores], 1, 2), r#"{"is":[],"probabilities":{}}"#);
}

#[test]
fn log_softmax_is_the_logarithm_of_softmax() {
    let scores = [floats(&[1, 3], &[1000.0, 1001.0, 990.0])];
    let expected =
        r#"{"is":"some","probabilities":{"some":-0.3132739,"none":-1.3132739,"all":-11.313273}}"#;
    assert_eq!(written(&plan(Activation::LogSoftmax), &scores, 0, 1), expected);
}
