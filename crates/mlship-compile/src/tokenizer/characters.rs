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

/// Makes the table of what `steps` do.
pub(super) fn characters(steps: &[Step]) -> Result<Characters, String> {
    let is_decomposition = |step: &Step| matches!(step, Step::Nfd | Step::Nfkd);
    let at = steps.iter().position(is_decomposition).unwrap_or(steps.len());
    let (before, rest) = steps.split_at(at);
    if rest.iter().filter(|step| is_decomposition(step)).count() > 1 {
        return Err("text is decomposed twice".into());
    }
    let course = Course { before, decomposition: rest.first(), after: rest.get(1..).unwrap_or(&[]) };
    let mut table = Characters::default();
    let (mut blocks, mut lists) = (HashMap::new(), HashMap::new());
    for start in (0..=char::MAX as u32).step_by(BLOCK) {
        let mut block = Vec::with_capacity(BLOCK);
        for code in start..start + BLOCK as u32 {
            block.push(match char::from_u32(code) {
                Some(character) => table.entry(character, course.units(character)?, &mut lists)?,
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
        units: Vec<u32>,
        lists: &mut HashMap<Vec<u32>, u32>,
    ) -> Result<u32, String> {
        if HANGUL.contains(&character) && units == jamo(character) {
            return Ok(unit::HANGUL);
        }
        if let [one] = units[..] {
            return Ok(one);
        }
        let space = unit::SPACE << unit::KIND_SHIFT;
        if let [before, word, behind] = units[..]
            && (before, behind) == (space, space)
            && word >> unit::KIND_SHIFT == unit::WORD
        {
            return Ok(word | unit::ALONE << unit::KIND_SHIFT);
        }
        let offset = match lists.entry(units) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(new) => {
                let offset = self.lists.len();
                if new.key().len() > 64 || offset >= 1 << 22 {
                    return Err(format!("`{character}` becomes too much"));
                }
                self.lists.extend_from_slice(new.key());
                *new.insert(unit::LIST | (offset << 8) as u32 | self.list_length(offset))
            }
        };
        Ok(offset)
    }

    fn list_length(&self, offset: usize) -> u32 {
        (self.lists.len() - offset) as u32
    }
}

/// The steps around the one that may change the order of characters.
struct Course<'s> {
    before: &'s [Step],
    decomposition: Option<&'s Step>,
    after: &'s [Step],
}

impl Course<'_> {
    fn units(&self, character: char) -> Result<Vec<u32>, String> {
        let mut units = Vec::new();
        for part in apply(self.before, vec![character]) {
            let mut decomposed = Vec::new();
            match self.decomposition {
                Some(Step::Nfkd) => decompose_compatible(part, |part| decomposed.push(part)),
                Some(_) => decompose_canonical(part, |part| decomposed.push(part)),
                None => decomposed.push(part),
            }
            for part in decomposed {
                let class = match self.decomposition {
                    Some(_) => u32::from(canonical_combining_class(part)),
                    None => 0,
                };
                let last = apply(self.after, vec![part]);
                if class != 0 && last.len() > 1 {
                    return Err(format!("the combining character `{part}` becomes several"));
                }
                if class == 0 && last.is_empty() && self.decomposition.is_some() {
                    units.push(unit::BARRIER << unit::KIND_SHIFT);
                }
                units.extend(last.into_iter().map(|last| encode(last, character, class)));
            }
        }
        Ok(units)
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

fn apply(steps: &[Step], characters: Vec<char>) -> Vec<char> {
    steps.iter().fold(characters, |characters, step| {
        characters.into_iter().flat_map(|character| one(*step, character)).collect()
    })
}

fn one(step: Step, character: char) -> Vec<char> {
    let keep = |keep: bool| if keep { vec![character] } else { Vec::new() };
    match step {
        Step::Clean if matches!(character, '\t' | '\n' | '\r') => vec![' '],
        Step::Clean if matches!(character, '\0' | '\u{fffd}') || character.is_other() => vec![],
        Step::Clean if character.is_whitespace() => vec![' '],
        Step::SpaceChinese if is_chinese(character) => vec![' ', character, ' '],
        Step::StripNonspacing => keep(!character.is_mark_nonspacing()),
        Step::StripCombining => keep(!is_combining_mark(character)),
        Step::Lower => character.to_lowercase().collect(),
        Step::Clean | Step::SpaceChinese | Step::Nfd | Step::Nfkd => vec![character],
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
