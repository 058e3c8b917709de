//! Encoded pictures to numbers: decoded, turned upright, resized and cut as Pillow and torchvision
//! do it. Knows no request and no bundle's file.

mod decode;
mod frame;
mod jpeg;
mod resize;
mod room;
mod turn;
mod webp;

pub(crate) use frame::Frame;
pub(crate) use room::Room;

/// A decoded picture: rows from the top, pixels from the left, the samples of a pixel together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// 1 for brightness; 3 for red, green and blue.
    pub(crate) channels: usize,
    pub(crate) samples: Vec<u8>,
}

/// Why bytes are not a picture that is taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undecoded {
    /// Of no known form.
    #[error("it is none of JPEG, PNG, WebP, GIF and BMP")]
    Unknown,
    /// Cut short, or not what its form says.
    #[error("the {0} file cannot be decoded: {1}")]
    Damaged(&'static str, String),
    /// More than is taken.
    #[error("it has {width} x {height} pixels, at most {most} are taken")]
    TooLarge { width: u64, height: u64, most: u64 },
}

pub(crate) use decode::{decode, is_picture};
