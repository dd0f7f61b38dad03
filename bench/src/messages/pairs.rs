//! Pairs of users who write to each other, both online.

use anyhow::Result;

use super::relay;
use super::{Bench, Flow, Part, SAMPLE, Sending, Stage, add, goals, posts};
use crate::load::Measured;
use crate::messages::clients::Clients;
use crate::process::Served;
use crate::report;
use crate::site;
use crate::table::{Column, Goal, Row};

/// What a rate that is offered may lack, in parts of it.
const KEPT: f64 = 0.98;

/// A way to write, and its rows: that of the ceiling and that of the program.
struct Way {
    window: u32,
    offered: Option<f64>,
    ceiling: Row,
    row: Row,
}

impl Bench<'_> {
    /// With the given window, one message at a time, and at a given rate; each right behind its ceiling.
    pub(super) async fn pairs(&mut self) -> Result<()> {
        let options = self.options;
        let mut ways = Vec::new();
        let windows = [options.window, 1];
        let windows = windows.get(..if options.window == 1 { 1 } else { 2 });
        for &window in windows.unwrap_or_default() {
            ways.push(Way {
                window,
                offered: None,
                ceiling: Row::new(format!("relay without a disk, {window} under way each"), []),
                row: Row::new(format!("pairs, {window} under way each"), goals(window)),
            });
        }
        if options.offered > 0 {
            let (window, rate) = (options.window, f64::from(options.offered));
            let shown = report::number(rate, 0);
            let goals = [
                Goal::AtLeast(Column::Rate, rate * KEPT),
                Goal::Below(Column::P99, 150.0),
            ];
            ways.push(Way {
                window,
                offered: Some(rate),
                ceiling: Row::new(format!("relay without a disk, {shown}/s offered"), []),
                row: Row::new(format!("pairs, {shown}/s offered"), goals),
            });
        }
        let style = options.style();
        let mut stage = self.stage(Part::Pairs, style.clone(), 0).await?;
        let relay = site::own(&["relay".as_ref()], relay::MARK).await?;
        let mut clients = Clients::new(relay.address, style.clone())?;
        clients
            .enter(stage.host.office.signed(0..options.talkers()))
            .await?;
        let mut ceiling = Ceiling {
            relay,
            clients,
            posts: posts(&style, options.talkers())?,
        };
        let before = crate::process::Memory::of(stage.pid())?;
        for round in 1..=options.common.repeat {
            for way in &mut ways {
                eprintln!(
                    "run {round} of {}: {}",
                    options.common.repeat,
                    way.row.name()
                );
                let sending = Sending {
                    flow: way.offered.map_or(Flow::Full, Flow::Offered),
                    ..Sending::full(way.window, options.length())
                };
                let reached = ceiling.run(&mut way.ceiling, sending).await?;
                if round == 1 {
                    self.warm_up(&mut stage, &mut way.row, sending).await?;
                }
                let ran = stage.run(&mut way.row, sending).await?;
                if way.offered.is_none() {
                    let share = ran.received.rate() / reached.rate() * 100.0;
                    way.row.put(Column::Share, share);
                }
                add(&mut way.row, &ran);
                stage.check_log(&mut way.row, SAMPLE).await;
            }
        }
        let after = crate::process::Memory::of(stage.pid())?;
        let memory = report::memory(before, after);
        let memory = memory.trim().trim_start_matches("- ").to_owned();
        self.facts.push(memory);
        stage.clients.check()?;
        let rows = ways.into_iter().flat_map(|way| [way.ceiling, way.row]);
        self.rows.extend(rows);
        Ok(())
    }

    /// A run that is not counted, but for what is wrong with it.
    pub(super) async fn warm_up(
        &self,
        stage: &mut Stage,
        row: &mut Row,
        sending: Sending,
    ) -> Result<()> {
        let seconds = self.options.common.warm_up;
        if seconds > 0 {
            let length = std::time::Duration::from_secs(seconds);
            let until = super::Until::After(length);
            stage.run(row, Sending { until, ..sending }).await?;
        }
        Ok(())
    }
}

/// What passes messages on and does nothing else, and the same pairs there.
struct Ceiling {
    relay: Served,
    clients: Clients,
    posts: Vec<super::Post>,
}

impl Ceiling {
    async fn run(&mut self, row: &mut Row, sending: Sending) -> Result<Measured> {
        let (pid, posts) = (self.relay.pid, &mut self.posts);
        let ran = self.clients.run(pid, posts, sending).await?;
        row.fail(ran.received.errors, ran.received.first_error.as_deref());
        add(row, &ran);
        Ok(ran.received)
    }
}
