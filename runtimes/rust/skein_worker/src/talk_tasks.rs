//! Tasks that wait for each other, where those of the rows differ in nothing but what they wait on:
//! a row gives a function that makes such a wait.
//!
//! Most are async blocks: an async fn keeps its arguments twice (rust-lang/rust#62958), and each
//! word is a part of what a task takes. A function that captures nothing takes no room. Leaves out
//! relay, whose tasks own the channel that they wait on, and the tasks that begin and end the work.

#![allow(clippy::manual_async_fn)] // see above

use std::future::Future;
use std::mem;

use crate::live::Task;
use crate::talk::{FAN, Leaves, Message, talk};

/// fanout: spawns the children of a task, awaits one after the other, and adds up what they give.
/// `given` takes that out of what a handle gives.
pub async fn divide<Child: Future + Unpin>(
    own: Leaves,
    spawn_child: impl Fn(Leaves) -> Child,
    given: impl Fn(Child::Output) -> u64,
) -> u64 {
    let mut children: [Option<Child>; FAN] = Default::default();
    for (child, place) in (0..own.children()).zip(&mut children) {
        *place = Some(spawn_child(own.of_child(child)));
    }
    let mut sum = 0_u64;
    for child in children.iter_mut().flatten() {
        sum = sum.wrapping_add(given(child.await));
    }
    sum
}

/// channel: a sender, from the epoch on. It ends early if there is nobody to receive.
pub fn send_all<Epoch: Future, Sending: Future<Output = Result<(), Closed>>, Closed>(
    index: u32,
    epoch: impl FnOnce() -> Epoch,
    send: impl Fn(Message) -> Sending,
    alive: Task,
) -> impl Future<Output = ()> {
    async move {
        epoch().await;
        for number in 0..talk().messages_of(index) {
            if send(Message { sender: index, number }).await.is_err() {
                break;
            }
        }
        drop(alive);
    }
}

/// channel: a receiver, until the channel is closed; whoever has the last message does that.
pub fn receive_all<Receiving: Future<Output = Result<Message, Closed>>, Closed>(
    index: u32,
    receive: impl Fn() -> Receiving,
    close: impl Fn(),
    alive: Task,
) -> impl Future<Output = ()> {
    async move {
        while let Ok(message) = receive().await {
            if talk().received(index, message) {
                close();
            }
        }
        drop(alive);
    }
}

/// contention: takes the mutex again and again, and yields while it has it.
pub fn contend<Locking: Future, Yielding: Future>(
    index: u32,
    lock: impl Fn() -> Locking,
    yield_now: impl Fn() -> Yielding,
    alive: Task,
) -> impl Future<Output = ()> {
    async move {
        for _ in 0..talk().locks() {
            let since = talk().handed_over();
            let held = lock().await;
            talk().taken(index, since);
            yield_now().await;
            talk().release(index);
            drop(held);
        }
        drop(alive);
    }
}

/// cancel: a wait that does not end by itself, of a task that is to be dropped in it.
pub fn wait_in_vain<Waited: Future>(
    index: u32,
    wait: impl FnOnce(u32) -> Waited,
    alive: Task,
) -> impl Future<Output = ()> {
    let waiting = Waiting { index };
    async move {
        let _got = wait(waiting.index).await;
        waiting.ended_otherwise();
        drop(alive);
    }
}

/// cancel: a task that is to see that the channel on which nobody sends was closed.
pub fn receive_nothing<Receiving: Future<Output = Result<Got, Closed>>, Got, Closed>(
    index: u32,
    receive: impl FnOnce() -> Receiving,
    alive: Task,
) -> impl Future<Output = ()> {
    let waiting = Waiting { index };
    async move {
        match receive().await {
            Ok(_) => waiting.ended_otherwise(),
            Err(_) => drop(waiting),
        }
        drop(alive);
    }
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
