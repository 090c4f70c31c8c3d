//! Row `tokio_jemalloc`: row `tokio` (tokio/src/lib.rs) on jemalloc 5.3.1 as tikv-jemallocator 0.7.0
//! brings it, in its default configuration. Its size classes suit tasks that are aligned to 128.

use std::process::ExitCode;

use row_tokio::{about, serve};
use skein_worker::{About, Threads, worker};
use tikv_jemallocator::Jemalloc;
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

static ABOUT: About = about("tokio_jemalloc", Some("jemalloc 5.3.1"), Threads::One);

fn main() -> ExitCode {
    worker(&ABOUT, |conversation| {
        serve(Builder::new_current_thread().enable_all().build()?, conversation)
    })
}
