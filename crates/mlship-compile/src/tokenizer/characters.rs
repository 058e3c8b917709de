//! What each character of Unicode becomes, as a table.
//!
//! Made with the very crates that `tokenizers` looks characters up in, so that the runtime needs
//! neither them nor tables of its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mlship_bundle::vocabulary::{BLOCK, unit};
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{
    canonical_combining_class, decompose_canonical, decompose_compatible, is_combining_mark,
};

use super::plan::Step;

/// The table: see [`mlship_bundle::vocabulary::Section`].
#[derive(Debug, Default)]
pub(super) struct Characters {
    pub(super) blocks: Vec<u32>,
    pub(super) units: Vec<u32>,
    pub(super) lists: Vec<u32>,
}

/// The Hangul syllables.
const HANGUL: std::ops::RangeInclusive<char> = '\u{ac00}'..='\u{d7a3}';

/// The most units that a character becomes.
const MOST_UNITS: usize = 64;

/// The most units in all lists.
const MOST_LISTED: usize = 1 << 22;

/// Makes the table of what `steps` do.
pub(super) fn characters(steps: &[Step]) -> Result<Characters, String> {
    let is_decomposition = |step: &Step| matches!(step, Step::Nfd | Step::Nfkd);
    let at = steps.iter().position(is_decomposition).unwrap_or(steps.len());
    let (before, rest) = steps.split_at(at);
    if rest.iter().filter(|step| is_decomposition(step)).count() > 1 {
        return Err("text is decomposed twice".into());
    }
    let course =
        Course { before, decomposition: rest.first(), after: rest.get(1..).unwrap_or(&[]) };
    let mut table = Characters::default();
    let mut units = Vec::new();
    let (mut blocks, mut lists) = (HashMap::<Vec<u32>, u32>::new(), HashMap::new());
    for start in (0..=char::MAX as u32).step_by(BLOCK) {
        let mut block = Vec::with_capacity(BLOCK);
        for code in start..start + BLOCK as u32 {
            block.push(match char::from_u32(code) {
                Some(character) => {
                    course.units(character, &mut units)?;
                    table.entry(character, &units, &mut lists)?
                }
                None => unit::NOTHING,
            });
        }
        let number = match blocks.entry(block) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(new) => {
                table.units.extend_from_slice(new.key());
                *new.insert((table.units.len() / BLOCK - 1) as u32)
            }
        };
        table.blocks.push(number);
    }
    Ok(table)
}

impl Characters {
    /// The table's word for a character that becomes `units`.
    fn entry(
        &mut self,
        character: char,
        units: &[u32],
        lists: &mut HashMap<Vec<u32>, u32>,
    ) -> Result<u32, String> {
        if HANGUL.contains(&character) && *units == jamo(character) {
            return Ok(unit::HANGUL);
        }
        if let [one] = *units {
            return Ok(one);
        }
        let space = unit::SPACE << unit::KIND_SHIFT;
        if let [before, word, behind] = *units
            && (before, behind) == (space, space)
            && word >> unit::KIND_SHIFT == unit::WORD
        {
            return Ok(word | unit::ALONE << unit::KIND_SHIFT);
        }
        if let Some(list) = lists.get(units) {
            return Ok(*list);
        }
        let offset = self.lists.len();
        if units.len() > MOST_UNITS || offset >= MOST_LISTED {
            return Err(format!("`{character}` becomes too much"));
        }
        self.lists.extend_from_slice(units);
        let list = unit::LIST | (offset << 8) as u32 | units.len() as u32;
        lists.insert(units.to_owned(), list);
        Ok(list)
    }
}

/// The steps around the one that may change the order of characters.
struct Course<'s> {
    before: &'s [Step],
    decomposition: Option<&'s Step>,
    after: &'s [Step],
}

impl Course<'_> {
    /// Puts what a character becomes in the place of `units`.
    fn units(&self, character: char, units: &mut Vec<u32>) -> Result<(), String> {
        units.clear();
        let mut crowded = None;
        apply(self.before, character, &mut |part| {
            self.decompose(part, &mut |part| {
                let class = match self.decomposition {
                    Some(_) => u32::from(canonical_combining_class(part)),
                    None => 0,
                };
                let start = units.len();
                apply(self.after, part, &mut |last| units.push(encode(last, character, class)));
                match units.len() - start {
                    0 if class == 0 && self.decomposition.is_some() => {
                        units.push(unit::BARRIER << unit::KIND_SHIFT);
                    }
                    0 | 1 => {}
                    _ if class == 0 => {}
                    _ => crowded = Some(part),
                }
            });
        });
        match crowded {
            Some(part) => Err(format!("the combining character `{part}` becomes several")),
            None => Ok(()),
        }
    }

    fn decompose(&self, character: char, onto: &mut dyn FnMut(char)) {
        match self.decomposition {
            Some(Step::Nfkd) => decompose_compatible(character, onto),
            Some(_) => decompose_canonical(character, onto),
            None => onto(character),
        }
    }
}

/// The word for `last`, which `character` becomes.
fn encode(last: char, character: char, class: u32) -> u32 {
    let code = if last == character { unit::SAME } else { last as u32 };
    let (kind, code) = match last {
        _ if last.is_whitespace() => (unit::SPACE, 0),
        _ if last.is_ascii_punctuation() || last.is_punctuation() => (unit::ALONE, code),
        _ => (unit::WORD, code),
    };
    code | kind << unit::KIND_SHIFT | class << unit::CLASS_SHIFT
}

/// What `steps` make of a character, part by part.
fn apply(steps: &[Step], character: char, onto: &mut dyn FnMut(char)) {
    let Some((step, rest)) = steps.split_first() else { return onto(character) };
    let mut next = |character| apply(rest, character, onto);
    match step {
        Step::Clean if matches!(character, '\t' | '\n' | '\r') => next(' '),
        Step::Clean if matches!(character, '\0' | '\u{fffd}') || character.is_other() => {}
        Step::Clean if character.is_whitespace() => next(' '),
        Step::SpaceChinese if is_chinese(character) => {
            [' ', character, ' '].into_iter().for_each(next)
        }
        Step::StripNonspacing if character.is_mark_nonspacing() => {}
        Step::StripCombining if is_combining_mark(character) => {}
        Step::Lower => character.to_lowercase().for_each(next),
        _ => next(character),
    }
}

/// What BERT calls Chinese: its own list of blocks, from the reference implementation.
fn is_chinese(character: char) -> bool {
    matches!(
        character as u32,
        0x4e00..=0x9fff
            | 0x3400..=0x4dbf
            | 0x20000..=0x2a6df
            | 0x2a700..=0x2b73f
            | 0x2b740..=0x2b81f
            | 0x2b920..=0x2ceaf
            | 0xf900..=0xfaff
            | 0x2f800..=0x2fa1f
    )
}

/// A syllable's parts, by the arithmetic that the runtime has.
fn jamo(syllable: char) -> Vec<u32> {
    let index = syllable as u32 - *HANGUL.start() as u32;
    let mut parts = vec![0x1100 + index / 588, 0x1161 + index % 588 / 28];
    if !index.is_multiple_of(28) {
        parts.push(0x11a7 + index % 28);
    }
    parts
}
