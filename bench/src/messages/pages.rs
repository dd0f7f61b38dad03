//! Conversations as the server has them, read page by page. Source: RTM client gate sections 3.3 and 5.1.

use anyhow::{Context as _, Result, bail};
use halloo_fpnn::{Fields, Map, Value};

use super::letters::{Ledger, Letter, Style};
use super::world::Shared;
use crate::fpnn::asks::uid;

/// Messages in a page: as many as there may be.
const PAGE: u16 = 20;
/// What a message tells its reader about where it came from.
const SENT: i64 = 1;
const RECEIVED: i64 = 2;
/// Elements of a record.
const ELEMENTS: usize = 8;

/// The conversation of two users, read by one of them from its beginning on.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    /// Where the reader is.
    pub(crate) place: usize,
    own: u32,
    peer: u32,
    /// Record id of the last message.
    after: i64,
    mtime: i64,
    sent: Ledger,
    received: Ledger,
}

impl Conversation {
    /// Of user `own` with user `peer`, nothing read yet.
    pub(crate) fn new(place: usize, own: u32, peer: u32) -> Self {
        Self {
            place,
            own,
            peer,
            after: 0,
            mtime: 0,
            sent: Ledger::default(),
            received: Ledger::default(),
        }
    }

    /// Reads the next page and checks it. Returns how many messages it had, and whether it was the last one.
    /// # Errors
    /// When something is missing, doubled or out of order.
    pub(crate) async fn page(&mut self, world: &Shared) -> Result<(u32, bool)> {
        let asked = Map::new()
            .integer("ouid", uid(self.peer))
            .boolean("desc", false)
            .integer("num", PAGE.into())
            .integer("lastid", self.after);
        let answer = world.ask(self.place, "getp2pmsg", asked).await?;
        let fields = Fields::parse(&answer)?;
        let messages = fields.get("msgs").and_then(Value::list);
        let messages = messages.context("a page has no msgs")?;
        let count = u32::try_from(messages.len())?;
        let style = world.lock().style().clone();
        for message in messages {
            self.note(&style, message).with_context(|| {
                let encoded = message.encoded().escape_ascii();
                format!("conversation of {} and {}, {encoded}", self.own, self.peer)
            })?;
        }
        if fields.integer("num") != Ok(count) {
            bail!("a page of {count} messages says that it has another number");
        }
        let last_id: i64 = fields.integer("lastid")?;
        if count > 0 && self.after != last_id {
            bail!("a page that ends with {} has lastid {last_id}", self.after);
        }
        Ok((count, count < PAGE.into()))
    }

    fn note(&mut self, style: &Style, message: Value<'_>) -> Result<()> {
        let mut record = [None; ELEMENTS];
        let elements = message.list().context("a record is no list")?;
        if elements.len() != ELEMENTS {
            bail!("a record has {} elements", elements.len());
        }
        for (place, element) in record.iter_mut().zip(elements) {
            *place = Some(element);
        }
        let [id, direction, mtype, mid, deleted, body, attrs, mtime] = record;
        let integer = |value: Option<Value<'_>>| value.and_then(Value::integer);
        let (Some(id), Some(direction), Some(mtime)) =
            (integer(id), integer(direction), integer(mtime))
        else {
            bail!("a record has no id, direction or mtime");
        };
        let is_whole = integer(mtype) == Some(style.mtype)
            && deleted.and_then(Value::boolean) == Some(false)
            && attrs.and_then(Value::text) == Some("");
        let letter = body.and_then(Value::bytes);
        let letter = letter.and_then(|body| style.read(body));
        let named = |letter: &Letter| {
            integer(mid).and_then(|mid| u64::try_from(mid).ok()) == Some(letter.mid())
        };
        let (Some(letter), true) = (letter.filter(named), is_whole) else {
            bail!("a record is not what was sent");
        };
        if id <= self.after || mtime < self.mtime {
            let (after, before) = (self.after, self.mtime);
            bail!("{id} of {mtime} stands behind {after} of {before}");
        }
        (self.after, self.mtime) = (id, mtime);
        let (ledger, from) = match direction {
            SENT => (&mut self.sent, self.own),
            RECEIVED => (&mut self.received, self.peer),
            _ => bail!("{direction} is no direction"),
        };
        if letter.from != uid(from) {
            bail!("what {} wrote stands for {}", letter.from, uid(from));
        }
        ledger.note(&letter, mtime).map_err(anyhow::Error::msg)
    }

    /// Reads on to the end.
    /// # Errors
    /// Those of [`Conversation::page`], and when not exactly so many were sent and received.
    pub(crate) async fn finish(&mut self, world: &Shared, sent: u32, received: u32) -> Result<()> {
        while !self.page(world).await?.1 {}
        self.check(sent, received)
    }

    /// # Errors
    /// When not exactly so many were sent and received.
    pub(crate) fn check(&self, sent: u32, received: u32) -> Result<()> {
        let held = (self.sent.last, self.received.last);
        if held != (sent, received) {
            let (own, peer) = (self.own, self.peer);
            bail!(
                "of {sent} messages of {own} to {peer} the server holds {}, of {received} back {}",
                held.0,
                held.1
            );
        }
        Ok(())
    }

    /// Whether the server says that so much waits here, of this one peer.
    /// # Errors
    /// When it says something else. Source: RTM client gate section 3.4.
    pub(crate) async fn check_waiting(&self, world: &Shared, count: u32) -> Result<()> {
        let peer = uid(self.peer);
        let answer = world.ask(self.place, "getunread", Map::new()).await?;
        let fields = Fields::parse(&answer)?;
        let peers = fields.integers("p2p")?;
        let expected = if count > 0 { vec![peer] } else { Vec::new() };
        if peers != expected {
            bail!(
                "getunread of {} says {peers:?} instead of {expected:?}",
                uid(self.own)
            );
        }
        let asked = Map::new().integers("uids", [peer]);
        let answer = world.ask(self.place, "getp2punread", asked).await?;
        let fields = Fields::parse(&answer)?;
        let mut counts = fields
            .get("p2p")
            .and_then(Value::entries)
            .context("no p2p")?;
        let waiting = counts.find(|(key, _)| key.id() == Some(peer));
        let waiting = waiting.and_then(|(_, waiting)| waiting.integer());
        if waiting != Some(count.into()) {
            bail!(
                "{waiting:?} messages wait for {} instead of {count}",
                uid(self.own)
            );
        }
        Ok(())
    }
}
