//! See `mlship_runtime::fuzzing`.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use mlship_compile::{Case, TokenizerFile, tokenizer};
use mlship_runtime::fuzzing;

/// Where the tokenizer is.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    const WORDS: &[u8] = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##c\n!\n";
    let table = tokenizer(WORDS, TokenizerFile::VocabTxt(Case::Lowered)).expect("a tokenizer");
    let folder = std::env::temp_dir().join(format!("mlship-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("words.bin"), table.table).expect("a file");
    folder
});

// Making the tokenizer takes seconds, which no input is to blame for.
libfuzzer_sys::fuzz_target!(init: LazyLock::force(&FOLDER), |bytes: &[u8]| fuzzing::text(bytes, &FOLDER));
