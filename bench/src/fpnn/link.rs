//! One connection as the generator uses it: many quests in one write, many answers in one read.

use std::io;
use std::net::SocketAddr;

use halloo::system::SystemEntropy;
use halloo_core::ports::Entropy as _;
use halloo_fpnn::{
    Decoder, Fields, Frame, MAX_FRAME_BYTES, Mode, PrivateKey, PublicKey, Refusal, Sealer, Strength,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Room for answers to begin with.
const BUFFER_BYTES: usize = 16 * 1024;
/// What an answer has before its payload: header and sequence number.
const ANSWER_HEAD_BYTES: usize = 16;

/// How a connection is encrypted.
#[derive(Clone, Debug)]
pub(crate) struct Encryption {
    /// The server's key.
    pub(crate) server: PublicKey,
    pub(crate) mode: Mode,
    pub(crate) strength: Strength,
}

/// What an answer says: its payload, or the refusal.
pub(crate) type Said<'a> = Result<&'a [u8], Refusal>;

/// A connection.
pub(crate) struct Link {
    stream: TcpStream,
    /// Frames that wait to be sent.
    out: Vec<u8>,
    sealer: Option<(Mode, Sealer)>,
    inbox: Inbox,
}

/// Where answers are cut from what was received.
enum Inbox {
    /// Without copies and without memory of their own: the generator shall be cheap.
    Plain { bytes: Vec<u8>, filled: usize },
    /// As the server does it.
    Sealed(Decoder),
}

impl Link {
    /// Connects.
    /// # Errors
    /// When nobody listens there, or refuses the key.
    pub(crate) async fn open(
        address: SocketAddr,
        encryption: Option<&Encryption>,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut link = Self {
            stream,
            out: Vec::new(),
            sealer: None,
            inbox: Inbox::Plain {
                bytes: vec![0; BUFFER_BYTES],
                filled: 0,
            },
        };
        if let Some(encryption) = encryption {
            link.agree_on_key(encryption).await?;
        }
        Ok(link)
    }

    async fn agree_on_key(&mut self, encryption: &Encryption) -> io::Result<()> {
        let Encryption {
            server,
            mode,
            strength,
        } = encryption;
        let own = loop {
            let mut random = [0; 32];
            SystemEntropy.fill(&mut random);
            if let Some(key) = PrivateKey::from_random(server.curve(), &random) {
                break key;
            }
        };
        let (quest, sealer, opener) = own
            .offer(server, *mode, *strength, 1)
            .map_err(io::Error::other)?;
        quest.encode(&mut self.out);
        self.send().await?;
        let mut decoder = Decoder::new(MAX_FRAME_BYTES);
        decoder.encrypt(opener);
        self.sealer = Some((*mode, sealer));
        self.inbox = Inbox::Sealed(decoder);
        self.answer().await.map(drop)
    }

    /// Puts a frame behind those that wait to be sent.
    pub(crate) fn put(&mut self, frame: &[u8]) {
        let from = self.out.len();
        self.out.extend_from_slice(frame);
        if let Some((_, sealer)) = &mut self.sealer {
            sealer.seal(&mut self.out, from);
        }
    }

    /// Appends a frame to `out` as [`Link::put_ready`] takes it: a package is encrypted now, since it
    /// is the same whenever it is sent.
    pub(crate) fn make_ready(&mut self, frame: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(frame);
        if let Some((Mode::Package, sealer)) = &mut self.sealer {
            sealer.seal(out, from);
        }
    }

    /// [`Link::put`] for what [`Link::make_ready`] made.
    pub(crate) fn put_ready(&mut self, ready: &[u8]) {
        let from = self.out.len();
        self.out.extend_from_slice(ready);
        if let Some((Mode::Stream, sealer)) = &mut self.sealer {
            sealer.seal(&mut self.out, from);
        }
    }

    /// Sends what waits.
    /// # Errors
    /// When the connection has ended.
    pub(crate) async fn send(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    /// Waits until something was received.
    /// # Errors
    /// When the connection has ended.
    pub(crate) async fn receive(&mut self) -> io::Result<()> {
        let received = match &mut self.inbox {
            Inbox::Plain { bytes, filled } => {
                if *filled == bytes.len() {
                    bytes.resize(2 * *filled, 0);
                }
                let room = bytes.get_mut(*filled..).unwrap_or_default();
                let received = self.stream.read(room).await?;
                *filled += received;
                received
            }
            Inbox::Sealed(decoder) => self.stream.read_buf(decoder.buffer()).await?,
        };
        match received {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Gives every whole answer among what was received to `take`, with its sequence number.
    /// # Errors
    /// When something else is among it.
    pub(crate) fn answers(&mut self, mut take: impl FnMut(u32, Said<'_>)) -> io::Result<()> {
        match &mut self.inbox {
            Inbox::Plain { bytes, filled } => {
                let received = bytes.get(..*filled).unwrap_or_default();
                let mut cut = 0;
                while let Some((sequence, said, length)) =
                    answer(received.get(cut..).unwrap_or_default())?
                {
                    take(sequence, said);
                    cut += length;
                }
                bytes.copy_within(cut..*filled, 0);
                *filled -= cut;
            }
            Inbox::Sealed(decoder) => {
                while let Some(frame) = decoder.next().map_err(invalid)? {
                    let Frame::Answer { sequence, answer } = frame else {
                        return Err(invalid("a quest came instead of an answer"));
                    };
                    take(
                        sequence,
                        answer.as_ref().map(|bytes| &**bytes).map_err(Clone::clone),
                    );
                }
            }
        }
        Ok(())
    }

    /// The payload of the only answer that is still to come.
    /// # Errors
    /// When it is a refusal or the connection ends before.
    pub(crate) async fn answer(&mut self) -> io::Result<Vec<u8>> {
        let mut answered = None;
        while answered.is_none() {
            self.receive().await?;
            self.answers(|_, said| answered = Some(said.map(<[u8]>::to_vec)))?;
        }
        let said = answered.unwrap_or_else(|| Ok(Vec::new()));
        said.map_err(io::Error::other)
    }
}

/// The answer at the start of `bytes`: its number, what it says and how long it is. `None` until it is
/// whole.
fn answer(bytes: &[u8]) -> io::Result<Option<(u32, Said<'_>, usize)>> {
    let Some((head, rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    let [b'F', b'P', b'N', b'N', _, 0x80, 2, status] = *head else {
        return Err(invalid("what came is no answer in MessagePack"));
    };
    let (Some(payload_bytes), Some(sequence)) = (number(rest, 0), number(rest, 4)) else {
        return Ok(None);
    };
    let length = ANSWER_HEAD_BYTES + usize::try_from(payload_bytes).map_err(invalid)?;
    if length > MAX_FRAME_BYTES {
        return Err(invalid("the answer is too long"));
    }
    let Some(payload) = bytes.get(ANSWER_HEAD_BYTES..length) else {
        return Ok(None);
    };
    let said = match status {
        0 => Ok(payload),
        _ => Err(refusal(payload)),
    };
    Ok(Some((sequence, said, length)))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn refusal(payload: &[u8]) -> Refusal {
    let fields = Fields::parse(payload).ok();
    let code = fields.as_ref().and_then(|f| f.integer("code").ok());
    let text = fields.as_ref().and_then(|f| f.text("ex").ok());
    Refusal::new(code.unwrap_or_default(), text.unwrap_or("no text"))
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use halloo_fpnn::{Encoding, Map, ReplyTo};

    use super::*;

    fn encoded(sequence: u32, said: Result<Map, Refusal>) -> Vec<u8> {
        let reply_to = ReplyTo {
            version: 1,
            encoding: Encoding::MessagePack,
            sequence,
        };
        let mut out = Vec::new();
        reply_to.encode(&said.map(Map::finish), &mut out);
        out
    }

    #[test]
    fn an_answer_counts_once_it_is_whole() {
        let bytes = encoded(7, Ok(Map::new().boolean("ok", true)));
        for cut in 0..bytes.len() {
            assert!(answer(&bytes[..cut]).unwrap().is_none());
        }
        let more = [bytes.as_slice(), b"FP"].concat();
        let (sequence, said, length) = answer(&more).unwrap().unwrap();
        assert_eq!((sequence, length), (7, bytes.len()));
        assert_eq!(said, Ok(&b"\x81\xa2ok\xc3"[..]));
    }

    #[test]
    fn a_refusal_keeps_its_code_and_text() {
        let refused = Refusal::new(200_002, "no");
        let bytes = encoded(1, Err(refused.clone()));
        let (_, said, _) = answer(&bytes).unwrap().unwrap();
        assert_eq!(said, Err(refused));
        assert!(answer(&[b'H'; 16]).is_err());
    }
}
