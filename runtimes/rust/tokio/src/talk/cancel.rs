//! cancel: tasks in mid-wait are aborted by their handles, which drops what they wait in; those
//! that receive see their channel closed.

use std::future::Future;
use std::mem;
use std::sync::OnceLock;

use async_channel::{Receiver, Sender, bounded};
use skein_worker::{PerTask, Task, Wait, frame_bytes, receive_nothing, talk, wait_in_vain};
use tokio::sync::{Mutex, Notify};
use tokio::task::AbortHandle;
use tokio::time::sleep_until;

use crate::{at, spawn};

/// Of the tasks that are to be aborted.
static HANDLES: PerTask<AbortHandle> = PerTask::new();
static ALL_THERE: Notify = Notify::const_new();
static LOCK: Mutex<()> = Mutex::const_new(());
/// Nobody sends.
static VALUES: OnceLock<(Sender<u64>, Receiver<u64>)> = OnceLock::new();

fn values() -> &'static Receiver<u64> {
    &VALUES.get().expect("it is set up").1
}

/// Nobody ever unlocks the mutex.
pub(super) fn set_up(tasks: u32) {
    VALUES.get_or_init(|| bounded(1));
    HANDLES.reserve(tasks);
    mem::forget(LOCK.try_lock().expect("nobody else is there"));
}

pub(super) fn spawn_task(index: u32, wait: Wait, is_last: bool) {
    if index == 0 {
        tokio::spawn(cancel_all(Task::new()));
    }
    let alive = Task::new();
    match wait {
        Wait::Sleep => spawn_to_abort(wait_in_vain(
            index,
            |index| sleep_until(at(talk().sleeps_until_ns(index))),
            alive,
        )),
        Wait::Receive => spawn(receive_nothing(index, || values().recv(), alive)),
        Wait::Lock => spawn_to_abort(wait_in_vain(index, |_| LOCK.lock(), alive)),
    }
    if is_last {
        ALL_THERE.notify_one();
    }
}

fn spawn_to_abort(task: impl Future<Output = ()> + Send + 'static) {
    frame_bytes(size_of_val(&task));
    HANDLES.push(tokio::spawn(task).abort_handle());
}

fn cancel_all(alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        ALL_THERE.notified().await;
        sleep_until(at(talk().epoch_ns())).await;
        talk().cancel();
        values().close(); // there is nobody but in the cells that receive
        for handle in HANDLES.take() {
            handle.abort();
        }
        drop(alive);
    }
}
