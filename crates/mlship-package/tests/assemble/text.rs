//! Text models: the tokenizer goes with them, and must be theirs.

use std::fs;

use mlship_bundle::{Input, Output, TokenizerForm};
use mlship_core::sample::compare;
use serde_json::Value;

use crate::{Site, paths, samples};

const EXAMPLE: &str = "transaction-text";

fn site(from: &str, to: &str) -> Site {
    Site::of(EXAMPLE, |manifest| {
        assert!(manifest.contains(from), "{from}");
        manifest.replace(from, to)
    })
}

/// The example with its tokenizer's file changed.
fn with_tokenizer(change: impl Fn(&mut Value)) -> Site {
    let site = site("", "");
    let path = site.path("tokenizer.json");
    let mut tokenizer = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut tokenizer);
    fs::write(path, tokenizer.to_string()).unwrap();
    site
}

#[test]
fn the_example_answers_its_samples() {
    let site = site("", "");
    let assembly = site.assemble();
    assert_eq!(
        paths(&assembly.contents),
        ["bundle.json", "model.onnx", "tokenizer.mlt", "weights.data"]
    );
    let Input::Text(text) = &assembly.bundle.input else { panic!("{:?}", assembly.bundle.input) };
    assert_eq!((text.max_tokens, text.padded_to), (64, None));
    assert_eq!((text.form, text.tokenizer.as_str()), (TokenizerForm::Compiled, "tokenizer.mlt"));
    let names = (text.ids.as_str(), text.mask.as_deref(), text.types.as_deref());
    assert_eq!(names, ("input_ids", Some("attention_mask"), Some("token_type_ids")));
    for sample in samples(EXAMPLE) {
        let answer = site.answer(&assembly.contents, &sample.request.to_string());
        compare(&sample.expect.unwrap(), &answer).unwrap();
    }
}

#[test]
fn the_positions_of_the_model_bound_the_text() {
    let site = site("    max-tokens: 64 ", "    padding: max ");
    let assembly = site.assemble();
    let Input::Text(text) = &assembly.bundle.input else { panic!() };
    assert_eq!((text.max_tokens, text.padded_to), (64, Some(64)));
    let long = format!(r#"{{"text": "{}"}}"#, "greenleaf market ".repeat(100));
    assert_eq!(site.answer(&assembly.contents, &long)["category"], "groceries");
}

#[test]
fn more_tokens_than_positions_are_refused() {
    assert_eq!(
        site("max-tokens: 64 ", "max-tokens: 65 ").misfit(),
        "error[model/max-tokens]: `max-tokens` is 65, and the model takes at most 64 tokens
  --> mlship.yaml:11:17
   |
11 |     max-tokens: 65        # the model has no more positions; a description has about ten
   |                 ^^ its position embedding has no more rows
help: write `64`, or leave it out
"
    );
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let site = with_tokenizer(|tokenizer| tokenizer["model"]["vocab"]["newcomer"] = 1000.into());
    assert_eq!(
        site.misfit(),
        "error[model/tokenizer]: the tokenizer gives ids up to 1000, and the model knows 1000 tokens
  --> mlship.yaml:10:16
   |
10 |     tokenizer: tokenizer.json
   |                ^^^^^^^^^^^^^^ not the tokenizer of this model
help: ids start at 0: give the tokenizer that the model was trained with
"
    );
}

#[test]
fn a_tokenizer_that_is_not_there_or_is_none_is_refused() {
    let site = site("", "");
    fs::write(site.path("tokenizer.json"), "{").unwrap();
    let words = site.misfit();
    assert!(
        words.starts_with("error[model/tokenizer]: `tokenizer.json` is no tokenizer"),
        "{words}"
    );
    fs::remove_file(site.path("tokenizer.json")).unwrap();
    let words = site.misfit();
    assert!(
        words.starts_with("error[model/tokenizer]: the tokenizer `tokenizer.json` cannot be read")
    );
    assert!(words.contains("^^^^^^^^^^^^^^ No such file") && words.contains("help: "), "{words}");
}

#[test]
fn a_tokenizer_that_is_not_compiled_goes_as_it_is() {
    let site = with_tokenizer(|tokenizer| {
        tokenizer["model"] = serde_json::json!({
            "type": "WordLevel", "vocab": {"[UNK]": 0, "rent": 1}, "unk_token": "[UNK]"
        });
        tokenizer["added_tokens"] = serde_json::json!([]);
        tokenizer["post_processor"] = Value::Null;
    });
    let assembly = site.assemble();
    let Input::Text(text) = &assembly.bundle.input else { panic!() };
    assert_eq!((text.form, text.tokenizer.as_str()), (TokenizerForm::Json, "tokenizer.json"));
    assert!(paths(&assembly.contents).contains(&"tokenizer.json"));
}

#[test]
fn a_vocabulary_is_as_good_as_a_tokenizer() {
    let site = site("tokenizer: tokenizer.json", "tokenizer: vocab.txt");
    let json = fs::read(site.path("tokenizer.json")).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let mut words: Vec<(&String, u64)> = json["model"]["vocab"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(word, id)| (word, id.as_u64().unwrap()))
        .collect();
    words.sort_by_key(|(_, id)| *id);
    let lines: String = words.iter().map(|(word, _)| format!("{word}\n")).collect();
    fs::write(site.path("vocab.txt"), lines).unwrap();
    let assembly = site.assemble();
    let sample = &samples(EXAMPLE)[1];
    let answer = site.answer(&assembly.contents, &sample.request.to_string());
    compare(sample.expect.as_ref().unwrap(), &answer).unwrap();
}

#[test]
fn labels_that_do_not_fit_are_refused_with_the_rest() {
    let words = site("      - cash\n", "").misfit();
    assert!(words.contains("the model has 10 classes, `labels` names 9"), "{words}");
}

#[test]
fn vectors_of_the_example_are_its_only_output() {
    let site = Site::of(EXAMPLE, |manifest| {
        let (head, _) = manifest.split_once("output:").unwrap();
        format!("{head}output: {{embed: {{normalize: true}}}}\n")
    });
    let assembly = site.assemble();
    let Output::Embed(embed) = &assembly.bundle.output else { panic!() };
    assert_eq!((embed.output.as_str(), embed.unit_length), ("logits", true));
    let answer = site.answer(&assembly.contents, r#"{"text": "rent"}"#);
    let vector: Vec<f64> = serde_json::from_value(answer["embedding"].clone()).unwrap();
    let length: f64 = vector.iter().map(|x| x * x).sum();
    assert!(vector.len() == 10 && (length - 1.0).abs() < 1e-5, "{answer}");
}
