//! What the command line prints.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::serve::Server;

/// What a person sees when the server is ready.
pub(super) fn banner(server: &Server, data: &Path, show_secrets: bool) -> String {
    let http = format!("http://{}", server.http_address);
    let folder = data.display();
    let rtm = &server.rtm;
    let further = [
        (
            rtm.server_secp256r1,
            "for server SDKs, with a secp256r1 key",
        ),
        (rtm.server_tls, "for server SDKs, over TLS"),
        (Some(rtm.client), "for client SDKs, FPNN and WebSocket"),
        (
            rtm.client_secp256r1,
            "for client SDKs, with a secp256r1 key",
        ),
        (rtm.dispatch, "for older client SDKs"),
    ];
    let further = further.into_iter().filter_map(|(address, what)| {
        let address = address?;
        Some(format!("            {address} {what}\n"))
    });
    let further: String = further.collect();
    let rtm = rtm.server;
    let places = format!(
        "Halloo is ready.\n\n  REST      {http}\n  API page  {http}/docs\n  RTM       {rtm} for server SDKs\n{further}  Data      {folder}\n\n"
    );
    let Some(app) = &server.first_app else {
        return places;
    };
    let program = std::env::current_exe().unwrap_or_else(|_| "halloo".into());
    let (key, id) = (&app.key, &app.client_id);
    let show = format!(
        "{} app show {key} --data {}",
        quoted(&program),
        quoted(data)
    );
    let secret = if show_secrets {
        app.client_secret.reveal().to_owned()
    } else {
        format!("shown by: {show} --secrets")
    };
    format!(
        r#"{places}  First app      {key}
  client_id      {id}
  client_secret  {secret}

Try it:

TOKEN=$(curl -s {http}/{key}/token -d '{{"grant_type":"client_credentials","client_id":"{id}","client_secret":"'$({show} --client-secret)'"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
curl -H "Authorization: Bearer $TOKEN" {http}/{key}/users -d '{{"username":"maya","password":"choose-one"}}'
curl -H "Authorization: Bearer $TOKEN" {http}/{key}/users/maya/status

"#
    )
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The fields of an app that open it.
pub(super) const SECRETS: [&str; 2] = ["client_secret", "rtm_secret"];

/// An app, with its secrets as far as they are there.
pub(super) fn describe_app(app: &Value) -> String {
    let mut shown = vec![format!("{}/{}", field(app, "org"), field(app, "app"))];
    let keys = ["application", "client_id", "pid", "registration"];
    let keys = keys.into_iter().chain(SECRETS);
    let keys = keys.filter(|key| app.get(key).is_some());
    shown.extend(keys.map(|key| format!("  {key:<13}  {}", field(app, key))));
    shown.join("\n")
}

/// What an app is set to, in one line.
pub(super) fn describe_settings(app: &Value) -> String {
    let is = |key: &str, value: bool| app.get(key) == Some(&Value::Bool(value));
    let mut shown = vec![
        format!("{}/{}", field(app, "org"), field(app, "app")),
        field(app, "registration"),
        format!("{} users", field(app, "users")),
        format!("logins {}", field(app, "logins")),
        format!("rooms {}", field(app, "rooms")),
    ];
    if is("legacy_signatures", false) {
        shown.push("no legacy signatures".into());
    }
    if is("login_key", true) {
        shown.push("login key".into());
    }
    shown.push(format!("messages kept {}", field(app, "message_retention")));
    shown.push(format!("ids {}", field(app, "message_ids")));
    shown.push(format!("back end {}", field(app, "back_end")));
    if let Some(Value::Array(uids)) = app.get("administrators")
        && !uids.is_empty()
    {
        let uids: Vec<_> = uids.iter().map(ToString::to_string).collect();
        shown.push(format!("administrators {}", uids.join(",")));
    }
    shown.join("  ")
}

pub(super) fn describe_user(user: &Value) -> String {
    let name = field(user, "username");
    if let Some(closed) = user.get("closed_sessions") {
        return format!("{name}: {closed} connections closed");
    }
    let mut shown = vec![name, format!("uid {}", field(user, "uid"))];
    match user.get("banned") {
        Some(Value::String(word)) if word == "no" => {}
        Some(Value::String(word)) => shown.push(format!("banned {word}")),
        Some(until) => shown.push(format!("banned until {} ms", field(until, "until_ms"))),
        None => {}
    }
    if user.get("online") == Some(&Value::Bool(true)) {
        shown.push("online".into());
    }
    if let Some(Value::String(reason)) = user.get("last_disconnect") {
        let at = field(user, "last_seen");
        shown.push(format!("last offline at {at} ms: {reason}"));
    }
    if user.get("password").is_some() {
        shown.push(format!("password {}", field(user, "password")));
    }
    shown.join("  ")
}

pub(super) fn lines(values: &Value, describe: impl Fn(&Value) -> String) -> String {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().map(describe).collect::<Vec<_>>().join("\n")
}

/// A field as a person reads it.
pub(super) fn field(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

pub(super) fn print(json: bool, value: &Value, describe: impl Fn(&Value) -> String) -> Result<()> {
    let shown = if json {
        value.to_string()
    } else {
        describe(value)
    };
    if shown.is_empty() {
        return Ok(());
    }
    out(&format!("{shown}\n"))
}

/// Writes to the standard output; a reader that went away is no error.
pub(super) fn out(text: &str) -> Result<()> {
    out_bytes(text.as_bytes())
}

/// [`out`] for what need not be text.
pub(super) fn out_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
