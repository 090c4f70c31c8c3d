//! Tasks that wait some calls down and hold something meanwhile (the cell's `depth` and
//! `held_bytes`). A level is an async block of a type of its own, which awaits the one below.

use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::task::Poll;

use skein_worker::{
    Buffer, Connection, Held, Lent, Own, PollStream, ReadBuffer, Task, c10k, nesting, timers,
};
use tokio::time::{Instant, sleep_until};

use crate::{Peer, at, spawn};

/// Something that waits, at some depth.
trait Level: Send + 'static {
    fn sleep(due: Instant) -> impl Future<Output = ()> + Send;

    /// Reads into the buffer, and says how much has come.
    fn read<Into: ReadBuffer>(
        peer: &mut Peer,
        into: &mut Into,
    ) -> impl Future<Output = io::Result<usize>> + Send;
}

/// The wait itself: no level.
struct Here;

impl Level for Here {
    fn sleep(due: Instant) -> impl Future<Output = ()> + Send {
        sleep_until(due)
    }

    fn read<Into: ReadBuffer>(
        peer: &mut Peer,
        into: &mut Into,
    ) -> impl Future<Output = io::Result<usize>> + Send {
        poll_fn(move |context| into.with(|room| peer.poll_read(context, room)))
    }
}

/// One level above another.
struct Above<Below>(PhantomData<fn(Below)>);

impl<Below: Level> Level for Above<Below> {
    fn sleep(due: Instant) -> impl Future<Output = ()> + Send {
        async move { Below::sleep(due).await }
    }

    fn read<Into: ReadBuffer>(
        peer: &mut Peer,
        into: &mut Into,
    ) -> impl Future<Output = io::Result<usize>> + Send {
        async move { Below::read(peer, into).await }
    }
}

type Above2<Below> = Above<Above<Below>>;
type Above4<Below> = Above2<Above2<Below>>;
type Above8<Below> = Above4<Above4<Below>>;
type Above16<Below> = Above8<Above8<Below>>;
type Above32<Below> = Above16<Above16<Below>>;

// What a task of so many levels, its own among them, waits for.
type Depth2 = Above<Here>;
type Depth4 = Above2<Depth2>;
type Depth8 = Above4<Depth4>;
type Depth16 = Above8<Depth8>;
type Depth32 = Above16<Depth16>;
type Depth64 = Above32<Depth32>;

/// Spawns a task of the cell's levels and words: they are the first and the last of the function's
/// type parameters.
macro_rules! spawn_nested {
    ($task:ident, [$($more:ty)?], $arguments:tt) => {
        match nesting().depth {
            1 => spawn_nested!(@holding $task, [Here $(, $more)?], $arguments),
            2 => spawn_nested!(@holding $task, [Depth2 $(, $more)?], $arguments),
            4 => spawn_nested!(@holding $task, [Depth4 $(, $more)?], $arguments),
            8 => spawn_nested!(@holding $task, [Depth8 $(, $more)?], $arguments),
            16 => spawn_nested!(@holding $task, [Depth16 $(, $more)?], $arguments),
            32 => spawn_nested!(@holding $task, [Depth32 $(, $more)?], $arguments),
            64 => spawn_nested!(@holding $task, [Depth64 $(, $more)?], $arguments),
            _ => unreachable!("the cell is known"),
        }
    };
    (@holding $task:ident, [$($type:ty),*], $arguments:tt) => {
        match nesting().held_bytes {
            0 => spawn($task::<$($type,)* 0> $arguments),
            64 => spawn($task::<$($type,)* 8> $arguments),
            256 => spawn($task::<$($type,)* 32> $arguments),
            1024 => spawn($task::<$($type,)* 128> $arguments),
            4096 => spawn($task::<$($type,)* 512> $arguments),
            16384 => spawn($task::<$($type,)* 2048> $arguments),
            _ => unreachable!("the cell is known"),
        }
    };
}

pub(crate) fn spawn_sleep(index: u32, alive: Task) {
    spawn_nested!(sleep_once, [], (index, alive));
}

fn sleep_once<Wait: Level, const WORDS: usize>(
    index: u32,
    alive: Task,
) -> impl Future<Output = ()> + Send {
    async move {
        let mut held = Held::<WORDS>::default();
        held.write();
        Wait::sleep(at(timers().due_ns(index, 0))).await;
        let woke_ns = skein_worker::now_ns();
        if held.is_kept() {
            timers().fired_at(woke_ns, index, 0)
        } else {
            timers().damaged()
        }
        drop(alive);
    }
}

pub(crate) fn spawn_echo(peer: Peer) {
    match c10k().buffer() {
        Buffer::Lent => spawn_nested!(echo, [Lent], (peer)),
        Buffer::Own => spawn_nested!(echo, [Own], (peer)),
    }
}

fn echo<Wait: Level, Into: ReadBuffer, const WORDS: usize>(
    mut peer: Peer,
) -> impl Future<Output = ()> + Send {
    async move {
        let alive = (Task::new(), Connection::new());
        let mut buffer = Into::default();
        let mut held = Held::<WORDS>::default();
        let how = loop {
            held.write();
            let read = Wait::read(&mut peer, &mut buffer).await;
            if !held.is_kept() {
                c10k().damaged();
            }
            match read {
                Ok(0) => break Ok(()),
                Ok(size) => match send_back(&mut peer, &mut buffer, size).await {
                    Ok(()) => c10k().echoed(size),
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            }
        };
        c10k().ended(how);
        drop(alive);
    }
}

/// Writes what was read. The buffer may be a loan that ends with this poll, in which the first try is
/// made: what the kernel does not take then is kept.
fn send_back<Into: ReadBuffer>(
    peer: &mut Peer,
    buffer: &mut Into,
    size: usize,
) -> impl Future<Output = io::Result<()>> + Send {
    let mut rest: Option<Box<[u8]>> = None;
    poll_fn(move |context| {
        let mut unsent = match rest.take() {
            Some(unsent) => unsent,
            None => {
                let first = buffer.with(|room| {
                    let sent = match peer.poll_write(context, &room[..size]) {
                        Poll::Ready(sent) => sent?,
                        Poll::Pending => 0,
                    };
                    Ok::<Box<[u8]>, io::Error>(room[sent..size].into())
                });
                first?
            }
        };
        while !unsent.is_empty() {
            match peer.poll_write(context, &unsent) {
                Poll::Ready(sent) => unsent = unsent[sent?..].into(),
                Poll::Pending => {
                    rest = Some(unsent);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    })
}
