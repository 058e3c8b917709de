//! What a blocking writer writes, as a stream: archives go to the engine without being kept.

use std::io::{self, BufWriter, Write};
use std::thread;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How much is sent at once.
const CHUNK: usize = 256 * 1024;

/// How many chunks wait to be sent.
const WAITING: usize = 4;

type Chunk = io::Result<Bytes>;

/// Runs `write` on a thread of its own; the stream is what it writes, and its error. The thread
/// ends soon after the stream is dropped, for then it cannot write any more.
pub(crate) fn written<W>(write: W) -> impl Stream<Item = Chunk> + Send + 'static
where
    W: FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
{
    let (sender, receiver) = channel(WAITING);
    thread::spawn(move || {
        let mut to = BufWriter::with_capacity(CHUNK, Chunks { sender: sender.clone() });
        let done = write(&mut to).and_then(|()| to.flush());
        // Nothing is left to be written by the buffer's own end.
        let _ = to.into_parts();
        if let Err(error) = done {
            let _ = sender.blocking_send(Err(error));
        }
    });
    unfold(receiver, |mut receiver: Receiver<Chunk>| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    })
}

struct Chunks {
    sender: Sender<Chunk>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = Bytes::copy_from_slice(bytes);
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads any more");
        self.sender.blocking_send(Ok(chunk)).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
