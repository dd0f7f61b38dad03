//! A bare FPNN client: it sends whatever a test tells it to, right or wrong.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use halloo_fpnn::{
    Answer, Decoder, Encoding, Frame, MAX_FRAME_BYTES, Method, Opener, Quest, Sealer,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// After this a test that waits for what never comes fails instead of hanging. Nothing else depends
/// on it.
const PATIENCE: Duration = Duration::from_mins(2);

/// One connection.
pub struct Wire<IO = TcpStream> {
    stream: IO,
    decoder: Decoder,
    sealer: Option<Sealer>,
    /// Version byte of quests.
    pub version: u8,
    /// Encoding of quests.
    pub encoding: Encoding,
    /// Number of the quest before.
    pub sequence: u32,
    /// What is laid out for sending.
    unsent: Vec<u8>,
    /// Answers that came before they were asked for.
    early: BTreeMap<u32, Answer>,
}

impl Wire {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await;
        let stream = stream.expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP stream");
        Self::over(stream)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Wire<IO> {
    /// A connection over a stream that is there.
    pub fn over(stream: IO) -> Self {
        Self {
            stream,
            decoder: Decoder::new(MAX_FRAME_BYTES),
            sealer: None,
            version: 1,
            encoding: Encoding::MessagePack,
            sequence: 0,
            unsent: Vec::new(),
            early: BTreeMap::new(),
        }
    }

    /// Encrypts whatever follows, in both directions.
    pub fn encrypt(&mut self, sealer: Sealer, opener: Opener) {
        self.sealer = Some(sealer);
        self.decoder.encrypt(opener);
    }

    /// Lays out a quest. Returns its number.
    pub fn ask(&mut self, method: &str, payload: Bytes) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.lay_out(method, payload, Some(self.sequence));
        self.sequence
    }

    /// Lays out a quest that wants no answer.
    pub fn tell(&mut self, method: &str, payload: Bytes) {
        self.lay_out(method, payload, None);
    }

    fn lay_out(&mut self, method: &str, payload: Bytes, sequence: Option<u32>) {
        let quest = Quest {
            version: self.version,
            encoding: self.encoding,
            sequence,
            method: Method::try_from(method.as_bytes()).expect("1 to 255 bytes"),
            payload,
        };
        self.lay_out_quest(&quest);
    }

    /// Lays out this quest.
    pub fn lay_out_quest(&mut self, quest: &Quest) {
        let from = self.unsent.len();
        quest.encode(&mut self.unsent);
        if let Some(sealer) = &mut self.sealer {
            sealer.seal(&mut self.unsent, from);
        }
    }

    /// Lays out bytes as they are.
    pub fn lay_out_bytes(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
    }

    /// What is laid out, which is then not sent.
    pub fn take_unsent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.unsent)
    }

    /// Sends all that is laid out, in one piece. Whether the server still took it.
    pub async fn flush(&mut self) -> bool {
        let bytes = std::mem::take(&mut self.unsent);
        let written = self.stream.write_all(&bytes).await;
        written.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Sends these bytes behind what is laid out. Whether the server still took them.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        self.lay_out_bytes(bytes);
        self.flush().await
    }

    /// Says that nothing more will be sent.
    pub async fn shut(&mut self) {
        self.flush().await;
        let _ = self.stream.shutdown().await;
    }

    /// The next frame; `None` when the server has closed the connection.
    pub async fn frame(&mut self) -> Option<Frame> {
        loop {
            match self.decoder.next() {
                Ok(Some(frame)) => return Some(frame),
                Ok(None) => {}
                Err(error) => panic!("the server sent what is no FPNN: {error}"),
            }
            let read = self.stream.read_buf(self.decoder.buffer());
            let read = tokio::time::timeout(PATIENCE, read).await;
            // After a reset nothing comes, either.
            if read.expect("an answer or the end").unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// The answer to the quest with this number, sending first what is laid out.
    /// # Errors
    /// A refusal.
    /// # Panics
    /// When the connection is closed before, or the server asks for something.
    pub async fn answer(&mut self, sequence: u32) -> Answer {
        if !self.unsent.is_empty() {
            self.flush().await;
        }
        loop {
            if let Some(answer) = self.early.remove(&sequence) {
                return answer;
            }
            match self.frame().await {
                Some(Frame::Answer { sequence, answer }) => {
                    let twice = self.early.insert(sequence, answer);
                    assert!(twice.is_none(), "two answers to quest {sequence}");
                }
                Some(Frame::Quest(quest)) => panic!("the server asks for {}", quest.method),
                None => panic!("the server closed the connection before answer {sequence}"),
            }
        }
    }

    /// Whether the server closes the connection without another frame.
    pub async fn ends(&mut self) -> bool {
        if !self.unsent.is_empty() {
            self.flush().await;
        }
        self.early.is_empty() && self.frame().await.is_none()
    }

    /// The next bytes as they come.
    pub async fn bytes(&mut self, count: usize) -> Vec<u8> {
        self.flush().await;
        let mut bytes = vec![0; count];
        let read = self.stream.read_exact(&mut bytes);
        let read = tokio::time::timeout(PATIENCE, read).await;
        read.expect("bytes or the end").expect("so many bytes");
        bytes
    }
}
