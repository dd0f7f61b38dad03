//! The ceiling: what this machine gives to any server that reads frames and writes frames.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::process::end_with_input;

/// What stands before the address in the line that [`serve`] prints.
pub(crate) const MARK: &str = "echo ";
/// Bytes taken from the socket at a time, as the gate does.
const CHUNK_BYTES: usize = 16 * 1024;
/// What every frame begins with.
const HEADER_BYTES: usize = 12;
/// How long accepting rests after it failed.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves on a free port, which it prints, until the standard input ends. A one-way quest says what is
/// to be answered; every other quest of its connection is answered with that, whatever it asks.
/// # Errors
/// When it can not listen.
pub(crate) fn serve() -> Result<()> {
    end_with_input();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{MARK}{}", listener.local_addr()?)?;
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(connections.spawn(echo(stream))),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
            while connections.try_join_next().is_some() {}
        }
    })
}

/// Answers until the connection ends or something else than quests comes.
async fn echo(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut received = Vec::with_capacity(2 * CHUNK_BYTES);
    let mut out = Vec::new();
    let mut answer = Answer::default();
    loop {
        received.reserve(CHUNK_BYTES);
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
        let mut cut = 0;
        while let Some(frame) = next(received.get(cut..)?) {
            cut += frame.len();
            answer.give(frame, &mut out)?;
        }
        received.drain(..cut);
        stream.write_all(&out).await.ok()?;
        out.clear();
    }
}

/// The whole quest that `bytes` begin with.
fn next(bytes: &[u8]) -> Option<&[u8]> {
    let [_, _, _, _, _, _, kind, method, length @ ..] = *bytes.first_chunk::<HEADER_BYTES>()?;
    let sequence = if kind == 0 { 0 } else { 4 };
    let payload = usize::try_from(u32::from_le_bytes(length)).ok()?;
    bytes.get(..HEADER_BYTES + sequence + usize::from(method) + payload)
}

/// A whole answer but for its sequence number.
#[derive(Default)]
struct Answer(Vec<u8>);

impl Answer {
    /// Appends itself, or becomes what the one-way quest `frame` says. `None` when it is no quest.
    fn give(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let [_, _, _, _, _, _, kind, method, length @ ..] = *frame.first_chunk::<HEADER_BYTES>()?;
        match kind {
            0 => {
                let payload = frame.get(HEADER_BYTES + usize::from(method)..)?;
                self.0 = b"FPNN\x01\x80\x02\x00".to_vec();
                self.0.extend_from_slice(&length);
                self.0.extend_from_slice(&[0; 4]);
                self.0.extend_from_slice(payload);
            }
            1 => {
                let from = out.len() + HEADER_BYTES;
                out.extend_from_slice(&self.0);
                let sequence = frame.get(HEADER_BYTES..HEADER_BYTES + 4)?;
                out.get_mut(from..from + 4)?.copy_from_slice(sequence);
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use halloo_fpnn::{Decoder, Frame, MAX_FRAME_BYTES, Map, Method, Quest};

    use super::*;

    #[test]
    fn quests_are_answered_with_what_the_one_way_quest_said() {
        let said = Map::new().boolean("ok", true).finish();
        let mut sent = Vec::new();
        Quest::one_way(Method::new("answer"), said.clone()).encode(&mut sent);
        for sequence in [1, 0xffff_fffe] {
            Quest::two_way(sequence, Method::new("m"), Map::empty()).encode(&mut sent);
        }
        let (mut answer, mut out, mut cut) = (Answer::default(), Vec::new(), 0);
        while let Some(frame) = next(&sent[cut..]) {
            cut += frame.len();
            answer.give(frame, &mut out).unwrap();
        }
        assert_eq!(cut, sent.len());
        let mut decoder = Decoder::new(MAX_FRAME_BYTES);
        decoder.feed(&out);
        for sequence in [1, 0xffff_fffe] {
            let answer = Ok(said.clone());
            let expected = Frame::Answer { sequence, answer };
            assert_eq!(decoder.next(), Ok(Some(expected)));
        }
        assert_eq!(decoder.next(), Ok(None));
    }

    #[test]
    fn a_quest_counts_once_it_is_whole() {
        let mut sent = Vec::new();
        Quest::two_way(1, Method::new("m"), Map::empty()).encode(&mut sent);
        for cut in 0..sent.len() {
            assert_eq!(next(&sent[..cut]), None);
        }
    }
}
