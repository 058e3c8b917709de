//! CSV (RFC 4180), cell by cell. Nothing is guessed: a comma parts cells, and a quote that opens a
//! cell must close it.

use std::borrow::Cow;

use crate::problem::Kind;
use crate::request::number::{Fault, Scalar};

/// How many cells beyond those of use a record is read to the end with, so that a mistake can be
/// named: a body may be nothing but commas, and a cell in memory is longer than one.
const MOST_STRANGE: usize = 1000;

/// One cell of a record.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::request) struct Cell<'b> {
    pub(in crate::request) text: Cow<'b, str>,
    pub(in crate::request) is_quoted: bool,
}

impl Cell<'_> {
    /// True when there is nothing between the commas.
    pub(in crate::request) fn is_missing(&self) -> bool {
        self.text.is_empty() && !self.is_quoted
    }

    /// What it is where a number is wanted; else the text.
    pub(in crate::request) fn number(&self) -> Scalar<'_> {
        let text = self.text.trim();
        if let Ok(value) = text.parse() {
            return Scalar::Int(value);
        }
        if let Ok(value) = text.parse() {
            return Scalar::Large(value);
        }
        match text.parse::<f64>() {
            Ok(value) if text.contains(|c: char| c.is_ascii_digit()) => Scalar::Float(value),
            // What other tools write where there is none.
            _ if text.eq_ignore_ascii_case("nan") || text.is_empty() => Scalar::Null,
            _ => Scalar::Text(&self.text),
        }
    }

    /// What it is where true or false is wanted; else the text.
    pub(in crate::request) fn boolean(&self) -> Scalar<'_> {
        let text = self.text.trim();
        match text {
            "1" => Scalar::Bool(true),
            "0" => Scalar::Bool(false),
            _ if text.eq_ignore_ascii_case("true") => Scalar::Bool(true),
            _ if text.eq_ignore_ascii_case("false") => Scalar::Bool(false),
            _ => Scalar::Text(&self.text),
        }
    }
}

/// The records of a body, one after the other.
pub(in crate::request) struct Records<'b> {
    body: &'b str,
    at: usize,
    /// The line that the next record begins at, counted from one.
    line: usize,
    /// The line that the last one began at.
    began: usize,
    /// The most cells of a record.
    most: usize,
}

impl<'b> Records<'b> {
    /// The records of a body in which `wanted` cells a record are of use.
    pub(in crate::request) fn new(body: &'b [u8], wanted: usize) -> Result<Self, Fault> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let before = &body[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            (Kind::Malformed, format!("line {line} is not UTF-8"))
        })?;
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Self { body, at: 0, line: 1, began: 1, most: wanted + MOST_STRANGE })
    }

    /// The line that the last record began at, counted from one.
    pub(in crate::request) fn began(&self) -> usize {
        self.began
    }

    /// True when there is no more. Passes over empty lines.
    pub(in crate::request) fn is_at_end(&mut self) -> bool {
        let bytes = self.body.as_bytes();
        loop {
            match &bytes[self.at..] {
                [] => return true,
                [b'\n', ..] => self.at += 1,
                [b'\r', b'\n', ..] => self.at += 2,
                _ => return false,
            }
            self.line += 1;
        }
    }

    /// Puts the cells of the next record into `cells`, in place of what is there.
    pub(in crate::request) fn next(&mut self, cells: &mut Vec<Cell<'b>>) -> Result<(), Fault> {
        cells.clear();
        self.began = self.line;
        loop {
            let cell = match self.body.as_bytes().get(self.at) {
                Some(b'"') => self.quoted()?,
                _ => self.bare(),
            };
            if cells.len() == self.most {
                let detail = format!("line {} has more than {} cells", self.began, self.most);
                return Err((Kind::Ragged, detail));
            }
            cells.push(cell);
            match &self.body.as_bytes()[self.at..] {
                [b',', ..] => self.at += 1,
                rest => {
                    let end = rest.iter().take_while(|byte| matches!(byte, b'\r')).count();
                    self.at += (end + 1).min(rest.len());
                    self.line += 1;
                    return Ok(());
                }
            }
        }
    }

    /// A cell up to a comma or the end of the line.
    fn bare(&mut self) -> Cell<'b> {
        let rest = &self.body[self.at..];
        let end = rest.bytes().position(|byte| matches!(byte, b',' | b'\n')).unwrap_or(rest.len());
        let ends_line = rest.as_bytes().get(end) != Some(&b',');
        let text = &rest[..end];
        let text = if ends_line { text.strip_suffix('\r').unwrap_or(text) } else { text };
        self.at += end;
        Cell { text: Cow::Borrowed(text), is_quoted: false }
    }

    /// A cell between quotes; two quotes in it stand for one.
    fn quoted(&mut self) -> Result<Cell<'b>, Fault> {
        let opened = self.line;
        let start = self.at + 1;
        let bytes = self.body.as_bytes();
        let mut at = start;
        let mut doubled = false;
        loop {
            match bytes.get(at) {
                Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                    doubled = true;
                    at += 1;
                }
                Some(b'"') => break,
                Some(b'\n') => self.line += 1,
                Some(_) => {}
                None => {
                    let detail = format!("the quote that opens in line {opened} is not closed");
                    return Err((Kind::Malformed, detail));
                }
            }
            at += 1;
        }
        let inside = &self.body[start..at];
        self.at = at + 1;
        match &bytes[self.at..] {
            [] | [b',' | b'\n', ..] | [b'\r', b'\n', ..] | [b'\r'] => {}
            _ => {
                let detail = format!(
                    "in line {} text follows a closing quote; a quote in a cell is written twice",
                    self.line
                );
                return Err((Kind::Malformed, detail));
            }
        }
        let text = match doubled {
            true => Cow::Owned(inside.replace("\"\"", "\"")),
            false => Cow::Borrowed(inside),
        };
        Ok(Cell { text, is_quoted: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(body: &str) -> Result<Vec<Vec<String>>, String> {
        let mut records = Records::new(body.as_bytes(), 3).map_err(|fault| fault.1)?;
        let mut all = Vec::new();
        let mut cells = Vec::new();
        while !records.is_at_end() {
            records.next(&mut cells).map_err(|fault| fault.1)?;
            all.push(cells.iter().map(|cell| cell.text.to_string()).collect());
        }
        Ok(all)
    }

    #[test]
    fn quotes_lines_and_marks() {
        let found = records("\u{feff}a,\"b\"\r\n\r\n\"1,\"\"x\"\"\r\ny\",\n,\"\"").unwrap();
        assert_eq!(found, [["a", "b"], ["1,\"x\"\r\ny", ""], ["", ""]]);
        assert_eq!(records("a\r\n").unwrap(), [["a"]]);
        assert_eq!(records("a,b").unwrap(), [["a", "b"]]);
        assert_eq!(records("a,").unwrap(), [["a", ""]]);
        assert_eq!(records("5\" pipe,b\"").unwrap(), [["5\" pipe", "b\""]]);
        assert!(records("").unwrap().is_empty() && records("\n\r\n").unwrap().is_empty());
    }

    #[test]
    fn quotes_left_open_or_followed_are_named_by_line() {
        assert!(records("a\n1\n\"2\n3").unwrap_err().contains("line 3 is not closed"));
        assert!(records("a\n\"1\"2\n").unwrap_err().starts_with("in line 2 text follows"));
        let not_utf8 = Records::new(b"a\nb\n\xff", 3).map(drop).unwrap_err();
        assert_eq!(not_utf8.1, "line 3 is not UTF-8");
    }

    #[test]
    fn cells_are_numbers_where_they_are_wanted() {
        let cell = |text: &'static str| Cell { text: text.into(), is_quoted: false };
        assert!(matches!(cell(" 3 ").number(), Scalar::Int(3)));
        assert!(matches!(cell("-2.5e1").number(), Scalar::Float(-25.0)));
        assert!(matches!(cell("18446744073709551615").number(), Scalar::Large(u64::MAX)));
        assert!(matches!(cell("NaN").number(), Scalar::Null));
        assert!(matches!(cell("inf").number(), Scalar::Text("inf")));
        assert!(matches!(cell("1,5").number(), Scalar::Text("1,5")));
        assert!(matches!(cell("True").boolean(), Scalar::Bool(true)));
        assert!(matches!(cell("yes").boolean(), Scalar::Text("yes")));
    }
}
