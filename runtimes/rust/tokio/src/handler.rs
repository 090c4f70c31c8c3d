//! Connections whose requests wait and compute (the cell's `handler_wait_ns` and `handler_work`). A
//! request is copied out of the buffer, which may be a loan that ends with the poll that reads.

use std::future::{Future, poll_fn};
use std::io;
use std::task::ready;

use skein_worker::{
    Buffer, Connection, Lent, Own, PollStream, ReadBuffer, Task, c10k, now_ns, work_on,
};
use tokio::time::sleep_until;

use crate::{Peer, at, send, spawn};

/// Room for a request in each connection; no cell has longer ones.
const MOST_BYTES: usize = 1024;

pub(crate) fn spawn_echo(peer: Peer) {
    match c10k().buffer() {
        Buffer::Lent => spawn(echo::<Lent>(peer)),
        Buffer::Own => spawn(echo::<Own>(peer)),
    }
}

fn echo<Into: ReadBuffer>(mut peer: Peer) -> impl Future<Output = ()> + Send {
    async move {
        let alive = (Task::new(), Connection::new());
        let mut buffer = Into::default();
        let mut request = [0; MOST_BYTES];
        let how = loop {
            match read(&mut peer, &mut buffer, &mut request).await {
                Ok(0) => break Ok(()),
                Err(error) => break Err(error),
                Ok(size) => {
                    let handler = c10k().handler();
                    if handler.wait_ns > 0 {
                        sleep_until(at(now_ns() + handler.wait_ns)).await;
                    }
                    work_on(&mut request[..size], handler.steps);
                    if let Err(error) = send(&mut peer, &request[..size]).await {
                        break Err(error);
                    }
                    c10k().echoed(size);
                }
            }
        };
        c10k().ended(how);
        drop(alive);
    }
}

fn read<Into: ReadBuffer>(
    peer: &mut Peer,
    buffer: &mut Into,
    request: &mut [u8],
) -> impl Future<Output = io::Result<usize>> + Send {
    poll_fn(move |context| {
        buffer.with(|room| {
            let size = ready!(peer.poll_read(context, room))?;
            request[..size].copy_from_slice(&room[..size]);
            Ok(size).into()
        })
    })
}
