//! Tasks that wait for each other, by workload. What they wait on is in statics, as all that tasks
//! share. A task that begins the work comes when all others are there.

mod cancel;
mod channel;
mod contention;
mod fanout;
mod relay;

use std::future::Future;
use std::rc::Rc;

use skein_worker::{TalkCell, Task, instant, talk};
use smol::Timer;

use crate::Executor;

/// Before the first task.
pub(crate) fn set_up(executor: &Rc<Executor>) {
    match talk().cell() {
        TalkCell::Relay { tasks, .. } => relay::set_up(tasks),
        TalkCell::Fanout { .. } => fanout::set_up(executor),
        TalkCell::Channel { capacity, .. } => channel::set_up(capacity),
        TalkCell::Contention { .. } => contention::set_up(),
        TalkCell::Cancel { tasks, .. } => cancel::set_up(tasks),
    }
}

pub(crate) fn spawn_task(executor: &Executor, index: u32) {
    let is_last = talk().is_last(index);
    match talk().cell() {
        TalkCell::Relay { .. } => relay::spawn_task(executor, index, is_last),
        TalkCell::Fanout { tasks, .. } if is_last => fanout::spawn_root(executor, tasks),
        TalkCell::Fanout { .. } => (), // nothing but the root
        TalkCell::Channel { .. } => channel::spawn_task(executor, index),
        TalkCell::Contention { .. } => contention::spawn_task(executor, index, is_last),
        TalkCell::Cancel { wait, .. } => cancel::spawn_task(executor, index, wait, is_last),
    }
}

fn until(at_ns: u64) -> Timer {
    Timer::at(instant(at_ns))
}

/// Spawns a task beside those of the cell, which works from the epoch on.
fn spawn_at_epoch(executor: &Executor, work: impl Future<Output = ()> + 'static) {
    let alive = Task::new();
    let task = async move {
        until(talk().epoch_ns()).await;
        work.await;
        drop(alive);
    };
    executor.spawn(task).detach();
}
