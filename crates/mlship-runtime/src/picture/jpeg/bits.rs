//! The bits of a scan, and the codes in them.

use super::Cause;

/// Codes up to this length are looked up at once.
const SHORT: u32 = 9;

/// A table of Huffman codes.
pub(super) struct Codes {
    /// For each beginning of [`SHORT`] bits the symbol and the code's length; 0 for longer ones.
    short: Vec<(u8, u8)>,
    /// For each length the end of its codes, and what leads from a code to its symbol's place.
    ends: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Codes {
    /// `counts` are how many codes there are of each length, 1 to 16. `None` when there are more
    /// than that length can tell apart.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut short = vec![(0, 0); 1 << SHORT];
        let mut ends = [(0, 0); 17];
        let (mut code, mut place) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let first = code;
            for symbol in &symbols[place..place + usize::from(*count)] {
                if length <= SHORT {
                    let start = (code << (SHORT - length)) as usize;
                    let run = short.get_mut(start..start + (1 << (SHORT - length)))?;
                    run.fill((*symbol, length as u8));
                }
                code += 1;
            }
            if code > 1 << length {
                return None;
            }
            ends[length as usize] = (code, place as i32 - first as i32);
            place += usize::from(*count);
            code <<= 1;
        }
        Some(Self { short, ends, symbols: symbols.to_vec() })
    }
}

/// Reads the bits of a scan up to the next marker. Behind it there are zeros.
pub(super) struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
    /// The bits that were read, the next one highest.
    held: u64,
    count: u32,
    /// How many of them stand behind the marker.
    made_up: u32,
}

impl<'b> Bits<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, held: 0, count: 0, made_up: 0 }
    }

    /// Where the marker is that ends what was read, or what is behind the bytes.
    pub(super) fn end(&self) -> usize {
        self.at
    }

    /// # Errors
    /// When more was read than there is.
    pub(super) fn check(&self) -> Result<(), Cause> {
        if self.made_up > self.count { Err("it ends early") } else { Ok(()) }
    }

    /// Goes on behind the restart of this number.
    pub(super) fn restart(&mut self, number: u8) -> Result<(), Cause> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut pairs = rest.windows(2).enumerate();
        let found = pairs.find(|(_, pair)| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff));
        match found {
            Some((at, pair)) if pair[1] == 0xd0 + number => {
                *self = Self { bytes: self.bytes, ..Self::new(self.bytes) };
                self.at = self.bytes.len() - rest.len() + at + 2;
                Ok(())
            }
            _ => Err("a restart is missing"),
        }
    }

    #[inline]
    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at) {
                Some(0xff) => match self.bytes.get(self.at + 1) {
                    Some(0) => {
                        self.at += 2;
                        0xff
                    }
                    _ => self.none(),
                },
                Some(byte) => {
                    self.at += 1;
                    *byte
                }
                None => self.none(),
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn none(&mut self) -> u8 {
        self.made_up += 8;
        0
    }

    /// The next `count` bits, at most 16.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        if self.count < count {
            self.fill();
        }
        let bits = (self.held >> (64 - count)) as u32;
        self.drop(count);
        bits
    }

    #[inline]
    fn drop(&mut self, count: u32) {
        self.held <<= count;
        self.count -= count;
    }

    /// True when the next bit is set.
    #[inline]
    pub(super) fn is_set(&mut self) -> bool {
        self.take(1) == 1
    }

    /// The next symbol.
    #[inline]
    pub(super) fn symbol(&mut self, codes: &Codes) -> Result<u8, Cause> {
        if self.count < 16 {
            self.fill();
        }
        let (symbol, length) = codes.short[(self.held >> (64 - SHORT)) as usize];
        if length > 0 {
            self.drop(u32::from(length));
            return Ok(symbol);
        }
        for length in SHORT + 1..=16 {
            let code = (self.held >> (64 - length)) as u32;
            let (end, lead) = codes.ends[length as usize];
            if code < end {
                self.drop(length);
                let place = usize::try_from(code as i32 + lead).ok();
                let symbol = place.and_then(|place| codes.symbols.get(place));
                return symbol.copied().ok_or("a code is unknown");
            }
        }
        Err("a code is unknown")
    }

    /// The next number of `count` bits: negative when its first bit is 0.
    #[inline]
    pub(super) fn number(&mut self, count: u32) -> i32 {
        let bits = self.take(count) as i32;
        if count > 0 && bits < 1 << (count - 1) { bits - (1 << count) + 1 } else { bits }
    }
}
