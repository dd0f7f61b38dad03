//! Asking who is online, with sessions and without, by the loads of `rest` and `fpnn`.

use std::time::Duration;

use anyhow::Result;

use super::crowd::Crowd;
use super::{Options, target};
use crate::fpnn::asks::Ask;
use crate::host::Host;
use crate::load::{self, Run};
use crate::report::number_of;
use crate::requests::Requests;
use crate::table::{Column, Goal, Row};

/// What the rate has to keep of that without sessions where answers are as long, in percent.
const KEPT: f64 = 80.0;

/// What is asked of whom.
struct Asked<'a> {
    host: &'a Host,
    ask: Kind,
    row: Row,
}

enum Kind {
    Rest(Requests),
    Fpnn(Ask),
}

/// The same loads against `quiet`, where nobody is online, and against `busy`, where `crowd` is, by
/// turns.
/// # Errors
/// When a server stops answering.
pub(crate) async fn measure(
    options: &Options,
    quiet: &Host,
    busy: &Host,
    crowd: &Crowd,
) -> Result<Vec<Row>> {
    let (users, online) = (options.users(), options.sessions);
    let with = format!("{} online", number_of(online.into()));
    let lost = crowd.lost();
    let batch = async |host| Ok::<_, anyhow::Error>(target(host, users).await?.batch_status());
    let quests = |online| Kind::Fpnn(Ask::Online { users, online });
    let share = Goal::AtLeast(Column::Share, KEPT);
    let of_rest = Goal::AtLeast(Column::Rate, 8_000.0);
    let of_fpnn = [
        Goal::AtLeast(Column::Rate, 100_000.0),
        Goal::Below(Column::P99, 20.0),
    ];
    let rest = "REST batch status of 100";
    let fpnn = "getonlineusers of 100";
    let mut all = [
        Asked {
            host: quiet,
            ask: Kind::Rest(batch(quiet).await?),
            row: Row::new(format!("{rest}, nobody online"), [of_rest]),
        },
        Asked {
            host: busy,
            ask: Kind::Rest(batch(busy).await?),
            row: Row::new(format!("{rest}, {with}"), [of_rest, share]),
        },
        Asked {
            host: quiet,
            ask: quests(0),
            row: Row::new(format!("{fpnn}, nobody online"), of_fpnn),
        },
        Asked {
            host: busy,
            ask: quests(online),
            row: Row::new(format!("{fpnn}, {with}"), of_fpnn),
        },
    ];
    let mut seed = 0;
    for round in 1..=options.common.repeat {
        eprintln!("run {round} of {}: status", options.common.repeat);
        let mut without = None;
        for Asked { host, ask, row } in &mut all {
            if round == 1 && options.common.warm_up > 0 {
                seed += 1;
                run(options, host, ask, options.common.warm_up, seed).await?;
            }
            seed += 1;
            let run = run(options, host, ask, options.common.seconds, seed).await?;
            for measured in &run.loads {
                row.put(Column::Rate, measured.rate());
                row.add(measured, &run);
                // They come in pairs, the first of each without sessions.
                match without.take() {
                    None => without = Some(measured.rate()),
                    Some(without) => row.put(Column::Share, measured.rate() / without * 100.0),
                }
            }
        }
    }
    let [.., last] = &mut all;
    let lost = crowd.lost() - lost;
    last.row
        .fail(lost, Some("a session was lost").filter(|_| lost > 0));
    Ok(all.into_iter().map(|asked| asked.row).collect())
}

async fn run(options: &Options, host: &Host, ask: &Kind, seconds: u64, seed: u32) -> Result<Run> {
    let window = Duration::from_secs(seconds);
    let connections = options.common.connections;
    match ask {
        Kind::Rest(requests) => {
            let load = load::Load {
                requests: requests.clone(),
                connections,
                most_per_second: None,
            };
            let address = host.site.server.address;
            load::run(address, host.pid(), vec![load], window, seed.into()).await
        }
        Kind::Fpnn(ask) => {
            let load = crate::fpnn::load::Load {
                ask: *ask,
                signer: host.signer.clone(),
                connections,
                window: options.window,
                encryption: None,
                prebuilt: None,
            };
            let address = host.site.rtm_server;
            crate::fpnn::load::run(address, host.pid(), load, window, seed).await
        }
    }
}
