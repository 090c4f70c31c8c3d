//! contention: the crate's mutex, which has no order, held while its task wakes itself.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::mem;
use std::task::Poll;

use futures::lock::{Mutex, MutexGuard};
use skein_worker::{Task, contend};

use super::spawn_at_epoch;
use crate::spawn;

static MUTEX: Mutex<()> = Mutex::new(());

thread_local! {
    /// Until the epoch.
    static HELD: Cell<Option<MutexGuard<'static, ()>>> = const { Cell::new(None) };
}

pub(super) fn set_up() {
    HELD.set(MUTEX.try_lock());
}

pub(super) fn spawn_task(index: u32, is_last: bool) {
    spawn(contend(index, || MUTEX.lock(), yield_now, Task::new()));
    if is_last {
        spawn_at_epoch(async { drop(HELD.take()) });
    }
}

/// Its task comes behind all others that can run.
fn yield_now() -> impl Future<Output = ()> {
    let mut has_yielded = false;
    poll_fn(move |context| {
        if mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}
