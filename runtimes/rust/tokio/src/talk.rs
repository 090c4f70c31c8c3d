//! Tasks that wait for each other, by workload. What they wait on is in statics, as all that tasks
//! share. Tasks beside those of the cell are spawned without a word on the size of their futures.

mod cancel;
mod channel;
mod contention;
mod fanout;
mod relay;

use skein_worker::{TalkCell, talk};

/// Before the first task. What spawns one.
pub(crate) fn set_up() -> fn(u32) {
    match talk().cell() {
        TalkCell::Relay { tasks, .. } => relay::set_up(tasks),
        TalkCell::Channel { capacity, .. } => channel::set_up(capacity),
        TalkCell::Contention { .. } => contention::set_up(),
        TalkCell::Cancel { tasks, .. } => cancel::set_up(tasks),
        TalkCell::Fanout { .. } => (),
    }
    spawn_task
}

fn spawn_task(index: u32) {
    match talk().cell() {
        TalkCell::Relay { tasks, .. } => relay::spawn_task(index, index + 1 == tasks),
        TalkCell::Fanout { tasks, .. } if index + 1 == tasks => fanout::spawn_root(tasks),
        TalkCell::Fanout { .. } => (), // nothing but the root, once all are asked for
        TalkCell::Channel { .. } => channel::spawn_task(index),
        TalkCell::Contention { tasks, .. } => contention::spawn_task(index, index + 1 == tasks),
        TalkCell::Cancel { tasks, wait } => cancel::spawn_task(index, wait, index + 1 == tasks),
    }
}
