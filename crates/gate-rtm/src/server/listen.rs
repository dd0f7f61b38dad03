//! Back ends that listen. Source: RTM server gate section 6.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use halloo_core::Core;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::listeners::{Change, Listener, Occasion, Wanted};
use halloo_core::messages::{Conversation, Dialect, Posted};
use halloo_core::rooms::RoomId;
use halloo_core::sessions::{CloseReason, Event, Outlet};
use halloo_core::users::{Named, Uid};
use halloo_fpnn::transport::Connection;
use halloo_fpnn::{FieldError, Fields, Map, Method, Refusal, Value};

use super::Call;
use crate::call::{Handled, illegal};
use crate::content::{Bodies, shown};

static TO_USER: Method = Method::new("pushmsg");
static TO_GROUP: Method = Method::new("pushgroupmsg");
static TO_ROOM: Method = Method::new("pushroommsg");
static OCCASION: Method = Method::new("pushevent");

/// How long a back end may take to answer. Nothing depends on the answer, and nothing is sent again.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one connection listens to, for each app that it speaks for.
#[derive(Default)]
pub(super) struct Listening(Mutex<Vec<(AppId, Arc<Listener>)>>);

impl Listening {
    /// The listener of a connection for `app`, made on the first call.
    fn of(&self, core: &Core, app: (AppId, i32), connection: &Connection) -> Arc<Listener> {
        let (id, pid) = app;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, listener)) = all.iter().find(|(other, _)| *other == id) {
            return Arc::clone(listener);
        }
        let connection = connection.clone();
        let listener = core
            .listeners
            .listen(id, Box::new(BackEndOutlet { pid, connection }));
        all.push((id, Arc::clone(&listener)));
        listener
    }

    /// The connection is gone.
    pub(super) fn end(&self, core: &Core) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, listener) in all.drain(..) {
            core.listeners.end(&listener);
        }
    }
}

/// `addlisten`
pub(super) fn add(call: Call<'_>) -> Handled {
    change(call, Change::Add)
}

/// `removelisten`
pub(super) fn remove(call: Call<'_>) -> Handled {
    change(call, Change::Remove)
}

/// `setlisten`, in lists or in flags: what is not given stays.
pub(super) fn set(call: Call<'_>) -> Handled {
    change(call, Change::Set)
}

fn change(call: Call<'_>, how: Change) -> Handled {
    let wanted = wanted(&call, how)?;
    let peer = Arc::clone(&call.caller.0);
    call.now(|core, app| {
        let listening = &peer.state.listening;
        let listener = listening.of(core, (app.id, app.pid), &peer.connection);
        listener.change(how, wanted, core.limits())?;
        peer.connection.ask_for_probes();
        Ok(Map::empty())
    })
}

fn wanted(call: &Call<'_>, how: Change) -> Result<Wanted, Refusal> {
    let ids = |key| -> Result<Option<Vec<i64>>, Refusal> {
        let given = call.fields.get(key).filter(|value| !value.is_nil());
        given.map(|_| call.ids(key)).transpose()
    };
    let flag =
        |key| -> Result<Option<bool>, Refusal> { Ok(Fields::optional(call.fields.boolean(key))?) };
    let legal = |ids: Option<Vec<i64>>| match ids {
        Some(ids) if ids.iter().any(|id| *id <= 0) => Err(illegal("an id is not positive")),
        ids => Ok(ids),
    };
    let (p2p, group, room, ev) = (flag("p2p")?, flag("group")?, flag("room")?, flag("ev")?);
    let every = flag("all")?;
    let set = |given: Option<bool>| given.or(every).filter(|_| how == Change::Set);
    let every_user = match how {
        Change::Set => set(p2p),
        // Before 2019 this one flag was added and taken away like a list.
        Change::Add => p2p.filter(|on| *on),
        Change::Remove => p2p.filter(|on| *on).map(|on| !on),
    };
    Ok(Wanted {
        users: legal(ids("uids")?)?.map(|ids| ids.into_iter().map(Uid).collect()),
        groups: legal(ids("gids")?)?.map(|ids| ids.into_iter().map(GroupId).collect()),
        rooms: legal(ids("rids")?)?.map(|ids| ids.into_iter().map(RoomId).collect()),
        occasions: occasions(call)?,
        every_user,
        every_group: set(group),
        every_room: set(room),
        every_occasion: set(ev),
    })
}

/// `events`: names, in a list or as the keys of a map. Names that we do not know happen never.
fn occasions(call: &Call<'_>) -> Result<Option<Vec<Occasion>>, Refusal> {
    let wrong = || FieldError::WrongType("events");
    let Some(given) = call.fields.get("events").filter(|value| !value.is_nil()) else {
        return Ok(None);
    };
    let names: Option<Vec<_>> = match (given.list(), given.entries()) {
        (Some(names), _) => names.map(Value::text).collect(),
        (None, Some(names)) => names.map(|(name, _)| name.text()).collect(),
        (None, None) => None,
    };
    let names = names.ok_or_else(wrong)?;
    Ok(Some(
        names.into_iter().filter_map(Occasion::of_name).collect(),
    ))
}

/// A connection of a back end that listens.
struct BackEndOutlet {
    pid: i32,
    connection: Connection,
}

impl Outlet for BackEndOutlet {
    fn deliver(&self, event: &Event) {
        let (method, payload) = match event {
            Event::Message(posted) => {
                let method = match posted.message.conversation {
                    Conversation::Pair(..) => &TO_USER,
                    Conversation::Group(_) => &TO_GROUP,
                    Conversation::Room(_) => &TO_ROOM,
                    Conversation::Broadcast => return,
                };
                (method, posted.form(Dialect::RtmServer, pushed))
            }
            Event::Presence {
                occasion,
                uid,
                resource,
                at,
            } => {
                let payload = Map::new()
                    .integer("pid", self.pid.into())
                    .text("event", occasion.as_str())
                    .integer("uid", uid.0)
                    .integer("time", at.0.div_euclid(1000))
                    .text("endpoint", resource)
                    .text("data", "");
                (&OCCASION, payload.finish())
            }
            Event::TakenOutOfRoom(_) => return,
        };
        // A connection whose queue is full is closed by that: what it missed stands in the logs.
        self.connection
            .quest_then(method.clone(), payload, PATIENCE, |_| ());
    }

    fn close(&self, _: CloseReason) {
        self.connection.close();
    }
}

/// A message as back ends get it. C++ needs `to` in groups and rooms, too.
/// Source: RTM server gate section 6.2.
fn pushed(posted: &Posted) -> Bytes {
    let message = &posted.message;
    let shown = shown(&message.content);
    let map = Map::new().integer("from", message.sender.uid().0);
    let map = match message.conversation {
        Conversation::Group(group) => map.integer("gid", group.0).integer("to", group.0),
        Conversation::Room(room) => map.integer("rid", room.0).integer("to", room.0),
        Conversation::Pair(..) | Conversation::Broadcast => {
            let receiver = posted.receiver.as_ref().map(Named::uid);
            map.integer("to", receiver.map_or(0, |uid| uid.0))
        }
    };
    let map = map
        .integer("mtype", shown.kind)
        .integer("mid", message.client_id);
    shown
        .body
        .put(map, Bodies::AsBytes)
        .text("attrs", &shown.attributes)
        .integer("mtime", message.sent.0)
        .finish()
}
