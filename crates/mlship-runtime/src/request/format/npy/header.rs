//! The header of an array: a Python dictionary of three known keys, as text.

use super::malformed;
use crate::problem::Kind;
use crate::request::number::Fault;

/// The longest header: NumPy's own bound on what it reads without being told to.
const MOST_BYTES: usize = 10_000;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) descr: String,
    pub(super) is_fortran: bool,
    pub(super) shape: Vec<usize>,
}

/// The header's text, and what follows it.
pub(super) fn split(body: &[u8]) -> Result<(&str, &[u8]), Fault> {
    let [0x93, b'N', b'U', b'M', b'P', b'Y', major, _, rest @ ..] = body else {
        return Err(malformed("the body does not begin as an `.npy` file does"));
    };
    let (length, rest) = match (*major, rest) {
        (1, [a, b, rest @ ..]) => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        (2 | 3, [a, b, c, d, rest @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        (1..=3, _) => return Err(cut()),
        (other, _) => return Err(malformed(format!("version {other} of `.npy` is not known"))),
    };
    if length > MOST_BYTES {
        return Err(malformed(format!("a header has at most {MOST_BYTES} bytes")));
    }
    let (header, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| malformed("the header is not text"))?;
    Ok((header, rest))
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
pub(super) fn read(text: &str) -> Result<Header, Fault> {
    let wrong = || malformed("the header is not the dictionary that NumPy writes");
    let mut rest = Rest(text.trim().strip_prefix('{').ok_or_else(wrong)?);
    let (mut descr, mut order, mut shape) = (None, None, None);
    while !rest.takes('}') {
        let key = rest.text().ok_or_else(wrong)?;
        if !rest.takes(':') {
            return Err(wrong());
        }
        match key {
            "descr" if rest.0.trim_start().starts_with('[') => {
                let detail = "an array of records is not taken; send columns of one type, or CSV";
                return Err((Kind::WrongType, detail.into()));
            }
            "descr" => descr = Some(rest.text().ok_or_else(wrong)?.to_owned()),
            "fortran_order" => order = Some(rest.boolean().ok_or_else(wrong)?),
            "shape" => shape = Some(rest.lengths().ok_or_else(wrong)?),
            _ => return Err(wrong()),
        }
        if !rest.takes(',') && !rest.0.trim_start().starts_with('}') {
            return Err(wrong());
        }
    }
    let (Some(descr), Some(is_fortran), Some(shape), "") = (descr, order, shape, rest.0) else {
        return Err(wrong());
    };
    Ok(Header { descr, is_fortran, shape })
}

/// What of the dictionary is not read yet.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn takes(&mut self, sign: char) -> bool {
        let after = self.0.trim_start().strip_prefix(sign);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    fn text(&mut self) -> Option<&'t str> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|sign| matches!(sign, '\'' | '"'))?;
        let (inside, after) = text[1..].split_once(quote)?;
        self.0 = after;
        Some(inside)
    }

    fn boolean(&mut self) -> Option<bool> {
        let text = self.0.trim_start();
        let (value, after) = match text.strip_prefix("True") {
            Some(after) => (true, after),
            None => (false, text.strip_prefix("False")?),
        };
        self.0 = after;
        Some(value)
    }

    /// `(3, 4)`, `(3,)` or `()`.
    fn lengths(&mut self) -> Option<Vec<usize>> {
        let (inside, after) = self.0.trim_start().strip_prefix('(')?.split_once(')')?;
        self.0 = after;
        let inside = inside.trim();
        if inside.is_empty() {
            return Some(Vec::new());
        }
        let inside = inside.strip_suffix(',').unwrap_or(inside);
        inside.split(',').map(|length| length.trim().parse().ok()).collect()
    }
}

fn cut() -> Fault {
    malformed("the body ends within its header")
}
