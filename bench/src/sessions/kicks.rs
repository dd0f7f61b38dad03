//! How fast somebody who is kicked hears of it.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use halloo_fpnn::Map;

use super::crowd::Crowd;
use crate::connection::Connection;
use crate::fpnn::asks::{name, uid};
use crate::fpnn::link::Link;
use crate::fpnn::quests::Signer;
use crate::load::{Measured, Meter, Run};
use crate::random::Random;
use crate::requests;
use crate::site::Site;

/// Who kicks.
pub(crate) enum Kicker {
    /// A back end, through the RTM server gate.
    Gate(Box<Link>, Signer),
    /// An administrator, through REST.
    Rest(Box<Connection>, requests::Target),
}

impl Kicker {
    /// Kicks the user with this number. Returns when the call was sent and answered.
    async fn kick(&mut self, user: u32) -> Result<()> {
        match self {
            Self::Gate(link, signer) => {
                let of_user = |map: Map| map.integer("uid", uid(user));
                link.put(&signer.quest("kickout", user, of_user));
                link.send().await?;
                let answer = link.answer().await?;
                if answer != Map::empty() {
                    bail!("a kick is answered with {}", answer.escape_ascii());
                }
            }
            Self::Rest(connection, target) => {
                let request = target.disconnect(&name(user));
                let status = connection.exchange(&request).await?;
                if status != 200 {
                    let body = connection.body().escape_ascii();
                    bail!("a kick is answered with {status} {body}");
                }
            }
        }
        Ok(())
    }
}

/// Kicks `users` one after the other, each when the one before him is gone and the call is answered.
/// Measured is from sending the call until the user hears of it.
/// # Errors
/// When the server refuses or nobody hears of it.
pub(crate) async fn run(
    site: &Site,
    crowd: &mut Crowd,
    kicker: &mut Kicker,
    users: &[u32],
) -> Result<Run> {
    let mut measured = Measured::new(Duration::ZERO)?;
    let meter = Meter::start(site.server.pid)?;
    let begun = Instant::now();
    for &user in users {
        let sent = Instant::now();
        let (answered, kicked) = tokio::join!(kicker.kick(user), crowd.kicked());
        answered?;
        let kicked = kicked?;
        if kicked.user == user {
            measured.succeed(kicked.at - sent, true);
        } else {
            measured.fail(|| format!("user {} is kicked instead of {user}", kicked.user));
        }
    }
    measured.window = begun.elapsed();
    meter.run(vec![measured])
}

/// `count` of the users below `all`, each once, in any order.
pub(crate) fn choose(count: u32, all: u32, seed: u64) -> Vec<u32> {
    let mut random = Random::seeded(seed);
    let mut users: Vec<u32> = (0..all).collect();
    for end in (1..all).rev() {
        let (other, end) = (random.below(end + 1) as usize, end as usize);
        users.swap(other, end);
    }
    users.truncate(count as usize);
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_chosen_once() {
        let mut all = choose(1000, 1000, 3);
        assert_ne!(all, choose(1000, 1000, 4));
        assert_eq!(choose(10, 1000, 3), all[..10]);
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }
}
