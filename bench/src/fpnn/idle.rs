//! What a connection costs that does nothing.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use halloo_fpnn::{Mode, Strength};

use super::asks::Ask;
use super::link::{Encryption, Link};
use super::load::ask_once;
use super::{public_key, signer};
use crate::process::Memory;
use crate::report::number_of;
use crate::site::Site;

/// How long the server may take to put away what it needs no more.
const REST: Duration = Duration::from_secs(1);
/// What is asked once; on a fresh server nobody is there.
const ASK: Ask = Ask::Online {
    users: 1000,
    online: 0,
};

/// Memory per connection, with `connections` of them on fresh servers, as a Markdown list.
/// # Errors
/// When a server can not be started or reached.
pub(crate) async fn measure(program: &Path, folder: &Path, connections: u32) -> Result<String> {
    if connections == 0 {
        return Ok(String::new());
    }
    let (silent, plain) = grown(program, &folder.join("idle"), connections, false).await?;
    let (_, encrypted) = grown(program, &folder.join("idle-encrypted"), connections, true).await?;
    let connections = number_of(connections.into());
    Ok(format!(
        "- memory of the server per connection, {connections} of them idle on a fresh server: {silent} that \
         never asked, {plain} after one quest, {encrypted} after one encrypted quest\n"
    ))
}

/// Bytes per connection when all are open, and when all have had one answer.
async fn grown(
    program: &Path,
    data: &Path,
    connections: u32,
    encrypted: bool,
) -> Result<(String, String)> {
    let site = Site::start(program, data).await?;
    let (address, pid) = (site.rtm_server, site.server.pid);
    let signer = signer(&site.app().await?)?;
    let encryption = Encryption {
        server: public_key(&site).await?,
        mode: Mode::Package,
        strength: Strength::Aes128,
    };
    let encryption = encrypted.then_some(&encryption);
    // Once, so that what the first connection needs for all is there.
    ask_once(&mut Link::open(address, encryption).await?, &signer, ASK).await?;
    tokio::time::sleep(REST).await;

    let before = Memory::of(pid)?.resident;
    let since = || -> Result<String> {
        let grown = Memory::of(pid)?.resident.saturating_sub(before);
        Ok(format!("{} B", number_of(grown / u64::from(connections))))
    };
    let mut links = Vec::new();
    for _ in 0..connections {
        let link = Link::open(address, encryption).await;
        links.push(link.context("a connection is refused; `ulimit -n` may be too low")?);
    }
    tokio::time::sleep(REST).await;
    let silent = since()?;
    for link in &mut links {
        ask_once(link, &signer, ASK).await?;
    }
    tokio::time::sleep(REST).await;
    Ok((silent, since()?))
}
