//! smol 2.0.2 (async-io, async-executor): row `smol`, a `LocalExecutor` on one thread.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics.
//! - Connections: `poll_readable`, then `read` and `write` of the socket in the same poll
//!   (skein_worker/src/echo.rs), so that the buffer can be a scratch of the thread. Arming a wait
//!   asks the kernel anew whether there is something to read, so after a short read no second one
//!   is needed that finds nothing; `AsyncRead` makes one. `poll_readable` keeps the waker in the
//!   source, where the future of `readable()` allocates a place in a list.
//! - Timers: `Timer::at`, `Timer::set_at` for a task that wakes again, `future::or` with the reply
//!   for one that waits with a timeout.
//! - Tasks that wait for each other (talk.rs) have what smol brings: its channel (async-channel,
//!   with room for one value at least), which is closed or forgotten; the handles of a task's
//!   children in fanout; its mutex (async-lock) and `yield_now` in contention. In cancel the handle
//!   of a task is dropped: what it waits in is dropped in its next turn.
//! - Descriptor 0 is an `Async` of the same reactor. The accept loop is joined to the conversation,
//!   because a task cannot borrow the executor that owns it. A task that spawns (fanout) looks it
//!   up.
//!
//! Faster, and at what price
//! - The executor's `StaticLocalExecutor` keeps no list of its tasks, but cannot drop them either.
//!
//! Unequal
//! - The reactor arms a descriptor again at every wait (epoll_ctl), and sets a timerfd before every
//!   epoll_wait: calls that other loops do not make.
//! - async-io starts a thread that drives the reactor whenever no other does. It looks up to 100
//!   times a second, on the worker's CPU, and takes turns with the main thread at waiting for
//!   events.
//! - Channels, mutex and handles are made for several threads, and pay for atomic operations on
//!   one. Each wait for a channel or the mutex allocates its place in a list, which is under a lock.
//! - Its mutex goes to whoever comes first until somebody has waited for 0.5 ms; from then on it
//!   keeps the order of those who have. Each wait reads the clock.
//! - After 200 turns of tasks the executor asks the kernel. A receiver goes on as long as there are
//!   values, so one of many may get nearly all.
//! - A cancelled task does not see that it was: its destructors run, and one of them counts it.
//! - The ring of relay ends one task after the other, since a receiver ends when its sender is
//!   gone.
//! - Timers lie in one ordered map under a lock, in nanoseconds. None is early.

#![allow(clippy::manual_async_fn)] // an async fn keeps its arguments twice (rust-lang/rust#62958)

mod talk;

use std::future::Future;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use skein_worker::{
    About, Buffer, Conversation, Echo, Failure, Group, Lent, Own, Pattern, PollStream, Reply, Task,
    Threads, Work, c10k, frame_bytes, instant, timers, worker,
};
use smol::{Async, LocalExecutor, Timer, future};

static ABOUT: About = About {
    runtime: "smol",
    waits_on: "epoll, one event for each arming",
    needs_io_uring: false,
    timer_source: "ordered map, timerfd",
    library: "smol",
    allocator: None,
    threads: Threads::One,
    events_per_wait: Some(1024),
    tick_ns: None,
    timer_resolution_ns: 1,
    early_by_at_most_ns: 0,
    hogs: false,
    takes_nesting: false,
    takes_handler: false,
    takes_read_timeout: false,
    talks: true,
    room_by_sender: false,
    no_sockets: None,
    no_timers: None,
};

type Executor = LocalExecutor<'static>;

fn main() -> ExitCode {
    worker(&ABOUT, |conversation| {
        let executor = Rc::new(Executor::new());
        let served = smol::block_on(executor.run(serve(&executor, conversation)));
        drop(executor); // and with it every task
        served
    })
}

async fn serve(
    executor: &Rc<Executor>,
    conversation: Conversation,
) -> Result<Conversation, Failure> {
    match conversation.work() {
        Work::C10k(c10k) => {
            let listener = Async::new(c10k.listener())?;
            future::or(converse(executor, conversation), accept_all(executor, listener)).await
        }
        _ => converse(executor, conversation).await,
    }
}

async fn converse(
    executor: &Rc<Executor>,
    mut conversation: Conversation,
) -> Result<Conversation, Failure> {
    // It is only waited for.
    let commands = Async::new_nonblocking(conversation.descriptor())?;
    let mut spawn: fn(&Executor, u32) = spawn_task;
    if let Work::Talk(_) = conversation.work() {
        talk::set_up(executor);
        spawn = talk::spawn_task;
    }
    conversation.started();
    while conversation.goes_on() {
        commands.readable().await?;
        conversation.obey(|index| spawn(executor, index))?;
    }
    Ok(conversation)
}

fn spawn(executor: &Executor, task: impl Future<Output = ()> + 'static) {
    frame_bytes(size_of_val(&task));
    executor.spawn(task).detach();
}

// --- c10k

async fn accept_all<Never>(executor: &Executor, listener: Async<TcpListener>) -> Never {
    let _alive = Task::new();
    loop {
        match (listener.accept().await, c10k().buffer()) {
            (Ok((peer, _)), Buffer::Lent) => spawn(executor, Echo::<_, Lent>::new(Peer::new(peer))),
            (Ok((peer, _)), Buffer::Own) => spawn(executor, Echo::<_, Own>::new(Peer::new(peer))),
            (Err(error), _) => c10k().accept_failed(error),
        }
    }
}

struct Peer {
    stream: Async<TcpStream>,
    /// A read has found less than it had room for.
    is_empty: bool,
}

impl Peer {
    fn new(stream: Async<TcpStream>) -> Self {
        Self { stream, is_empty: false }
    }
}

impl PollStream for Peer {
    fn poll_read(&mut self, context: &mut Context, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            if self.is_empty {
                ready!(self.stream.poll_readable(context))?;
            }
            match self.stream.get_ref().read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.is_empty = true,
                got => {
                    self.is_empty = got.as_ref().is_ok_and(|&size| size < into.len());
                    return Poll::Ready(got);
                }
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context, chunk: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.stream.get_ref().write(chunk) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
            ready!(self.stream.poll_writable(context))?;
        }
    }
}

// --- timers

fn spawn_task(executor: &Executor, index: u32) {
    let alive = Task::new();
    match timers().pattern() {
        Pattern::Spread | Pattern::Storm => spawn(executor, sleep_once(index, alive)),
        Pattern::Periodic => spawn(executor, wake_again(index, alive)),
        Pattern::Churn if timers().is_canceller(index) => {
            spawn(executor, cancel_in_time(index, timers().group_of(index), alive));
        }
        Pattern::Churn => spawn(executor, wait_with_timeout(index, timers().reply(index), alive)),
    }
}

fn sleep_once(index: u32, alive: Task) -> impl Future<Output = ()> {
    async move {
        Timer::at(instant(timers().due_ns(index, 0))).await;
        timers().fired(index, 0);
        drop(alive);
    }
}

fn wake_again(index: u32, alive: Task) -> impl Future<Output = ()> {
    async move {
        let mut timer = Timer::never();
        for turn in 0..timers().turns(index) {
            timer.set_at(instant(timers().due_ns(index, turn)));
            (&mut timer).await;
            timers().fired(index, turn);
        }
        drop(alive);
    }
}

fn wait_with_timeout(index: u32, reply: Reply, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            let timeout = Timer::at(instant(timers().timeout_at_ns(index, round)));
            let replied = async {
                reply.of_round(round).await;
                true
            };
            let timed_out = async {
                timeout.await;
                false
            };
            let replied = future::or(replied, timed_out).await;
            timers().waited(index, round, replied);
        }
        drop(alive);
    }
}

fn cancel_in_time(index: u32, group: Arc<Group>, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            Timer::at(instant(timers().end_ns(index, round))).await;
            timers().cancel_round(&group, index, round);
        }
        drop(alive);
    }
}
