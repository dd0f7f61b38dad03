//! The thread on which callbacks run.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use tracing::error;

type Job = Box<dyn FnOnce() + Send>;

/// Runs closures one after the other; ends with its last clone.
#[derive(Clone)]
pub(crate) struct Callbacks(mpsc::Sender<Job>);

impl Callbacks {
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("halloo-callbacks".to_owned());
        thread.spawn(move || {
            for job in jobs {
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    error!("A callback panicked");
                }
            }
        })?;
        Ok(Self(sender))
    }

    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        let _ = self.0.send(Box::new(job));
    }
}
