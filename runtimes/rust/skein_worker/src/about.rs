//! What a row says of itself, and why a worker ends before its time.

use std::fmt;

use crate::tally::Threads;

/// What a row says of itself.
pub struct About {
    /// The row's id.
    pub runtime: &'static str,
    /// What it waits on, in words.
    pub waits_on: &'static str,
    /// Whether it works on io_uring alone: a machine that refuses it is a limit.
    pub needs_io_uring: bool,
    /// What wakes a sleeper, in words.
    pub timer_source: &'static str,
    /// The package that it is a row of; the version is the lock file's.
    pub library: &'static str,
    /// The allocator, where it is not the default.
    pub allocator: Option<&'static str>,
    /// How many threads run tasks.
    pub threads: Threads,
    /// The most events that it takes from the kernel at once, where that is known.
    pub events_per_wait: Option<u32>,
    /// The tick of its timers, where these are kept in a wheel.
    pub tick_ns: Option<u64>,
    /// The finest grid of deadlines that its timers keep; 1 for any.
    pub timer_resolution_ns: u64,
    /// By how much its timers may fire early.
    pub early_by_at_most_ns: u64,
    /// Whether a task of it can compute among its timers (`crate::hog`).
    pub hogs: bool,
    /// Whether its tasks can wait some calls down and hold something (`crate::nesting`).
    pub takes_nesting: bool,
    /// Whether its requests can wait and compute (`crate::handler`).
    pub takes_handler: bool,
    /// Whether its reads can give up.
    pub takes_read_timeout: bool,
    /// Whether its tasks can wait for each other (`crate::talk`).
    pub talks: bool,
    /// Whether each sender of a channel has room for a value of its own, so that a channel has room
    /// for as many values as it has senders, at least.
    pub room_by_sender: bool,
    /// Why it cannot do c10k, where it cannot.
    pub no_sockets: Option<&'static str>,
    /// Why it cannot do timers, where it cannot.
    pub no_timers: Option<&'static str>,
}

/// Why a worker ends before its work is done.
#[derive(Debug)]
pub enum Failure {
    /// A named limit stands in the way: a result.
    Limit {
        /// The system's own name for it.
        limit: String,
        /// Its value and what is needed, where these are numbers.
        value: Option<u64>,
        /// See `value`.
        needed: Option<u64>,
        /// For people.
        message: String,
    },
    /// Anything else.
    Error(String),
    /// The conductor has no more to say, before the work began.
    Gone,
}

impl<Cause: fmt::Display> From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self::Error(cause.to_string())
    }
}

/// The version of a package in the lock file that this was built with.
pub(crate) fn locked_version(package: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let entry = format!("name = \"{package}\"\nversion = \"");
    let version = lock.split(&entry).nth(1).and_then(|rest| rest.split('"').next());
    version.unwrap_or("unknown")
}
