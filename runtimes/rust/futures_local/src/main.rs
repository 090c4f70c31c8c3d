//! The futures crate 0.3.34: row `futures_local`, its `LocalPool` on one thread.
//!
//! It schedules tasks, and has channels, a mutex and handles for them, but neither timers nor
//! sockets; whoever uses it brings those along, and they would be measured in its place. So what
//! needs them is a limit: c10k, timers, hog, and the sleeps of cancel.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics.
//! - `run_until_stalled` is how a program with a loop of its own runs the pool. The loop here waits
//!   in one poll(2) for commands and for the epoch; all tasks wait by then. No work that is
//!   measured waits for a time (alarms.rs).
//! - relay: an mpsc channel for each task. Without a buffer it has the room that each sender has of
//!   its own, one value; a task that sends has a clone of the way to the next. `feed`, because
//!   `send` waits until there is room for one more: here until the next task has its token.
//! - fanout: a parent awaits the `RemoteHandle`s of its children one after the other. `join_all`
//!   would poll all of them, and allocate twice for each parent.
//! - channel: mpsc has one receiver, which many can share by the crate's mutex only: each has it
//!   while it waits for a message. The buffer has what room is left beside that of each sender, so
//!   a channel with less room than senders is a limit.
//! - contention: the crate has a mutex, and nothing to yield by: a task wakes itself.
//! - cancel: those that receive wait on one oneshot channel, `Shared`, whose sender is dropped;
//!   those that lock are `Abortable`.
//!
//! Faster, and at what price
//! - A parent's children could be futures in its own (`join_all`, `FuturesUnordered`), with one
//!   allocation less for each. They would be no tasks, and a parent would be polled for each of
//!   them.
//! - A way with a buffer of 1 has room for two values, and its sender never parks itself: an
//!   allocation and two locks less for each hop.
//!
//! Unequal
//! - A spawn puts the future, in a box, into a list. The pool makes a second allocation for it when
//!   it runs next, which is not in the time to spawn.
//! - Its mutex has no order: whoever unlocks it and wants it again has it again, and the waiter
//!   that was woken waits on. So in contention a task has all of its turns in a row and waits for
//!   nobody, and in channel one receiver gets nearly all.
//! - A waiter that is to be woken is looked for from the first place on, past those that have
//!   ended.
//! - Channels, mutex and handles are made for several threads, and pay for atomic operations on
//!   one.
//! - While tasks can run nothing else does: a command is heard when all of them wait.

#![allow(clippy::manual_async_fn)] // an async fn keeps its arguments twice (rust-lang/rust#62958)

mod alarms;
mod talk;

use std::cell::OnceCell;
use std::future::Future;
use std::process::ExitCode;

use futures::executor::{LocalPool, LocalSpawner};
use futures::future::RemoteHandle;
use futures::task::{LocalSpawnExt, SpawnError};
use skein_worker::{About, Conversation, Failure, Threads, frame_bytes, worker};

static ABOUT: About = About {
    runtime: "futures_local",
    waits_on: "poll, while no task can run",
    needs_io_uring: false,
    timer_source: "none",
    library: "futures",
    allocator: None,
    threads: Threads::One,
    events_per_wait: None,
    tick_ns: None,
    timer_resolution_ns: 1,
    early_by_at_most_ns: 0,
    hogs: false,
    takes_nesting: false,
    takes_handler: false,
    takes_read_timeout: false,
    talks: true,
    room_by_sender: true,
    no_sockets: Some("the futures crate has no sockets of its own"),
    no_timers: Some("the futures crate has no timers of its own"),
};

thread_local! {
    static SPAWNER: OnceCell<LocalSpawner> = const { OnceCell::new() };
}

fn main() -> ExitCode {
    worker(&ABOUT, serve)
}

fn serve(mut conversation: Conversation) -> Result<Conversation, Failure> {
    let mut pool = LocalPool::new();
    SPAWNER.with(|spawner| spawner.set(pool.spawner())).expect("there is one pool");
    talk::set_up();
    conversation.started();
    while conversation.goes_on() {
        conversation.wait(alarms::next_ns());
        conversation.obey(talk::spawn_task)?;
        alarms::ring();
        pool.run_until_stalled();
    }
    drop(pool); // and with it every task
    Ok(conversation)
}

fn spawn(task: impl Future<Output = ()> + 'static) {
    frame_bytes(size_of_val(&task));
    spawn_beside(task);
}

/// A task beside those of the cell.
fn spawn_beside(task: impl Future<Output = ()> + 'static) {
    on_pool(|spawner| spawner.spawn_local(task));
}

fn spawn_with_handle(task: impl Future<Output = u64> + 'static) -> RemoteHandle<u64> {
    on_pool(|spawner| spawner.spawn_local_with_handle(task))
}

fn on_pool<Spawned>(spawn: impl FnOnce(&LocalSpawner) -> Result<Spawned, SpawnError>) -> Spawned {
    let spawned = SPAWNER.with(|spawner| spawn(spawner.get().expect("there is a pool")));
    spawned.expect("only its tasks spawn others")
}
