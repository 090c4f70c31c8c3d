//! channel: smol's channel has many receivers (async-channel).

use std::sync::OnceLock;

use skein_worker::{Message, Task, receive_all, send_all, talk};
use smol::channel::{Receiver, Sender, bounded};

use super::until;
use crate::{Executor, spawn};

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
pub(super) fn spawn_task(executor: &Executor, index: u32) {
    let epoch = || until(talk().epoch_ns());
    for each in talk().senders_with(index) {
        let sending = send_all(each, epoch, |message| sender().send(message), Task::new());
        executor.spawn(sending).detach();
    }
    let close = || {
        receiver().close();
    };
    spawn(executor, receive_all(index, || receiver().recv(), close, Task::new()));
}
