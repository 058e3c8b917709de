//! Every character of Unicode.

use serde_json::Value;

use crate::files::{Both, FIRST, bert, file};

/// Checks every character alone, between letters and between marks.
fn check(normalizer: Value) {
    let planes = [0..=0x1_ffff, 0x2_f800..=0x2_fa1f, 0xe_0000..=0xe_01ff];
    let known = planes.into_iter().flatten().filter_map(char::from_u32);
    let known = known.flat_map(|one| [one.to_string(), format!("##{one}")]);
    let words: Vec<String> = FIRST.iter().map(|word| (*word).to_owned()).chain(known).collect();
    let both = Both::new(&file(normalizer, &words));
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for some in all.chunks(512) {
        let alone: String = some.iter().flat_map(|one| [*one, ' ']).collect();
        let between: String = some.iter().flat_map(|one| ['a', *one, 'b', ' ']).collect();
        let marked: String =
            some.iter().flat_map(|one| ['\u{301}', *one, '\u{323}', ' ']).collect();
        both.agree(&alone).unwrap();
        both.agree(&between).unwrap();
        if some[0] < '\u{30000}' {
            both.agree(&marked).unwrap();
        }
    }
}

#[test]
fn every_character_in_lower_case() {
    check(bert(true, None));
}

#[test]
fn every_character_in_both_cases() {
    check(bert(false, None));
}

#[test]
fn every_character_without_changes() {
    check(Value::Null);
}
