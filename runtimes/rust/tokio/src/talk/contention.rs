//! contention: Tokio's mutex, which keeps the order of waiting, held across its `yield_now`.

use std::future::Future;

use skein_worker::{Task, contend, talk};
use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio::task::yield_now;
use tokio::time::sleep_until;

use crate::{at, spawn};

static MUTEX: Mutex<()> = Mutex::const_new(());
static ALL_THERE: Notify = Notify::const_new();

/// The holder is there before the others, and has the mutex until the epoch.
pub(super) fn set_up() {
    let held = MUTEX.try_lock().expect("nobody else is there");
    tokio::spawn(hold_until_epoch(held, Task::new()));
}

pub(super) fn spawn_task(index: u32, is_last: bool) {
    spawn(contend(index, || MUTEX.lock(), yield_now, Task::new()));
    if is_last {
        ALL_THERE.notify_one();
    }
}

fn hold_until_epoch(held: MutexGuard<'static, ()>, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        ALL_THERE.notified().await;
        sleep_until(at(talk().epoch_ns())).await;
        drop(held);
        drop(alive);
    }
}
