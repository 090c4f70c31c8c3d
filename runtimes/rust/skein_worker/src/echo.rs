//! A connection of a runtime that polls for readiness, as one future: it reads and writes in the same
//! poll, so a buffer can be lent to it. A struct and no `async fn`, which would keep its stream twice:
//! as its argument, and where it is used. A runtime whose kernel reads for it has a loop of its own.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::c10k::c10k;
use crate::live::{Connection, Task};

thread_local! {
    /// The thread's read buffer; a waiting connection holds none.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(new_buffer());
}

fn new_buffer() -> Box<[u8]> {
    vec![0; c10k().buffer_bytes()].into()
}

/// The stream of a runtime. Both calls are tries: pending means that the task will be woken.
pub trait PollStream: Unpin {
    /// Reads what there is. Whoever got less than there was room for need not try again to learn
    /// that there is no more.
    fn poll_read(&mut self, context: &mut Context, into: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes a part or all.
    fn poll_write(&mut self, context: &mut Context, chunk: &[u8]) -> Poll<io::Result<usize>>;
}

/// What a connection reads into.
pub trait ReadBuffer: Default + Unpin + Send + 'static {
    /// Uses it for one poll.
    fn with<Result>(&mut self, use_it: impl FnOnce(&mut [u8]) -> Result) -> Result;
}

/// The scratch of the thread.
#[derive(Default)]
pub struct Lent;

/// A buffer of the connection's own.
pub struct Own(Box<[u8]>);

impl Default for Own {
    fn default() -> Self {
        Self(new_buffer())
    }
}

impl ReadBuffer for Lent {
    fn with<Result>(&mut self, use_it: impl FnOnce(&mut [u8]) -> Result) -> Result {
        SCRATCH.with_borrow_mut(|scratch| use_it(scratch))
    }
}

impl ReadBuffer for Own {
    fn with<Result>(&mut self, use_it: impl FnOnce(&mut [u8]) -> Result) -> Result {
        use_it(&mut self.0)
    }
}

/// Echoes every chunk until the stream ends.
pub struct Echo<Stream, Buffer> {
    peer: Stream,
    /// What the kernel did not take of a chunk; nothing is read meanwhile.
    rest: Box<[u8]>,
    buffer: Buffer,
    _alive: (Task, Connection),
}

impl<Stream: PollStream, Buffer: ReadBuffer> Echo<Stream, Buffer> {
    /// A connection that was accepted.
    pub fn new(peer: Stream) -> Self {
        let _alive = (Task::new(), Connection::new());
        Self { peer, rest: Box::default(), buffer: Buffer::default(), _alive }
    }
}

impl<Stream: PollStream, Buffer: ReadBuffer> Future for Echo<Stream, Buffer> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let Self { peer, rest, buffer, .. } = &mut *self;
        let how = ready!(buffer.with(|room| echo(peer, rest, context, room)));
        c10k().ended(how);
        Poll::Ready(())
    }
}

/// Ready at the end of the stream.
fn echo(
    peer: &mut impl PollStream,
    rest: &mut Box<[u8]>,
    context: &mut Context,
    room: &mut [u8],
) -> Poll<io::Result<()>> {
    loop {
        while !rest.is_empty() {
            let sent = ready!(peer.poll_write(context, rest))?;
            *rest = rest[sent..].into();
            count(sent, rest);
        }
        let size = ready!(peer.poll_read(context, room))?;
        if size == 0 {
            return Poll::Ready(Ok(()));
        }
        let sent = match peer.poll_write(context, &room[..size]) {
            Poll::Ready(sent) => sent?,
            Poll::Pending => 0,
        };
        *rest = room[sent..size].into();
        count(sent, rest);
    }
}

fn count(sent: usize, rest: &[u8]) {
    if rest.is_empty() { c10k().echoed(sent) } else { c10k().echoed_part(sent) }
}
