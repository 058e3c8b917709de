//! What a text model and the files beside it tell: tokenizer, labels, kind of answer.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use mlship_bundle::{Element, Port};
use mlship_inspect::{TokenizerBeside, takes_text, tokenizer_beside};
use serde_json::Value;

use super::pathdiff;
use crate::scaffold::{Activation, Answer, Case, Shape};

/// A settings file larger than this is another file.
const SETTINGS_BYTES: u64 = 4 << 20;

/// Outputs of more numbers than this are vectors rather than scores of classes.
const MOST_CLASSES: usize = 1000;

/// Names of outputs that hold a vector a text.
const VECTORS: [&str; 5] =
    ["sentence_embedding", "text_embeds", "embedding", "embeddings", "pooler_output"];

/// Whether the model takes text.
pub(super) fn is_text(inputs: &[Port]) -> bool {
    takes_text(inputs.iter().map(|port| {
        let dtype = match port.element {
            Element::I32 => "int32",
            Element::I64 => "int64",
            _ => "other",
        };
        (port.name.as_str(), dtype, port.shape.len())
    }))
}

/// Text as the tokenizer beside the model takes it; `None` when there is none.
pub(super) fn shape(model: &Path, folder: &Path) -> Option<Shape> {
    let beside = tokenizer_beside(model)?;
    let (TokenizerBeside::Json(path) | TokenizerBeside::VocabTxt(path)) = &beside;
    let told = settings(&path.with_file_name("tokenizer_config.json")).unwrap_or_default();
    let case = match beside {
        TokenizerBeside::Json(_) => Case::Own,
        TokenizerBeside::VocabTxt(_) if told["do_lower_case"] == false => Case::Cased,
        TokenizerBeside::VocabTxt(_) => Case::Uncased,
    };
    let config = settings(&path.with_file_name("config.json")).unwrap_or_default();
    // Where the two are equal the model's own bound says it.
    let fewer = |tokens: &u64| {
        config["max_position_embeddings"].as_u64().is_some_and(|most| *tokens < most)
    };
    let max_tokens = told["model_max_length"].as_u64().filter(fewer);
    Some(Shape::Text { tokenizer: pathdiff(path, folder), case, max_tokens })
}

/// What the model answers; `own` are the labels in its metadata, and what makes probabilities.
pub(super) fn answer(
    model: &Path,
    outputs: &[Port],
    own: Option<Vec<String>>,
    activation: Activation,
) -> Answer {
    let floats =
        || outputs.iter().filter(|port| matches!(port.element, Element::F32 | Element::F64));
    let vectors = |port: &Port| {
        VECTORS.contains(&port.name.as_str())
            || (port.shape.len() == 3 && port.name != "logits")
            || matches!(port.shape.as_slice(), [_, Some(width)] if *width > MOST_CLASSES)
    };
    let logits = floats().find(|port| port.name == "logits");
    let Some(port) = logits.or_else(|| floats().find(|port| vectors(port))).or(floats().next())
    else {
        return Answer::Tensors;
    };
    if vectors(port) {
        return Answer::Embed;
    }
    let [_, classes] = port.shape.as_slice() else { return Answer::Tensors };
    if *classes == Some(1) {
        return Answer::Regress;
    }
    let config = settings(&model.with_file_name("config.json")).unwrap_or_default();
    let fits = |labels: &Vec<String>| classes.is_none_or(|classes| classes == labels.len());
    let named = named(&config).filter(fits).or(own.filter(fits));
    let numbered = || Some((0..(*classes)?).map(|class| format!("label-{class}")).collect());
    let Some(labels) = named.or_else(numbered) else { return Answer::Tensors };
    let activation = match config["problem_type"] == "multi_label_classification" {
        true => Activation::Sigmoid,
        false => activation,
    };
    Answer::Scores(labels, activation)
}

/// `id2label` in the order of its numbers, when it has every one of them, and no label twice.
fn named(config: &Value) -> Option<Vec<String>> {
    let names = config["id2label"].as_object()?;
    let mut seen = HashSet::new();
    (0..names.len())
        .map(|class| names.get(&class.to_string())?.as_str().map(str::to_owned))
        .map(|name| name.filter(|name| !name.trim().is_empty() && seen.insert(name.clone())))
        .collect::<Option<Vec<String>>>()
        .filter(|labels| !labels.is_empty())
}

/// A JSON file beside the model; `None` when it is not there or is none.
fn settings(path: &Path) -> Option<Value> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(SETTINGS_BYTES).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::{Answer, Case, Element, Port, Shape, answer, is_text, shape};
    use crate::scaffold::Activation;

    fn port(name: &str, element: Element, shape: &[Option<usize>]) -> Port {
        Port { name: name.into(), element, shape: shape.to_vec() }
    }

    #[test]
    fn text_models_take_token_ids() {
        let ids = port("input_ids", Element::I64, &[None, None]);
        assert!(is_text(&[ids.clone(), port("attention_mask", Element::I32, &[None, None])]));
        assert!(!is_text(&[ids, port("scale", Element::F32, &[None, None])]));
    }

    #[test]
    fn labels_come_from_the_settings_beside_the_model() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.onnx");
        let logits = |classes| [port("logits", Element::F32, &[None, classes])];
        let labels = |classes| match answer(&model, &logits(classes), None, Activation::Softmax) {
            Answer::Scores(labels, activation) => (labels.join(" "), activation),
            other => panic!("{other:?}"),
        };
        assert_eq!(labels(Some(2)), ("label-0 label-1".into(), Activation::Softmax));
        let write = |config: serde_json::Value| {
            fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        };
        write(json!({"id2label": {"1": "bad", "0": "good"}}));
        assert_eq!(labels(None).0, "good bad");
        assert_eq!(labels(Some(3)).0, "label-0 label-1 label-2");
        write(
            json!({"id2label": {"0": "a", "1": "a"}, "problem_type": "multi_label_classification"}),
        );
        assert_eq!(labels(Some(2)), ("label-0 label-1".into(), Activation::Sigmoid));
        fs::write(folder.path().join("config.json"), "no JSON").unwrap();
        assert_eq!(labels(Some(2)).0, "label-0 label-1");
        assert!(matches!(
            answer(&model, &logits(Some(1)), None, Activation::Softmax),
            Answer::Regress
        ));
        assert!(matches!(
            answer(&model, &logits(None), None, Activation::Softmax),
            Answer::Tensors
        ));
    }

    #[test]
    fn vectors_are_told_from_scores() {
        let model = std::path::Path::new("model.onnx");
        let hidden = port("last_hidden_state", Element::F32, &[None, None, Some(8)]);
        let pooled = port("sentence_embedding", Element::F32, &[None, Some(8)]);
        let by_token = port("logits", Element::F32, &[None, None, Some(8)]);
        assert!(matches!(answer(model, &[hidden], None, Activation::Softmax), Answer::Embed));
        assert!(matches!(answer(model, &[pooled], None, Activation::Softmax), Answer::Embed));
        assert!(matches!(answer(model, &[by_token], None, Activation::Softmax), Answer::Tensors));
        assert!(matches!(answer(model, &[], None, Activation::Softmax), Answer::Tensors));
    }

    #[test]
    fn a_vocabulary_is_cased_when_its_settings_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let model = folder.join("model.onnx");
        assert!(shape(&model, folder).is_none());
        fs::write(folder.join("vocab.txt"), "").unwrap();
        let case = || match shape(&model, folder) {
            Some(Shape::Text { tokenizer, case, max_tokens: None }) => (tokenizer, case),
            other => panic!("{other:?}"),
        };
        assert_eq!(case(), ("vocab.txt".into(), Case::Uncased));
        fs::write(folder.join("tokenizer_config.json"), r#"{"do_lower_case": false}"#).unwrap();
        assert_eq!(case(), ("vocab.txt".into(), Case::Cased));
        fs::write(folder.join("tokenizer.json"), "").unwrap();
        assert_eq!(case(), ("tokenizer.json".into(), Case::Own));
    }

    #[test]
    fn a_tokenizer_that_cuts_before_the_model_must_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (name, text) in [
            ("tokenizer.json", ""),
            ("config.json", r#"{"max_position_embeddings": 512}"#),
            ("tokenizer_config.json", r#"{"model_max_length": 128}"#),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let max_tokens = || match shape(&folder.join("model.onnx"), folder) {
            Some(Shape::Text { max_tokens, .. }) => max_tokens,
            other => panic!("{other:?}"),
        };
        assert_eq!(max_tokens(), Some(128));
        for other in [r#"{"model_max_length": 512}"#, r#"{"model_max_length": 1e30}"#, "{}"] {
            fs::write(folder.join("tokenizer_config.json"), other).unwrap();
            assert_eq!(max_tokens(), None, "{other}");
        }
    }
}
