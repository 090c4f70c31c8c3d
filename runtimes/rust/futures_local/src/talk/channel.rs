//! channel: the receiver of an mpsc channel, behind a mutex. Each sender has room for a message of
//! its own.

use std::future::Future;
use std::sync::OnceLock;

use futures::SinkExt;
use futures::channel::mpsc::{Receiver, Sender, channel};
use futures::lock::Mutex;
use skein_worker::{Message, Task, receive_all, talk};

use crate::alarms::until;
use crate::{spawn, spawn_beside};

static CHANNEL: OnceLock<(Sender<Message>, Mutex<Receiver<Message>>)> = OnceLock::new();

fn ends() -> &'static (Sender<Message>, Mutex<Receiver<Message>>) {
    CHANNEL.get().expect("it is set up")
}

/// The sender that all others are clones of sends nothing, so its room is nobody's.
pub(super) fn set_up(capacity: usize, senders: u32) {
    CHANNEL.get_or_init(|| {
        let (sender, receiver) = channel(capacity - senders as usize);
        (sender, Mutex::new(receiver))
    });
}

/// A receiver, and the senders that come with it.
pub(super) fn spawn_task(index: u32) {
    for each in talk().senders_with(index) {
        spawn_beside(send_all(each, ends().0.clone(), Task::new()));
    }
    let receive = || async { ends().1.lock().await.recv().await };
    let close = || ends().1.try_lock().expect("who was woken has not run yet").close();
    spawn(receive_all(index, receive, close, Task::new()));
}

fn send_all(index: u32, mut sender: Sender<Message>, alive: Task) -> impl Future<Output = ()> {
    async move {
        until(talk().epoch_ns()).await;
        for number in 0..talk().messages_of(index) {
            if sender.feed(Message { sender: index, number }).await.is_err() {
                break;
            }
        }
        drop(alive);
    }
}
