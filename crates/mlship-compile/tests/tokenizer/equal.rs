//! A million characters of all sorts.

use mlship_compile::{Case, TokenizerFile, tokenizer};
use serde_json::{Value, json};
use tokenizers::TruncationParams;

use crate::corpus::lines;
use crate::files::{Both, ENDLESS, FIRST, added, bert, file, load, words};

/// Checks a file on `characters` characters; not all words may be unknown, nor all known.
fn check(file: &Value, seed: u64, characters: usize) {
    let both = Both::new(file);
    let (mut tokens, mut differences) = (0, Vec::new());
    for line in lines(seed, characters) {
        match both.agree(&line) {
            Ok(count) => tokens += count,
            Err(difference) => differences.push(difference),
        }
    }
    assert!(differences.is_empty(), "{}: {}", differences.len(), differences[0]);
    assert!(tokens > characters / 4, "{tokens} tokens of {characters} characters");
}

#[test]
fn lower_case_on_a_million_characters() {
    let normalizer = bert(true, None);
    check(&file(normalizer.clone(), &words(&normalizer, "##")), 1, 1_000_000);
}

#[test]
fn both_cases_on_a_million_characters() {
    let normalizer = bert(false, None);
    check(&file(normalizer.clone(), &words(&normalizer, "##")), 2, 1_000_000);
}

#[test]
fn every_way_to_change_text() {
    let sequence = |parts: &[&str]| {
        let parts: Vec<Value> = parts.iter().map(|part| json!({"type": part})).collect();
        json!({"type": "Sequence", "normalizers": parts})
    };
    let rough = json!({"type": "BertNormalizer", "clean_text": false,
        "handle_chinese_chars": false, "strip_accents": true, "lowercase": false});
    let normalizers = [
        bert(true, Some(false)),
        bert(false, Some(true)),
        rough,
        Value::Null,
        json!({"type": "Lowercase"}),
        sequence(&["NFD", "Lowercase", "StripAccents"]),
        sequence(&["Lowercase", "NFKD", "StripAccents"]),
        sequence(&["NFD"]),
        sequence(&[]),
        json!({"type": "Sequence", "normalizers": [{"type": "NFKD"}, {"type": "Lowercase"}]}),
    ];
    for (seed, normalizer) in normalizers.into_iter().enumerate() {
        check(&file(normalizer.clone(), &words(&normalizer, "##")), 20 + seed as u64, 60_000);
    }
}

#[test]
fn other_prefixes_bounds_and_tokens_around() {
    let normalizer = bert(true, None);
    for (seed, prefix) in ["", "@@", "é"].into_iter().enumerate() {
        let mut file = file(normalizer.clone(), &words(&normalizer, prefix));
        file["model"]["continuing_subword_prefix"] = json!(prefix);
        file["model"]["max_input_chars_per_word"] = json!([0, 3, 1_000_000][seed]);
        file["post_processor"] = [
            Value::Null,
            json!({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 9]}),
            json!({"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "x", "type_id": 4}},
                           {"Sequence": {"id": "A", "type_id": 1}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"x": {"id": "x", "ids": [7, 8], "tokens": ["x", "y"]}}}),
        ][seed]
            .clone();
        let both = Both::new(&file);
        for line in lines(40 + seed as u64, 60_000) {
            both.agree(&line).unwrap();
        }
    }
}

#[test]
fn tokens_that_are_cut_out_with_the_space_around_them() {
    let normalizer = bert(true, None);
    let mut file = file(normalizer.clone(), &words(&normalizer, "##"));
    let new = file["model"]["vocab"].as_object().unwrap().len();
    let mut tokens: Vec<Value> = file["added_tokens"].as_array().unwrap().clone();
    tokens[4]["lstrip"] = json!(true);
    tokens[3]["rstrip"] = json!(true);
    for content in ["<e1>", "<e12>", "日本", " ", "..", "\t\n", "é"] {
        let mut token = added(new + tokens.len(), content);
        token["lstrip"] = json!(content.len() % 2 == 0);
        token["rstrip"] = json!(content.len() % 3 == 0);
        tokens.push(token);
    }
    file["added_tokens"] = json!(tokens);
    check(&file, 50, 200_000);
}

#[test]
fn texts_are_cut_to_any_length() {
    let normalizer = bert(true, None);
    let mut file = file(normalizer.clone(), &words(&normalizer, "##"));
    file["truncation"] = json!({"direction": "Right", "max_length": 9,
        "strategy": "LongestFirst", "stride": 0});
    let text = serde_json::to_vec(&file).unwrap();
    let compiled = tokenizer(&text, TokenizerFile::Json).unwrap();
    assert_eq!(compiled.traits.max_tokens, Some(9));
    let mut both = Both::new(&file);
    for (seed, most) in [2, 3, 4, 9, 64, 512].into_iter().enumerate() {
        let truncation = TruncationParams { max_length: most, ..TruncationParams::default() };
        both.theirs.with_truncation(Some(truncation)).unwrap();
        both.ours = load(&compiled.table, most);
        for line in lines(60 + seed as u64, 20_000) {
            assert!(both.agree(&line).unwrap() <= most);
        }
    }
}

#[test]
fn a_text_of_megabytes_is_cut_as_a_short_one_is() {
    let normalizer = bert(true, None);
    let file = file(normalizer.clone(), &words(&normalizer, "##"));
    let table = tokenizer(&serde_json::to_vec(&file).unwrap(), TokenizerFile::Json).unwrap().table;
    let (some, all) = (load(&table, 512), load(&table, ENDLESS));
    let line = lines(70, 100_000).concat();
    let marks = "e".to_owned() + &"\u{301}\u{323}\u{1d165}".repeat(400_000);
    for text in [line.repeat(20), "x".repeat(5_000_000), " ".repeat(5_000_000), marks] {
        let (mut cut, mut whole) = Default::default();
        some.encode(&text, &mut cut).unwrap();
        all.encode(&text, &mut whole).unwrap();
        let length = cut.ids.len() - 1;
        assert_eq!(cut.ids[..length], whole.ids[..length]);
        assert_eq!(cut.ids.len(), whole.ids.len().min(512));
    }
}

#[test]
fn words_alone_are_berts_file() {
    for (case, lowers) in [(Case::Lowered, true), (Case::Kept, false)] {
        let normalizer = bert(lowers, None);
        let words: Vec<String> = words(&normalizer, "##")
            .into_iter()
            .filter(|word| word.trim_end() == *word && !word.contains('\n'))
            .collect();
        let json = serde_json::to_vec(&file(normalizer, &words)).unwrap();
        let json = tokenizer(&json, TokenizerFile::Json).unwrap();
        for end in ["\n", "\r\n"] {
            let lines = words.join(end) + end;
            let lines = tokenizer(lines.as_bytes(), TokenizerFile::VocabTxt(case)).unwrap();
            assert!(lines == json, "{case:?}");
        }
        assert_eq!(json.traits.vocabulary_size, words.len());
        assert_eq!(json.traits.largest_id as usize, words.len() - 1);
        assert_eq!(json.traits.special_tokens, 2);
        assert_eq!(FIRST.len(), 5);
    }
}
