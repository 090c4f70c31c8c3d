//! Glommio 0.9.0: row `glommio`, a `LocalExecutor` on one thread and io_uring.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics.
//! - Connections: its `poll_read` and `poll_write` in one poll (skein_worker/src/echo.rs). They make
//!   plain system calls first and poll by io_uring where these find nothing, so the buffer can be a
//!   scratch of the thread. After a short read a poll is armed at once.
//! - Timers: `timer::sleep`, and `timer::timeout` around the reply for a task that waits with one. Both
//!   take a duration, so a deadline is counted from now; there is no other way in.
//! - It can wait for sockets and files of its own, and for no other descriptor: a thread blocks in poll
//!   for the conversation and wakes it.
//!
//! Faster, and at what price
//! - `spin_before_park` would shorten the way out of idleness and take the whole CPU.
//!
//! Unequal
//! - Every timer is an allocation of its own beside the task, and is in an ordered map and a hash map.
//!   None is early.
//! - Tasks that sleep are not dropped with the executor. Once it is gone none of them runs again, and
//!   they count as ended.
//! - Its 10 MiB for I/O are touched when it starts and count as fixed memory.

#![allow(clippy::manual_async_fn)] // an async fn keeps its arguments twice (rust-lang/rust#62958)

use std::future::Future;
use std::io;
use std::os::fd::{FromRawFd, IntoRawFd};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_lite::{AsyncRead, AsyncWrite, future};
use glommio::net::{TcpListener, TcpStream};
use glommio::timer::{sleep, timeout};
use glommio::{GlommioError, LocalExecutorBuilder, ReactorErrorKind, spawn_local};
use skein_worker::{
    About, Buffer, C10k, CommandsByThread, Conversation, Echo, Failure, Group, Lent, Own, Pattern,
    PollStream, Reply, Task, Threads, Work, abandon_tasks, c10k, frame_bytes, hang_up,
    live_connections, time_until, timers, worker,
};

static ABOUT: About = About {
    runtime: "glommio",
    waits_on: "io_uring polls; a thread that polls descriptor 0",
    needs_io_uring: true,
    timer_source: "ordered map, io_uring timeout",
    library: "glommio",
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
    talks: false,
    room_by_sender: false,
    no_sockets: None,
    no_timers: None,
};

fn main() -> ExitCode {
    worker(&ABOUT, |talk| {
        let executor = LocalExecutorBuilder::default().make().map_err(why_not)?;
        let served = executor.run(serve(talk));
        drop(executor);
        abandon_tasks();
        served
    })
}

/// What io_uring may lock in memory is a limit.
fn why_not(error: GlommioError<()>) -> Failure {
    let message = error.to_string();
    match error {
        GlommioError::ReactorError(ReactorErrorKind::MemLockLimit(value, needed)) => {
            let (value, needed) = (Some(value), Some(needed));
            Failure::Limit { limit: "RLIMIT_MEMLOCK".into(), value, needed, message }
        }
        _ => Failure::Error(message),
    }
}

async fn serve(mut talk: Conversation) -> Result<Conversation, Failure> {
    match talk.work() {
        Work::C10k(c10k) => {
            future::or(converse(&mut talk), accept_all(listener_of(c10k)?)).await?;
        }
        _ => converse(&mut talk).await?,
    }
    while live_connections() > 0 {
        hang_up();
        sleep(Duration::from_millis(1)).await;
    }
    Ok(talk)
}

async fn converse(talk: &mut Conversation) -> Result<(), Failure> {
    let commands = CommandsByThread::start()?;
    talk.started();
    while talk.goes_on() {
        commands.readable().await;
        talk.obey(spawn_task)?;
    }
    Ok(())
}

fn spawn(task: impl Future<Output = ()> + 'static) {
    frame_bytes(size_of_val(&task));
    spawn_local(task).detach();
}

// --- c10k

fn listener_of(c10k: &C10k) -> io::Result<TcpListener> {
    let listener = c10k.listener();
    listener.set_nonblocking(false)?; // io_uring waits by itself
    // SAFETY: the descriptor is handed over.
    Ok(unsafe { TcpListener::from_raw_fd(listener.into_raw_fd()) })
}

async fn accept_all<Never>(listener: TcpListener) -> Never {
    let _alive = Task::new();
    loop {
        match (listener.accept().await, c10k().buffer()) {
            (Ok(peer), Buffer::Lent) => spawn(Echo::<_, Lent>::new(Peer(peer))),
            (Ok(peer), Buffer::Own) => spawn(Echo::<_, Own>::new(Peer(peer))),
            (Err(error), _) => c10k().accept_failed(error.into()),
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

fn spawn_task(index: u32) {
    let alive = Task::new();
    match timers().pattern() {
        Pattern::Spread | Pattern::Storm | Pattern::Periodic => spawn(wake_again(index, alive)),
        Pattern::Churn if timers().is_canceller(index) => {
            spawn(cancel_in_time(index, timers().group_of(index), alive));
        }
        Pattern::Churn => spawn(wait_with_timeout(index, timers().reply(index), alive)),
    }
}

/// Once or several times, which is the same where every sleep is new.
fn wake_again(index: u32, alive: Task) -> impl Future<Output = ()> {
    async move {
        for turn in 0..timers().turns(index) {
            sleep(time_until(timers().due_ns(index, turn))).await;
            timers().fired(index, turn);
        }
        drop(alive);
    }
}

fn wait_with_timeout(index: u32, reply: Reply, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            let left = time_until(timers().timeout_at_ns(index, round));
            let reply = async {
                reply.of_round(round).await;
                Ok(())
            };
            let replied = timeout(left, reply).await.is_ok();
            timers().waited(index, round, replied);
        }
        drop(alive);
    }
}

fn cancel_in_time(index: u32, group: Arc<Group>, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            sleep(time_until(timers().end_ns(index, round))).await;
            timers().cancel_round(&group, index, round);
        }
        drop(alive);
    }
}
