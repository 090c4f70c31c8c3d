//! channel: async-channel, since a channel of Tokio has one receiver (tokio-rs/tokio#3891).

use std::future::Future;
use std::sync::OnceLock;

use async_channel::{Receiver, Sender, bounded};
use skein_worker::{Message, Task, talk};
use tokio::time::sleep_until;

use crate::{at, spawn};

static CHANNEL: OnceLock<(Sender<Message>, Receiver<Message>)> = OnceLock::new();

fn sender() -> &'static Sender<Message> {
    &CHANNEL.get().expect("it is set up").0
}

fn receiver() -> &'static Receiver<Message> {
    &CHANNEL.get().expect("it is set up").1
}

pub(super) fn set_up(capacity: usize) {
    CHANNEL.get_or_init(|| bounded(capacity));
}

/// A receiver, and the senders that come with it.
pub(super) fn spawn_task(index: u32) {
    for sender in talk().senders_with(index) {
        tokio::spawn(send_all(sender, Task::new()));
    }
    spawn(receive_all(index, Task::new()));
}

fn send_all(index: u32, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        sleep_until(at(talk().epoch_ns())).await;
        for number in 0..talk().messages_of(index) {
            if sender().send(Message { sender: index, number }).await.is_err() {
                break;
            }
        }
        drop(alive);
    }
}

fn receive_all(index: u32, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        while let Ok(message) = receiver().recv().await {
            if talk().received(index, message) {
                receiver().close();
            }
        }
        drop(alive);
    }
}
