//! The codec against recorded packages, and against itself.
//!
//! `vectors.json` holds packages of FPNN's own software and of its client SDKs with what they mean,
//! and key agreements computed with another cryptographic library.
#![cfg(test)]

mod encryption;
mod hostile;
mod shape;
mod streams;
mod vectors;

use halloo_fpnn::{Decoder, Frame, MAX_FRAME_BYTES, WireError};

/// The frames in `bytes`, and what the decoder says at their end.
fn frames(bytes: &[u8]) -> (Vec<Frame>, Result<(), WireError>) {
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    decoder.feed(bytes);
    let mut frames = Vec::new();
    let end = drain(&mut decoder, &mut frames);
    (frames, end)
}

/// Moves all whole frames out of `decoder`.
fn drain(decoder: &mut Decoder, frames: &mut Vec<Frame>) -> Result<(), WireError> {
    while let Some(frame) = decoder.next()? {
        frames.push(frame);
    }
    Ok(())
}

/// The one frame in `bytes`.
fn frame(bytes: &[u8]) -> Frame {
    let (mut frames, end) = frames(bytes);
    assert_eq!(end, Ok(()));
    assert_eq!(frames.len(), 1);
    frames.remove(0)
}

/// Bytes written as hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2));
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

/// The hexadecimal digits of bytes.
fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| {
        digits + &format!("{byte:02x}")
    })
}
