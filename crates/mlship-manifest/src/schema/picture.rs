//! `input.image` as it is written, for its schema alone.
#![expect(dead_code, reason = "only their schema is used")]

use schemars::JsonSchema;

use crate::project::{EDGE, IMAGE_FIELD, SCALE};

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Picture {
    /// The key for the picture in a JSON request.
    #[schemars(regex(pattern = r"\S"), extend("default" = IMAGE_FIELD))]
    field: Option<String>,
    /// To what size a picture is brought first: its shorter edge, in pixels, or width and height.
    resize: Option<Edges>,
    /// How it is resized, as Pillow and torchvision do it, with antialias.
    #[schemars(extend("default" = "bilinear"))]
    filter: Option<Filter>,
    /// What is cut out of its middle then: the edge of a square, in pixels, or width and height.
    crop: Option<Edges>,
    /// Which channels the model takes, in which order; its input tells when left out, and three
    /// are red, green and blue.
    channels: Option<Channels>,
    /// What a channel's value, 0 to 255, is divided by.
    #[schemars(extend("default" = SCALE as u32, "exclusiveMinimum" = 0))]
    scale: Option<f32>,
    /// What is taken from it then: a number for each channel.
    #[schemars(length(min = 1, max = 3), extend("not" = {"minItems": 2, "maxItems": 2}))]
    mean: Option<Vec<f32>>,
    /// What it is divided by last: a number for each channel.
    #[schemars(
        length(min = 1, max = 3),
        extend("not" = {"minItems": 2, "maxItems": 2})
    )]
    std: Option<Vec<Divisor>>,
    /// In which order the model's input has its dimensions; it tells when left out.
    layout: Option<Layout>,
    /// The hosts that pictures may be fetched from by `{"url": …}`, over https.
    #[schemars(inner(regex(pattern = HOST)))]
    urls: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[schemars(extend("exclusiveMinimum" = 0))]
struct Divisor(f32);

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Edges {
    One(#[schemars(range(min = EDGE.0, max = EDGE.1))] u32),
    Both(Both),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Both {
    /// In pixels.
    #[schemars(range(min = EDGE.0, max = EDGE.1))]
    width: u32,
    /// In pixels.
    #[schemars(range(min = EDGE.0, max = EDGE.1))]
    height: u32,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Filter {
    Bilinear,
    Bicubic,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Channels {
    Rgb,
    Bgr,
    Gray,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Layout {
    Nchw,
    Nhwc,
}

/// The name of a host, or this machine with a port.
const HOST: &str = r"^(127\.0\.0\.1:[0-9]{1,5}|([a-z0-9-]{1,63}\.)+[a-z-][a-z0-9-]{0,62})$";
