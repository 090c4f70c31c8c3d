//! cancel: tasks in mid-wait are aborted by their handles, which drops what they wait in; those
//! that receive see their channel closed.

use std::future::Future;
use std::mem;
use std::sync::{Mutex as BlockingMutex, OnceLock};

use async_channel::{Receiver, Sender, bounded};
use skein_worker::{Task, Wait, frame_bytes, talk};
use tokio::sync::{Mutex, Notify};
use tokio::task::AbortHandle;
use tokio::time::sleep_until;

use crate::{at, spawn};

/// Of the tasks that are to be aborted.
static HANDLES: BlockingMutex<Vec<AbortHandle>> = BlockingMutex::new(Vec::new());
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
    HANDLES.lock().expect("nobody panics with it").reserve_exact(tasks as usize);
    mem::forget(LOCK.try_lock().expect("nobody else is there"));
}

pub(super) fn spawn_task(index: u32, wait: Wait, is_last: bool) {
    if index == 0 {
        tokio::spawn(cancel_all(Task::new()));
    }
    let waiting = Waiting { index };
    match wait {
        Wait::Sleep => spawn_to_abort(sleep_long(waiting, Task::new())),
        Wait::Receive => spawn(receive_nothing(waiting, Task::new())),
        Wait::Lock => spawn_to_abort(lock_in_vain(waiting, Task::new())),
    }
    if is_last {
        ALL_THERE.notify_one();
    }
}

fn spawn_to_abort(task: impl Future<Output = ()> + Send + 'static) {
    frame_bytes(size_of_val(&task));
    let handle = tokio::spawn(task).abort_handle();
    HANDLES.lock().expect("nobody panics with it").push(handle);
}

/// A task has it until its wait is cancelled, which counts when it is dropped.
struct Waiting {
    index: u32,
}

impl Waiting {
    fn ended_otherwise(self) {
        talk().wrong("a wait ended that nobody had cancelled");
        mem::forget(self);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        talk().cancelled(self.index);
    }
}

fn sleep_long(waiting: Waiting, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        sleep_until(at(talk().sleeps_until_ns(waiting.index))).await;
        waiting.ended_otherwise();
        drop(alive);
    }
}

fn receive_nothing(waiting: Waiting, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        match values().recv().await {
            Ok(_) => waiting.ended_otherwise(),
            Err(_) => drop(waiting),
        }
        drop(alive);
    }
}

fn lock_in_vain(waiting: Waiting, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        let held = LOCK.lock().await;
        waiting.ended_otherwise();
        drop((held, alive));
    }
}

fn cancel_all(alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        ALL_THERE.notified().await;
        sleep_until(at(talk().epoch_ns())).await;
        talk().cancel();
        values().close(); // there is nobody but in the cells that receive
        let handles = mem::take(&mut *HANDLES.lock().expect("nobody panics with it"));
        for handle in handles {
            handle.abort();
        }
        drop(alive);
    }
}
