use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_util::{Sink as _, Stream as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Message;

/// The client end of a WebSocket as a stream of bytes: what is written in one call is one message, what is
/// read are the messages one after the other.
pub struct WebSocketIo<IO> {
    socket: WebSocketStream<IO>,
    unread: Bytes,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> WebSocketIo<IO> {
    /// Asks the server for a WebSocket at `path`.
    /// # Panics
    /// When it refuses.
    pub async fn agree(stream: IO, path: &str) -> Self {
        let url = format!("ws://localhost{path}");
        let agreed = tokio_tungstenite::client_async(url, stream).await;
        let (socket, _) = agreed.expect("the server agrees");
        let unread = Bytes::new();
        Self { socket, unread }
    }

    /// The next message as it came; `None` when the server closes.
    /// # Panics
    /// When it is text.
    pub async fn message(&mut self) -> Option<Bytes> {
        loop {
            let next = poll_fn(|context| Pin::new(&mut self.socket).poll_next(context));
            match next.await {
                Some(Ok(Message::Binary(bytes))) => return Some(bytes),
                Some(Ok(Message::Text(text))) => panic!("the server sent text: {text}"),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }
}

fn lost(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocketIo<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(Message::Binary(bytes))) => self.unread = bytes,
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Ok(Message::Text(text))) => panic!("the server sent text: {text}"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(lost(error))),
            }
        }
        let count = self.unread.len().min(buffer.remaining());
        buffer.put_slice(self.unread.get(..count).unwrap_or_default());
        self.unread.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocketIo<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(lost)?;
        let message = Message::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.socket)
            .start_send(message)
            .map_err(lost)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context).map_err(lost)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(context).map_err(lost)
    }
}
