//! From a file's bytes to a picture of brightness or of red, green and blue, as Pillow's
//! `convert("RGB")` gives it: what is transparent is dropped. Bounded before anything is decoded.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits};

use super::jpeg;
use super::room::Room;
use super::turn::upright;
use super::{Raster, Undecoded, webp};

/// The most bytes of a decoded pixel that count for one: more of them count for more pixels.
const PIXEL_BYTES: u64 = 4;

/// What a decoder may take besides the picture, in bytes.
const MARGIN_BYTES: u64 = 16 << 20;

/// The form of a file, told by how it begins.
fn form(bytes: &[u8]) -> Option<(ImageFormat, &'static str)> {
    Some(match bytes {
        [0xff, 0xd8, 0xff, ..] => (ImageFormat::Jpeg, "JPEG"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => (ImageFormat::Png, "PNG"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            (ImageFormat::WebP, "WebP")
        }
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => (ImageFormat::Gif, "GIF"),
        [b'B', b'M', ..] => (ImageFormat::Bmp, "BMP"),
        _ => return None,
    })
}

/// True when the bytes begin as a picture does.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    form(bytes).is_some()
}

/// Decodes a picture of at most `most` pixels and turns it upright. Waits for `room`.
///
/// # Errors
/// When the bytes are no picture, a damaged one, or one of too many pixels.
pub(crate) fn decode(bytes: &[u8], most: u64, room: &Room) -> Result<Raster, Undecoded> {
    let (format, name) = form(bytes).ok_or(Undecoded::Unknown)?;
    let decoded = match format {
        ImageFormat::Jpeg => return jpeg::decode(bytes, most, room),
        _ => other(bytes, format, most, room),
    };
    decoded.map_err(|error| match error {
        Failed::TooLarge { width, height } => Undecoded::TooLarge { width, height, most },
        Failed::Damaged(cause) => Undecoded::Damaged(name, cause),
    })
}

enum Failed {
    Damaged(String),
    TooLarge { width: u64, height: u64 },
}

impl From<ImageError> for Failed {
    fn from(error: ImageError) -> Self {
        // What lies below the library's own sentence tells the cause.
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        Failed::Damaged(cause.unwrap_or_else(|| error.to_string()))
    }
}

fn other(bytes: &[u8], format: ImageFormat, most: u64, room: &Room) -> Result<Raster, Failed> {
    // A decoder of another's making may panic on hostile bytes; the picture is damaged then.
    let decoded = std::panic::catch_unwind(|| {
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(most.saturating_mul(PIXEL_BYTES).saturating_add(MARGIN_BYTES));
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits);
        let mut decoder = reader.into_decoder()?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        let counted = decoder.total_bytes().div_ceil(PIXEL_BYTES).max(pixels);
        if counted > most {
            return Err(Failed::TooLarge { width: width.into(), height: height.into() });
        }
        if pixels == 0 {
            return Err(Failed::Damaged("it has no pixels".into()));
        }
        if format == ImageFormat::WebP {
            webp::check(bytes, pixels).map_err(|cause| Failed::Damaged(cause.into()))?;
        }
        let _share = room.take(counted);
        let orientation = orientation(&mut decoder)?;
        let color = decoder.color_type();
        let mut samples = vec![0; usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX)];
        decoder.read_image(&mut samples)?;
        let (channels, samples) = plain(color, samples)?;
        let (width, height) = (width as usize, height as usize);
        Ok(upright(Raster { width, height, channels, samples }, orientation))
    });
    decoded.unwrap_or_else(|_| Err(Failed::Damaged("its decoder gave up".into())))
}

fn orientation(decoder: &mut impl ImageDecoder) -> ImageResult<Orientation> {
    let exif = decoder.exif_metadata()?;
    let found = exif.and_then(|chunk| Orientation::from_exif_chunk(&chunk));
    Ok(found.unwrap_or(Orientation::NoTransforms))
}

/// One 8-bit sample a pixel, or three.
fn plain(color: ColorType, samples: Vec<u8>) -> Result<(usize, Vec<u8>), Failed> {
    let wide = |bytes: &[u8]| u16::from_ne_bytes([bytes[0], bytes[1]]);
    let high = |bytes: &[u8]| (wide(bytes) >> 8) as u8;
    Ok(match color {
        ColorType::L8 => (1, samples),
        ColorType::Rgb8 => (3, samples),
        ColorType::La8 => (1, samples.chunks_exact(2).map(|pixel| pixel[0]).collect()),
        ColorType::Rgba8 => (3, without_last::<4>(samples)),
        // Pillow cuts 16-bit brightness at 255, and takes the upper half of everything else.
        ColorType::L16 => {
            let cut = |sample: &[u8]| wide(sample).min(255) as u8;
            (1, samples.chunks_exact(2).map(cut).collect())
        }
        ColorType::La16 => (1, samples.chunks_exact(4).map(high).collect()),
        ColorType::Rgb16 => (3, samples.chunks_exact(2).map(high).collect()),
        ColorType::Rgba16 => {
            let three = |pixel: &[u8]| [high(pixel), high(&pixel[2..]), high(&pixel[4..])];
            (3, samples.chunks_exact(8).flat_map(three).collect())
        }
        _ => return Err(Failed::Damaged("it has samples of an unknown kind".into())),
    })
}

/// Pixels without their last sample, in the same memory.
fn without_last<const CHANNELS: usize>(mut samples: Vec<u8>) -> Vec<u8> {
    let pixels = samples.len() / CHANNELS;
    for pixel in 0..pixels {
        let from = pixel * CHANNELS;
        samples.copy_within(from..from + CHANNELS - 1, pixel * (CHANNELS - 1));
    }
    samples.truncate(pixels * (CHANNELS - 1));
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_without_pixels_is_damaged() {
        // 17 pixels high, and of no width.
        let gif = b"GIF89a\0\0\x11\0\0\0\0,\0\0\0\0\0\0\x11\0\0\x02\x01,\0;";
        let decoded = decode(gif, 1000, &Room::new(1000));
        assert_eq!(decoded, Err(Undecoded::Damaged("GIF", "it has no pixels".into())));
    }
}
