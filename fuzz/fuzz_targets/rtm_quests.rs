//! A few quests on one connection to the RTM server gate. The bytes choose methods and fill in parameters
//! of every type, most of them signed, so that they get past authentication.
#![no_main]

use std::sync::LazyLock;

use halloo_fpnn::{Frame, Quest};
use halloo_fuzz::{RtmVisit, RtmWorld, framed, parameters};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// Quests of one input at most.
const QUESTS: usize = 16;

static METHODS: LazyLock<Vec<&str>> =
    LazyLock::new(|| halloo_gate_rtm::server::methods().collect());

fuzz_target!(|data: &[u8]| {
    // Too few bytes are no input.
    let _ = run(&mut Unstructured::new(data));
});

fn run(choices: &mut Unstructured<'_>) -> Result<()> {
    let visit = RtmWorld::visit();
    let (mut wire, mut asked) = (Vec::new(), Vec::new());
    for sequence in 1..=u32::try_from(choices.int_in_range(1..=QUESTS)?).unwrap_or(1) {
        let quest = quest(choices, &visit, sequence)?;
        asked.extend(quest.sequence);
        quest.encode(&mut wire);
    }
    // A quarter of the inputs ends in bytes that nobody vouches for.
    let damaged = choices.ratio(1, 4)?;
    if damaged {
        wire.extend_from_slice(choices.bytes(choices.len().min(64))?);
    }
    let mut answered = Vec::new();
    for frame in visit.exchange(&wire) {
        if let Frame::Answer { sequence, .. } = frame {
            answered.push(sequence);
        }
    }
    answered.sort_unstable();
    if damaged {
        answered.dedup();
        answered.retain(|sequence| asked.contains(sequence));
        assert!(answered.len() <= asked.len());
    } else {
        assert_eq!(answered, asked, "every two-way quest is answered once");
    }
    Ok(())
}

fn quest(choices: &mut Unstructured<'_>, visit: &RtmVisit, sequence: u32) -> Result<Quest> {
    let method = *choices.choose(&METHODS)?;
    let parameters = parameters(choices)?;
    let parameters = if choices.ratio(15, 16)? {
        visit.signed(method, parameters)
    } else {
        parameters
    };
    framed(choices, sequence, method, parameters)
}
