//! Where connections come in: a port, or a Unix socket. What is said on them is not known here.

use std::io::{self, ErrorKind, IoSlice};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::host::address::Address;

/// A place that callers connect to.
pub(super) enum Listener {
    Network(TcpListener),
    /// With the socket's path, which goes with it.
    Unix(UnixListener, PathBuf),
}

/// One caller's connection.
pub(super) enum Stream {
    Network(TcpStream),
    Unix(UnixStream),
}

/// A connection on its way from one thread to another.
pub(super) enum Moving {
    Network(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

impl Stream {
    /// Leaves its thread.
    pub(super) fn leave(self) -> io::Result<Moving> {
        match self {
            Self::Network(stream) => stream.into_std().map(Moving::Network),
            Self::Unix(stream) => stream.into_std().map(Moving::Unix),
        }
    }

    /// Returns once the caller has said something, or has left.
    pub(super) async fn spoke(&self) -> io::Result<()> {
        match self {
            Self::Network(stream) => stream.readable().await,
            Self::Unix(stream) => stream.readable().await,
        }
    }
}

impl Moving {
    /// Arrives at the thread that this is called on.
    pub(super) fn arrive(self) -> io::Result<Stream> {
        match self {
            Self::Network(stream) => TcpStream::from_std(stream).map(Stream::Network),
            Self::Unix(stream) => UnixStream::from_std(stream).map(Stream::Unix),
        }
    }
}

impl Listener {
    /// A socket that nobody listens at any more is taken over; no other file is.
    pub(super) async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Network(address) => Ok(Self::Network(TcpListener::bind(address).await?)),
            Address::Unix(path) => Ok(Self::Unix(bind_unix(path).await?, path.clone())),
        }
    }

    /// With the port that was given out.
    pub(super) fn address(&self) -> io::Result<Address> {
        match self {
            Self::Network(listener) => listener.local_addr().map(Address::Network),
            Self::Unix(_, path) => Ok(Address::Unix(path.clone())),
        }
    }

    /// Answers are small and awaited: none is held back to be sent with another.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Network(listener) => {
                let (stream, _) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok(Stream::Network(stream))
            }
            Self::Unix(listener, _) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Left behind, it is taken over by the next.
            let _ = std::fs::remove_file(path);
        }
    }
}

async fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_socket(path) => {
            match UnixStream::connect(path).await {
                Err(refused) if refused.kind() == ErrorKind::ConnectionRefused => {
                    std::fs::remove_file(path)?;
                    UnixListener::bind(path)
                }
                _ => Err(error),
            }
        }
        bound => bound,
    }
}

fn is_socket(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|about| about.file_type().is_socket())
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Network(stream) => Pin::new(stream).poll_read(context, into),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Network(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Network(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Network(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Network(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
