//! Messages to a large group whose members are all online, alone and beside pairs who write to each other.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use halloo_fpnn::Map;

use super::{Bench, Flow, Part, Post, SAMPLE, Sending, To, add};
use crate::fpnn::asks::uid;
use crate::fpnn::link::Link;
use crate::host::Host;
use crate::load::Measured;
use crate::messages::world::Shared;
use crate::report::{number, number_of};
use crate::table::{Column, Goal, Row};

/// The group.
const GROUP: i64 = 3_000_000_001;
/// Members in one quest.
const BATCH: usize = 100;
/// By how much others may be slower while messages go to the group, in percent.
const SLOWER: f64 = 200.0;

impl Bench<'_> {
    /// One message after the other; then pairs at half of what they can, without and with such messages.
    pub(super) async fn group(&mut self) -> Result<()> {
        let options = self.options;
        let style = options.style();
        let (talkers, members) = (options.talkers(), options.members);
        let mut stage = self.stage(Part::Group, style.clone(), members + 1).await?;
        let speaker = talkers + members;
        let users = talkers..=speaker;
        make(&stage.host, users.clone().map(uid).collect()).await?;
        let places = stage.clients.enter(stage.host.office.signed(users)).await?;
        let place = places.end - 1;
        let mut post = Post::new(&style, speaker, To::Group(GROUP))?;
        let world = stage.clients.world.clone();

        let count = number_of(members.into());
        let name = format!("message to a group until {count} members have it");
        let goal = [Goal::Below(Column::P99, 200.0)];
        let mut alone = Row::new(name.clone(), goal);
        let mut beside = Row::new(name + ", beside pairs at half of their rate", goal);
        let mut full = Row::new("pairs who are no members, as fast as they can", []);
        let mut without = Row::new("those pairs at half of that", []);
        let goal = [Goal::AtMost(Column::Slower, SLOWER)];
        let mut with = Row::new("those beside messages to the group", goal);

        let sending = Sending::full(options.window, options.length());
        self.warm_up(&mut stage, &mut full, sending).await?;
        let count = options.group_messages;
        for round in 1..=options.common.repeat {
            eprintln!("run {round} of {}: group", options.common.repeat);
            let talk = talk(&world, place, &mut post, members, count, Duration::ZERO);
            alone.add_latencies(&talk.await?);

            let ran = stage.run(&mut full, sending).await?;
            add(&mut full, &ran);
            let rate = full.median(Column::Rate).context("pairs have no rate")? / 2.0;
            let sending = Sending {
                flow: Flow::Offered(rate),
                ..sending
            };
            let ran = stage.run(&mut without, sending).await?;
            add(&mut without, &ran);
            let before = ran.received.percentile_ms(99.0);

            let apart = options.length() / count;
            let talk = talk_beside(&world, place, &mut post, members, count, apart);
            let (talked, ran) = tokio::join!(talk, stage.run(&mut with, sending));
            beside.add_latencies(&talked?);
            let ran = ran?;
            add(&mut with, &ran);
            let after = ran.received.percentile_ms(99.0);
            with.put(Column::Slower, after / before * 100.0);
            stage.check_log(&mut with, SAMPLE).await;
        }
        let offered = full.median(Column::Rate).unwrap_or_default() / 2.0;
        self.facts.push(format!(
            "group: {} members online beside the one who writes, {count} messages in a run; {}/s of pairs \
             beside it",
            number_of(members.into()),
            number(offered, 0)
        ));
        stage.clients.check()?;
        self.rows.extend([alone, full, without, with, beside]);
        Ok(())
    }
}

/// Makes the group through the server gate.
async fn make(host: &Host, uids: Vec<i64>) -> Result<()> {
    let mut link = Link::open(host.site.rtm_server, None).await?;
    for (sequence, uids) in (1..).zip(uids.chunks(BATCH)) {
        let with = |map: Map| {
            map.integer("gid", GROUP)
                .integers("uids", uids.iter().copied())
        };
        link.put(&host.signer.quest("addgroupmembers", sequence, with));
        link.send().await?;
        link.answer().await.context("the group can not be made")?;
    }
    Ok(())
}

/// Sends `count` messages to the group, each when everybody has the one before it and not before `apart` has
/// passed since then. Measured is how long it takes until everybody has one.
async fn talk(
    world: &Shared,
    place: usize,
    post: &mut Post,
    members: u32,
    count: u32,
    apart: Duration,
) -> Result<Measured> {
    let mut measured = Measured::new(Duration::ZERO)?;
    let begun = Instant::now();
    for number in 0..count {
        tokio::time::sleep_until((begun + apart * number).into()).await;
        let waited = world.announce(place, post, members).await?;
        measured.succeed(waited, true);
    }
    Ok(measured)
}

/// [`talk`] in the middle between two moments that are `apart`.
async fn talk_beside(
    world: &Shared,
    place: usize,
    post: &mut Post,
    members: u32,
    count: u32,
    apart: Duration,
) -> Result<Measured> {
    tokio::time::sleep(apart / 2).await;
    talk(world, place, post, members, count, apart).await
}
