//! async-std 1.13.2: row `async_std`, its global executor. It was discontinued in 2025 in favour of
//! smol, and is here for the programs that still run on it.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics.
//! - Connections: its `poll_read` and `poll_write` in one poll (skein_worker/src/echo.rs), so that the
//!   buffer can be a scratch of the thread.
//! - Timers: `task::sleep`, and `future::timeout` around the reply for a task that waits with one. Both
//!   take a duration, so a deadline is counted from now; there is no other way in.
//! - The executor is the default: as many threads as the process has CPUs, which is one on one CPU,
//!   and the main thread waits for it. The conversation is a task, as programs spawn from tasks.
//!   Descriptor 0 is an `Async` of async-io, whose reactor async-std uses.
//!
//! Faster, and at what price
//! - Every request ends in a read that finds nothing and an epoll_ctl: async-std has no call that waits
//!   for readiness first. smol, on the same reactor, has one (row `smol`).
//!
//! Unequal
//! - Its executor is never dropped, so tasks are cancelled one by one. The handles that this takes are
//!   32 bytes of memory for each task of timers; a program that does not cancel need not keep them.
//!   Connections end because their sockets are shut down.
//! - The reactor and its thread are those of smol, with what the head of that row says of them.

#![allow(clippy::manual_async_fn)] // an async fn keeps its arguments twice (rust-lang/rust#62958)

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::Async;
use async_std::future::timeout;
use async_std::io::{Read, Write};
use async_std::net::{TcpListener, TcpStream};
use async_std::task::{self, JoinHandle, sleep};
use skein_worker::{
    About, Buffer, Conversation, Echo, Failure, Group, Lent, Own, Pattern, PollStream, Reply, Task,
    Threads, Work, c10k, frame_bytes, hang_up, live_connections, time_until, timers, worker,
};

static ABOUT: About = About {
    runtime: "async_std",
    waits_on: "epoll, one event for each arming",
    needs_io_uring: false,
    timer_source: "ordered map, timerfd",
    library: "async-std",
    allocator: None,
    threads: Threads::Many,
    events_per_wait: Some(1024),
    tick_ns: None,
    timer_resolution_ns: 1,
    early_by_at_most_ns: 0,
    hogs: false,
    takes_nesting: false,
    takes_handler: false,
    takes_read_timeout: false,
    talks: false,
    room_by_sender: false,
    no_sockets: None,
    no_timers: None,
};

type Handles = Vec<JoinHandle<()>>;

fn main() -> ExitCode {
    worker(&ABOUT, |talk| task::block_on(task::spawn(serve(talk))))
}

async fn serve(mut talk: Conversation) -> Result<Conversation, Failure> {
    let mut handles = Handles::new();
    if let Work::C10k(c10k) = talk.work() {
        let listener = TcpListener::from(c10k.listener());
        handles.push(spawn(accept_all(listener, Task::new())));
    }
    converse(&mut talk, &mut handles).await?;
    for handle in handles {
        handle.cancel().await;
    }
    while live_connections() > 0 {
        hang_up();
        sleep(Duration::from_millis(1)).await;
    }
    Ok(talk)
}

async fn converse(talk: &mut Conversation, handles: &mut Handles) -> Result<(), Failure> {
    let commands = Async::new_nonblocking(talk.descriptor())?; // it is only waited for
    talk.started();
    while talk.goes_on() {
        commands.readable().await?;
        talk.obey(|index| handles.push(spawn_task(index)))?;
    }
    Ok(())
}

fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    frame_bytes(size_of_val(&task));
    task::spawn(task)
}

// --- c10k

async fn accept_all(listener: TcpListener, _alive: Task) {
    loop {
        match (listener.accept().await, c10k().buffer()) {
            (Ok((peer, _)), Buffer::Lent) => drop(spawn(Echo::<_, Lent>::new(Peer(peer)))),
            (Ok((peer, _)), Buffer::Own) => drop(spawn(Echo::<_, Own>::new(Peer(peer)))),
            (Err(error), _) => c10k().accept_failed(error),
        }
    }
}

struct Peer(TcpStream);

impl PollStream for Peer {
    fn poll_read(&mut self, context: &mut Context, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }

    fn poll_write(&mut self, context: &mut Context, chunk: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, chunk)
    }
}

// --- timers

fn spawn_task(index: u32) -> JoinHandle<()> {
    let alive = Task::new();
    match timers().pattern() {
        Pattern::Spread | Pattern::Storm | Pattern::Periodic => spawn(wake_again(index, alive)),
        Pattern::Churn if timers().is_canceller(index) => {
            spawn(cancel_in_time(index, timers().group_of(index), alive))
        }
        Pattern::Churn => spawn(wait_with_timeout(index, timers().reply(index), alive)),
    }
}

/// Once or several times, which is the same where every sleep is new.
fn wake_again(index: u32, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        for turn in 0..timers().turns(index) {
            sleep(time_until(timers().due_ns(index, turn))).await;
            timers().fired(index, turn);
        }
        drop(alive);
    }
}

fn wait_with_timeout(index: u32, reply: Reply, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        for round in 0..timers().rounds() {
            let left = time_until(timers().timeout_at_ns(index, round));
            let replied = timeout(left, reply.of_round(round)).await.is_ok();
            timers().waited(index, round, replied);
        }
        drop(alive);
    }
}

fn cancel_in_time(index: u32, group: Arc<Group>, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        for round in 0..timers().rounds() {
            sleep(time_until(timers().end_ns(index, round))).await;
            timers().cancel_round(&group, index, round);
        }
        drop(alive);
    }
}
