//! What is sent to the Runtime API: with its length ahead, or in pieces without.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The longest piece, in bytes.
const PIECE: usize = 64 * 1024;

/// The body of a request to the Runtime API.
#[derive(Default)]
pub(super) struct Sent {
    parts: [Bytes; 2],
    framing: Framing,
}

/// How its end is known.
#[derive(Default, Clone, Copy)]
enum Framing {
    /// By its length.
    #[default]
    Length,
    /// By the last of its pieces.
    Pieces,
}

impl Sent {
    /// Bytes of known length.
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        Self { parts: [bytes.into(), Bytes::new()], framing: Framing::Length }
    }

    /// Bytes behind each other, whose length is not said.
    pub(super) fn streamed(parts: [Vec<u8>; 2]) -> Self {
        Self { parts: parts.map(Bytes::from), framing: Framing::Pieces }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let framing = self.framing;
        let part = self.parts.iter_mut().find(|part| !part.is_empty());
        Poll::Ready(part.map(|part| {
            let length = match framing {
                Framing::Length => part.len(),
                Framing::Pieces => part.len().min(PIECE),
            };
            Ok(Frame::data(part.split_to(length)))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.iter().all(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match self.framing {
            Framing::Length => {
                SizeHint::with_exact(self.parts.iter().map(|part| part.len() as u64).sum())
            }
            Framing::Pieces => SizeHint::default(),
        }
    }
}
