//! channel: async-channel, since a channel of Tokio has one receiver (tokio-rs/tokio#3891).

use std::sync::OnceLock;

use async_channel::{Receiver, Sender, bounded};
use skein_worker::{Message, Task, receive_all, send_all, talk};
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
    let epoch = || sleep_until(at(talk().epoch_ns()));
    for each in talk().senders_with(index) {
        tokio::spawn(send_all(each, epoch, |message| sender().send(message), Task::new()));
    }
    let close = || {
        receiver().close();
    };
    spawn(receive_all(index, || receiver().recv(), close, Task::new()));
}
