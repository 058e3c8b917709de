//! Models apart from their code: what is fetched is not in the artifact, and is what the bundle
//! says.

use std::fs;

use mlship_core::sample::compare;
use mlship_package::sha256;

use crate::{Site, paths, samples};

fn fetched(example: &str, path: &str) -> Site {
    Site::of(example, |manifest| {
        manifest.replace("path: model.onnx", &format!("{path}\n  delivery: fetch"))
    })
}

#[test]
fn the_weights_of_a_network_are_fetched_and_its_graph_is_not() {
    let site = fetched("transaction-text", "path: model.onnx");
    let assembly = site.assemble();
    assert_eq!(paths(&assembly.contents), ["bundle.json", "model.onnx", "tokenizer.mlt"]);
    let [file] = assembly.fetched.as_slice() else { panic!("{:?}", assembly.fetched) };
    let bytes = fs::read(&file.path).unwrap();
    assert_eq!(file.name, "weights.data");
    assert_eq!((file.bytes, file.sha256.clone()), (bytes.len() as u64, sha256(&bytes)));
    let [told] = assembly.bundle.model.fetched.as_slice() else { panic!() };
    assert_eq!((told.path.as_str(), told.url.as_deref()), ("weights.data", None));
    assert_eq!((told.bytes, &told.sha256), (file.bytes, &file.sha256));
    assert!(assembly.addressed.is_empty());

    // The same weights whether embedded or fetched, so one answer.
    let whole = assembly.whole();
    assert_eq!(paths(&whole), ["bundle.json", "model.onnx", "tokenizer.mlt", "weights.data"]);
    let sample = &samples("transaction-text")[0];
    let answer = site.answer(&whole, &sample.request.to_string());
    compare(sample.expect.as_ref().unwrap(), &answer).unwrap();
}

#[test]
fn a_compiled_program_is_fetched_as_it_was_compiled() {
    let site = fetched("heart-disease", "path: model.onnx");
    let assembly = site.assemble();
    assert_eq!(paths(&assembly.contents), ["bundle.json"]);
    assert_eq!(assembly.fetched[0].name, "model.mlp");
    let sample = &samples("heart-disease")[0];
    let answer = site.answer(&assembly.whole(), &sample.request.to_string());
    compare(sample.expect.as_ref().unwrap(), &answer).unwrap();
}

/// A manifest that names an address, beside a copy of what is there.
fn addressed(example: &str) -> Site {
    let site = Site::of(example, |manifest| manifest);
    let digest = sha256(&fs::read(&site.model).unwrap());
    let path = format!("path: https://models.example/model.onnx\n  sha256: {digest}");
    let mut other = fetched(example, &path);
    other.model = other.path("model.onnx");
    other
}

#[test]
fn a_network_at_an_address_is_fetched_from_there() {
    let site = addressed("transaction-text");
    let assembly = site.assemble();
    assert_eq!(paths(&assembly.contents), ["bundle.json", "tokenizer.mlt"]);
    let [told] = assembly.bundle.model.fetched.as_slice() else { panic!() };
    assert_eq!(told.url.as_deref(), Some("https://models.example/model.onnx"));
    assert_eq!((told.path.as_str(), &assembly.bundle.model.weights), ("model.onnx", &None));
    assert_eq!(told.sha256, assembly.bundle.model.source_sha256);
    assert!(assembly.fetched.is_empty());
    let sample = &samples("transaction-text")[0];
    let answer = site.answer(&assembly.whole(), &sample.request.to_string());
    compare(sample.expect.as_ref().unwrap(), &answer).unwrap();
}

#[test]
fn a_model_that_is_compiled_cannot_be_fetched_as_it_is() {
    let words = addressed("heart-disease").misfit();
    assert!(
        words.starts_with("error[model/delivery]: a model of this kind is compiled"),
        "{words}"
    );
    assert!(words.contains("^^^^ fetched from here"), "{words}");
    assert!(words.contains("help: write `delivery: embed`"), "{words}");
}

#[test]
fn a_file_with_another_checksum_is_refused() {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let site = fetched("heart-disease", &format!("path: model.onnx\n  sha256: {digest}"));
    let words = site.misfit();
    assert!(words.starts_with("error[model/sha256]: "), "{words}");
    assert!(words.contains(&sha256(&fs::read(&site.model).unwrap())), "{words}");
}
