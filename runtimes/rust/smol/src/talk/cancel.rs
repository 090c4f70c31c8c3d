//! cancel: the handle of a task is dropped, by which the executor drops the task in its next turn;
//! those that receive see their channel closed.

use std::future::Future;
use std::mem;
use std::sync::OnceLock;

use skein_worker::{PerTask, Task, Wait, frame_bytes, receive_nothing, talk, wait_in_vain};
use smol::channel::{Receiver, Sender, bounded};
use smol::lock::Mutex;

use super::{spawn_at_epoch, until};
use crate::{Executor, spawn};

/// Of the tasks that are to be cancelled.
static HANDLES: PerTask<smol::Task<()>> = PerTask::new();
static LOCK: Mutex<()> = Mutex::new(());
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

pub(super) fn spawn_task(executor: &Executor, index: u32, wait: Wait, is_last: bool) {
    let alive = Task::new();
    match wait {
        Wait::Sleep => {
            let sleep = |index| until(talk().sleeps_until_ns(index));
            spawn_to_cancel(executor, wait_in_vain(index, sleep, alive));
        }
        Wait::Receive => spawn(executor, receive_nothing(index, || values().recv(), alive)),
        Wait::Lock => spawn_to_cancel(executor, wait_in_vain(index, |_| LOCK.lock(), alive)),
    }
    if is_last {
        spawn_at_epoch(executor, async {
            talk().cancel();
            values().close(); // there is nobody but in the cells that receive
            drop(HANDLES.take());
        });
    }
}

fn spawn_to_cancel(executor: &Executor, task: impl Future<Output = ()> + 'static) {
    frame_bytes(size_of_val(&task));
    HANDLES.push(executor.spawn(task));
}
