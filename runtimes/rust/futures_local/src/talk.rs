//! Tasks that wait for each other, by workload. What they wait on is in statics, as all that tasks
//! share. A task that begins the work comes when all others are there.

mod cancel;
mod channel;
mod contention;
mod fanout;
mod relay;

use std::future::Future;

use skein_worker::{TalkCell, Task, talk};

use crate::alarms::until;
use crate::spawn_beside;

/// Before the first task.
pub(crate) fn set_up() {
    match talk().cell() {
        TalkCell::Relay { tasks, .. } => relay::set_up(tasks),
        TalkCell::Channel { capacity, senders, .. } => channel::set_up(capacity, senders),
        TalkCell::Contention { .. } => contention::set_up(),
        TalkCell::Cancel { tasks, .. } => cancel::set_up(tasks),
        TalkCell::Fanout { .. } => (),
    }
}

pub(crate) fn spawn_task(index: u32) {
    let is_last = talk().is_last(index);
    match talk().cell() {
        TalkCell::Relay { .. } => relay::spawn_task(index, is_last),
        TalkCell::Fanout { tasks, .. } if is_last => fanout::spawn_root(tasks),
        TalkCell::Fanout { .. } => (), // nothing but the root
        TalkCell::Channel { .. } => channel::spawn_task(index),
        TalkCell::Contention { .. } => contention::spawn_task(index, is_last),
        TalkCell::Cancel { wait, .. } => cancel::spawn_task(index, wait, is_last),
    }
}

/// Spawns a task beside those of the cell, which works from the epoch on.
fn spawn_at_epoch(work: impl Future<Output = ()> + 'static) {
    let alive = Task::new();
    spawn_beside(async move {
        until(talk().epoch_ns()).await;
        work.await;
        drop(alive);
    });
}
