//! CLOCK_MONOTONIC in whole nanoseconds, and as the standard library's `Instant`, which is the same
//! clock but does not say so.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Readings that are further apart than this are made again.
const TIGHT_NS: u64 = 200;

/// The time of CLOCK_MONOTONIC.
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to. The call cannot fail for this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The instant at which CLOCK_MONOTONIC shows `at_ns`, or a few nanoseconds later, never earlier.
#[inline]
pub fn instant(at_ns: u64) -> Instant {
    static ANCHOR: OnceLock<Anchor> = OnceLock::new();
    ANCHOR.get_or_init(Anchor::now).instant(at_ns)
}

/// How long it is until then, for timers that count from now.
#[inline]
pub fn time_until(at_ns: u64) -> Duration {
    Duration::from_nanos(at_ns.saturating_sub(now_ns()))
}

/// One moment on both clocks.
struct Anchor {
    instant: Instant,
    /// Read just before the instant, so an instant made from nanoseconds is never early.
    before_ns: u64,
}

impl Anchor {
    /// Reads both clocks until nothing came between.
    fn now() -> Self {
        for _ in 0..1000 {
            let before_ns = now_ns();
            let instant = Instant::now();
            if now_ns() - before_ns <= TIGHT_NS {
                return Self { instant, before_ns };
            }
        }
        Self { before_ns: now_ns(), instant: Instant::now() }
    }

    fn instant(&self, at_ns: u64) -> Instant {
        if at_ns >= self.before_ns {
            self.instant + Duration::from_nanos(at_ns - self.before_ns)
        } else {
            self.instant - Duration::from_nanos(self.before_ns - at_ns)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_made_from_nanoseconds_is_not_early() {
        let due_ns = now_ns() + 3_000_000;
        let due = instant(due_ns);
        while Instant::now() < due {}
        let late_ns = now_ns().checked_sub(due_ns);
        assert!(late_ns.is_some(), "the instant was early");
    }
}
