//! Quests whose bytes are built once; from one to the next only the sequence and some numbers change.

use bytes::Bytes;
use halloo::system::SystemClock;
use halloo_core::ports::Clock as _;
use halloo_fpnn::{Map, Method, Quest};
use md5::{Digest as _, Md5};

use crate::random::Random;

/// Where the sequence number stands in a two-way quest.
const SEQUENCE_AT: usize = 12;
/// Digits of a number written out.
const DIGITS: usize = 10;
/// Stands in a payload for the first number that is to come, and the next greater one for the second.
/// As all that may come, it takes four bytes encoded and [`DIGITS`] digits written out.
const MARK: u32 = 0xfffe_0000;

/// Where a number comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw {
    /// Any below this.
    Below(u32),
    /// Half of the time any below the first, otherwise any below the second.
    Either(u32, u32),
}

/// A number that every quest draws anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blank {
    /// Where it comes from.
    pub(crate) draw: Draw,
    /// What is added to it in the quest; a billion at least, so that all take the same room.
    pub(crate) base: u32,
}

/// What quests prove themselves with.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) pid: i32,
    pub(crate) secret: String,
}

/// The quests of one connection.
#[derive(Debug)]
pub(crate) struct Quests {
    frame: Vec<u8>,
    blanks: Vec<Placed>,
    random: Random,
}

/// A blank, and where it stands in the frame.
#[derive(Debug)]
struct Placed {
    blank: Blank,
    encoded: Option<usize>,
    written_out: Option<usize>,
}

impl Signer {
    /// The parameters that every quest begins with, valid for ten minutes. Source: RTM server gate
    /// sections 1.1 and 1.2.
    fn sign(&self, method: &str, salt: i64) -> Map {
        let ts = SystemClock.now().0 / 1000;
        Map::new()
            .integer("pid", self.pid.into())
            .text("sign", &self.signature(method, salt, ts))
            .integer("salt", salt)
            .integer("ts", ts)
    }

    fn signature(&self, method: &str, salt: i64, ts: i64) -> String {
        let Self { pid, secret } = self;
        let digest = Md5::digest(format!("{pid}:{secret}:{salt}:{method}:{ts}"));
        let hex = |byte: &u8| format!("{byte:02X}");
        digest.iter().map(hex).collect()
    }

    /// One quest that never changes.
    pub(crate) fn quest(
        &self,
        method: &'static str,
        sequence: u32,
        parameters: impl FnOnce(Map) -> Map,
    ) -> Vec<u8> {
        let payload = parameters(self.sign(method, sequence.into())).finish();
        frame(method, sequence, payload)
    }
}

impl Quests {
    /// Quests `method` with `parameters`, in which [`mark`] stands for each of `blanks`. The same `seed`
    /// gives the same signature and the same numbers.
    pub(crate) fn new(
        signer: &Signer,
        method: &'static str,
        parameters: impl FnOnce(Map) -> Map,
        blanks: impl IntoIterator<Item = Blank>,
        seed: u32,
    ) -> Self {
        let payload = parameters(signer.sign(method, seed.into())).finish();
        let frame = frame(method, 0, payload);
        let find = |bytes: &[u8]| {
            let mut windows = frame.windows(bytes.len());
            windows.position(|window| window == bytes)
        };
        let placed = (MARK..).zip(blanks).map(|(mark, blank)| Placed {
            blank,
            encoded: find(&mark.to_be_bytes()),
            written_out: find(mark.to_string().as_bytes()),
        });
        Self {
            blanks: placed.collect(),
            frame,
            random: Random::seeded(seed.into()),
        }
    }

    /// The next one. Also, for [`Quests::numbers`], where its numbers come from.
    pub(crate) fn next(&mut self, sequence: u32) -> (&[u8], Random) {
        let before = self.random;
        put(&mut self.frame, SEQUENCE_AT, &sequence.to_le_bytes());
        for Placed {
            blank,
            encoded,
            written_out,
        } in &self.blanks
        {
            let number = blank.base + blank.draw.next(&mut self.random);
            if let Some(at) = *encoded {
                put(&mut self.frame, at, &number.to_be_bytes());
            }
            if let Some(at) = *written_out {
                put(&mut self.frame, at, &digits(number));
            }
        }
        (&self.frame, before)
    }

    /// The numbers of the quest whose numbers came from `random`, without their bases.
    pub(crate) fn numbers(&self, mut random: Random) -> impl Iterator<Item = u32> {
        let draws = self.blanks.iter().map(|placed| placed.blank.draw);
        draws.map(move |draw| draw.next(&mut random))
    }
}

impl Draw {
    fn next(self, random: &mut Random) -> u32 {
        match self {
            Self::Below(end) => random.below(end),
            Self::Either(first, second) => {
                let end = if random.below(2) == 0 { first } else { second };
                random.below(end)
            }
        }
    }
}

/// What stands in the parameters for the blank in this `place`.
pub(crate) fn mark(place: u32) -> u32 {
    MARK + place
}

fn frame(method: &'static str, sequence: u32, payload: Bytes) -> Vec<u8> {
    let mut frame = Vec::new();
    Quest::two_way(sequence, Method::new(method), payload).encode(&mut frame);
    frame
}

fn put(frame: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = frame.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn digits(number: u32) -> [u8; DIGITS] {
    let mut rest = number;
    let mut digits = [0; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use halloo_fpnn::{Decoder, Fields, Frame, MAX_FRAME_BYTES};

    use super::*;

    fn signer() -> Signer {
        Signer {
            pid: 90_000_001,
            secret: "00000000-1111-2222-3333-444444444444".into(),
        }
    }

    fn payload(frame: &[u8], sequence: u32) -> Bytes {
        let mut decoder = Decoder::new(MAX_FRAME_BYTES);
        decoder.feed(frame);
        let Some(Frame::Quest(quest)) = decoder.next().unwrap() else {
            panic!("no quest in {}", frame.escape_ascii());
        };
        assert_eq!(quest.sequence, Some(sequence));
        assert_eq!(decoder.next(), Ok(None));
        quest.payload
    }

    #[test]
    fn a_quest_holds_the_numbers_that_were_drawn_for_it() {
        const BASE: u32 = 1_000_000_000;
        let blank = |end| Blank {
            draw: Draw::Below(end),
            base: BASE,
        };
        let parameters = |map: Map| {
            let text = format!("{} wrote {}", mark(0), mark(2));
            let ids = [mark(0), mark(1)].map(i64::from);
            map.integers("ids", ids).text("text", &text)
        };
        let blanks = [1000, 7, u32::MAX - BASE].map(blank);
        let mut quests = Quests::new(&signer(), "some", parameters, blanks, 5);
        let mut seen = std::collections::HashSet::new();
        for sequence in 0..1000 {
            let (frame, random) = quests.next(sequence);
            let payload = payload(frame, sequence);
            let numbers: Vec<u32> = quests.numbers(random).collect();
            assert!(numbers[0] < 1000 && numbers[1] < 7, "{numbers:?}");
            let fields = Fields::parse(&payload).unwrap();
            let ids = [numbers[0], numbers[1]].map(|number| i64::from(BASE + number));
            assert_eq!(fields.integers("ids").unwrap(), ids);
            let text = format!("{} wrote {}", BASE + numbers[0], BASE + numbers[2]);
            assert_eq!(fields.text("text").unwrap(), text);
            assert_eq!(fields.integer::<i64>("salt").unwrap(), 5);
            seen.insert(numbers);
        }
        assert!(seen.len() > 990);
    }

    #[test]
    fn either_of_two_ranges_is_drawn_from() {
        let mut random = Random::seeded(1);
        let draws = (0..10_000).map(|_| Draw::Either(10, 1000).next(&mut random));
        let low = draws.filter(|number| *number < 10).count();
        assert!((4_800..5_400).contains(&low), "{low}");
    }

    #[test]
    fn a_signature_is_what_sdks_make() {
        let signed = signer().signature("gettoken", 7_529_877_615_132_852_353, 1_700_000_000);
        assert_eq!(signed, "C67600CF3CBCC51F80ACF0A81484FE73");
    }
}
