//! The futures crate 0.3: row `futures_local`, its `LocalPool`.
//!
//! It schedules tasks and has neither timers nor sockets; whoever uses it brings them along, and would
//! be measured in its place. So both workloads are a limit. It is here for workloads that need no
//! more than tasks and channels.

use std::process::ExitCode;

use futures::executor::LocalPool;
use skein_worker::{About, Threads, worker};

static ABOUT: About = About {
    runtime: "futures_local",
    waits_on: "parking of its thread",
    needs_io_uring: false,
    timer_source: "none",
    library: "futures",
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
    no_sockets: Some("the futures crate has no sockets of its own"),
    no_timers: Some("the futures crate has no timers of its own"),
};

fn main() -> ExitCode {
    worker(&ABOUT, |talk| LocalPool::new().run_until(async { Ok(talk) }))
}
