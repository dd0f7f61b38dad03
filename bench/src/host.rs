//! A server of a measurement at the RTM client gate, and what logs in to it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::fpnn::asks;
use crate::fpnn::quests::Signer;
use crate::sessions::crowd::Crowd;
use crate::sessions::tickets::Office;
use crate::sessions::wire::Transport;
use crate::site::Site;
use crate::{fpnn, preload};

/// A running server with users, its log in a file.
pub(crate) struct Host {
    pub(crate) site: Site,
    pub(crate) signer: Signer,
    pub(crate) office: Office,
    pub(crate) log: PathBuf,
}

impl Host {
    /// Starts `program` on a data folder of its own in `folder`, called `name`, with `users` users.
    /// # Errors
    /// When the folder can not be filled or the server does not get ready.
    pub(crate) async fn start(
        program: &Path,
        folder: &Path,
        name: &str,
        users: u32,
    ) -> Result<Self> {
        let data = folder.join(name);
        preload::fill(&data, users, asks::name)
            .await
            .context("cannot fill the data folder")?;
        let log = folder.join(format!("{name}.log"));
        let site = Site::start_logging(program, &data, File::create(&log)?.into()).await?;
        let signer = fpnn::signer(&site.app().await?)?;
        Ok(Self {
            site,
            office: Office::new(signer.clone()),
            signer,
            log,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.site.server.pid
    }

    /// Nobody yet, to log in here.
    pub(crate) fn crowd(&self, transport: Transport) -> Crowd {
        Crowd::new(self.site.rtm_client, transport)
    }
}

/// Prints what the servers called `names` complained about, for whoever wants to know why it failed.
pub(crate) fn show_logs(folder: &Path, names: &[&str]) {
    for name in names {
        let log = fs::read_to_string(folder.join(format!("{name}.log")));
        let log = log.unwrap_or_default();
        let complaints = log.lines().filter(|line| is_complaint(line));
        for line in complaints.take(20) {
            eprintln!("{name} server: {line}");
        }
    }
}

fn is_complaint(line: &str) -> bool {
    line.contains("WARN") || line.contains("ERROR")
}

/// What the server said about the limit on open files.
pub(crate) fn granted(log: &Path) -> String {
    let log = fs::read_to_string(log).unwrap_or_default();
    let line = log.lines().find(|line| line.contains("open files"));
    let said = line.map(|line| {
        line.find("The limit")
            .and_then(|at| line.get(at..))
            .unwrap_or(line)
    });
    match said {
        Some(said) => format!("the server says: {said}"),
        None => "the server has room for as many connections as it is set to".to_owned(),
    }
}
