//! Tokio 1.54.1: rows `tokio` (current_thread), `tokio_mt` (multi_thread) and `tokio_jemalloc`.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics. Tokio rounds a task's allocation
//!   up to a multiple of 128 bytes, so each captured word may cost 128.
//! - Connections: `poll_read` and `poll_write` in one poll (skein_worker/src/echo.rs), so that the
//!   buffer can be a scratch of the thread. Only the `poll_*` calls and what is made of them take a
//!   short read as proof that the socket is empty (tokio#4840, #5866); `readable().await` and
//!   `try_read` end every request in one more read that finds nothing. With a buffer of its own a
//!   connection does the same; `read` and `write_all` make the same system calls.
//! - Timers: `sleep_until`; `Sleep::reset` for a task that wakes again (an `Interval` is the same
//!   with one more allocation); `timeout_at` around the reply for one that waits with a timeout.
//! - Tasks are `async move` blocks: an `async fn` keeps its arguments twice, as such and where they are
//!   used (rust-lang/rust#62958). For `periodic` those 8 bytes would be 128.
//! - A task that waits some calls down (nested.rs) is async functions of which each awaits the next.
//!   All of them are one future, in the task's one allocation: nothing is boxed. A level keeps its
//!   argument and a state. The compiler may put the polls of several levels into one function.
//! - A request that waits and computes (handler.rs) is an `async move` block with a `sleep_until`, and
//!   an array for the request in it.
//! - A read that gives up (timeout.rs) has a `timeout` around it.
//! - Tasks that wait for each other (talk.rs) have what Tokio brings: an mpsc channel for each task
//!   of relay, the handles of a task's children in fanout, its fair mutex and `yield_now` in
//!   contention. Its channels have one receiver, so where there are many the channel is
//!   async-channel 2.5, which its maintainers name for that (tokio-rs/tokio discussion 3891); it
//!   has room for one value at least, so a channel without room is a limit. In cancel a task is
//!   aborted by its handle: what it waits in is dropped in its next turn, and a mutex needs no
//!   second wait beside it.
//! - A task that computes among timers (hog.rs) is one like any other; it yields by `yield_now`, or
//!   hands its work to `spawn_blocking`, which the documentation names for that.
//! - Descriptor 0 is an `AsyncFd` of the same loop: no thread for the conversation.
//! - `tokio_mt` is the default builder: as many workers as the process has CPUs. On one CPU that is
//!   one worker, and the main thread waits for it. The conversation is a task on the worker, because
//!   programs spawn from tasks; from outside every spawn would go through the injection queue.
//!
//! Faster, and at what price
//! - A wait that is cancelled could keep its `Sleep` and `reset` it: a later deadline costs Tokio one
//!   atomic operation and no lock. Nothing would then be cancelled, which is what churn is about.
//! - `event_interval` and `global_queue_interval` are the defaults.
//! - A channel for one token could be a `Notify` and a cell: without the block of 32 values that an
//!   mpsc channel begins with. `try_send` would keep the wait for room out of each task.
//! - A `JoinSet` collects children in any order, with one more allocation for each.
//! - A task that wakes itself yields without a look at the kernel; other tasks can then starve the
//!   I/O.
//! - Memory: another allocator (`tokio_jemalloc`), because malloc pays for the alignment of 128.
//!
//! Unequal
//! - Its clock ticks in whole milliseconds from when the runtime was built, and a deadline is rounded
//!   up to a tick (tokio#6866). So lateness has a random part of up to 1 ms for each process, the
//!   same for all of its timers. Compare several processes. No timer is early.
//! - Channels, mutex and handles are made for several threads, and pay for atomic operations on one.
//! - `yield_now` wakes its task only when no other is ready and the driver has been polled: in
//!   contention each hand-over has an `epoll_wait`.
//! - The pool of `spawn_blocking` starts its thread when work comes, so that is in the figures.
//! - async-channel knows nothing of Tokio's budget: a receiver goes on as long as there are values, so
//!   one of many may get nearly all.
//! - An aborted task does not see that it was: its destructors run, and one of them counts it.
//! - The ring of relay ends one task after the other, since a receiver ends when its sender is gone.
//! - In `tokio_mt` the task that was woken, or spawned, last runs first, three times in a row at most.

#![allow(clippy::manual_async_fn)] // see above
#![recursion_limit = "512"] // of types: 64 futures in each other

mod handler;
mod hog;
mod nested;
mod talk;
mod timeout;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use skein_worker::{
    About, Buffer, Conversation, Echo, Failure, Group, Lent, Nesting, Own, Pattern, PollStream,
    Reply, Task, Threads, Work, c10k, frame_bytes, instant, nesting, timers,
};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep_until, timeout_at};

/// What a row of Tokio says of itself.
pub const fn about(
    runtime: &'static str,
    allocator: Option<&'static str>,
    threads: Threads,
) -> About {
    About {
        runtime,
        waits_on: "epoll, edge-triggered, registered once",
        needs_io_uring: false,
        timer_source: "hierarchical wheel, epoll timeout in whole milliseconds",
        library: "tokio",
        allocator,
        threads,
        events_per_wait: Some(1024),
        tick_ns: Some(1_000_000),
        timer_resolution_ns: 1_000_000,
        early_by_at_most_ns: 0,
        hogs: true,
        takes_nesting: true,
        takes_handler: true,
        takes_read_timeout: true,
        talks: true,
        room_by_sender: false,
        no_sockets: None,
        no_timers: None,
    }
}

/// Serves on a runtime, which is dropped with all its tasks before this returns.
pub fn serve(runtime: Runtime, conversation: Conversation) -> Result<Conversation, Failure> {
    let served = runtime.block_on(async { tokio::spawn(converse(conversation)).await });
    drop(runtime);
    served?
}

async fn converse(mut conversation: Conversation) -> Result<Conversation, Failure> {
    // SAFETY: the descriptor stays open for as long as the process lives.
    let commands =
        unsafe { AsyncFd::register_with_interest(conversation.descriptor(), Interest::READABLE)? };
    if let Work::C10k(c10k) = conversation.work() {
        spawn(accept_all(TcpListener::from_std(c10k.listener())?, Task::new()));
    }
    let spawn: fn(u32) = match conversation.work() {
        Work::Talk(_) => talk::set_up(),
        Work::Hog(..) => hog::spawn_task,
        _ => spawn_timer,
    };
    conversation.started();
    while conversation.goes_on() {
        commands.readable().await?.clear_ready();
        conversation.obey(spawn)?;
    }
    Ok(conversation)
}

fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    frame_bytes(size_of_val(&task));
    tokio::spawn(task);
}

// --- c10k

async fn accept_all(listener: TcpListener, _alive: Task) {
    let is_plain = nesting() == Nesting::PLAIN;
    loop {
        match (listener.accept().await, c10k().buffer()) {
            (Ok((peer, _)), _) if !is_plain => nested::spawn_echo(Peer(peer)),
            (Ok((peer, _)), _) if c10k().handler().is_there() => handler::spawn_echo(Peer(peer)),
            (Ok((peer, _)), _) if c10k().read_timeout_ns() > 0 => {
                timeout::spawn_echo(Peer(peer), c10k().read_timeout_ns());
            }
            (Ok((peer, _)), Buffer::Lent) => spawn(Echo::<_, Lent>::new(Peer(peer))),
            (Ok((peer, _)), Buffer::Own) => spawn(Echo::<_, Own>::new(Peer(peer))),
            (Err(error), _) => c10k().accept_failed(error),
        }
    }
}

struct Peer(TcpStream);

impl PollStream for Peer {
    fn poll_read(&mut self, context: &mut Context, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(&mut self, context: &mut Context, chunk: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, chunk)
    }
}

fn send(peer: &mut Peer, reply: &[u8]) -> impl Future<Output = io::Result<()>> + Send {
    let mut sent = 0;
    poll_fn(move |context| {
        while sent < reply.len() {
            sent += ready!(peer.poll_write(context, &reply[sent..]))?;
        }
        Ok(()).into()
    })
}

// --- timers

fn spawn_timer(index: u32) {
    let alive = Task::new();
    match timers().pattern() {
        Pattern::Spread | Pattern::Storm if nesting() != Nesting::PLAIN => {
            nested::spawn_sleep(index, alive);
        }
        Pattern::Spread | Pattern::Storm => spawn(sleep_once(index, alive)),
        Pattern::Periodic => spawn(wake_again(index, alive)),
        Pattern::Churn if timers().is_canceller(index) => {
            spawn(cancel_in_time(index, timers().group_of(index), alive));
        }
        Pattern::Churn => spawn(wait_with_timeout(index, timers().reply(index), alive)),
    }
}

fn at(due_ns: u64) -> Instant {
    instant(due_ns).into()
}

fn sleep_once(index: u32, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        sleep_until(at(timers().due_ns(index, 0))).await;
        timers().fired(index, 0);
        drop(alive);
    }
}

fn wake_again(index: u32, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        let mut sleep = pin!(sleep_until(at(timers().due_ns(index, 0))));
        for next in 1..=timers().turns(index) {
            sleep.as_mut().await;
            timers().fired(index, next - 1);
            if next < timers().turns(index) {
                sleep.as_mut().reset(at(timers().due_ns(index, next)));
            }
        }
        drop(alive);
    }
}

fn wait_with_timeout(index: u32, reply: Reply, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        for round in 0..timers().rounds() {
            let due = at(timers().timeout_at_ns(index, round));
            let replied = timeout_at(due, reply.of_round(round)).await.is_ok();
            timers().waited(index, round, replied);
        }
        drop(alive);
    }
}

fn cancel_in_time(index: u32, group: Arc<Group>, alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        for round in 0..timers().rounds() {
            sleep_until(at(timers().end_ns(index, round))).await;
            timers().cancel_round(&group, index, round);
        }
        drop(alive);
    }
}
