//! `vocab.txt`: BERT's words, one a line, with everything else as BERT has it.

use std::collections::HashMap;

use super::plan::{Added, Around, Padding, Plan, Step};
use super::{Case, TokenizerError, invalid};

/// The words that stand for themselves wherever they are in a text.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// BERT's bound on the characters of a word.
pub(super) const LONGEST_WORD: u32 = 100;

/// Reads the words and takes the rest from BERT.
pub(super) fn plan(bytes: &[u8], case: Case) -> Result<Plan, TokenizerError> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return invalid("`vocab.txt` is not UTF-8");
    };
    let words: HashMap<String, u32> =
        text.lines().zip(0..).map(|(line, id)| (line.trim_end().to_owned(), id)).collect();
    let id = |word: &str| match words.get(word) {
        Some(id) => Ok(*id),
        None => invalid(format!("`vocab.txt` has no line `{word}`")),
    };
    let (unknown, first, last) = (id("[UNK]")?, id("[CLS]")?, id("[SEP]")?);
    let special = SPECIAL.iter().filter_map(|text| {
        let text = (*text).to_owned();
        Some(Added { id: *words.get(&text)?, text, strips_left: false, strips_right: false })
    });
    Ok(Plan {
        unknown,
        prefix: "##".into(),
        longest_word: LONGEST_WORD,
        steps: steps(case),
        added: special.collect(),
        around: Around { before: vec![(first, 0)], text_type: 0, behind: vec![(last, 0)] },
        padding: Padding { id: words.get("[PAD]").copied().unwrap_or(0), ..Padding::default() },
        max_tokens: None,
        words,
    })
}

fn steps(case: Case) -> Vec<Step> {
    let mut steps = vec![Step::Clean, Step::SpaceChinese];
    if case == Case::Lowered {
        steps.extend([Step::Nfd, Step::StripNonspacing, Step::Lower]);
    }
    steps
}
