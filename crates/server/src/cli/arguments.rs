//! What the command line takes.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use halloo_fpnn::Curve;

/// Self-hosted instant messaging for Easemob and RTM applications.
///
/// Without a sub-command it serves: it makes its data folder and a first app on the first start and
/// prints the addresses and three commands to try.
#[derive(Debug, Parser)]
#[command(
    name = "halloo",
    version,
    after_help = "Examples:
  halloo                                          serve from ./halloo-data on loopback
  halloo serve --data /var/lib/halloo --http 127.0.0.1:9000
  halloo app create acme/chat --registration open --json
  halloo app show demo-org/demo-app --secrets
  halloo user add demo-org/demo-app maya          prints a random password
  halloo user ban demo-org/demo-app maya --seconds 3600
  halloo backup /backups/halloo-monday.db
  halloo check --config /etc/halloo.toml"
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) settings: SettingFlags,
    #[command(subcommand)]
    pub(super) action: Option<Action>,
}

#[derive(Debug, Args)]
pub(super) struct SettingFlags {
    /// Settings file; without it ./halloo.toml, if there is one.
    #[arg(long, global = true, env = "HALLOO_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Address of REST, health and metrics.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(super) http: Option<SocketAddr>,
    /// Address of the RTM server gate.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(super) rtm_server: Option<SocketAddr>,
    /// Address of the RTM client gate.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(super) rtm_client: Option<SocketAddr>,
    /// Address at which older RTM client SDKs ask for the gate.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(super) rtm_dispatch: Option<SocketAddr>,
    /// Print JSON, one value.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Serve until SIGTERM or Ctrl-C.
    Serve {
        /// Show the first app's client secret on the first start.
        #[arg(long)]
        show_secrets: bool,
    },
    /// Apps: make, list, show, change.
    #[command(subcommand)]
    App(AppAction),
    /// Users: add, list, show, ban, unban, kick; tokens.
    #[command(subcommand)]
    User(UserAction),
    /// Write a consistent copy of the database to a new file, also while serving.
    Backup {
        /// The new folder. To go back to it: name a copy of it with --data.
        target: PathBuf,
    },
    /// Print the public key that RTM SDKs encrypt their sessions with.
    RtmKey {
        /// Of the listener with this curve, if it is not that of rtm.curve.
        #[arg(long)]
        curve: Option<Curve>,
        /// pem, der (Java), raw (PHP) or compressed (Node); all but pem are bytes for a file.
        #[arg(long, default_value = "pem")]
        format: KeyFormat,
    },
    /// Check the settings and say what is in force.
    Check,
}

/// How a public key is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum KeyFormat {
    Pem,
    Der,
    Raw,
    Compressed,
}

#[derive(Debug, Subcommand)]
pub(super) enum AppAction {
    /// Make an app with fresh credentials.
    Create {
        /// ORG/APP
        app: String,
        /// Who may register users: open or authorised.
        #[arg(long, default_value = "authorised")]
        registration: String,
    },
    /// List apps and how many users they have.
    List,
    /// Show one app.
    Show {
        /// ORG/APP
        app: String,
        /// Show its secrets, too.
        #[arg(long)]
        secrets: bool,
        /// Print the client secret and nothing else.
        #[arg(long, conflicts_with = "json")]
        client_secret: bool,
    },
    /// Replace the client secret; every bearer token of the app is void at once.
    RotateSecret {
        /// ORG/APP
        app: String,
        /// Replace the RTM secret instead; every login token of the app is void at once.
        #[arg(long)]
        rtm: bool,
    },
    /// Say who may register users.
    SetRegistration {
        /// ORG/APP
        app: String,
        /// open or authorised
        registration: String,
    },
    /// Say whether RTM quests signed without a time are taken, as SDKs before 2020 send them. Whoever
    /// sees one can repeat it for ever.
    SetLegacySignatures {
        /// ORG/APP
        app: String,
        /// on or off
        taken: Switch,
    },
    /// Say on how many devices a user may be logged in; counts from the next login.
    SetLogins {
        /// ORG/APP
        app: String,
        /// all, one-per-kind (one mobile, one web, one desktop) or single
        policy: String,
    },
    /// Say how many rooms an RTM client may be in; counts from the next it enters.
    SetRooms {
        /// ORG/APP
        app: String,
        /// one (entering another leaves it) or several
        policy: String,
    },
    /// Say how messages are treated. What is not named stays as it is.
    SetMessages {
        /// ORG/APP
        app: String,
        /// For how long messages are kept, like 30d or 12h; default: as long as the server keeps them.
        #[arg(long)]
        retention: Option<String>,
        /// Whether a message that its sender calls like an earlier one is refused: lenient (no) or strict.
        #[arg(long)]
        ids: Option<String>,
        /// Which rules hold for what the back end sends over RTM: bound (those of the user in whose name it
        /// sends) or free (none).
        #[arg(long)]
        back_end: Option<String>,
        /// Uids of those who may write to everybody, and to groups and rooms that they are not in, with commas
        /// between them; none: the back end writes to everybody in anybody's name.
        #[arg(long)]
        administrators: Option<String>,
    },
    /// Register the public key whose signatures log users in, beside those made with the RTM secret.
    SetLoginKey {
        /// ORG/APP
        app: String,
        /// PEM file with a public key on P-256, secp256k1 or Ed25519; absent: forget the key.
        key: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(Debug, Subcommand)]
pub(super) enum UserAction {
    /// Add a user. Without a password a random one is made and printed.
    Add {
        /// ORG/APP
        app: String,
        /// Name of the user.
        name: String,
        /// Password; other users of this machine can see it while the command runs.
        #[arg(long, conflicts_with = "password_stdin")]
        password: Option<String>,
        /// Read the password from the first line of the standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Name for notifications.
        #[arg(long)]
        nickname: Option<String>,
    },
    /// List users in order of registration.
    List {
        /// ORG/APP
        app: String,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show a user, and when and why he went offline last.
    Show {
        /// ORG/APP
        app: String,
        /// Name of the user.
        name: String,
    },
    /// Print a token with which an RTM client logs in as this user, who comes into being if his name is a
    /// number.
    Token {
        /// ORG/APP
        app: String,
        /// Name of the user.
        name: String,
    },
    /// Shut a user out; his bearer tokens and connections end.
    Ban {
        /// ORG/APP
        app: String,
        /// Name of the user.
        name: String,
        /// For how long; for ever if absent.
        #[arg(long, allow_negative_numbers = true)]
        seconds: Option<i64>,
    },
    /// Let a user in again.
    Unban {
        /// ORG/APP
        app: String,
        /// Name of the user.
        name: String,
    },
    /// Close a user's connections.
    Kick {
        /// ORG/APP
        app: String,
        /// Name of the user.
        name: String,
        /// Only those on this resource.
        #[arg(long)]
        resource: Option<String>,
    },
}
