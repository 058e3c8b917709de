//! A project to a bundle, and a bundle to an artifact, byte for byte reproducible.
//!
//! Knows no provider and sends nothing anywhere: what a provider wants of the artifact is told
//! to it as a [`Layout`].

mod assemble;
mod bind;
mod compile;
mod contents;
mod delivery;
mod digest;
mod embeddings;
mod entry;
mod error;
mod gzip;
mod image;
mod labels;
mod layout;
mod model;
pub mod onnxruntime;
mod ports;
mod proof;
mod provenance;
mod python;
mod tape;
mod tar;
mod tokenizer;
mod whole;
mod zip;

pub use assemble::{Assembly, assemble};
pub use contents::Contents;
pub use digest::{sha256, sha256_of_file};
pub use entry::{Entry, Mode, Part, Source};
pub use error::PackageError;
pub use image::{Form, Frame, ImageError, docker_archive, from_docker_archive, image};
pub use labels::texts as class_names;
pub use layout::{Lane, Layout, Modes, Site, Start, Stores};
pub use model::Model;
pub use ports::ports;
pub use proof::{Pace, pace, prove};
pub use provenance::Provenance;
pub use python::{Packages, Scripts, scripts};
pub use tar::tar;
pub use whole::whole;
pub use zip::zip;
