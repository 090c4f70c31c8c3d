//! What few tasks wait for a time by, where nobody measures that: the epoch, and the rest behind a
//! relay. The thread sleeps until then while no task can run.

use std::cell::RefCell;

use futures::channel::oneshot::{Sender, channel};
use skein_worker::now_ns;

thread_local! {
    /// When, and what is dropped then.
    static ALARMS: RefCell<Vec<(u64, Sender<()>)>> = const { RefCell::new(Vec::new()) };
}

/// Waits until a time.
pub(crate) async fn until(at_ns: u64) {
    let (alarm, rung) = channel();
    ALARMS.with_borrow_mut(|alarms| alarms.push((at_ns, alarm)));
    let _ = rung.await; // it ends by being dropped
}

/// When the next is due.
pub(crate) fn next_ns() -> Option<u64> {
    ALARMS.with_borrow(|alarms| alarms.iter().map(|&(at_ns, _)| at_ns).min())
}

/// Ends the waits that are due.
pub(crate) fn ring() {
    let now_ns = now_ns();
    ALARMS.with_borrow_mut(|alarms| alarms.retain(|&(at_ns, _)| at_ns > now_ns));
}
