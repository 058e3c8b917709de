//! The request that is sent, and what it is.

use std::fs;
use std::io::Read;
use std::path::Path;

use mlship_core::deployment::Request;

use super::InvokeArgs;
use crate::context::Loaded;
use crate::failure::Failure;
use crate::media_type::{JSON, media_type};

/// A request in memory.
#[derive(Debug)]
pub(super) struct Sent {
    body: Vec<u8>,
    pub(super) media_type: String,
}

impl Sent {
    /// What the flags say; the first sample where they say nothing.
    pub(super) fn of(args: &InvokeArgs, loaded: Option<&Loaded>) -> Result<Self, Failure> {
        let sent = match (&args.data, &args.request, loaded) {
            (Some(data), _, _) => Self { body: data.clone().into(), media_type: JSON.into() },
            (None, Some(path), _) => Self::read(path)?,
            (None, None, Some(loaded)) => Self::sample(loaded)?,
            (None, None, None) => return Err(nothing()),
        };
        let media_type = args.media_type.clone().unwrap_or(sent.media_type);
        Ok(Self { media_type, ..sent })
    }

    /// The manifest's first sample.
    pub(super) fn sample(loaded: &Loaded) -> Result<Self, Failure> {
        let sample = loaded.project.samples.first().ok_or_else(nothing)?;
        Self::read(&loaded.project.root.join(&sample.request.value))
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request { media_type: &self.media_type, body: &self.body }
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let mut body = Vec::new();
        if path.as_os_str() == "-" {
            std::io::stdin()
                .read_to_end(&mut body)
                .map_err(|error| Failure::usage(format!("could not read stdin: {error}")))?;
        } else {
            body = fs::read(path).map_err(|error| {
                Failure::usage(format!("could not read `{}`: {error}", path.display()))
            })?;
        }
        let media_type = media_type(path, &body).to_owned();
        Ok(Self { body, media_type })
    }
}

fn nothing() -> Failure {
    Failure::usage("there is nothing to send: the manifest has no samples")
        .hint("send something: mlship invoke --data '{…}'")
}
