//! Seeded text of all sorts.

/// A generator of numbers: xorshift64*.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Ranges of characters that words of one script are drawn from.
const SCRIPTS: &[(u32, u32)] = &[
    (0x61, 0x7a),
    (0x41, 0x7a),
    (0x20, 0x7e),
    (0xa0, 0x17f),
    (0x180, 0x24f),
    (0x370, 0x3ff),
    (0x400, 0x52f),
    (0x531, 0x58f),
    (0x590, 0x5f4),
    (0x600, 0x6ff),
    (0x900, 0x97f),
    (0x980, 0x9ff),
    (0xe00, 0xe5b),
    (0xf00, 0xfff),
    (0x1000, 0x109f),
    (0x10a0, 0x10ff),
    (0x1100, 0x11ff),
    (0x13a0, 0x13ff),
    (0x1780, 0x17ff),
    (0x1e00, 0x1fff),
    (0x2000, 0x206f),
    (0x2070, 0x218f),
    (0x2c00, 0x2c7f),
    (0x3000, 0x30ff),
    (0x4e00, 0x4fff),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfb00, 0xfdff),
    (0xfe00, 0xffff),
    (0x10400, 0x1044f),
    (0x1d100, 0x1d7ff),
    (0x1f300, 0x1faff),
    (0x20000, 0x200ff),
    (0x2f800, 0x2fa1f),
    (0xe0000, 0xe01ef),
];

/// Marks that are put in order, and others that look like them.
const MARKS: &[(u32, u32)] = &[
    (0x300, 0x36f),
    (0x483, 0x489),
    (0x591, 0x5c7),
    (0x610, 0x61a),
    (0x64b, 0x65f),
    (0x93c, 0x94d),
    (0xe38, 0xe4e),
    (0xf71, 0xf87),
    (0x1ab0, 0x1ace),
    (0x1dc0, 0x1dff),
    (0x20d0, 0x20f0),
    (0x302a, 0x302f),
    (0x3099, 0x309a),
    (0x1d165, 0x1d172),
    (0x1e8d0, 0x1e8d6),
];

const GAPS: &[&str] = &[
    " ", " ", " ", " ", "  ", "\t", "\n", "\r\n", "\u{a0}", "\u{2003}", "\u{3000}", "\u{85}",
    "\u{2028}", "\u{b}", "\u{200b}", "\u{1680}", "\u{feff}", ", ", "...", "-", "/", "",
];

const ODD: &[&str] = &[
    "\0",
    "\u{fffd}",
    "\u{ad}",
    "\u{200d}",
    "👩‍👩‍👧‍👦",
    "🇩🇪",
    "👍🏽",
    "İstanbul",
    "ΣΊΣΥΦΟΣ",
    "straße",
    "ﬁne",
    "①②",
    "ậ…",
    "llamó",
    "한국어",
    "각",
    "가\u{11a8}",
    "日本語テキスト",
    "这很简单",
    "ภาษาไทย",
    "\u{7f}",
    "\u{e000}",
    "\u{10ffff}",
    "1,234.56€",
    "a@b.example",
    "don't",
    "##ing",
    "[UNK",
    "UNK]",
    "[[CLS]]",
];

const SPECIAL: &[&str] =
    &["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[mask]", "<e1>", "<e1>x", "<e12>", " [MASK] "];

/// At least `characters` characters of lines of all sorts.
pub(crate) fn lines(seed: u64, characters: usize) -> Vec<String> {
    let mut numbers = Numbers::new(seed);
    let mut lines = Vec::new();
    let mut count = 0;
    while count < characters {
        let mut line = String::new();
        for _ in 0..numbers.below(40) {
            part(&mut numbers, &mut line);
        }
        count += line.chars().count();
        lines.push(line);
    }
    lines
}

fn part(numbers: &mut Numbers, line: &mut String) {
    match numbers.below(40) {
        0 => line.push_str(numbers.pick(ODD)),
        1 => line.push_str(numbers.pick(SPECIAL)),
        2 => (0..numbers.below(12)).for_each(|_| line.extend(any(numbers, MARKS))),
        3 => (0..numbers.below(250)).for_each(|_| line.extend(any(numbers, &SCRIPTS[..6]))),
        4 => line.extend(char::from_u32(numbers.below(0x11_0000) as u32)),
        5 => (0..8).for_each(|_| line.extend(any(numbers, SCRIPTS))),
        _ => {
            let script = SCRIPTS[numbers.below(SCRIPTS.len())];
            for _ in 0..=numbers.below(9) {
                line.extend(any(numbers, &[script]));
                if numbers.below(6) == 0 {
                    line.extend(any(numbers, MARKS));
                }
            }
        }
    }
    line.push_str(numbers.pick(GAPS));
}

fn any(numbers: &mut Numbers, ranges: &[(u32, u32)]) -> Option<char> {
    let (first, last) = ranges[numbers.below(ranges.len())];
    char::from_u32(first + numbers.below((last - first + 1) as usize) as u32)
}
