//! How HTTP becomes a WebSocket.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tungstenite::error::ProtocolError;
use tungstenite::handshake::machine::TryParse;
use tungstenite::handshake::server::{Request, create_response};
use tungstenite::http::HeaderMap;

/// Where the WebSocket is; a reverse proxy may put something before it.
const PATH: &str = "/service/websocket";
/// Bytes of a request.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Bytes taken from the socket at a time.
const CHUNK_BYTES: usize = 1024;
/// What is read behind a request that was refused, so that its answer arrives: bytes, and time.
const DRAIN_BYTES: u64 = 64 * 1024;
const DRAIN: Duration = Duration::from_secs(1);

/// Why there will be no WebSocket, as HTTP says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    BadRequest,
    NotFound,
    MethodNotAllowed,
    UpgradeRequired,
    HeadersTooLarge,
}

/// Answers the request that begins with `head` and goes on in `stream`. Returns what was read behind
/// it, or `None` when it is not for a WebSocket of ours; the client was told so.
/// # Errors
/// Whatever the socket says; [`io::ErrorKind::UnexpectedEof`] when the request is not whole.
pub(crate) async fn shake_hands<IO: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut IO,
    mut head: BytesMut,
) -> io::Result<Option<BytesMut>> {
    match read_head(stream, &mut head)
        .await?
        .and_then(|()| agree(&mut head))
    {
        Ok(agreement) => {
            stream.write_all(agreement.as_bytes()).await?;
            stream.flush().await?;
            Ok(Some(head))
        }
        Err(refused) => {
            stream.write_all(refused.text().as_bytes()).await?;
            stream.shutdown().await?;
            // Bytes that arrive at a closed socket reset the connection, and a reset may overtake
            // the answer.
            let mut rest = stream.take(DRAIN_BYTES);
            let mut nowhere = tokio::io::sink();
            let drain = tokio::io::copy(&mut rest, &mut nowhere);
            let _ = tokio::time::timeout(DRAIN, drain).await;
            Ok(None)
        }
    }
}

/// Reads until the empty line.
async fn read_head<IO: AsyncRead + Unpin>(
    stream: &mut IO,
    head: &mut BytesMut,
) -> io::Result<Result<(), Refused>> {
    let mut searched = 0;
    loop {
        let new = head.get(searched..).unwrap_or_default();
        if new.windows(4).any(|window| window == b"\r\n\r\n") {
            return Ok(Ok(()));
        }
        if head.len() >= MAX_HEAD_BYTES {
            return Ok(Err(Refused::HeadersTooLarge));
        }
        searched = head.len().saturating_sub(3);
        let room = CHUNK_BYTES.min(MAX_HEAD_BYTES - head.len());
        head.reserve(room);
        if stream.take(room as u64).read_buf(head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Takes the request out of `head` and writes the answer that agrees to it.
fn agree(head: &mut BytesMut) -> Result<String, Refused> {
    use tungstenite::Error::Protocol;

    let (length, request) = match Request::try_parse(head) {
        Ok(Some(parsed)) => parsed,
        Err(Protocol(ProtocolError::WrongHttpMethod)) => return Err(Refused::MethodNotAllowed),
        Err(Protocol(ProtocolError::WrongHttpVersion)) => return Err(Refused::UpgradeRequired),
        Ok(None) | Err(_) => return Err(Refused::BadRequest),
    };
    if !request.uri().path().ends_with(PATH) {
        return Err(Refused::NotFound);
    }
    let response = create_response(&request).map_err(|error| match error {
        Protocol(ProtocolError::InvalidSecWebSocketKey | ProtocolError::MissingSecWebSocketKey) => {
            Refused::BadRequest
        }
        _ => Refused::UpgradeRequired,
    })?;
    let accept = text(response.headers(), "Sec-WebSocket-Accept").unwrap_or_default();
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n"
    );
    let asked = text(request.headers(), "Sec-WebSocket-Protocol").unwrap_or_default();
    if let Some(first) = asked
        .split(',')
        .map(str::trim)
        .find(|name| !name.is_empty())
    {
        answer.push_str("Sec-WebSocket-Protocol: ");
        answer.push_str(first);
        answer.push_str("\r\n");
    }
    answer.push_str("\r\n");
    let _ = head.split_to(length);
    Ok(answer)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

impl Refused {
    fn text(self) -> String {
        let (status, header, body) = match self {
            Self::BadRequest => ("400 Bad Request", "", "That is no HTTP request.\n"),
            Self::NotFound => (
                "404 Not Found",
                "",
                "The WebSocket is at /service/websocket.\n",
            ),
            Self::MethodNotAllowed => (
                "405 Method Not Allowed",
                "Allow: GET\r\n",
                "There is nothing here but a WebSocket.\n",
            ),
            Self::UpgradeRequired => (
                "426 Upgrade Required",
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                "There is nothing here but a WebSocket.\n",
            ),
            Self::HeadersTooLarge => (
                "431 Request Header Fields Too Large",
                "",
                "The request is too long.\n",
            ),
        };
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\n{header}Content-Type: text/plain\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }
}
