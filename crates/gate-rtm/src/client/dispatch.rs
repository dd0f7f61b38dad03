//! Where the gate is, for SDKs that ask first. Source: RTM client gate section 1.6.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use halloo_fpnn::transport::{Peer, Reply};
use halloo_fpnn::{Fields, Map, Quest, Refusal};

use super::{ClientGate, State};
use crate::error::codes;

/// What clients ask for: the gate, or the gate of one cluster.
const SERVICE: &str = "rtmGated";

/// `which`
pub(super) fn which(
    gate: &Arc<ClientGate>,
    _: &Quest,
    fields: &Fields<'_>,
    peer: &Arc<Peer<State>>,
) -> Result<Reply, Refusal> {
    let endpoint = endpoint(gate, fields, peer)?.unwrap_or_default();
    let mut answer = Map::new().text("endpoint", &endpoint);
    if fields.get("iptype").is_some() {
        answer = answer.text("server", &endpoint);
    }
    Ok(Reply::Ready(Ok(answer.finish())))
}

/// `whichall`
pub(super) fn which_all(
    gate: &Arc<ClientGate>,
    _: &Quest,
    fields: &Fields<'_>,
    peer: &Arc<Peer<State>>,
) -> Result<Reply, Refusal> {
    let endpoint = endpoint(gate, fields, peer)?;
    let mut answer = Map::new().texts("endpoints", endpoint.as_deref());
    if fields.get("iptype").is_some() {
        answer = answer.texts("servers", endpoint.as_deref());
    }
    Ok(Reply::Ready(Ok(answer.finish())))
}

/// Where the gate is; `None` where it does not serve what is asked for.
fn endpoint(
    gate: &ClientGate,
    fields: &Fields<'_>,
    peer: &Peer<State>,
) -> Result<Option<String>, Refusal> {
    let unknown = || Refusal::new(codes::UNKNOWN_SERVICE, "there is no such service");
    let what = fields.text("what")?;
    let service = what.split_once('@').map_or(what, |(service, _)| service);
    let option = |key, default| -> Result<&str, Refusal> {
        Ok(Fields::optional(fields.text(key))?.unwrap_or(default))
    };
    let wanted = match option("iptype", "")? {
        "" => option("addrType", "ipv4")?,
        older => older,
    };
    if service != SERVICE || !matches!(wanted, "ipv4" | "ipv6" | "domain" | "ip4" | "ip6") {
        return Err(unknown());
    }
    match option("proto", "tcp")? {
        "tcp" => {}
        "ssl" | "tls" if gate.settings.has_tls => {}
        "ssl" | "tls" | "udp" => return Ok(None),
        _ => return Err(unknown()),
    }
    if let Some(endpoint) = &gate.settings.endpoint {
        return Ok(Some(endpoint.to_string()));
    }
    let here = peer.connection.local_address();
    let here = here.map(|here| here.ip().to_canonical());
    let fits = |here: &IpAddr| match wanted {
        "ipv4" | "ip4" => here.is_ipv4(),
        "ipv6" | "ip6" => here.is_ipv6(),
        _ => true,
    };
    let here = here.filter(fits);
    Ok(here.map(|here| SocketAddr::new(here, gate.settings.port).to_string()))
}
