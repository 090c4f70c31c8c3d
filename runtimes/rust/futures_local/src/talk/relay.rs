//! relay: an mpsc channel for each task of the ring, where a sender has room for one token of its
//! own. It ends when those who could send are gone, one task after the other.

use std::future::Future;

use futures::SinkExt;
use futures::channel::mpsc::{Receiver, Sender, channel};
use skein_worker::{PerTask, Task, talk};

use super::spawn_at_epoch;
use crate::alarms::until;
use crate::spawn;

/// The way to each task.
static RING: PerTask<Sender<u64>> = PerTask::new();

pub(super) fn set_up(tasks: u32) {
    RING.reserve(tasks);
}

pub(super) fn spawn_task(index: u32, is_last: bool) {
    let (way, tokens) = channel(0);
    RING.push(way);
    spawn(pass_on(index, tokens, Task::new()));
    if is_last {
        spawn_at_epoch(async {
            let _ = RING.of(0).feed(talk().first_token()).await;
            talk().over().await;
            until(talk().ends_at_ns()).await;
            drop(RING.take());
        });
    }
}

/// Looks up the way to the next task when it has its first token: by then all are there. Whoever
/// makes the last hop forgets it, so that the ring is open there.
fn pass_on(index: u32, mut tokens: Receiver<u64>, alive: Task) -> impl Future<Output = ()> {
    async move {
        let mut next = None;
        while let Ok(token) = tokens.recv().await {
            match talk().hop(index, token) {
                Some(token) => {
                    let way = next.get_or_insert_with(|| RING.of(talk().after(index)));
                    let _ = way.feed(token).await; // nobody there: the run is over
                }
                None => next = None,
            }
        }
        drop(alive);
    }
}
