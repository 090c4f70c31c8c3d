//! contention: smol's mutex (async-lock), which keeps the order of those who have waited for long,
//! held across its `yield_now`.

use std::cell::Cell;

use skein_worker::{Task, contend};
use smol::future::yield_now;
use smol::lock::{Mutex, MutexGuard};

use super::spawn_at_epoch;
use crate::{Executor, spawn};

static MUTEX: Mutex<()> = Mutex::new(());

thread_local! {
    /// Until the epoch.
    static HELD: Cell<Option<MutexGuard<'static, ()>>> = const { Cell::new(None) };
}

pub(super) fn set_up() {
    HELD.set(MUTEX.try_lock());
}

pub(super) fn spawn_task(executor: &Executor, index: u32, is_last: bool) {
    spawn(executor, contend(index, || MUTEX.lock(), yield_now, Task::new()));
    if is_last {
        spawn_at_epoch(executor, async { drop(HELD.take()) });
    }
}
