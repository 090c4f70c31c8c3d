//! monoio 0.2.4: row `monoio`, its io_uring driver with timers on one thread.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics.
//! - `own` is its best form: `read` and `write_all` take a buffer and give it back, as in its example
//!   of an echo; the kernel reads into the buffer while the task waits.
//! - `lent`: `readable` first, then the same with a buffer out of a pool, which a connection holds from
//!   the moment that there is something to read until it is echoed. The pool has as many buffers as
//!   connections were served at once. The documentation of `TcpStream::readable` advises against
//!   calling it before every read, because each call is a request of its own to the kernel. Without
//!   it a waiting connection would hold a buffer.
//! - Timers: `sleep_until`; `Sleep::reset` for a task that wakes again; `timeout_at` around the reply
//!   for one that waits with a timeout.
//! - Descriptor 0 is wrapped as a stream and only waited for: no thread for the conversation.
//!
//! Faster, and at what price
//! - `own` has one operation fewer for each request than `lent`, at a buffer for each connection.
//!
//! Unequal
//! - Its clock ticks in whole milliseconds from when the runtime was built, and a deadline is rounded
//!   up to a tick, as in Tokio, whose wheel it is. So lateness has a random part of up to 1 ms for each
//!   process, the same for all of its timers. No timer is early.
//! - Memory: a sleep keeps its state on cache lines of its own. A sleeper takes about 1,284 bytes,
//!   somewhat more than a read buffer of 1 KiB.
//! - Tasks that sleep are not dropped with the runtime. Once it is gone none of them runs again, and
//!   they count as ended.

#![allow(clippy::manual_async_fn)] // an async fn keeps its arguments twice (rust-lang/rust#62958)

use std::cell::RefCell;
use std::future::Future;
use std::os::fd::{AsRawFd, FromRawFd};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{io, net};

use futures_lite::future;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::time::{Instant, sleep, sleep_until, timeout_at};
use monoio::{IoUringDriver, RuntimeBuilder};
use skein_worker::{
    About, Buffer, C10k, Connection, Conversation, Failure, Group, Pattern, Reply, Task, Threads,
    Work, abandon_tasks, c10k, frame_bytes, hang_up, instant, live_connections, timers, worker,
};

static ABOUT: About = About {
    runtime: "monoio",
    waits_on: "io_uring",
    needs_io_uring: true,
    timer_source: "hierarchical wheel, timeout of io_uring_enter",
    library: "monoio",
    allocator: None,
    threads: Threads::One,
    events_per_wait: None,
    tick_ns: Some(1_000_000),
    timer_resolution_ns: 1_000_000,
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

thread_local! {
    /// Buffers that no connection holds.
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn main() -> ExitCode {
    worker(&ABOUT, |talk| {
        let mut runtime = RuntimeBuilder::<IoUringDriver>::new().enable_timer().build()?;
        let served = runtime.block_on(serve(talk));
        drop(runtime);
        abandon_tasks();
        served
    })
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
    // SAFETY: nobody else owns the descriptor. It is waited for and never read from as a socket.
    let commands = unsafe { net::TcpStream::from_raw_fd(talk.descriptor().as_raw_fd()) };
    let commands = TcpStream::from_std(commands)?;
    talk.started();
    while talk.goes_on() {
        commands.readable(false).await?;
        talk.obey(spawn_task)?;
    }
    Ok(())
}

fn spawn(task: impl Future<Output = ()> + 'static) {
    frame_bytes(size_of_val(&task));
    monoio::spawn(task);
}

// --- c10k

fn listener_of(c10k: &C10k) -> io::Result<TcpListener> {
    let listener = c10k.listener();
    listener.set_nonblocking(false)?; // io_uring waits by itself
    TcpListener::from_std(listener)
}

async fn accept_all<Never>(listener: TcpListener) -> Never {
    let _alive = Task::new();
    loop {
        let accepted = listener.accept().await.map(|(peer, _)| peer);
        let alive = || (Task::new(), Connection::new());
        match (accepted, c10k().buffer()) {
            (Ok(peer), Buffer::Lent) => spawn(serve_lent(peer, alive())),
            (Ok(peer), Buffer::Own) => spawn(serve_own(peer, alive())),
            (Err(error), _) => c10k().accept_failed(error),
        }
    }
}

fn new_buffer() -> Vec<u8> {
    Vec::with_capacity(c10k().buffer_bytes())
}

fn give_back(buffer: Vec<u8>) {
    POOL.with_borrow_mut(|pool| pool.push(buffer));
}

fn serve_lent(mut peer: TcpStream, alive: (Task, Connection)) -> impl Future<Output = ()> {
    async move {
        let echo = async {
            loop {
                peer.readable(true).await?;
                let buffer = POOL.with_borrow_mut(Vec::pop).unwrap_or_else(new_buffer);
                let (got, buffer) = peer.read(buffer).await;
                if !matches!(got, Ok(1..)) {
                    give_back(buffer);
                    return got.map(drop);
                }
                let (sent, buffer) = peer.write_all(buffer).await;
                give_back(buffer);
                c10k().echoed(sent?);
            }
        };
        c10k().ended(echo.await);
        drop(peer);
        drop(alive);
    }
}

fn serve_own(mut peer: TcpStream, alive: (Task, Connection)) -> impl Future<Output = ()> {
    async move {
        let echo = async {
            let mut buffer = new_buffer();
            loop {
                let (got, filled) = peer.read(buffer).await;
                if got? == 0 {
                    return Ok(());
                }
                let (sent, written) = peer.write_all(filled).await;
                c10k().echoed(sent?);
                buffer = written;
            }
        };
        c10k().ended(echo.await);
        drop(peer);
        drop(alive);
    }
}

// --- timers

fn spawn_task(index: u32) {
    let alive = Task::new();
    match timers().pattern() {
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

fn sleep_once(index: u32, alive: Task) -> impl Future<Output = ()> {
    async move {
        sleep_until(at(timers().due_ns(index, 0))).await;
        timers().fired(index, 0);
        drop(alive);
    }
}

fn wake_again(index: u32, alive: Task) -> impl Future<Output = ()> {
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

fn wait_with_timeout(index: u32, reply: Reply, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            let due = at(timers().timeout_at_ns(index, round));
            let replied = timeout_at(due, reply.of_round(round)).await.is_ok();
            timers().waited(index, round, replied);
        }
        drop(alive);
    }
}

fn cancel_in_time(index: u32, group: Arc<Group>, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            sleep_until(at(timers().end_ns(index, round))).await;
            timers().cancel_round(&group, index, round);
        }
        drop(alive);
    }
}
