//! A connection whose caller must say what it wants, and take what it is sent: who is silent, or
//! asks and never listens, would hold memory for good.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::listener::Stream;
use super::seat::Seat;

/// A connection that ends when nothing could be sent, or no request was whole, for so long.
pub(super) struct Patient {
    stream: Stream,
    seat: Arc<Seat>,
    patience: Duration,
    /// Runs while something waits to be sent.
    stalled: Option<Pin<Box<Sleep>>>,
    /// How many requests there were when the next was first waited for, and when that was.
    waited: (usize, Instant),
    /// Runs until the next request is late, or was when this was last looked at: to set a clock for
    /// each would take longer than many an answer.
    late: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    pub(super) fn new(stream: Stream, seat: Arc<Seat>, patience: Duration) -> Self {
        let waited = (seat.asked(), Instant::now());
        Self { stream, seat, patience, stalled: None, waited, late: None }
    }

    /// Ready when the next request is late, of which nothing can be read now.
    fn is_late(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.seat.is_busy() {
            return Poll::Pending;
        }
        let asked = self.seat.asked();
        if self.waited.0 != asked {
            self.waited = (asked, Instant::now());
        }
        let end = self.waited.1 + self.patience;
        let late = self.late.get_or_insert_with(|| Box::pin(sleep_until(end)));
        while late.is_elapsed() || late.as_mut().poll(context).is_ready() {
            if end <= Instant::now() {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            late.as_mut().reset(end);
        }
        Poll::Pending
    }

    /// What came of sending, unless it has waited for too long.
    fn bounded<T>(
        &mut self,
        sent: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        stalled.as_mut().poll(context).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, into) {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => self.is_late(context),
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(sent, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bounded(sent, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
