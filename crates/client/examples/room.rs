//! The Room manual, call by call, on a thread that waits. To run it see `user.rs`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

#[path = "shared/environment.rs"]
mod environment;

fn main() -> Result<(), Box<dyn Error>> {
    let client = environment::client()?;
    let (room, ada) = (501, 1001);

    client.add_room_member(room, ada).wait()?;
    client.set_room_info(room, Some("Lobby"), None).wait()?;
    let (public, _) = client.get_room_info(room).wait()?;
    println!("room {room} is {public}");

    client.add_room_ban(room, ada, 60).wait()?;
    println!(
        "{ada} is muted: {}",
        client.is_ban_of_room(room, ada).wait()?
    );
    client.remove_room_ban(room, ada).wait()?;
    println!(
        "{ada} is muted: {}",
        client.is_ban_of_room(room, ada).wait()?
    );

    client.delete_room_member(room, ada).wait()?;
    Ok(())
}
