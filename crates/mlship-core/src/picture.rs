//! How the manifest says that pictures become the model's input. Values only: what a picture is
//! made of, the runtime knows.

use crate::finding::Span;
use crate::reader::Located;

/// How a picture becomes the model's input.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The key in a JSON request; `image` unless told.
    pub field: String,
    /// To what size a picture is brought first.
    pub resize: Option<Located<Resize>>,
    /// How it is resized.
    pub filter: Filter,
    /// What is cut out of its middle then.
    pub crop: Option<Located<Size>>,
    /// Which channels the model takes, when that is said; its input tells else.
    pub channels: Option<Located<Channels>>,
    /// What a channel's value, 0 to 255, is divided by.
    pub scale: f32,
    /// What is taken from it then, a channel.
    pub mean: Option<Located<Vec<f32>>>,
    /// What it is divided by last, a channel.
    pub std: Option<Located<Vec<f32>>>,
    /// In which order the model's input has its dimensions, when that is said; it tells else.
    pub layout: Option<Located<Layout>>,
    /// The hosts that pictures may be fetched from, when a request gives an address.
    pub urls: Vec<String>,
    /// Where the table stands in the manifest.
    pub span: Span,
}

/// To what size a picture is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// The shorter edge gets so many pixels, and the longer one what keeps its form.
    Shorter(u32),
    /// Both edges get so many.
    To(Size),
}

/// Edges, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How wide.
    pub width: u32,
    /// How high.
    pub height: u32,
}

/// How a picture is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// Straight lines between pixels.
    #[default]
    Bilinear,
    /// Cubic curves.
    Bicubic,
}

/// Which channels a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Brightness alone.
    Gray,
}

/// In which order an input of pictures has its dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `[pictures, channels, height, width]`.
    Nchw,
    /// `[pictures, height, width, channels]`.
    Nhwc,
}
