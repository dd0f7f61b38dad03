//! Frames of either direction, cut without copies, and a connection that carries them.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, Waker, ready};

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

/// Bytes taken from the socket at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// What every frame begins with.
const HEAD_BYTES: usize = 12;
/// Of any frame that comes; beyond that something is wrong.
const MOST_BYTES: usize = 1024 * 1024;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    OneWay,
    TwoWay,
    /// An answer, or a refusal.
    Answer {
        granted: bool,
    },
}

/// A whole frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    /// 0 in a one-way quest.
    pub(crate) sequence: u32,
    /// Empty in an answer.
    pub(crate) method: &'a [u8],
    pub(crate) payload: &'a [u8],
    /// Of all of it.
    pub(crate) length: usize,
}

/// The frame at the start of `bytes`. `None` until it is whole.
/// # Errors
/// When what stands there is no frame in MessagePack. Source: RTM client gate section 1.3.
pub(crate) fn next(bytes: &[u8]) -> io::Result<Option<Frame<'_>>> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else {
        return Ok(None);
    };
    let [b'F', b'P', b'N', b'N', 1, 0x80, kind, short, length @ ..] = *head else {
        return Err(invalid("what came is no frame in MessagePack"));
    };
    let (kind, sequence_bytes, method_bytes) = match kind {
        0 => (Kind::OneWay, 0, usize::from(short)),
        1 => (Kind::TwoWay, 4, usize::from(short)),
        2 => (
            Kind::Answer {
                granted: short == 0,
            },
            4,
            0,
        ),
        _ => return Err(invalid("what came is neither quest nor answer")),
    };
    let method_at = HEAD_BYTES + sequence_bytes;
    let payload_at = method_at + method_bytes;
    let payload_bytes = usize::try_from(u32::from_le_bytes(length)).map_err(invalid)?;
    let length = payload_at.saturating_add(payload_bytes);
    if length > MOST_BYTES {
        return Err(invalid("a frame is too long"));
    }
    let (Some(method), Some(payload)) = (
        bytes.get(method_at..payload_at),
        bytes.get(payload_at..length),
    ) else {
        return Ok(None);
    };
    let sequence = bytes.get(HEAD_BYTES..method_at);
    let sequence = sequence.and_then(|bytes| bytes.try_into().ok());
    Ok(Some(Frame {
        kind,
        sequence: sequence.map_or(0, u32::from_le_bytes),
        method,
        payload,
        length,
    }))
}

/// Appends the answer to the quest with this number.
pub(crate) fn put_answer(sequence: u32, payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(b"FPNN\x01\x80\x02\x00");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(payload);
}

/// Whoever speaks over a connection.
pub(crate) trait End {
    /// Moves what is to be sent into `out`, which is empty, and wakes `waker` when there is more.
    fn give(&mut self, out: &mut Vec<u8>, waker: &Waker);

    /// Takes the whole frames that `bytes` begin with, and says how long they were together.
    /// # Errors
    /// When they can not be read.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize>;
}

/// Carries frames both ways until the connection ends, and says why it did. What has arrived is taken in
/// one go and what there is to send is sent in one go, as asynchronous SDKs do.
pub(crate) async fn carry(mut stream: TcpStream, end: &mut impl End) -> io::Error {
    let (mut inbox, mut out, mut sent) = (Vec::new(), Vec::new(), 0);
    std::future::poll_fn(|context| {
        loop {
            loop {
                if sent == out.len() {
                    out.clear();
                    sent = 0;
                    end.give(&mut out, context.waker());
                }
                let Some(rest) = out.get(sent..).filter(|rest| !rest.is_empty()) else {
                    break;
                };
                match Pin::new(&mut stream).poll_write(context, rest) {
                    Poll::Ready(Ok(written)) => sent += written,
                    Poll::Ready(Err(error)) => return Poll::Ready(error),
                    Poll::Pending => break,
                }
            }
            let mut chunk = [MaybeUninit::uninit(); CHUNK_BYTES];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            let received = ready!(Pin::new(&mut stream).poll_read(context, &mut chunk));
            let taken = received.and_then(|()| match chunk.filled() {
                [] => Err(io::ErrorKind::UnexpectedEof.into()),
                bytes if inbox.is_empty() => {
                    let taken = end.take(bytes)?;
                    inbox.extend_from_slice(bytes.get(taken..).unwrap_or_default());
                    Ok(())
                }
                bytes => {
                    inbox.extend_from_slice(bytes);
                    let taken = end.take(&inbox)?;
                    inbox.drain(..taken);
                    Ok(())
                }
            });
            if let Err(error) = taken {
                return Poll::Ready(error);
            }
        }
    })
    .await
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use halloo_fpnn::{Map, Method, Quest};

    use super::*;

    #[test]
    fn a_frame_is_cut_once_it_is_whole() {
        let mut bytes = Vec::new();
        Quest::two_way(0x0102_0304, Method::new("pushmsg"), Map::empty()).encode(&mut bytes);
        let first = bytes.len();
        Quest::one_way(Method::new("kickout"), Map::empty()).encode(&mut bytes);
        let second = bytes.len() - first;
        put_answer(7, &Map::empty(), &mut bytes);
        for cut in 0..first {
            assert!(next(&bytes[..cut]).unwrap().is_none());
        }
        let frame = next(&bytes).unwrap().unwrap();
        assert_eq!((frame.kind, frame.sequence), (Kind::TwoWay, 0x0102_0304));
        assert_eq!(
            (frame.method, frame.payload),
            (&b"pushmsg"[..], &b"\x80"[..])
        );
        assert_eq!(frame.length, first);
        let frame = next(&bytes[first..]).unwrap().unwrap();
        assert_eq!((frame.kind, frame.method), (Kind::OneWay, &b"kickout"[..]));
        assert_eq!(frame.length, second);
        let frame = next(&bytes[first + second..]).unwrap().unwrap();
        assert_eq!(
            (frame.kind, frame.sequence),
            (Kind::Answer { granted: true }, 7)
        );
        assert_eq!((frame.method, frame.payload), (&b""[..], &b"\x80"[..]));
        assert!(next(b"HTTP/1.1 400 Bad Request").is_err());
    }
}
