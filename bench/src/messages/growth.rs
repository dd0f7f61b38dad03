//! What a message costs while the log grows.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, FILL_WINDOW, Flow, Part, SAMPLE, Sending, Stage, Until, add, disk};
use crate::process::Memory;
use crate::report::{megabytes, number_of};
use crate::table::{Column, Goal, Row};

/// Where the curve begins.
const FIRST: u32 = 10_000;
/// What the cost of a message may grow by, and what the rate has to keep of that at the beginning, in parts.
const MORE: f64 = 1.2;
const LESS: f64 = 0.8;
/// A run is so many times shorter than others, since it adds to what it measures; a second at least.
const SHORTER: u32 = 5;
/// Messages sent in one go to fill the log, before the next word about it.
const STRIDE: u64 = 1_000_000;

impl Bench<'_> {
    /// The same load with ten times as much stored each time.
    pub(super) async fn growth(&mut self) -> Result<()> {
        let options = self.options;
        let mut stage = self.stage(Part::Growth, options.style(), 0).await?;
        let mut rows: Vec<Row> = Vec::new();
        let levels = std::iter::successors(Some(FIRST), |level| level.checked_mul(10));
        let mut levels: Vec<_> = levels
            .take_while(|level| *level <= options.growth)
            .collect();
        if levels.last() != Some(&options.growth) {
            levels.push(options.growth);
        }
        let length = (options.length() / SHORTER).max(Duration::from_secs(1));
        for level in levels {
            let mut filling = Row::new("filling", []);
            fill(&mut stage, &mut filling, level).await?;
            let stored = number_of(stage.stored());
            let goals = match rows.first() {
                None => Vec::new(),
                Some(first) => {
                    let base = |column| first.median(column).unwrap_or(f64::NAN);
                    vec![
                        Goal::AtMost(Column::ServerCpu, base(Column::ServerCpu) * MORE),
                        Goal::AtLeast(Column::Rate, base(Column::Rate) * LESS),
                    ]
                }
            };
            let mut row = Row::new(format!("pairs, {stored} stored before"), goals);
            row.take_errors(&filling);
            for round in 1..=options.common.repeat {
                eprintln!("run {round} of {}: {stored} stored", options.common.repeat);
                let sending = Sending::full(options.window, length);
                let ran = stage.run(&mut row, sending).await?;
                add(&mut row, &ran);
            }
            self.facts.push(format!(
                "{} stored: {} on disk, {} in memory",
                number_of(stage.stored()),
                megabytes(disk::bytes(&stage.host.site.data)?),
                megabytes(Memory::of(stage.pid())?.resident),
            ));
            rows.push(row);
        }
        if let Some(last) = rows.last_mut() {
            stage.check_log(last, SAMPLE).await;
        }
        stage.clients.check()?;
        self.rows.extend(rows);
        Ok(())
    }
}

/// Has the pairs send until so many are stored.
async fn fill(stage: &mut Stage, row: &mut Row, level: u32) -> Result<()> {
    let talkers = u64::try_from(stage.posts.len())?;
    loop {
        let missing = u64::from(level).saturating_sub(stage.stored());
        if missing == 0 {
            break;
        }
        let each = u32::try_from(missing.min(STRIDE).div_ceil(talkers))?;
        for post in &mut stage.posts {
            post.most = post.sent + each;
        }
        let sending = Sending {
            window: FILL_WINDOW,
            flow: Flow::Full,
            until: Until::Sent,
            arrives: true,
        };
        let ran = stage.run(row, sending).await?;
        let rate = crate::report::number(ran.received.rate(), 0);
        eprintln!("{} stored, {rate}/s", number_of(stage.stored()));
    }
    for post in &mut stage.posts {
        post.most = u32::MAX;
    }
    Ok(())
}

impl Stage {
    /// Messages that were sent so far.
    fn stored(&self) -> u64 {
        self.posts.iter().map(|post| u64::from(post.sent)).sum()
    }
}
