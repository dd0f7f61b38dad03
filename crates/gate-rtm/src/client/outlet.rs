//! What clients are told without having asked. Source: RTM client gate sections 2.7 and 4.1.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use halloo_core::sessions::{CloseReason, Event, Outlet};
use halloo_fpnn::transport::Connection;
use halloo_fpnn::{Map, Method};

static KICKED: Method = Method::new("kickout");
static TAKEN_OUT_OF_ROOM: Method = Method::new("kickoutroom");

/// How long a client that was kicked may take to close by itself.
const GRACE: Duration = Duration::from_millis(300);

/// The connection of a session. Until its login is answered it holds everything back, since SDKs take what
/// comes before for nothing of theirs.
#[derive(Clone)]
pub(super) struct ConnectionOutlet {
    connection: Connection,
    /// What came before the answer; `None` once that is under way. Held for moments only.
    held: Arc<Mutex<Option<Vec<Order>>>>,
}

#[derive(Clone, Debug)]
enum Order {
    Deliver(Event),
    Close(CloseReason),
}

impl ConnectionOutlet {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            held: Arc::new(Mutex::new(Some(Vec::new()))),
        }
    }

    /// Lets through what was held back. To be called as the last thing before the login is answered: what is
    /// queued then goes out behind the answer.
    pub(super) fn release(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that nothing overtakes what was held.
        for order in held.take().into_iter().flatten() {
            self.carry_out(&order);
        }
    }

    fn order(&self, order: Order) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Some(held) => held.push(order),
            None => self.carry_out(&order),
        }
    }

    fn carry_out(&self, order: &Order) {
        // A connection whose queue is full is closed by that, and says why.
        match order {
            Order::Deliver(Event::TakenOutOfRoom(room)) => {
                let payload = Map::new().integer("rid", room.0).finish();
                let _ = self.connection.one_way(TAKEN_OUT_OF_ROOM.clone(), payload);
            }
            // Whoever were kicked would not come back after the restart.
            Order::Close(CloseReason::ShuttingDown) => self.connection.close(),
            Order::Close(reason) => {
                let mut payload = Map::new();
                // Nothing else can be told apart from what the client finds out by logging in again.
                if *reason == CloseReason::Replaced {
                    payload = payload.text("reason", reason.label());
                }
                let _ = self.connection.one_way(KICKED.clone(), payload.finish());
                self.connection.close_after(GRACE);
            }
        }
    }
}

impl Outlet for ConnectionOutlet {
    fn deliver(&self, event: &Event) {
        self.order(Order::Deliver(event.clone()));
    }

    fn close(&self, reason: CloseReason) {
        self.order(Order::Close(reason));
    }
}
