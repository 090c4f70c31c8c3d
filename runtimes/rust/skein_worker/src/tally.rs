//! A counter in a static: an addition on one thread, an atomic addition on several.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many threads run tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// One: a count is a load and a store, which cost what they cost a plain integer.
    One,
    /// Several: a count is a locked addition.
    Many,
}

/// Counts up. Each call says how many threads may make such calls at once.
#[derive(Debug, Default)]
pub struct Tally(AtomicU64);

impl Tally {
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds, modulo 2^64, and returns the sum.
    #[inline]
    pub fn add(&self, threads: Threads, amount: u64) -> u64 {
        match threads {
            Threads::One => {
                let sum = self.get().wrapping_add(amount);
                self.0.store(sum, Ordering::Relaxed);
                sum
            }
            // Whoever sees the sum sees what was recorded before it, too: the last unit ends the run.
            Threads::Many => self.0.fetch_add(amount, Ordering::AcqRel).wrapping_add(amount),
        }
    }

    /// Makes it at least `value`.
    #[inline]
    pub fn raise(&self, threads: Threads, value: u64) {
        if self.get() >= value {
            return;
        }
        match threads {
            Threads::One => self.0.store(value, Ordering::Relaxed),
            Threads::Many => {
                self.0.fetch_max(value, Ordering::Relaxed);
            }
        }
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
