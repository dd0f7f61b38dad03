//! The command line.

mod arguments;
mod output;

use std::io::BufRead as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use halloo_fpnn::{Curve, PrivateKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::commands::{self, Command, MessageChange};
use crate::config::{Config, Overrides};
use crate::control;
use crate::data_folder::{self, Claim, DataFolder};
use crate::rtm::operator_key;
use crate::serve::{Server, Surroundings, open_core};
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry;

pub use arguments::Cli;
use arguments::{Action, AppAction, KeyFormat, Switch, UserAction};
use output::{
    SECRETS, banner, describe_app, describe_settings, describe_user, field, lines, out, out_bytes,
    print,
};

/// How long a sub-command waits for a data folder that somebody else is using.
const BUSY_PATIENCE: Duration = Duration::from_secs(10);

/// How long reads that can not be interrupted may go on when everything else has stopped.
const ABANDON_AFTER: Duration = Duration::from_millis(500);

/// Does what the command line says.
/// # Errors
/// One clear line for the person who called.
pub fn run(cli: Cli) -> Result<()> {
    let flags = cli.settings;
    let overrides = Overrides {
        data: flags.data,
        http: flags.http,
        rtm_server: flags.rtm_server,
        rtm_client: flags.rtm_client,
        rtm_dispatch: flags.rtm_dispatch,
    };
    let config = Config::load(flags.config.as_deref(), &overrides)?;
    let json = flags.json;
    match cli.action {
        None => serve(config, false),
        Some(Action::Serve { show_secrets }) => serve(config, show_secrets),
        Some(Action::Check) => check(&config, json),
        Some(Action::RtmKey { curve, format }) => rtm_key(&config, curve, format),
        Some(Action::App(action)) => app(&config, action, json),
        Some(Action::User(action)) => user(&config, action, json),
        Some(Action::Backup { target }) => {
            let target = std::path::absolute(target)?;
            let done = carry_out(&config, Command::Backup { target })?;
            print(json, &done, |done| {
                format!("Wrote {}", field(done, "backup"))
            })
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

fn surroundings() -> Surroundings {
    Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        metrics: None,
    }
}

fn serve(config: Config, show_secrets: bool) -> Result<()> {
    telemetry::start_logs(&config.log)?;
    let metrics = telemetry::start_metrics()?;
    let folder = claim_to_serve(&config.data.dir)?;
    let data = config.data.dir.clone();
    let runtime = runtime()?;
    let ended = runtime.block_on(async move {
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let surroundings = Surroundings {
            metrics: Some(metrics),
            ..surroundings()
        };
        let server = Server::start(folder, config, surroundings).await?;
        out(&banner(&server, &data, show_secrets))?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        info!("Stopping");
        server.stop().await;
        Ok(())
    });
    // A backup that is under way is not waited for.
    runtime.shutdown_timeout(ABANDON_AFTER);
    ended
}

/// Takes the data folder; waits for a sub-command that has it, but not for a server.
fn claim_to_serve(data: &Path) -> Result<DataFolder> {
    let begun = Instant::now();
    loop {
        if let Claim::Owned(folder) = DataFolder::claim(data)? {
            return Ok(folder);
        }
        if control::connect(data).is_ok() || begun.elapsed() > BUSY_PATIENCE {
            bail!("another halloo is using the data folder {}", data.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn check(config: &Config, json: bool) -> Result<()> {
    let shown = serde_json::json!({
        "data": config.data.dir,
        "http": config.listen.http,
        "rtm_server": config.listen.rtm_server,
        "rtm_client": config.listen.rtm_client,
        "rtm_dispatch": config.listen.rtm_dispatch.0,
    });
    print(json, &shown, |shown| {
        let mut lines = vec!["The settings are good.".to_owned()];
        let keys = ["data", "http", "rtm_server", "rtm_client", "rtm_dispatch"];
        lines.extend(
            keys.iter()
                .map(|key| format!("  {key:<12}  {}", field(shown, key))),
        );
        lines.join("\n")
    })
}

fn rtm_key(config: &Config, curve: Option<Curve>, format: KeyFormat) -> Result<()> {
    let key = match operator_key(config)?.filter(|_| curve.is_none()) {
        Some(key) => key,
        None => kept_key(&config.data.dir, curve.unwrap_or(config.rtm.curve))?,
    };
    let key = key.public_key();
    let bytes = match format {
        KeyFormat::Pem => key.to_pem().into_bytes(),
        KeyFormat::Der => key.to_der(),
        KeyFormat::Raw => key.raw().to_vec(),
        KeyFormat::Compressed => key.to_sec1_compressed(),
    };
    out_bytes(&bytes)
}

/// The public key in a PEM file, as DER.
fn public_key(path: &Path) -> Result<Vec<u8>> {
    let key = SubjectPublicKeyInfoDer::from_pem_file(path);
    let key = key.with_context(|| format!("{} holds no public key in PEM", path.display()))?;
    Ok(key.to_vec())
}

/// The key of the data folder, made if need be. A running server has made its own.
fn kept_key(data: &Path, curve: Curve) -> Result<PrivateKey> {
    if let Some(key) = data_folder::rtm_key(data, curve)? {
        return Ok(key);
    }
    match DataFolder::claim(data)? {
        Claim::Owned(folder) => folder.rtm_key(curve, &SystemEntropy),
        Claim::Busy => bail!("the server that is running has no key on {curve}"),
    }
}

fn app(config: &Config, action: AppAction, json: bool) -> Result<()> {
    match action {
        AppAction::Create { app, registration } => {
            let made = carry_out(config, Command::AppCreate { app, registration })?;
            // Scripts get everything at once, a screen does not.
            let shown = if json { made } else { without_secrets(made) };
            print(json, &shown, describe_app)
        }
        AppAction::List => {
            let apps = carry_out(config, Command::AppList)?;
            print(json, &apps, |apps| lines(apps, describe_settings))
        }
        AppAction::Show {
            app,
            secrets,
            client_secret,
        } => {
            let shown = carry_out(config, Command::AppShow { app })?;
            if client_secret {
                return out(&format!("{}\n", field(&shown, "client_secret")));
            }
            let shown = if secrets {
                shown
            } else {
                without_secrets(shown)
            };
            print(json, &shown, describe_app)
        }
        AppAction::RotateSecret { app, rtm } => {
            let rotated = carry_out(config, Command::AppRotateSecret { app, rtm })?;
            print(json, &rotated, describe_app)
        }
        AppAction::SetRegistration { app, registration } => {
            let changed = carry_out(config, Command::AppSetRegistration { app, registration })?;
            print(json, &without_secrets(changed), describe_app)
        }
        AppAction::SetLegacySignatures { app, taken } => {
            let taken = taken == Switch::On;
            let changed = carry_out(config, Command::AppSetLegacySignatures { app, taken })?;
            print(json, &without_secrets(changed), describe_app)
        }
        AppAction::SetLogins { app, policy } => {
            let changed = carry_out(config, Command::AppSetLogins { app, policy })?;
            print(json, &changed, describe_settings)
        }
        AppAction::SetRooms { app, policy } => {
            let changed = carry_out(config, Command::AppSetRooms { app, policy })?;
            print(json, &changed, describe_settings)
        }
        AppAction::SetMessages {
            app,
            retention,
            ids,
            back_end,
            administrators,
        } => {
            let change = MessageChange {
                retention,
                ids,
                back_end,
                administrators,
            };
            let changed = carry_out(config, Command::AppSetMessages { app, change })?;
            print(json, &changed, describe_settings)
        }
        AppAction::SetLoginKey { app, key } => {
            let key = key.as_deref().map(public_key).transpose()?;
            let changed = carry_out(config, Command::AppSetLoginKey { app, key })?;
            print(json, &changed, describe_settings)
        }
    }
}

/// An app without what opens it.
fn without_secrets(mut app: Value) -> Value {
    if let Some(fields) = app.as_object_mut() {
        for secret in SECRETS {
            fields.remove(secret);
        }
    }
    app
}

fn user(config: &Config, action: UserAction, json: bool) -> Result<()> {
    let command = match action {
        UserAction::Add {
            app,
            name,
            password,
            password_stdin,
            nickname,
        } => {
            let password = if password_stdin {
                Some(line_from_stdin()?)
            } else {
                password
            };
            Command::UserAdd {
                app,
                name,
                password,
                nickname,
            }
        }
        UserAction::List { app, limit } => Command::UserList { app, limit },
        UserAction::Show { app, name } => Command::UserShow { app, name },
        UserAction::Token { app, name } => {
            let granted = carry_out(config, Command::UserToken { app, name })?;
            return print(json, &granted, |granted| field(granted, "token"));
        }
        UserAction::Ban { app, name, seconds } => Command::UserBan { app, name, seconds },
        UserAction::Unban { app, name } => Command::UserUnban { app, name },
        UserAction::Kick {
            app,
            name,
            resource,
        } => Command::UserKick {
            app,
            name,
            resource,
        },
    };
    let done = carry_out(config, command)?;
    print(json, &done, |done| match done {
        Value::Array(_) => lines(done, describe_user),
        _ => describe_user(done),
    })
}

/// Carries `command` out, here if nobody serves from the data folder, else by whoever does.
fn carry_out(config: &Config, command: Command) -> Result<Value> {
    let data = &config.data.dir;
    let makes_folder = matches!(command, Command::AppCreate { .. });
    if !makes_folder && !data.join("halloo.db").exists() {
        bail!(
            "there is no database in the data folder {}; serve once, or name it with --data",
            data.display()
        );
    }
    let begun = Instant::now();
    loop {
        if let Claim::Owned(folder) = DataFolder::claim(data)? {
            return runtime()?.block_on(async {
                let core = open_core(&folder, config, &surroundings())?;
                let done = commands::execute(&core, command).await;
                core.settle().await;
                done
            });
        }
        // A server has the folder, or is about to, or another sub-command will be done with it soon.
        match control::connect(data) {
            Ok(server) => return control::request(server, &command),
            Err(error) if begun.elapsed() > BUSY_PATIENCE => {
                return Err(error)
                    .context("the data folder is in use, but no server answers there");
            }
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn line_from_stdin() -> Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
