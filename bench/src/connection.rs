use std::io;
use std::net::SocketAddr;

use httparse::{EMPTY_HEADER, Response, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Headers that an answer may have.
const MOST_HEADERS: usize = 32;
/// Room for an answer to begin with.
const BUFFER_BYTES: usize = 16 * 1024;

/// One HTTP/1.1 connection that is kept alive. One write and, for a short answer, one read per
/// exchange; nothing is allocated once the buffer has its size.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the last answer's body begins and ends in `buffer`.
    body: (usize, usize),
}

/// What the head of an answer says.
struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

impl Connection {
    /// Connects.
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER_BYTES],
            body: (0, 0),
        })
    }

    /// Sends a whole request and reads the whole answer; returns its status.
    /// # Errors
    /// When the connection ends or what comes back is no answer with a length. The connection is of
    /// no use then.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let head = loop {
            filled += self.read(filled).await?;
            if let Some(head) = parse(self.buffer.get(..filled).unwrap_or_default())? {
                break head;
            }
            if filled == self.buffer.len() {
                return Err(invalid("the head of the answer is too long"));
            }
        };
        let end = head.bytes + head.body_bytes;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        while filled < end {
            filled += self.read(filled).await?;
        }
        self.body = (head.bytes, end);
        Ok(head.status)
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        self.buffer
            .get(self.body.0..self.body.1)
            .unwrap_or_default()
    }

    async fn read(&mut self, filled: usize) -> io::Result<usize> {
        let room = self.buffer.get_mut(filled..).unwrap_or_default();
        match self.stream.read(room).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

/// The head at the start of `bytes`; `None` until it is whole.
fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let Status::Complete(head_bytes) = response.parse(bytes).map_err(invalid)? else {
        return Ok(None);
    };
    let length = response
        .headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok());
    let (Some(status), Some(body_bytes)) = (response.code, length) else {
        return Err(invalid("the answer gives no length"));
    };
    Ok(Some(Head {
        status,
        bytes: head_bytes,
        body_bytes,
    }))
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_counts_once_it_is_whole() {
        let answer = b"HTTP/1.1 404 Not Found\r\nContent-LENGTH: 5\r\n\r\nhello";
        for cut in 0..answer.len() - 5 {
            assert!(parse(&answer[..cut]).unwrap().is_none());
        }
        let head = parse(answer).unwrap().unwrap();
        assert_eq!(
            (head.status, head.bytes, head.body_bytes),
            (404, answer.len() - 5, 5)
        );
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
