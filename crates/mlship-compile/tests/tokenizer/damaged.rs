//! Tables with bytes changed: an error or other tokens, never a panic.

use mlship_compile::{TokenizerFile, tokenizer};
use mlship_runtime::classical::Aligned;
use mlship_runtime::text::{Compiled, Tokens};

use crate::corpus::{Numbers, lines};
use crate::files::{bert, file, words};

#[test]
fn a_damaged_table_fails_without_a_panic() {
    let normalizer = bert(true, None);
    let text = serde_json::to_vec(&file(normalizer.clone(), &words(&normalizer, "##"))).unwrap();
    let table = tokenizer(&text, TokenizerFile::Json).unwrap().table;
    let mut numbers = Numbers::new(3);
    let text = lines(4, 1_000).concat();
    let (mut refused, mut failed) = (0, 0);
    for round in 0..1_500 {
        let mut damaged = table.clone();
        // Most of what is trusted least is in the header and what comes first.
        let within = if round % 2 == 0 { 256 } else { table.len() };
        for _ in 0..1 + numbers.below(4) {
            damaged[numbers.below(within)] ^= 1 << numbers.below(8);
        }
        if round % 10 == 0 {
            damaged.truncate(numbers.below(table.len()));
        }
        let Ok(compiled) = Compiled::load(Aligned::copy_of(&damaged), 200) else {
            refused += 1;
            continue;
        };
        let mut tokens = Tokens::default();
        failed += usize::from(compiled.encode(&text, &mut tokens).is_err());
        compiled.padding();
    }
    assert!(refused > 500, "{refused} refused, {failed} failed");
}

#[test]
fn what_is_no_table_is_said_so() {
    let load = |bytes: &[u8]| {
        Compiled::load(Aligned::copy_of(bytes), 8).err().map(|error| error.to_string())
    };
    assert_eq!(load(b"").as_deref(), Some("the tokenizer is too short"));
    assert_eq!(load(&[7; 4096]).as_deref(), Some("the file is not a compiled tokenizer"));
    let table =
        tokenizer(b"[UNK]\n[CLS]\n[SEP]\n", TokenizerFile::VocabTxt(mlship_compile::Case::Kept));
    let table = table.unwrap().table;
    assert_eq!(load(&table), None);
    assert_eq!(load(&table[..table.len() - 1]).as_deref(), Some("the tokenizer is cut short"));
    let one = Compiled::load(Aligned::copy_of(&table), 1).err().unwrap().to_string();
    assert_eq!(one, "it puts 2 tokens around a text, where at most 1 are wanted");
}
