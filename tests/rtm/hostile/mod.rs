//! Bytes that no SDK sends: the connection ends without a word, and nobody else notices.
//! Source: FPNN sections 2 to 6.

mod frames;
mod json;
mod keys;
mod payloads;

use halloo_testkit::rtm::Wire;
use serde_json::json;

use crate::world::{Caller, Gate};

/// A frame of these parts, right or wrong. Without a number it has no sequence field.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    version: u8,
    flag: u8,
    kind: u8,
    /// Length of the method, or status of an answer.
    length: u8,
    declared: u32,
    sequence: Option<u32>,
    method: &'a [u8],
    payload: &'a [u8],
}

/// A good two-way quest `*ping`.
const PING: Parts<'static> = Parts {
    version: 1,
    flag: 0x80,
    kind: 1,
    length: 5,
    declared: 1,
    sequence: Some(1),
    method: b"*ping",
    payload: &[0x80],
};

/// A two-way quest.
fn quest<'a>(method: &'a [u8], payload: &'a [u8]) -> Parts<'a> {
    Parts {
        length: u8::try_from(method.len()).expect("at most 255 bytes"),
        declared: u32::try_from(payload.len()).expect("less than 4 GiB"),
        method,
        payload,
        ..PING
    }
}

/// A quest of one way.
fn one_way<'a>(method: &'a [u8], payload: &'a [u8]) -> Parts<'a> {
    Parts {
        kind: 0,
        sequence: None,
        ..quest(method, payload)
    }
}

/// An answer.
fn answer(status: u8, payload: &[u8]) -> Parts<'_> {
    Parts {
        kind: 2,
        length: status,
        ..quest(b"", payload)
    }
}

impl Parts<'_> {
    fn bytes(&self) -> Vec<u8> {
        let sequence = self.sequence.map(u32::to_le_bytes);
        [
            b"FPNN".as_slice(),
            &[self.version, self.flag, self.kind, self.length],
            &self.declared.to_le_bytes(),
            sequence.as_ref().map_or(&[], |bytes| bytes.as_slice()),
            self.method,
            self.payload,
        ]
        .concat()
    }
}

/// A server whose bystander is asked after each attack.
struct Scene {
    gate: Gate,
    bystander: Caller,
    asked: i64,
}

impl Scene {
    async fn set() -> Self {
        let gate = Gate::start().await;
        let bystander = gate.caller().await;
        Self {
            gate,
            bystander,
            asked: 0,
        }
    }

    async fn wire(&self) -> Wire {
        Wire::open(self.gate.server.rtm.server).await
    }

    /// The bystander changes something and sees it.
    async fn others_are_served(&mut self) {
        self.asked += 1;
        let text = self.asked.to_string();
        self.bystander
            .done("setuserinfo", json!({"uid": 1, "oinfo": text}))
            .await;
        let open = self
            .bystander
            .field("getuserinfo", json!({"uid": 1}), "oinfo")
            .await;
        assert_eq!(open, text);
    }

    /// These bytes close a new connection without an answer, and one that was used before, too.
    async fn closes(&mut self, bytes: &[u8], what: &str) {
        let mut wire = self.wire().await;
        wire.write(bytes).await;
        assert!(wire.ends().await, "{what}");
        let mut used = self.gate.caller().await;
        let asked = used.ask("getgroupcount", json!({"gid": 5}));
        used.wire.write(bytes).await;
        // What came before them is answered.
        assert_eq!(used.answer(asked).await, Ok(json!({"cn": 0})), "{what}");
        assert!(used.wire.ends().await, "{what}, behind a quest");
        self.others_are_served().await;
    }

    /// These bytes are answered by nothing, and the connection goes on.
    async fn ignores(&mut self, bytes: &[u8], what: &str) {
        let mut caller = self.gate.caller().await;
        caller.wire.write(bytes).await;
        let count = caller.call("getgroupcount", json!({"gid": 5})).await;
        assert_eq!(count, Ok(json!({"cn": 0})), "{what}");
        caller.wire.shut().await;
        assert!(caller.wire.ends().await, "{what}");
    }
}

#[tokio::test]
async fn a_ping_is_answered_with_the_time_of_the_server() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for moved in [0, 1, 86_400_000] {
        gate.advance_ms(moved);
        let payload = halloo_fpnn::Map::empty();
        let sequence = caller.wire.ask("*ping", payload);
        let answer = caller.answer(sequence).await;
        assert_eq!(answer, Ok(json!({"ts": gate.now().0})));
        // With whatever parameters.
        let answer = caller.call("*ping", json!({"uid": true})).await;
        assert_eq!(answer, Ok(json!({"ts": gate.now().0})));
        caller.wire.tell("*ping", halloo_fpnn::Map::empty());
    }
    caller.wire.shut().await;
    assert!(caller.wire.ends().await);
}
