//! A few quests on one connection to the RTM client gate, in any state: before a login, after one, after a
//! logout. The bytes choose methods and fill in parameters of every type; most logins are right.
#![no_main]

use std::sync::LazyLock;

use halloo_fpnn::{Frame, Quest};
use halloo_fuzz::{RtmVisit, RtmWorld, framed, parameters};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// Quests of one input at most.
const QUESTS: usize = 16;

static METHODS: LazyLock<Vec<&str>> =
    LazyLock::new(|| halloo_gate_rtm::client::methods().collect());

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
    let mut answered = Vec::new();
    for frame in visit.exchange_as_client(&wire) {
        if let Frame::Answer { sequence, .. } = frame {
            answered.push(sequence);
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, asked, "every two-way quest is answered once");
    Ok(())
}

fn quest(choices: &mut Unstructured<'_>, visit: &RtmVisit, sequence: u32) -> Result<Quest> {
    let logs_in = choices.ratio(1, if sequence == 1 { 2 } else { 8 })?;
    if logs_in {
        let parameters = visit.login(choices.int_in_range(1..=2)?, parameters(choices)?);
        return framed(choices, sequence, "auth", parameters);
    }
    let method = *choices.choose(&METHODS)?;
    let parameters = parameters(choices)?;
    framed(choices, sequence, method, parameters)
}
