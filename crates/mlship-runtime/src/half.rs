//! Weights with 16-bit floats in them to what the engine maps into memory
//! ([`mlship_bundle::half`]).

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use half::f16;
use mlship_bundle::half::{HEAD_BYTES, Kind, MAGIC};

/// Bytes read at once; even, so that no number is cut in two.
const AT_ONCE: usize = 1 << 16;

/// Expands the file `from` into the file `to`, which appears only when it is whole.
///
/// # Errors
/// When `from` is not such a file or ends early, or `to` cannot be written.
pub(crate) fn expand(from: &Path, to: &Path) -> io::Result<()> {
    let partial = to.with_extension("partial");
    let mut source = File::open(from)?;
    let mut out = BufWriter::with_capacity(2 * AT_ONCE, File::create(&partial)?);
    let mut magic = [0; MAGIC.len()];
    source.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Err(invalid("it does not begin as one"));
    }
    while let Some((kind, length)) = segment(&mut source)? {
        copy(&mut source, &mut out, kind, length)?;
    }
    out.flush()?;
    drop(out);
    fs::rename(partial, to)
}

/// The next segment's head; `None` at the end of the file.
fn segment(source: &mut File) -> io::Result<Option<(Kind, u64)>> {
    let mut head = [0; HEAD_BYTES];
    let mut read = 0;
    while let Some(rest) = head.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match source.read(rest)? {
            0 if read == 0 => return Ok(None),
            0 => return Err(invalid("a segment's head ends early")),
            more => read += more,
        }
    }
    let (numbers, _) = head.as_chunks::<8>();
    let [kind, length] = [0, 1].map(|at| numbers.get(at).map_or(0, |n| u64::from_le_bytes(*n)));
    let kind = Kind::of(kind).ok_or_else(|| invalid("a segment is of no known kind"))?;
    if kind == Kind::Half && length % 2 != 0 {
        return Err(invalid("a segment of 16-bit floats has an odd length"));
    }
    Ok(Some((kind, length)))
}

fn copy(source: &mut File, out: &mut impl Write, kind: Kind, mut left: u64) -> io::Result<()> {
    let mut piece = vec![0; AT_ONCE];
    let mut wide = Vec::with_capacity(2 * AT_ONCE);
    while left > 0 {
        let length = usize::try_from(left).unwrap_or(AT_ONCE).min(AT_ONCE);
        let bytes = piece.get_mut(..length).unwrap_or_default();
        source.read_exact(bytes)?;
        left -= length as u64;
        match kind {
            Kind::Plain => out.write_all(bytes)?,
            Kind::Half => {
                wide.clear();
                let (halves, _) = bytes.as_chunks::<2>();
                wide.extend(
                    halves.iter().flat_map(|half| f16::from_le_bytes(*half).to_f32().to_le_bytes()),
                );
                out.write_all(&wide)?;
            }
        }
    }
    Ok(())
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a file of 16-bit weights: {reason}"))
}

#[cfg(test)]
mod tests {
    use mlship_bundle::half::head;

    use super::*;

    fn file(segments: &[(Kind, &[u8])]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        for (kind, bytes) in segments {
            file.extend(head(*kind, bytes.len() as u64));
            file.extend_from_slice(bytes);
        }
        file
    }

    fn expanded(file: &[u8]) -> io::Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        let [from, to] = ["weights.half", "weights.data"].map(|name| folder.path().join(name));
        fs::write(&from, file)?;
        let result = expand(&from, &to).and_then(|()| fs::read(&to));
        assert_eq!(result.is_ok(), to.exists(), "the file is there only when it is whole");
        result
    }

    #[test]
    fn halves_become_floats_and_the_rest_stays() {
        let values = [0.0, -1.5, 65504.0, f32::INFINITY];
        let halves: Vec<u8> =
            values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
        let many = halves.repeat(AT_ONCE / 4);
        let whole = file(&[(Kind::Plain, b"abc"), (Kind::Half, &many), (Kind::Plain, b"")]);
        let bytes = expanded(&whole).unwrap();
        assert_eq!(bytes.len(), 3 + 2 * many.len());
        let (floats, rest) = bytes[3..].as_chunks::<4>();
        assert!(rest.is_empty() && bytes.starts_with(b"abc"));
        for (at, float) in floats.iter().enumerate() {
            assert_eq!(f32::from_le_bytes(*float), values[at % 4]);
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let whole = file(&[(Kind::Half, &[0; 6]), (Kind::Plain, b"abc")]);
        for end in 0..whole.len() {
            let on_an_edge = [MAGIC.len(), MAGIC.len() + HEAD_BYTES + 6].contains(&end);
            assert_eq!(expanded(&whole[..end]).is_ok(), on_an_edge, "cut at {end}");
        }
        assert!(expanded(&file(&[(Kind::Half, &[0; 3])])).is_err(), "an odd length");
        let mut unknown = whole.clone();
        unknown[MAGIC.len()] = 9;
        assert!(expanded(&unknown).is_err(), "an unknown kind");
        let mut endless = whole;
        endless[MAGIC.len() + 8..MAGIC.len() + 16].fill(0xff);
        assert!(expanded(&endless).is_err(), "a length beyond the file");
    }
}
