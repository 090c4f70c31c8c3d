//! Rows `tokio` and, with the argument `multi_thread`, `tokio_mt`.

use std::process::ExitCode;

use row_tokio::{about, serve};
use skein_worker::{About, Threads, worker};
use tokio::runtime::Builder;

static CURRENT_THREAD: About = about("tokio", None, Threads::One);
static MULTI_THREAD: About = about("tokio_mt", None, Threads::Many);

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("multi_thread") {
        return worker(&MULTI_THREAD, |conversation| {
            serve(Builder::new_multi_thread().enable_all().build()?, conversation)
        });
    }
    worker(&CURRENT_THREAD, |conversation| {
        serve(Builder::new_current_thread().enable_all().build()?, conversation)
    })
}
