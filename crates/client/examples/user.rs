//! The User manual, call by call.
//!
//! `HALLOO_PID=… HALLOO_SECRET=… cargo run -p halloo-client --example user`, with `HALLOO_ENDPOINT`
//! where the server gate is not at 127.0.0.1:13315. `halloo app show ORG/APP --json --secrets`
//! names both.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use halloo_client::{RtmServerClient, error_code};

#[path = "shared/environment.rs"]
mod environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client: RtmServerClient = environment::client()?;
    let (ada, bob) = (1001, 1002);

    client
        .set_user_info(ada, Some("Ada"), Some("kept from others"))
        .await?;
    client.set_user_info(bob, Some("Bob"), None).await?;
    let (public, private) = client.get_user_info(ada).await?;
    println!("{ada} is {public}, and privately {private}");
    println!(
        "public texts: {:?}",
        client.get_user_open_info(&[ada, bob]).await?
    );
    println!("online: {:?}", client.get_online_users(&[ada, bob]).await?);

    client.add_project_black(bob, 60).await?;
    println!("{bob} is barred: {}", client.is_project_black(bob).await?);
    client.remove_project_black(bob).await?;
    println!("{bob} is barred: {}", client.is_project_black(bob).await?);

    client.kickout(ada, None).await?;
    let refused = client.kickout(0, None).await;
    println!("there is no user 0: error {}", error_code(&refused));
    Ok(())
}
