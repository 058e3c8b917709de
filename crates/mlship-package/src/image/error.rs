//! Why an image could not be built, or one in a file could not be read.

use std::path::PathBuf;

/// Why an image could not be built, or one in a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The base is made for other machines.
    #[error("the base image `{reference}` is for `{found}`, and `{wanted}` is wanted")]
    Platform {
        /// The base.
        reference: String,
        /// Its system and architecture: `linux/arm64`.
        found: String,
        /// Those of the image.
        wanted: String,
    },
    /// The base cannot be built upon.
    #[error("the base image `{reference}` cannot be built upon: {reason}")]
    Base {
        /// The base.
        reference: String,
        /// Why not.
        reason: String,
    },
    /// An image that nothing would start.
    #[error("an image that its base starts has no base")]
    NoStart,
    /// A path does not fit into an image, or stands there twice.
    #[error("`{path}` cannot be put into an image: {reason}")]
    Path {
        /// Its path in the image.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// A folder is no image, or only a part of one.
    #[error("`{}` is not a whole image: {reason}", folder.display())]
    Layout {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A layer of the base is in its registry alone.
    #[error("the layer `{digest}` is not in `{}`: it has to be fetched first", folder.display())]
    LayerElsewhere {
        /// `sha256:…`.
        digest: String,
        /// The image's folder.
        folder: PathBuf,
    },
    /// A file is not an image as Docker saves it.
    #[error("`{}` is not an image that Docker saved: {reason}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
