//! Settings: the compiled-in defaults, the operator's file, the environment, flags.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Deserializer, Serialize};

use halloo_core::{HashCost, Limits, RateLimits};
use halloo_fpnn::Curve;
use halloo_gate_rest::Settings;
use halloo_gate_rtm::{client, server};

/// How long RTM's client SDKs wait for a ping. Source: RTM client gate section 1.8.
const MOST_SILENCE: Duration = Duration::from_mins(1);

const DEFAULTS: &str = include_str!("../config.default.toml");
/// The file that is read from the working folder when none is named.
const USUAL_FILE: &str = "halloo.toml";

/// The effective settings. `config.default.toml` documents each of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Config {
    pub data: Data,
    pub listen: Listen,
    pub http: Http,
    pub easemob: Easemob,
    pub rtm: Rtm,
    pub log: Log,
    pub limits: LimitSettings,
    pub rates: Rates,
    pub passwords: Passwords,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Data {
    pub dir: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Listen {
    pub http: SocketAddr,
    pub rtm_server: SocketAddr,
    pub rtm_server_secp256r1: Maybe<SocketAddr>,
    pub rtm_server_tls: Maybe<SocketAddr>,
    pub rtm_client: SocketAddr,
    pub rtm_client_secp256r1: Maybe<SocketAddr>,
    pub rtm_dispatch: Maybe<SocketAddr>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Http {
    pub public_url: String,
    pub max_connections: usize,
    pub head_timeout: Time,
    pub idle_timeout: Time,
    pub body_timeout: Time,
    pub write_timeout: Time,
    pub max_head: Size,
    pub max_body: Size,
    pub max_open_body: Size,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Easemob {
    pub older_errors: bool,
    pub unknown_block_target: u16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Rtm {
    pub time_window_seconds: u32,
    pub refuse_replays: bool,
    #[serde(deserialize_with = "parsed")]
    pub curve: Curve,
    pub key_file: Maybe<PathBuf>,
    pub tls_certificate: Maybe<PathBuf>,
    pub tls_key: Maybe<PathBuf>,
    pub max_connections: usize,
    pub idle_timeout: Time,
    pub frame_timeout: Time,
    pub write_timeout: Time,
    pub max_frame: Size,
    pub max_stranger_frame: Size,
    pub stranger_timeout: Time,
    pub max_in_flight: usize,
    pub public_endpoint: Maybe<String>,
    pub login_timeout: Time,
    pub max_login_bytes: Size,
    pub client_ping: Time,
    pub client_silence: Time,
    pub login_validity: Time,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct LimitSettings {
    pub users_per_app: u64,
    pub contacts: u32,
    pub blocks: u32,
    pub friends: u32,
    pub groups_per_app: u64,
    pub group_members: u32,
    pub rooms: u32,
    pub data_keys: u32,
    pub sessions: usize,
    pub token_ttl: Time,
    pub offline_retention: Time,
    pub outbox: Size,
    pub cached_users: u64,
    pub cached_tokens: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Rates {
    pub user_system: u32,
    pub token: u32,
    pub bulk_delete: u32,
    pub batch_status: u32,
    pub blocks: u32,
    pub rtm_server: u32,
    pub rtm_client: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents every key")]
pub struct Passwords {
    pub memory: Size,
    pub passes: u32,
    pub threads: usize,
    pub queue: usize,
}

/// Settings given as flags; they win over everything else.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--http`
    pub http: Option<SocketAddr>,
    /// `--rtm-server`
    pub rtm_server: Option<SocketAddr>,
    /// `--rtm-client`
    pub rtm_client: Option<SocketAddr>,
    /// `--rtm-dispatch`
    pub rtm_dispatch: Option<SocketAddr>,
}

impl Config {
    /// Layers defaults, `file` (or `halloo.toml` where there is one), environment and flags.
    /// # Errors
    /// One line that names the key and where it stands.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        match file {
            Some(file) if !file.is_file() => bail!("no configuration file at {}", file.display()),
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            None if Path::new(USUAL_FILE).is_file() => {
                figment = figment.merge(Toml::file_exact(USUAL_FILE));
            }
            None => {}
        }
        let env = Env::prefixed("HALLOO_")
            .filter(|key| key.as_str().contains("__"))
            .split("__");
        figment = figment.merge(env);
        let addresses = [
            ("listen.http", overrides.http),
            ("listen.rtm_server", overrides.rtm_server),
            ("listen.rtm_client", overrides.rtm_client),
            ("listen.rtm_dispatch", overrides.rtm_dispatch),
        ];
        for (key, address) in addresses {
            if let Some(address) = address {
                figment = figment.merge(Serialized::default(key, address));
            }
        }
        if let Some(dir) = &overrides.data {
            figment = figment.merge(Serialized::default("data.dir", dir));
        }
        let config: Self = figment.extract().map_err(|errors| {
            let lines: Vec<String> = errors.into_iter().map(|e| describe(&e)).collect();
            anyhow!("configuration: {}", lines.join("; "))
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let url = &self.http.public_url;
        if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
            bail!(
                "configuration: http.public_url must begin with http:// or https://, not {url:?}"
            );
        }
        let head = self.http.max_head.0;
        if !(8 * 1024..=1024 * 1024).contains(&head) {
            bail!(
                "configuration: http.max_head must be 8KiB to 1MiB, not {}",
                self.http.max_head
            );
        }
        let memory_kib = self.passwords.memory.0 / 1024;
        if !(8..=1024 * 1024).contains(&memory_kib) || !(1..=100).contains(&self.passwords.passes) {
            bail!(
                "configuration: passwords.memory must be 8KiB to 1GiB and passwords.passes 1 to 100"
            );
        }
        if self.passwords.queue < 60 {
            bail!("configuration: passwords.queue must have room for a bulk registration of 60");
        }
        if !matches!(self.easemob.unknown_block_target, 400 | 404) {
            bail!("configuration: easemob.unknown_block_target must be 400 or 404");
        }
        if self.rtm.refuse_replays && self.rtm.time_window_seconds == 0 {
            bail!("configuration: rtm.refuse_replays needs rtm.time_window_seconds");
        }
        if self.rtm.tls_certificate.0.is_some() != self.rtm.tls_key.0.is_some() {
            bail!("configuration: rtm.tls_certificate and rtm.tls_key go together");
        }
        if self.listen.rtm_server_tls.0.is_some() && self.rtm.tls_key.0.is_none() {
            bail!("configuration: listen.rtm_server_tls needs rtm.tls_certificate and rtm.tls_key");
        }
        if !(64 * 1024..=1024 * 1024 * 1024).contains(&self.rtm.max_frame.0) {
            bail!(
                "configuration: rtm.max_frame must be 64KiB to 1GiB, not {}",
                self.rtm.max_frame
            );
        }
        if self.rtm.max_connections == 0 || self.rtm.max_in_flight == 0 {
            bail!("configuration: rtm.max_connections and rtm.max_in_flight must be at least 1");
        }
        if self.limits.sessions == 0 {
            bail!("configuration: limits.sessions must be at least 1");
        }
        let (ping, silence) = (self.rtm.client_ping.0, self.rtm.client_silence.0);
        if ping >= silence || silence > MOST_SILENCE {
            bail!(
                "configuration: rtm.client_ping must be shorter than rtm.client_silence, which is 60s at most"
            );
        }
        if self.http.max_connections == 0 {
            bail!("configuration: http.max_connections must be at least 1");
        }
        Ok(())
    }

    /// The domain's limits.
    pub fn limits(&self) -> Limits {
        let some = |n: u32| (n > 0).then_some(n);
        let limits = &self.limits;
        Limits {
            users_per_app: (limits.users_per_app > 0).then_some(limits.users_per_app),
            contacts: limits.contacts,
            blocks: limits.blocks,
            friends: limits.friends,
            groups_per_app: (limits.groups_per_app > 0).then_some(limits.groups_per_app),
            group_members: limits.group_members,
            rooms: limits.rooms,
            data_keys: limits.data_keys,
            sessions: limits.sessions,
            login_validity_seconds: i64::try_from(self.rtm.login_validity.0.as_secs())
                .unwrap_or(i64::MAX),
            token_ttl_seconds: i64::try_from(limits.token_ttl.0.as_secs()).unwrap_or(i64::MAX),
            message_retention_ms: i64::try_from(limits.offline_retention.0.as_millis())
                .unwrap_or(i64::MAX),
            cached_users: limits.cached_users,
            cached_tokens: limits.cached_tokens,
            rates: RateLimits {
                user_system: some(self.rates.user_system),
                token: some(self.rates.token),
                bulk_delete: some(self.rates.bulk_delete),
                batch_status: some(self.rates.batch_status),
                blocks: some(self.rates.blocks),
                rtm_server: some(self.rates.rtm_server),
                rtm_client: some(self.rates.rtm_client),
            },
            hash: HashCost {
                memory_kib: u32::try_from(self.passwords.memory.0 / 1024).unwrap_or(u32::MAX),
                passes: self.passwords.passes,
                threads: self.hash_threads(),
                queue: self.passwords.queue,
            },
            ..Limits::default()
        }
    }

    /// The REST gate's settings.
    pub fn rest(&self) -> Settings {
        let url = self.http.public_url.trim_end_matches('/');
        Settings {
            public_url: (!url.is_empty()).then(|| url.to_owned()),
            max_body_bytes: self.http.max_body.0,
            max_open_body_bytes: self.http.max_open_body.0,
            body_timeout: self.http.body_timeout.0,
            older_errors: self.easemob.older_errors,
            unknown_block_target_is_404: self.easemob.unknown_block_target == 404,
        }
    }

    /// The RTM server gate's settings.
    pub fn rtm_server(&self) -> server::Settings {
        server::Settings {
            time_window_seconds: self.rtm.time_window_seconds.into(),
            refuse_replays: self.rtm.refuse_replays,
        }
    }

    /// The RTM client gate's settings; it listens on `port`.
    pub fn rtm_client(&self, port: u16) -> client::Settings {
        client::Settings {
            endpoint: self.rtm.public_endpoint.0.as_deref().map(Into::into),
            port,
            has_tls: self.rtm.tls_certificate.0.is_some(),
        }
    }

    fn hash_threads(&self) -> usize {
        match self.passwords.threads {
            0 => (std::thread::available_parallelism().map_or(1, usize::from) / 2).max(1),
            threads => threads,
        }
    }
}

fn describe(error: &figment::Error) -> String {
    let mut line = error.kind.to_string();
    if !error.path.is_empty() {
        line = format!("{}: {line}", error.path.join("."));
    }
    if let Some(metadata) = &error.metadata {
        let source = metadata.source.as_ref().map(|source| format!(" {source}"));
        line = format!(
            "{line} (in {}{})",
            metadata.name,
            source.unwrap_or_default()
        );
    }
    line
}

/// A setting that may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maybe<T>(pub Option<T>);

impl<'de, T: FromStr> Deserialize<'de> for Maybe<T>
where
    T::Err: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let wrong = |why| serde::de::Error::custom(format!("{text:?}: {why}"));
        text.parse().map(|value| Self(Some(value))).map_err(wrong)
    }
}

/// A setting that its type reads from text.
fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// A time span, written `"30s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

/// A number of bytes, written `"8MiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

/// A number and its unit.
fn amount<'a>(text: &'a str, units: &[(&'a str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = units.iter().find(|(name, _)| *name == unit.trim())?.1;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [
            ("ms", 1),
            ("s", 1000),
            ("m", 60_000),
            ("h", 3_600_000),
            ("d", 86_400_000),
        ];
        let millis = amount(text, &units).filter(|millis| *millis > 0);
        let millis = millis
            .ok_or_else(|| format!("{text:?} is no time like \"500ms\", \"30s\" or \"7d\""))?;
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Serialize)]
        #[serde(untagged)]
        enum Written {
            Bytes(u64),
            Text(String),
        }
        let (bytes, shown) = match Written::deserialize(deserializer)? {
            Written::Bytes(bytes) => (Some(bytes), bytes.to_string()),
            Written::Text(text) => {
                let units = [
                    ("", 1),
                    ("B", 1),
                    ("KiB", 1 << 10),
                    ("MiB", 1 << 20),
                    ("GiB", 1 << 30),
                ];
                (amount(&text, &units), text)
            }
        };
        let bytes = bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .filter(|bytes| *bytes > 0);
        bytes.map(Self).ok_or_else(|| {
            serde::de::Error::custom(format!("{shown:?} is no size like \"64KiB\" or \"1MiB\""))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete_and_documented() {
        let config: Config = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
        config.check().unwrap();
        assert!(config.listen.http.ip().is_loopback());
        let limits = config.limits();
        let ours = Limits::default();
        assert_eq!(limits.contacts, ours.contacts);
        assert_eq!(limits.blocks, ours.blocks);
        assert_eq!(limits.friends, ours.friends);
        assert_eq!(limits.groups_per_app, ours.groups_per_app);
        assert_eq!(limits.group_members, ours.group_members);
        assert_eq!(limits.rooms, ours.rooms);
        assert_eq!(limits.data_keys, ours.data_keys);
        assert_eq!(limits.sessions, ours.sessions);
        assert_eq!(limits.login_validity_seconds, ours.login_validity_seconds);
        assert_eq!(limits.token_ttl_seconds, ours.token_ttl_seconds);
        assert_eq!(limits.message_retention_ms, ours.message_retention_ms);
        assert_eq!(limits.hash.memory_kib, ours.hash.memory_kib);
        assert_eq!(limits.hash.passes, ours.hash.passes);
    }

    #[test]
    fn amounts_need_their_unit() {
        let sizes = [("KiB", 1024), ("", 1)];
        assert_eq!(amount("64KiB", &sizes), Some(65536));
        assert_eq!(amount("64 KiB", &sizes), Some(65536));
        assert_eq!(amount("7", &sizes), Some(7));
        for wrong in ["KiB", "", "-1", "1.5KiB", "64kb", "99999999999999999999"] {
            assert_eq!(amount(wrong, &sizes), None, "{wrong}");
        }
    }
}
