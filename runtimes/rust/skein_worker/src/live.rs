//! What is alive: tokens that a task or a connection owns. They take no room and count themselves
//! out when they are dropped, so a runtime that keeps a task when it is shut down is seen.

use std::sync::atomic::{AtomicU64, Ordering};

static TASKS: AtomicU64 = AtomicU64::new(0);
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
static FRAME_BYTES: AtomicU64 = AtomicU64::new(0);

macro_rules! token {
    ($name:ident, $count:ident, $what:literal) => {
        #[doc = $what]
        #[must_use]
        pub struct $name(());

        impl $name {
            /// One more.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                $count.fetch_add(1, Ordering::Relaxed);
                Self(())
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                $count.fetch_sub(1, Ordering::Relaxed);
            }
        }
    };
}

token!(Task, TASKS, "A task that was spawned and has not ended.");
token!(Connection, CONNECTIONS, "A connection that was accepted and is open.");

/// Says how large a task's future is, before a runtime adds to it.
pub fn frame_bytes(size: usize) {
    FRAME_BYTES.store(size as u64, Ordering::Relaxed);
}

/// Says that no task will run again, for a runtime that has ended and cannot drop them.
pub fn abandon_tasks() {
    TASKS.store(0, Ordering::Relaxed);
}

/// Connections that are open.
pub fn live_connections() -> u64 {
    CONNECTIONS.load(Ordering::Relaxed)
}

/// Tasks, connections, and the size of a task's future once one was made.
pub(crate) fn live() -> (u64, u64, Option<u64>) {
    let frame = FRAME_BYTES.load(Ordering::Relaxed);
    (
        TASKS.load(Ordering::Relaxed),
        CONNECTIONS.load(Ordering::Relaxed),
        (frame != 0).then_some(frame),
    )
}
