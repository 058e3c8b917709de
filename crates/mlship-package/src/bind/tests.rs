//! What a manifest is bound to, for models written out by hand.

use std::path::PathBuf;

use mlship_bundle::{Element, Embed, Input, Output, Pooling, Port, Text, TokenizerForm};
use mlship_compile::Traits;
use mlship_core::finding::Report;
use mlship_core::project::Project;
use mlship_inspect::{onnx, signature};
use mlship_manifest::{Format, parse};

use super::{Ground, bind};
use crate::labels;
use crate::tokenizer::Tokenizer;

fn port(name: &str, element: Element, shape: &[Option<usize>]) -> Port {
    Port { name: name.into(), element, shape: shape.to_vec() }
}

fn ids(name: &str) -> Port {
    port(name, Element::I64, &[None, None])
}

fn project(text: &str, output: &str) -> Project {
    let manifest = format!(
        "version: 1\nname: abc\nmodel: {{path: m.onnx}}\ninput: {{text: {{tokenizer: vocab.txt{text}}}}}\noutput: {output}\n"
    );
    let (project, report) = parse(&manifest, Format::Yaml, &PathBuf::from("."));
    project.unwrap_or_else(|| panic!("{report:?}"))
}

/// What is bound, and every message.
fn bound(project: &Project, inputs: &[Port], outputs: &[Port]) -> (Input, Output, Vec<String>) {
    let tokenizer = Tokenizer {
        file: "tokenizer.mlt",
        form: TokenizerForm::Compiled,
        bytes: Vec::new(),
        traits: Traits { max_tokens: None, largest_id: 99, special_tokens: 2, ..Traits::default() },
    };
    let model = onnx::Model::default();
    let ground = Ground {
        inputs,
        outputs,
        signature: &signature(&model),
        graph: &model.graph,
        tokenizer: Some(&tokenizer),
        labels: &labels::told(&project.output, &project.root, &mut Report::default()),
    };
    let mut report = Report::default();
    let (input, output) = bind(project, &ground, &mut report);
    let words = |finding: &mlship_core::finding::Finding| {
        std::iter::once(&finding.message).chain(&finding.hints).cloned().collect::<Vec<_>>()
    };
    (input, output, report.0.iter().map(|finding| words(finding).join("; ")).collect())
}

fn text(project: &Project, inputs: &[Port]) -> Text {
    match bound(project, inputs, &[logits()]) {
        (Input::Text(text), _, wrong) if wrong.is_empty() => text,
        other => panic!("{other:?}"),
    }
}

fn logits() -> Port {
    port("logits", Element::F32, &[None, Some(2)])
}

const CLASSIFY: &str = "{classify: {labels: [a, b]}}";

#[test]
fn text_fills_inputs_by_their_names_in_any_order() {
    let project = project("", CLASSIFY);
    let inputs = [ids("segment_ids"), ids("serving/Attention_Mask:0"), ids("ids")];
    let bound = text(&project, &inputs);
    assert_eq!(bound.ids, "ids");
    assert_eq!(bound.mask.as_deref(), Some("serving/Attention_Mask:0"));
    assert_eq!(bound.types.as_deref(), Some("segment_ids"));
    assert_eq!((bound.max_tokens, bound.padded_to), (512, None));
    let alone = text(&project, &[ids("whatever")]);
    assert_eq!((alone.ids.as_str(), alone.mask, alone.types), ("whatever", None, None));
}

#[test]
fn inputs_that_text_cannot_fill_are_listed() {
    let project = project("", CLASSIFY);
    let wrong = |inputs: &[Port]| bound(&project, inputs, &[logits()]).2;
    let image = port("pixels", Element::F32, &[None, Some(3), None]);
    let found = wrong(&[image, ids("mask")]);
    assert_eq!(
        found[0],
        "the model has no input for token ids; \
         the model takes: `pixels` float32 [any, 3, any], `mask` int64 [any, any]; \
         text fills inputs named `input_ids`, `attention_mask`, `token_type_ids`"
    );
    let found = wrong(&[ids("input_ids"), ids("position_ids")]);
    assert!(found[0].starts_with("the model also takes `position_ids`; "), "{found:?}");
    let found = wrong(&[port("input_ids", Element::F32, &[None, None])]);
    assert!(found[0].starts_with("`input_ids` does not take whole numbers"), "{found:?}");
    let found = wrong(&[port("input_ids", Element::I32, &[None])]);
    assert!(found[0].contains("`input_ids` int32 [any]"), "{found:?}");
    assert_eq!(wrong(&[]).len(), 1);
}

#[test]
fn a_model_of_fixed_length_decides_it() {
    let fixed = |name: &str, length| port(name, Element::I64, &[None, Some(length)]);
    let inputs = [fixed("input_ids", 128), ids("attention_mask")];
    let of = |more: &str| text(&project(more, CLASSIFY), &inputs);
    assert_eq!((of("").max_tokens, of("").padded_to), (128, Some(128)));
    let cut = of(", max-tokens: 20, padding: max");
    assert_eq!((cut.max_tokens, cut.padded_to), (20, Some(128)));

    let wrong = bound(&project(", max-tokens: 129", CLASSIFY), &inputs, &[logits()]).2;
    assert_eq!(
        wrong,
        [
            "`max-tokens` is 129, and the model takes at most 128 tokens; write `128`, or leave it out"
        ]
    );
    let uneven = [fixed("input_ids", 128), fixed("attention_mask", 64)];
    let wrong = bound(&project("", CLASSIFY), &uneven, &[logits()]).2;
    assert_eq!(
        wrong,
        ["`input_ids` takes 128 tokens a text, `attention_mask` takes 64; \
          export the model with the same length for all, or with any"]
    );
}

#[test]
fn padding_is_to_the_longest_text_unless_told() {
    let inputs = [ids("input_ids")];
    let padded = text(&project(", max-tokens: 40, padding: max", CLASSIFY), &inputs);
    assert_eq!((padded.max_tokens, padded.padded_to), (40, Some(40)));
    let longest = text(&project(", max-tokens: 40", CLASSIFY), &inputs);
    assert_eq!((longest.max_tokens, longest.padded_to), (40, None));
}

#[test]
fn a_length_that_special_tokens_fill_is_refused() {
    let fixed = [port("input_ids", Element::I64, &[None, Some(2)])];
    let wrong = bound(&project("", CLASSIFY), &fixed, &[logits()]).2;
    assert!(wrong[0].starts_with("texts are cut to 2 tokens, and the tokenizer puts 2"));
}

fn embedded(output: &str, outputs: &[Port]) -> (Output, Vec<String>) {
    let (_, output, wrong) = bound(&project("", output), &[ids("input_ids")], outputs);
    (output, wrong)
}

#[test]
fn vectors_are_found_by_name_or_as_the_only_floats() {
    let hidden = port("last_hidden_state", Element::F32, &[None, None, Some(8)]);
    let pooled = port("pooler_output", Element::F32, &[None, Some(8)]);
    let sentence = port("sentence_embedding", Element::F32, &[None, Some(8)]);
    let other = port("tokens", Element::F32, &[None, None, Some(8)]);
    let chosen = |outputs: &[Port]| match embedded("{embed: }", outputs) {
        (Output::Embed(embed), wrong) if wrong.is_empty() => embed.output,
        other => panic!("{other:?}"),
    };
    assert_eq!(chosen(&[pooled.clone(), hidden.clone()]), "last_hidden_state");
    assert_eq!(chosen(&[hidden.clone(), sentence]), "sentence_embedding");
    assert_eq!(chosen(std::slice::from_ref(&pooled)), "pooler_output");
    assert_eq!(chosen(&[pooled, other]), "tokens");
    let told = "{embed: {field: vector, pooling: first, normalize: true}}";
    let expected = Embed {
        field: "vector".into(),
        output: "last_hidden_state".into(),
        pooling: Pooling::First,
        unit_length: true,
    };
    assert_eq!(embedded(told, &[hidden]).0, Output::Embed(expected));
}

#[test]
fn outputs_without_vectors_are_listed() {
    let several = [logits(), port("more", Element::F32, &[None, Some(3)])];
    let (_, wrong) = embedded("{embed: }", &several);
    assert!(wrong[0].contains("its outputs: `logits`, `more`"), "{wrong:?}");
    let image = [port("image", Element::F32, &[None, Some(3), None, None])];
    let (_, wrong) = embedded("{embed: }", &image);
    assert!(wrong[0].starts_with("`image` has 4 dimensions; "), "{wrong:?}");
    let (_, wrong) = embedded("{embed: }", &[port("label", Element::I64, &[None])]);
    assert_eq!(wrong.len(), 1);
}

#[test]
fn scores_are_the_logits_among_other_floats() {
    let states = port("hidden_states", Element::F32, &[None, None, Some(8)]);
    let (output, wrong) = embedded(CLASSIFY, &[states, logits()]);
    let Output::Classify(classify) = output else { panic!("{output:?}") };
    assert_eq!((classify.score_output.as_deref(), wrong.len()), (Some("logits"), 0));
    let by_token = port("logits", Element::F32, &[None, None, Some(2)]);
    let (_, wrong) = embedded(CLASSIFY, &[by_token]);
    assert!(wrong[0].starts_with("`logits` has 3 dimensions"), "{wrong:?}");
}
