//! `input.text`: how text becomes token ids.

use mlship_core::finding::Finding;
use mlship_core::project::{Case, Padding, Text};
use mlship_core::reader::{Located, Reader};

use super::resources::Setting;
use super::{clip, filled, paths, table_of};

/// The request's key for the text, unless told.
pub(crate) const FIELD: &str = "text";

/// The bounds of `max-tokens`: a token between two special ones, and more than the longest
/// encoder takes. What the model takes is checked when it is packaged.
pub(crate) const MAX_TOKENS: Setting =
    Setting { key: "max-tokens", default: 0, least: 3, most: 32_768 };

pub(super) fn read(input: &mut Reader<'_>) -> Option<Text> {
    if input.node("text").is_none() {
        let place = input.entry("text").map_or_else(|| input.place(), |(key, _)| key.span.clone());
        input.report(
            Finding::error("manifest/missing", "`input.text` has no value")
                .at(place)
                .label("nothing is written here")
                .hint("say how text becomes token ids: `{tokenizer: tokenizer.json}`"),
        );
        return None;
    }
    let mut table = table_of(input, "text", "tokenizer")?;
    let tokenizer = table.string("tokenizer");
    let tokenizer = table.required("tokenizer", tokenizer);
    let tokenizer = tokenizer.and_then(|path| a_tokenizer(&table, path));
    let field = table.string("field");
    let field = filled(&table, "field", field).map_or_else(|| FIELD.into(), |field| field.value);
    let bounds = i64::from(MAX_TOKENS.least)..=i64::from(MAX_TOKENS.most);
    let max_tokens = table.integer(MAX_TOKENS.key, bounds).and_then(|number| {
        Some(Located { value: u32::try_from(number.value).ok()?, span: number.span })
    });
    let padding = match table.one_of("padding", &["longest", "max"]) {
        Some(Located { value: "max", .. }) => Padding::Max,
        _ => Padding::Longest,
    };
    let case = case(&mut table, tokenizer.as_ref());
    table.finish_with(other_words);
    Some(Text { field, tokenizer: tokenizer?, max_tokens, padding, case })
}

/// The path of a `tokenizer.json` or a `vocab.txt`, told by how it ends.
fn a_tokenizer(table: &Reader<'_>, path: Located<String>) -> Option<Located<String>> {
    let path = paths::local(table, "tokenizer", path)?;
    let name = path.value.rsplit('/').next().unwrap_or_default();
    let beside = path.value.len() - name.len();
    let beside = clip(&path.value[..beside]);
    let finding = |message: String, label: &str| {
        Finding::error("manifest/tokenizer", message).at(path.span.clone()).label(label)
    };
    let shown = clip(name);
    if matches!(name, "tokenizer_config.json" | "special_tokens_map.json" | "vocab.json") {
        let finding = finding(format!("`{shown}` is only a part of a tokenizer"), "not the whole");
        table.report(finding.hint(format!("write `{beside}tokenizer.json`")));
        return None;
    }
    if name.ends_with(".json") || name.ends_with(".txt") {
        return Some(path);
    }
    let finding = finding(
        format!("`{shown}` is neither a `tokenizer.json` nor a `vocab.txt`"),
        "ends in neither `.json` nor `.txt`",
    );
    table.report(if name.ends_with(".model") {
        finding.hint(
            "transformers writes a `tokenizer.json` of it: \
             `AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)`",
        )
    } else {
        finding.hint("it is beside the model that transformers saved: `tokenizer.json`")
    });
    None
}

/// `case`, which only a vocabulary leaves open.
fn case(table: &mut Reader<'_>, tokenizer: Option<&Located<String>>) -> Case {
    let Some(case) = table.one_of("case", &["uncased", "cased"]) else { return Case::default() };
    if tokenizer.is_some_and(|path| path.value.ends_with(".json")) {
        table.report(
            Finding::error("manifest/case", "`input.text.case` does not go with a `.json`")
                .at(case.span.clone())
                .label("the tokenizer says it itself")
                .hint("leave `case` out; it is for a `vocab.txt`"),
        );
    }
    if case.value == "cased" { Case::Cased } else { Case::Uncased }
}

/// What other tools call the keys.
fn other_words(key: &str) -> Option<String> {
    let lower = clip(key).to_lowercase().replace('_', "-");
    let (ours, example) = match lower.as_str() {
        "max-length" | "max-len" | "max-seq-length" | "model-max-length" | "truncation" => {
            ("max-tokens", "max-tokens: 128")
        }
        "vocab" | "vocab-file" | "vocabulary" | "tokenizer-file" => {
            ("tokenizer", "tokenizer: vocab.txt")
        }
        "lowercase" | "lower-case" | "do-lower-case" | "uncased" | "cased" => {
            ("case", "case: uncased")
        }
        "key" | "column" | "name" => ("field", "field: text"),
        _ => return None,
    };
    Some(format!("the key is `{ours}`, as in `{example}`"))
}
