//! cancel: tasks that lock are aborted by their handles, which drops what they wait in; those that
//! receive see that the sender of their channel is gone.

use std::cell::Cell;
use std::mem;
use std::sync::OnceLock;

use futures::FutureExt;
use futures::channel::oneshot::{Receiver, Sender, channel};
use futures::future::{AbortHandle, Shared, abortable};
use futures::lock::Mutex;
use skein_worker::{PerTask, Task, Wait, receive_nothing, talk, wait_in_vain};

use super::spawn_at_epoch;
use crate::spawn;

/// Of the tasks that are to be aborted.
static HANDLES: PerTask<AbortHandle> = PerTask::new();
static LOCK: Mutex<()> = Mutex::new(());
static VALUE: OnceLock<Shared<Receiver<u64>>> = OnceLock::new();

thread_local! {
    /// Sends nothing.
    static SENDER: Cell<Option<Sender<u64>>> = const { Cell::new(None) };
}

/// Nobody ever unlocks the mutex.
pub(super) fn set_up(tasks: u32) {
    let (sender, receiver) = channel();
    SENDER.set(Some(sender));
    VALUE.get_or_init(|| receiver.shared());
    HANDLES.reserve(tasks);
    mem::forget(LOCK.try_lock().expect("nobody else is there"));
}

pub(super) fn spawn_task(index: u32, wait: Wait, is_last: bool) {
    let alive = Task::new();
    match wait {
        Wait::Sleep => unreachable!("it is a limit"),
        Wait::Receive => spawn(receive_nothing(index, value, alive)),
        Wait::Lock => {
            let (task, handle) = abortable(wait_in_vain(index, |_| LOCK.lock(), alive));
            HANDLES.push(handle);
            spawn(task.map(drop));
        }
    }
    if is_last {
        spawn_at_epoch(async {
            talk().cancel();
            drop(SENDER.take());
            for handle in HANDLES.take() {
                handle.abort();
            }
        });
    }
}

fn value() -> Shared<Receiver<u64>> {
    VALUE.get().expect("it is set up").clone()
}
