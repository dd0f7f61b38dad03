//! Where the server is and who asks.

use std::env;
use std::error::Error;

use halloo_client::RtmServerClient;

pub(crate) fn client() -> Result<RtmServerClient, Box<dyn Error>> {
    let pid = env::var("HALLOO_PID").map_err(|_| "HALLOO_PID is not set")?;
    let secret = env::var("HALLOO_SECRET").map_err(|_| "HALLOO_SECRET is not set")?;
    let endpoint = env::var("HALLOO_ENDPOINT").unwrap_or_else(|_| "127.0.0.1:13315".to_owned());
    Ok(RtmServerClient::new(pid.parse()?, &secret, &endpoint))
}
