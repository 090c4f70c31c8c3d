//! Commands for a runtime that cannot wait for a descriptor: a thread blocks in poll(2) and wakes the
//! task that takes commands. It runs only when a command comes, and none comes in a measured window.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread::{self, Thread};

use atomic_waker::AtomicWaker;

use crate::commands::wait_for_input;

const STACK_BYTES: usize = 64 << 10;

/// The thread, and what it shares with the task.
pub struct CommandsByThread {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    /// True while the thread is to watch, false once something has come.
    watching: AtomicBool,
    waiter: AtomicWaker,
}

impl CommandsByThread {
    /// Starts the thread. It ends with the process.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let of_thread = shared.clone();
        let builder = thread::Builder::new().name("commands".into()).stack_size(STACK_BYTES);
        let handle = builder.spawn(move || of_thread.watch_for_ever())?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// Waits until descriptor 0 is readable.
    pub async fn readable(&self) {
        self.shared.watching.store(true, Ordering::Release);
        self.thread.unpark();
        poll_fn(|context| {
            self.shared.waiter.register(context.waker());
            let watching = self.shared.watching.load(Ordering::Acquire);
            if watching { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

impl Shared {
    fn watch_for_ever(&self) {
        loop {
            while !self.watching.load(Ordering::Acquire) {
                thread::park();
            }
            wait_for_input(None); // or for a signal, which does no harm
            self.watching.store(false, Ordering::Release);
            self.waiter.wake();
        }
    }
}
