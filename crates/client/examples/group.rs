//! The Group manual, call by call, the first ones with callbacks: calls over one connection take
//! effect in the order in which they are made, so none has to wait for the one before. To run it
//! see `user.rs`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::mpsc;

#[path = "shared/environment.rs"]
mod environment;

fn main() -> Result<(), Box<dyn Error>> {
    let client = environment::client()?;
    let (group, ada, bob) = (301, 1001, 1002);

    let (sender, members) = mpsc::channel();
    client
        .add_group_members(group, &[ada, bob])
        .callback(|result| {
            println!("added: {result:?}");
        });
    client.get_group_members(group).callback(move |result| {
        let _ = sender.send(result);
    });
    println!("members: {:?}", members.recv()??);

    println!("groups of {ada}: {:?}", client.get_user_groups(ada).wait()?);
    println!(
        "{ada} is a member: {}",
        client.is_group_member(group, ada).wait()?
    );
    client
        .set_group_info(group, Some("Reading circle"), Some("Tuesdays"))
        .wait()?;
    println!("about it: {:?}", client.get_group_info(group).wait()?);

    client.add_group_ban(group, bob, 60).wait()?;
    println!(
        "{bob} is muted: {}",
        client.is_ban_of_group(group, bob).wait()?
    );
    client.remove_group_ban(group, bob).wait()?;

    client.delete_group_members(group, &[bob]).wait()?;
    client.delete_group(group).wait()?;
    Ok(())
}
