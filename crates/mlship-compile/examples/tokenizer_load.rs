//! How long a tokenizer takes to load and to give the first tokens: the compiled table against
//! `tokenizer.json` read by the `tokenizers` crate. Usage: `tokenizer_load [WORDS]`
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints a measure")]

use std::time::{Duration, Instant};

use mlship_compile::{Case, TokenizerFile, tokenizer};
use mlship_runtime::text::{Compiled, Tokens};
use serde_json::{Value, json};
use tokenizers::Tokenizer;

const TEXT: &str = "The card was charged twice for one purchase, please refund the second payment.";

const ROUNDS: usize = 20;

fn main() {
    // As many words as BERT has.
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(30_522);
    let words = words(count);
    let folder = std::env::temp_dir().join(format!("tokenizer_load.{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (table, json) = (folder.join("table"), folder.join("tokenizer.json"));
    let lines = words.join("\n");
    let start = Instant::now();
    let form = TokenizerFile::VocabTxt(Case::Lowered);
    let compiled = tokenizer(lines.as_bytes(), form).unwrap();
    println!("compiled in {:?}", start.elapsed());
    std::fs::write(&table, compiled.table).unwrap();
    std::fs::write(&json, theirs(&words)).unwrap();
    let ours = median(|| {
        let mut tokens = Tokens::default();
        Compiled::open(&table, 512).unwrap().encode(TEXT, &mut tokens).unwrap();
        tokens.ids.len()
    });
    let crates = median(|| {
        let tokenizer = Tokenizer::from_file(&json).unwrap();
        tokenizer.encode_fast(TEXT, true).unwrap().get_ids().len()
    });
    for (name, path, time) in [("table", &table, ours), ("tokenizer.json", &json, crates)] {
        let bytes = std::fs::metadata(path).unwrap().len();
        println!("{name}: {bytes} bytes, {time:?} to the first tokens");
    }
    println!("ratio: {:.0}", crates.as_secs_f64() / ours.as_secs_f64());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Words of one to four syllables, whole and as continuations.
fn words(count: usize) -> Vec<String> {
    let first = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let letters = ('a'..='z').flat_map(|one| [one.to_string(), format!("##{one}")]);
    let syllables = ["ca", "re", "ti", "on", "pu", "sha", "se", "le", "nd", "ment", "ing", "fo"];
    let made = (12_usize..).map(|number| {
        let mut word = String::new();
        let mut rest = number;
        while rest > 0 {
            word += syllables[rest % syllables.len()];
            rest /= syllables.len();
        }
        if number % 4 == 0 { format!("##{word}") } else { word }
    });
    first.into_iter().chain(letters).chain(made).take(count).collect()
}

/// BERT's `tokenizer.json` with these words.
fn theirs(words: &[String]) -> String {
    let ids: serde_json::Map<String, Value> =
        words.iter().cloned().zip((0..).map(|id: u32| json!(id))).collect();
    json!({
        "version": "1.0", "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": true,
            "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids},
    })
    .to_string()
}

fn median(mut run: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            assert!(run() > 2);
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}
