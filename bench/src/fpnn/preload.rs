//! Groups, black list and texts, over the wire.

use std::net::SocketAddr;

use anyhow::{Result, bail};

use super::asks::{self, LARGE, SMALL, uid};
use super::link::Link;
use super::quests::Signer;

/// Quests under way at once: as many as the server takes from one connection.
const WINDOW: u32 = 1000;
/// Users in one quest, at most.
const BATCH: u32 = 100;

/// Makes what the loads ask for: the members of two groups, and for each of `users` users the texts and
/// whether he is on the black list.
/// # Errors
/// When a quest is refused or the connection ends.
pub(crate) async fn fill(address: SocketAddr, signer: &Signer, users: u32) -> Result<()> {
    let mut filler = Filler {
        link: Link::open(address, None).await?,
        sequence: 0,
        unanswered: 0,
    };
    for group in [SMALL, LARGE] {
        for first in (0..group.members).step_by(BATCH as usize) {
            let end = group.members.min(first + BATCH);
            let add = |sequence| {
                signer.quest("addgroupmembers", sequence, |map| {
                    let map = map.integer("gid", group.id.into());
                    map.integers("uids", (first..end).map(uid))
                })
            };
            filler.ask(add).await?;
        }
    }
    for number in 0..users {
        let (open, private) = asks::texts(number);
        let set = |sequence| {
            signer.quest("setuserinfo", sequence, |map| {
                let map = map.integer("uid", uid(number));
                map.text("oinfo", &open).text("pinfo", &private)
            })
        };
        filler.ask(set).await?;
        if asks::is_banned(number) {
            let ban = |sequence| {
                signer.quest("addprojectblack", sequence, |map| {
                    map.integer("uid", uid(number)).integer("btime", 0)
                })
            };
            filler.ask(ban).await?;
        }
    }
    filler.wait(0).await
}

struct Filler {
    link: Link,
    sequence: u32,
    unanswered: u32,
}

impl Filler {
    async fn ask(&mut self, quest: impl FnOnce(u32) -> Vec<u8>) -> Result<()> {
        self.sequence += 1;
        self.link.put(&quest(self.sequence));
        self.unanswered += 1;
        if self.unanswered < WINDOW {
            return Ok(());
        }
        self.wait(WINDOW / 2).await
    }

    /// Waits until `most` answers are missing.
    async fn wait(&mut self, most: u32) -> Result<()> {
        self.link.send().await?;
        while self.unanswered > most {
            self.link.receive().await?;
            let (unanswered, mut refused) = (&mut self.unanswered, None);
            self.link.answers(|_, said| {
                *unanswered -= 1;
                refused = refused.take().or(said.err());
            })?;
            if let Some(refusal) = refused {
                bail!("the server refuses what it shall be filled with: {refusal}");
            }
        }
        Ok(())
    }
}
