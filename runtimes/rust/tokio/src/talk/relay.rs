//! relay: an mpsc channel with room for one token for each task of the ring. It ends when those who
//! could send are gone, one task after the other.

use std::future::Future;
use std::mem;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use skein_worker::{Task, talk};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{sleep, sleep_until};

use crate::{at, spawn};

/// Keeps the end of the tasks out of the window.
const REST: Duration = Duration::from_millis(50);

/// The way to each task, in their order.
static RING: Mutex<Vec<Sender<u64>>> = Mutex::new(Vec::new());
/// The last hop is made.
static OVER: Notify = Notify::const_new();

fn ring() -> MutexGuard<'static, Vec<Sender<u64>>> {
    RING.lock().expect("nobody panics with it")
}

pub(super) fn set_up(tasks: u32) {
    ring().reserve_exact(tasks as usize); // touched task by task, as memory of theirs
}

pub(super) fn spawn_task(index: u32, is_last: bool) {
    let (way, tokens) = channel(1);
    ring().push(way);
    spawn(pass_on(index, tokens, Task::new()));
    if is_last {
        tokio::spawn(start_and_end(Task::new()));
    }
}

/// Looks up the way to the next task when it has its first token: by then all are there. Whoever
/// makes the last hop forgets it, so that the ring is open there.
fn pass_on(index: u32, mut tokens: Receiver<u64>, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        let mut next = None;
        while let Some(token) = tokens.recv().await {
            match talk().hop(index, token) {
                Some(token) => {
                    let way = next.get_or_insert_with(|| ring()[talk().after(index)].clone());
                    let _ = way.send(token).await; // nobody there: the run is over
                }
                None => {
                    next = None;
                    OVER.notify_one();
                }
            }
        }
        drop(alive);
    }
}

fn start_and_end(alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        sleep_until(at(talk().epoch_ns())).await;
        let first = ring()[0].clone();
        let _ = first.send(talk().first_token()).await;
        drop(first);
        OVER.notified().await;
        sleep(REST).await;
        let ways = mem::take(&mut *ring());
        drop(ways);
        drop(alive);
    }
}
