//! JPEG, in the whole numbers that libjpeg-turbo decodes it with, so that a model sees the samples
//! that it was trained on: other decoders differ from them by up to 4 of 255. Baseline and
//! progressive, by Huffman codes, of 8 bits.
//!
//! Format: ITU-T T.81; the colours by JFIF and Adobe's APP14.

mod bits;
mod blocks;
mod colour;
mod frame;
mod header;
mod idct;
mod progress;
mod scan;
mod upsample;

use image::metadata::Orientation;

use super::room::Room;
use super::turn::upright;
use super::{Raster, Undecoded};
use frame::Frame;
use header::{Segment, Segments, Tables};

/// More scans than any encoder writes: each costs time with the pixels and not with the bytes.
const MOST_SCANS: usize = 64;

/// What is wrong with a file.
type Cause = &'static str;

/// Decodes a picture of at most `most` pixels and turns it upright. Waits for `room`.
///
/// # Errors
/// When it is damaged, of a kind that is not read, or of too many pixels.
pub(super) fn decode(bytes: &[u8], most: u64, room: &Room) -> Result<Raster, Undecoded> {
    let damaged = |cause: Cause| Undecoded::Damaged("JPEG", cause.into());
    let mut segments = Segments::new(bytes);
    let mut tables = Tables::default();
    let shape = match segments.next(&mut tables).map_err(damaged)? {
        Segment::Frame(shape) => shape,
        Segment::Scan(_) => return Err(damaged("a scan comes before the frame")),
        Segment::End => return Err(damaged("it has no frame")),
    };
    let (width, height) = (u64::from(shape.width), u64::from(shape.height));
    if width * height > most {
        return Err(Undecoded::TooLarge { width, height, most });
    }
    let _share = room.take(width * height);
    let frame = scans(Frame::new(&shape), &mut segments, &mut tables).map_err(damaged)?;
    let found = tables.exif.and_then(Orientation::from_exif_chunk);
    let raster = colour::convert(frame, &tables);
    Ok(upright(raster, found.unwrap_or(Orientation::NoTransforms)))
}

/// Reads all scans of the frame.
fn scans<'b>(
    mut frame: Frame,
    segments: &mut Segments<'b>,
    tables: &mut Tables<'b>,
) -> Result<Frame, Cause> {
    for _ in 0..MOST_SCANS {
        let scan = match segments.next(tables) {
            Ok(Segment::Scan(scan)) => scan,
            Ok(Segment::Frame(_)) => return Err("it has two frames"),
            Ok(Segment::End) => return frame.finish(tables),
            // Some writers leave the end out.
            Err(_) if segments.is_over() && !frame.is_progressive() => {
                return frame.finish(tables);
            }
            Err(cause) => return Err(cause),
        };
        let length = scan::read(&mut frame, &scan, tables, segments.rest())?;
        segments.skip(length);
    }
    Err("it has too many scans")
}
