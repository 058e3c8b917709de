//! What a WebP file says of its parts, looked at before they are decoded: the decoder believes how
//! long a chunk of EXIF is, and decodes a frame before it looks whether it has the picture's size.
//! Decodes nothing.
//!
//! Format: RFC 9649; a frame's size by RFC 6386, 9.1.

/// What is wrong with a file.
type Cause = &'static str;

/// Where the first chunk begins.
const FIRST: usize = 12;

/// Where the chunks of a moving picture's frame begin in its own.
const WITHIN_FRAME: usize = 16;

/// Looks at a file whose picture has so many pixels.
///
/// # Errors
/// When its EXIF ends outside it, or a frame has more pixels than the picture.
pub(super) fn check(bytes: &[u8], pixels: u64) -> Result<(), Cause> {
    for chunk in chunks(bytes, FIRST) {
        match chunk.name {
            b"EXIF" if chunk.bytes.len() < chunk.length => return Err("its EXIF is cut short"),
            b"VP8 " => check_frame(chunk.bytes, pixels)?,
            // Behind transparency any chunk is taken for a frame.
            b"ANMF" => chunks(chunk.bytes, WITHIN_FRAME)
                .try_for_each(|chunk| check_frame(chunk.bytes, pixels))?,
            _ => {}
        }
    }
    Ok(())
}

fn check_frame(frame: &[u8], pixels: u64) -> Result<(), Cause> {
    let Some([_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]) = frame.first_chunk() else {
        return Ok(());
    };
    let edge = |low: &u8, high: &u8| u64::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
    match edge(w0, w1) * edge(h0, h1) > pixels {
        true => Err("a frame is larger than the picture"),
        false => Ok(()),
    }
}

/// A part of a file.
struct Chunk<'b> {
    name: &'b [u8; 4],
    /// What it says that it has.
    length: usize,
    /// What of it is there.
    bytes: &'b [u8],
}

/// The chunks from `start` on; each begins at an even place.
fn chunks(bytes: &[u8], start: usize) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes.get(start..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, behind) = rest.split_first_chunk::<4>()?;
        let (length, behind) = behind.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let chunk = Chunk { name, length, bytes: &behind[..length.min(behind.len())] };
        rest = behind.get(length.saturating_add(length % 2)..).unwrap_or_default();
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::check;

    /// A chunk that says so of its length.
    fn chunk(name: &[u8; 4], length: usize, bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(length).unwrap().to_le_bytes();
        [name, &length[..], bytes, &[0][..bytes.len() % 2]].concat()
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP", &chunks.concat()[..]].concat()
    }

    /// The beginning of a frame.
    fn frame(width: u16, height: u16) -> Vec<u8> {
        let edges = [width.to_le_bytes(), height.to_le_bytes()].concat();
        [&[0xf0, 3, 0, 0x9d, 0x01, 0x2a], &edges[..]].concat()
    }

    #[test]
    fn exif_that_is_not_there_is_found() {
        let exif = |length| file(&[chunk(b"VP8X", 3, &[0; 3]), chunk(b"EXIF", length, &[0; 6])]);
        assert_eq!(check(&exif(6), 1), Ok(()));
        for length in [7, 1 << 30, u32::MAX as usize] {
            assert_eq!(check(&exif(length), 1), Err("its EXIF is cut short"));
        }
    }

    #[test]
    fn a_frame_that_is_larger_than_the_picture_is_found() {
        let still = |frame: Vec<u8>| file(&[chunk(b"VP8 ", frame.len(), &frame)]);
        let moving = |frame: Vec<u8>| {
            let inner = [chunk(b"ALPH", 1, &[0]), chunk(b"VP8 ", frame.len(), &frame)].concat();
            let inner = [&[0; 16], &inner[..]].concat();
            file(&[chunk(b"ANIM", 6, &[0; 6]), chunk(b"ANMF", inner.len(), &inner)])
        };
        for wrapped in [still, moving] {
            assert_eq!(check(&wrapped(frame(3, 4)), 12), Ok(()));
            // The upper two bits say how it is shown.
            assert_eq!(check(&wrapped(frame(0xc003, 0x4004)), 12), Ok(()));
            let refused = check(&wrapped(frame(16383, 16383)), 12);
            assert_eq!(refused, Err("a frame is larger than the picture"));
        }
    }
}
