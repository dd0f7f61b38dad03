//! AES in CFB mode over packages or over the stream. Source: FPNN sections 7.2 to 7.4.

use std::fmt;
use std::sync::Arc;

use aes::cipher::{
    Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
    KeyInit, consts::U16,
};
use aes::{Aes128Enc, Aes256Enc};

use super::exchange::Mode;

/// Bytes of the length before an encrypted package.
pub(crate) const LENGTH_BYTES: usize = 4;

/// Bytes of a block of AES.
const BLOCK_BYTES: usize = 16;

type Block = Array<u8, U16>;

/// A key that is ready for use, and the vector that every package and either stream begins with.
pub(super) struct Key {
    aes: Aes,
    vector: Block,
}

enum Aes {
    Bits128(Aes128Enc),
    Bits256(Aes256Enc),
}

/// Encrypts the frames of one direction.
pub struct Sealer(Direction);

/// Decrypts the frames of one direction, inside of a [`crate::Decoder`].
pub struct Opener(Direction);

struct Direction {
    key: Arc<Key>,
    mode: Mode,
    state: State,
}

/// Where CFB stands: each block of the data is combined with the encryption of the ciphertext block
/// before it, or of the vector.
#[derive(Clone, Copy)]
struct State {
    /// The ciphertext of the block that is being worked on, and what its other bytes will be
    /// combined with.
    block: Block,
    /// How many bytes of `block` are ciphertext. When all are, its encryption is what comes next.
    done: usize,
}

impl Key {
    pub(super) fn aes_128(key: &[u8; 16], vector: [u8; BLOCK_BYTES]) -> Self {
        Self {
            aes: Aes::Bits128(Aes128Enc::new(key.into())),
            vector: vector.into(),
        }
    }

    pub(super) fn aes_256(key: &[u8; 32], vector: [u8; BLOCK_BYTES]) -> Self {
        Self {
            aes: Aes::Bits256(Aes256Enc::new(key.into())),
            vector: vector.into(),
        }
    }
}

impl Aes {
    fn run(&self, closure: impl BlockCipherEncClosure<BlockSize = U16>) {
        match self {
            Self::Bits128(aes) => aes.encrypt_with_backend(closure),
            Self::Bits256(aes) => aes.encrypt_with_backend(closure),
        }
    }
}

impl Sealer {
    pub(super) fn new(key: Arc<Key>, mode: Mode) -> Self {
        Self(Direction::new(key, mode))
    }

    /// Encrypts the one frame that `out` holds from `from` on, in place; in package mode its length
    /// comes before it. Frames have to be sealed in the order in which they are sent.
    /// # Panics
    /// When `out` is shorter than `from`.
    pub fn seal(&mut self, out: &mut Vec<u8>, from: usize) {
        let mut start = from;
        if self.0.mode == Mode::Package {
            let end = out.len();
            let length = u32::try_from(end - from).expect("a frame is below 4 GiB");
            out.extend_from_slice(&[0; LENGTH_BYTES]);
            start += LENGTH_BYTES;
            out.copy_within(from..end, start);
            if let Some(field) = out.get_mut(from..).and_then(<[u8]>::first_chunk_mut) {
                *field = length.to_le_bytes();
            }
        }
        let bytes = out.get_mut(start..).unwrap_or_default();
        let (key, state) = self.0.begin();
        key.aes.run(Seal { state, bytes });
    }
}

impl Opener {
    pub(super) fn new(key: Arc<Key>, mode: Mode) -> Self {
        Self(Direction::new(key, mode))
    }

    pub(crate) fn mode(&self) -> Mode {
        self.0.mode
    }

    /// Decrypts in place: a whole package, or the next bytes of the stream.
    pub(crate) fn open(&mut self, bytes: &mut [u8]) {
        let (key, state) = self.0.begin();
        key.aes.run(Open { state, bytes });
    }
}

/// Neither key nor state is for logs.
impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sealer")
    }
}

/// Neither key nor state is for logs.
impl fmt::Debug for Opener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Opener")
    }
}

impl Direction {
    fn new(key: Arc<Key>, mode: Mode) -> Self {
        let state = State::new(&key.vector);
        Self { key, mode, state }
    }

    /// What the next package, or the next part of the stream, is worked on with.
    fn begin(&mut self) -> (&Key, &mut State) {
        if self.mode == Mode::Package {
            self.state = State::new(&self.key.vector);
        }
        (&self.key, &mut self.state)
    }
}

impl State {
    fn new(vector: &Block) -> Self {
        Self {
            block: *vector,
            done: BLOCK_BYTES,
        }
    }

    /// Combines `bytes` with what is left of the block, byte by byte; returns those it did not reach.
    fn finish_block<'b>(
        &mut self,
        bytes: &'b mut [u8],
        combine: impl Fn(&mut u8, &mut u8),
    ) -> &'b mut [u8] {
        let left = self.block.get_mut(self.done..).unwrap_or_default();
        let (reached, rest) = bytes.split_at_mut(left.len().min(bytes.len()));
        for (byte, key) in reached.iter_mut().zip(left) {
            combine(byte, key);
        }
        self.done += reached.len();
        rest
    }
}

/// Encrypts bytes in place, from a state on. Its work is done with the processor's instructions for
/// AES where it has them, which is why it is a closure and not a function.
struct Seal<'b> {
    state: &'b mut State,
    bytes: &'b mut [u8],
}

/// Decrypts bytes in place, likewise.
struct Open<'b> {
    state: &'b mut State,
    bytes: &'b mut [u8],
}

impl BlockSizeUser for Seal<'_> {
    type BlockSize = U16;
}

impl BlockSizeUser for Open<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Seal<'_> {
    #[expect(
        clippy::inline_always,
        reason = "only as a part of its caller it is compiled for the AES instructions"
    )]
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Self { state, bytes } = self;
        let seal = |byte: &mut u8, key: &mut u8| {
            *byte ^= *key;
            *key = *byte;
        };
        let (blocks, tail) = state.finish_block(bytes, seal).as_chunks_mut();
        for block in blocks {
            backend.encrypt_block_inplace(&mut state.block);
            *block = xor(*block, state.block.0);
            state.block = Array(*block);
        }
        if !tail.is_empty() {
            backend.encrypt_block_inplace(&mut state.block);
            state.done = 0;
            state.finish_block(tail, seal);
        }
    }
}

impl BlockCipherEncClosure for Open<'_> {
    #[expect(
        clippy::inline_always,
        reason = "only as a part of its caller it is compiled for the AES instructions"
    )]
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Self { state, bytes } = self;
        let open = |byte: &mut u8, key: &mut u8| {
            let sealed = *byte;
            *byte ^= *key;
            *key = sealed;
        };
        let (blocks, tail) = state.finish_block(bytes, open).as_chunks_mut();
        for block in blocks {
            // No block waits for the one before it: its ciphertext is known.
            let mut key = state.block;
            backend.encrypt_block_inplace(&mut key);
            state.block = Array(*block);
            *block = xor(*block, key.0);
        }
        if !tail.is_empty() {
            backend.encrypt_block_inplace(&mut state.block);
            state.done = 0;
            state.finish_block(tail, open);
        }
    }
}

fn xor(left: [u8; BLOCK_BYTES], right: [u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
    (u128::from_ne_bytes(left) ^ u128::from_ne_bytes(right)).to_ne_bytes()
}

#[cfg(test)]
mod tests {
    use aes::cipher::KeyIvInit;
    use cfb_mode::{BufEncryptor, Encryptor};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const SECRET: [u8; 32] = *b"the secret of both ends, 32 long";
    const VECTOR: [u8; BLOCK_BYTES] = *b"where CFB begins";

    fn key(bits: u16) -> Arc<Key> {
        Arc::new(match bits {
            128 => Key::aes_128(SECRET.first_chunk().unwrap(), VECTOR),
            _ => Key::aes_256(&SECRET, VECTOR),
        })
    }

    /// Another implementation of the stream.
    fn stream(bits: u16, bytes: &mut [u8]) {
        if bits == 128 {
            let half: &[u8; 16] = SECRET.first_chunk().unwrap();
            BufEncryptor::<Aes128Enc>::new(half.into(), &VECTOR.into()).encrypt(bytes);
        } else {
            BufEncryptor::<Aes256Enc>::new(&SECRET.into(), &VECTOR.into()).encrypt(bytes);
        }
    }

    /// Another implementation of a package.
    fn package(bits: u16, bytes: &mut [u8]) {
        if bits == 128 {
            let half: &[u8; 16] = SECRET.first_chunk().unwrap();
            Encryptor::<Aes128Enc>::new(half.into(), &VECTOR.into()).encrypt(bytes);
        } else {
            Encryptor::<Aes256Enc>::new(&SECRET.into(), &VECTOR.into()).encrypt(bytes);
        }
    }

    proptest! {
        #[test]
        fn packages_are_those_of_another_implementation(
            packages in vec(vec(any::<u8>(), 0..100), 1..5),
            bits in prop::sample::select(vec![128, 256]),
        ) {
            let mut sealer = Sealer::new(key(bits), Mode::Package);
            let mut opener = Opener::new(key(bits), Mode::Package);
            let mut out = Vec::new();
            for plain in packages {
                let from = out.len();
                out.extend_from_slice(&plain);
                sealer.seal(&mut out, from);

                let length = u32::try_from(plain.len()).unwrap().to_le_bytes();
                let mut expected = plain.clone();
                package(bits, &mut expected);
                prop_assert_eq!(&out[from..], [length.as_slice(), &expected].concat());

                opener.open(&mut expected);
                prop_assert_eq!(expected, plain);
            }
        }

        #[test]
        fn a_stream_is_that_of_another_implementation_however_it_is_cut(
            parts in vec(vec(any::<u8>(), 0..60), 1..8),
            step in 1..70_usize,
            bits in prop::sample::select(vec![128, 256]),
        ) {
            let mut sealer = Sealer::new(key(bits), Mode::Stream);
            let mut sealed = Vec::new();
            for part in &parts {
                let from = sealed.len();
                sealed.extend_from_slice(part);
                sealer.seal(&mut sealed, from);
            }
            let plain = parts.concat();
            let mut expected = plain.clone();
            stream(bits, &mut expected);
            prop_assert_eq!(&sealed, &expected);

            let mut opener = Opener::new(key(bits), Mode::Stream);
            for piece in sealed.chunks_mut(step) {
                opener.open(piece);
            }
            prop_assert_eq!(sealed, plain);
        }
    }

    #[test]
    fn neither_key_nor_state_is_shown() {
        let (sealer, opener) = (
            Sealer::new(key(128), Mode::Stream),
            Opener::new(key(128), Mode::Stream),
        );
        assert_eq!(format!("{sealer:?} {opener:?}"), "Sealer Opener");
    }
}
