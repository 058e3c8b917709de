//! Lines, however they arrive.

use super::*;

/// A stream that gives so many bytes at once.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let now = self.0.len().min(self.1).min(into.len());
        into[..now].copy_from_slice(&self.0[..now]);
        self.0 = &self.0[now..];
        Ok(now)
    }
}

/// All lines, `None` for one that is too long.
fn all(bytes: &[u8], at_once: usize, longest: usize, most: usize) -> Vec<(u64, Option<String>)> {
    let mut lines = Lines::new(Drops(bytes, at_once), longest);
    let mut all = Vec::new();
    loop {
        let found = lines.next(most).unwrap();
        assert!(found.len() <= most);
        if found.is_empty() {
            return all;
        }
        for line in found {
            let text = match line.place {
                Place::Here(place) => Some(String::from_utf8(lines.bytes(place).to_vec()).unwrap()),
                Place::TooLong => None,
            };
            all.push((line.number, text));
        }
    }
}

#[test]
fn lines_are_the_same_however_they_arrive() {
    let bytes = b"one\n\n  \r\ntwo\r\nfarther than the bound\nfive5\nlast";
    let expected =
        [(1, Some("one")), (4, Some("two\r")), (5, None), (6, Some("five5")), (7, Some("last"))];
    let expected = expected.map(|(number, text)| (number, text.map(str::to_owned)));
    for at_once in [1, 2, 3, 7, 100] {
        for most in [1, 2, 100] {
            assert_eq!(all(bytes, at_once, 5, most), expected, "{at_once} {most}");
        }
    }
}

#[test]
fn a_stream_may_end_anywhere() {
    for (bytes, expected) in [
        (&b""[..], vec![]),
        (b"\n\n", vec![]),
        (b" ", vec![]),
        (b"a", vec![(1, Some("a".into()))]),
        (b"abcdef", vec![(1, None)]),
        (b"abcdef\n", vec![(1, None)]),
        (b"abcdefghijkl\nb", vec![(1, None), (2, Some("b".into()))]),
    ] {
        for at_once in [1, 5, 100] {
            assert_eq!(all(bytes, at_once, 5, 100), expected, "{bytes:?} {at_once}");
        }
    }
}

#[test]
fn a_line_without_end_is_refused_and_not_held() {
    let endless = io::repeat(b'x').take(64 << 20);
    let mut lines = Lines::new(endless.chain(&b"\n{}\n"[..]), 1 << 20);
    let first = lines.next(10).unwrap();
    assert_eq!(first, [Line { number: 1, place: Place::TooLong }]);
    let second = lines.next(10).unwrap();
    assert!(matches!(&second[..], [Line { number: 2, place: Place::Here(_) }]), "{second:?}");
    assert!(lines.buffer.capacity() < 4 << 20, "{}", lines.buffer.capacity());
}
