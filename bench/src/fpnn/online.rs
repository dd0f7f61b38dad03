//! A server with users online: in this process, since no gate lets anybody log in yet.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use halloo::config::{Config, Overrides};
use halloo::data_folder::{Claim, DataFolder};
use halloo::serve::{Server, Surroundings};
use halloo::system::{SystemClock, SystemEntropy};
use halloo::telemetry;
use halloo_core::apps::AppId;
use halloo_core::sessions::{Resource, Session};

use super::asks;
use crate::process::end_with_input;

/// What stands before the address in the line that [`serve`] prints.
pub(crate) const MARK: &str = "rtm ";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A data folder with one app and its users.
    #[arg(long)]
    data: PathBuf,
    /// How many users are online, from the first on.
    #[arg(long)]
    users: u32,
}

/// Serves the data folder as the program does, on free ports, and prints where the RTM gate is.
/// # Errors
/// When the server can not be started or a session can not be opened.
pub(crate) fn serve(options: &Options) -> Result<()> {
    end_with_input();
    let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = Config::load(
        None,
        &Overrides {
            data: Some(options.data.clone()),
            http: Some(free_port),
            rtm_server: Some(free_port),
            rtm_client: None,
            rtm_dispatch: None,
        },
    )?;
    telemetry::start_logs(&config.log)?;
    let surroundings = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        metrics: Some(telemetry::start_metrics()?),
    };
    let Claim::Owned(folder) = DataFolder::claim(&options.data)? else {
        bail!("the folder is in use")
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::start(folder, config, surroundings).await?;
        let sessions = open_sessions(&server, options.users).await?;
        writeln!(std::io::stdout(), "{MARK}{}", server.rtm.server)?;
        std::future::pending::<()>().await;
        drop(sessions);
        Ok(())
    })
}

async fn open_sessions(server: &Server, users: u32) -> Result<Vec<Arc<Session>>> {
    let core = &server.core;
    let apps = core.apps.list(AppId(0), 1).await?;
    let app = apps.first().context("there is no app")?;
    let resource = Resource {
        id: "bench".into(),
        device_uuid: "".into(),
        device_name: "".into(),
    };
    let mut sessions = Vec::new();
    for number in 0..users {
        let user = core.users.find(app.id, &asks::name(number)).await?;
        sessions.push(core.open_session(app, &user, resource.clone()).await?);
    }
    Ok(sessions)
}
