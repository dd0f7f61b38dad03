//! Load on the REST gate.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::connection::Connection;
use crate::load::{self, Load, Run};
use crate::options::Common;
use crate::process::{Memory, Served};
use crate::report::{self, Row, Target, number_of};
use crate::requests::{self, MOST_USERS, Requests};
use crate::site::{self, Site};
use crate::{preload, surroundings};

/// Connections that register beside those that read.
const REGISTERING: u32 = 16;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// Users that are registered before the server starts.
    #[arg(
        long, default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1000..=i64::from(MOST_USERS))
    )]
    users: u32,
    /// Registrations per second that are offered at most beside the readers.
    #[arg(long, default_value_t = 105, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    register_rate: u32,
}

/// Measures and prints.
/// # Errors
/// When a server can not be started or stops answering.
pub(crate) async fn measure(options: &Options) -> Result<()> {
    let program = options.common.program()?;
    let folder = site::folder(&options.common)?;
    let data = folder.path().join("data");
    let begun = Instant::now();
    preload::fill(&data, options.users, requests::name)
        .await
        .context("cannot fill the data folder")?;
    let users = number_of(options.users.into());
    eprintln!(
        "{users} users registered in {:.1} s",
        begun.elapsed().as_secs_f64()
    );

    let site = Site::start(&program, &data).await?;
    let server = &site.server;
    let token = token(&site).await?;
    let hello = site::own(&["hello".as_ref()], "http://").await?;

    let before = Memory::of(server.pid)?;
    let target = requests::Target {
        address: server.address,
        token,
        prefix: requests::PREFIX,
        users: options.users,
    };
    let rows = Bench {
        options,
        server,
        hello: &hello,
        target,
        seed: 0,
    }
    .rows()
    .await?;
    let facts = format!(
        "- {users} users; server ready in {} ms\n{}",
        number_of(server.started_in.as_millis().try_into()?),
        report::memory(before, Memory::of(server.pid)?),
    );
    let surroundings = surroundings::list(&options.common, &data).await;
    report::print(&(surroundings + &facts + "\n" + &report::table(&rows, "request")))
}

/// One measurement under way.
struct Bench<'a> {
    options: &'a Options,
    server: &'a Served,
    hello: &'a Served,
    target: requests::Target,
    /// Another one for every run.
    seed: u64,
}

impl Bench<'_> {
    /// Runs every load, then every load again: what disturbs the machine for a while disturbs a load
    /// and what it is compared with.
    async fn rows(mut self) -> Result<Vec<Row>> {
        let fresh = Arc::new(AtomicU32::new(0));
        let target = &self.target;
        let half_of_hello = || {
            vec![Target::Share {
                of: 0,
                percent: 50.0,
            }]
        };
        let durable = vec![Target::Rate(8000.0), Target::P99Below(50.0)];
        let (ceiling, server) = (self.hello, self.server);
        let (get_user, register) = (target.get_user(), target.register(&fresh));
        let alone = [
            ("hello", ceiling, requests::hello(ceiling.address), vec![]),
            ("get one user", server, get_user.clone(), half_of_hello()),
            ("status", server, target.status(), half_of_hello()),
            (
                "batch status of 100",
                server,
                target.batch_status(),
                vec![Target::Rate(8000.0)],
            ),
            ("add a contact", server, target.add_contact(), durable),
            ("register", server, register.clone(), vec![]),
            ("reads alone", server, get_user.clone(), vec![]),
        ];
        let mut rows = Vec::new();
        let mut loads = Vec::new();
        for (load, served, requests, targets) in alone {
            rows.push(Row::new(load, targets));
            loads.push((served, requests));
        }
        let reads_alone = Target::Share {
            of: rows.len() - 1,
            percent: 75.0,
        };
        let mut reads = Row::new("reads beside registration", vec![reads_alone]);
        let mut registrations = Row::new("registration beside reads", vec![Target::Rate(100.0)]);

        let seconds = Duration::from_secs(self.options.common.seconds);
        for round in 1..=self.options.common.repeat {
            for (row, (served, requests)) in rows.iter_mut().zip(&loads) {
                eprintln!(
                    "run {round} of {}: {}",
                    self.options.common.repeat, row.load
                );
                if round == 1 && self.options.common.warm_up > 0 {
                    let warm_up = Duration::from_secs(self.options.common.warm_up);
                    self.run(served, vec![self.load(requests)], warm_up).await?;
                }
                let run = self.run(served, vec![self.load(requests)], seconds).await?;
                for measured in &run.loads {
                    row.add(measured, Some(&run));
                }
            }
            eprintln!(
                "run {round} of {}: reads beside registration",
                self.options.common.repeat
            );
            let registering = Load {
                requests: register.clone(),
                connections: REGISTERING,
                most_per_second: Some(self.options.register_rate),
            };
            let run = self
                .run(server, vec![self.load(&get_user), registering], seconds)
                .await?;
            for (row, measured) in [&mut reads, &mut registrations].into_iter().zip(&run.loads) {
                row.add(measured, None);
            }
        }
        rows.extend([reads, registrations]);
        Ok(rows)
    }

    /// `requests` on all connections, as fast as they are answered.
    fn load(&self, requests: &Requests) -> Load {
        let connections = self.options.common.connections;
        Load {
            requests: requests.clone(),
            connections,
            most_per_second: None,
        }
    }

    async fn run(&mut self, served: &Served, loads: Vec<Load>, window: Duration) -> Result<Run> {
        self.seed += 1;
        load::run(served.address, served.pid, loads, window, self.seed).await
    }
}

/// A token of the app.
/// # Errors
/// When the server gives none.
pub(crate) async fn token(site: &Site) -> Result<String> {
    let app = site.app().await?;
    let (id, secret) = (
        site::text(&app, "client_id")?,
        site::text(&app, "client_secret")?,
    );
    let address = site.server.address;
    let request = requests::token(address, id, secret);
    let mut connection = Connection::open(address).await?;
    let status = connection.exchange(&request).await?;
    let answer: Value = serde_json::from_slice(connection.body())?;
    match (status, answer.get("access_token").and_then(Value::as_str)) {
        (200, Some(token)) => Ok(token.to_owned()),
        _ => bail!("no token: {status} {answer}"),
    }
}
