//! Connections whose reads give up (the cell's `read_timeout_ns`): `timeout` around each, which
//! polls it first and so registers a timer only where it has to wait.

use std::future::{Future, poll_fn};
use std::io;
use std::task::{Poll, ready};
use std::time::Duration;

use skein_worker::{Buffer, Connection, Lent, Own, PollStream, ReadBuffer, Task, c10k};
use tokio::time::timeout;

use crate::{Peer, send, spawn};

pub(crate) fn spawn_echo(peer: Peer, timeout_ns: u64) {
    let limit = Duration::from_nanos(timeout_ns);
    match c10k().buffer() {
        Buffer::Lent => spawn(echo::<Lent>(peer, limit)),
        Buffer::Own => spawn(echo::<Own>(peer, limit)),
    }
}

fn echo<Into: ReadBuffer>(mut peer: Peer, limit: Duration) -> impl Future<Output = ()> + Send {
    async move {
        let alive = (Task::new(), Connection::new());
        let mut buffer = Into::default();
        let mut rest = Vec::new();
        let how = loop {
            match timeout(limit, read(&mut peer, &mut buffer, &mut rest)).await {
                Err(_) => break Err(io::ErrorKind::TimedOut.into()),
                Ok(Err(error)) => break Err(error),
                Ok(Ok(0)) => break Ok(()),
                Ok(Ok(size)) => {
                    if let Err(error) = send(&mut peer, &rest).await {
                        break Err(error);
                    }
                    rest.clear();
                    c10k().echoed(size);
                }
            }
        };
        c10k().ended(how);
        drop(alive);
    }
}

/// Reads a chunk and tries to send it back in the same poll, since its bytes may be a loan. What
/// the kernel does not take is the rest.
fn read<Into: ReadBuffer>(
    peer: &mut Peer,
    buffer: &mut Into,
    rest: &mut Vec<u8>,
) -> impl Future<Output = io::Result<usize>> + Send {
    poll_fn(move |context| {
        buffer.with(|room| {
            let size = ready!(peer.poll_read(context, room))?;
            let mut sent = 0;
            while sent < size {
                match peer.poll_write(context, &room[sent..size]) {
                    Poll::Ready(count) => sent += count?,
                    Poll::Pending => break,
                }
            }
            rest.extend_from_slice(&room[sent..size]);
            Ok(size).into()
        })
    })
}
