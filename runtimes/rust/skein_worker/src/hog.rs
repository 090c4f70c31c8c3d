//! The workload hog without its tasks, after "In other languages" in workloads/hog/README.md: timers
//! that wake again and again, which are `timers()`, and one task that computes. One for the process,
//! in a static. How it computes is the row's.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::handler::worked;
use crate::hog_cell::{Form, GRID_NS, HogCell};
use crate::timers::timers;
use crate::values::value_of;

static HOG: OnceLock<Hog> = OnceLock::new();

/// The workload hog of this process. Panics where the cell is another workload's.
pub fn hog() -> &'static Hog {
    HOG.get().expect("the workload is hog")
}

/// The task that computes.
pub struct Hog {
    cell: HogCell,
    took_ns: AtomicU64,
    yields: AtomicU64,
}

/// Its work: steps that follow from each other.
#[derive(Clone, Copy, Debug)]
pub struct Computation {
    word: u32,
    left: u64,
    /// Steps from one yield to the next.
    slice: u64,
}

impl Computation {
    /// Takes the steps up to the next yield. True while there are more.
    pub fn take_slice(&mut self) -> bool {
        let steps = self.slice.min(self.left);
        self.word = worked(self.word, steps);
        self.left -= steps;
        self.left > 0
    }

    /// What has come out so far.
    pub fn outcome(self) -> u32 {
        self.word
    }

    /// Takes all steps; what comes out.
    pub fn take_all(mut self) -> u32 {
        while self.take_slice() {}
        self.word
    }
}

impl Hog {
    pub(crate) fn set_up(cell: HogCell) -> &'static Self {
        HOG.get_or_init(|| Self::new(cell))
    }

    fn new(cell: HogCell) -> Self {
        Self { cell, took_ns: AtomicU64::new(0), yields: AtomicU64::new(0) }
    }

    /// How it computes.
    pub fn form(&self) -> Form {
        self.cell.form
    }

    /// When it begins, on CLOCK_MONOTONIC.
    pub fn begin_ns(&self) -> u64 {
        timers().epoch_ns() + self.cell.window_ns / 4 / GRID_NS * GRID_NS
    }

    /// What it has to do.
    pub fn computation(&self) -> Computation {
        let steps = self.cell.work.unwrap_or(0);
        Computation {
            word: value_of(self.cell.seed, 0) as u32 | 1,
            left: steps,
            slice: self.cell.yield_every.unwrap_or(steps),
        }
    }

    /// It is done: what came out, how long it took, and how often it yielded.
    pub fn computed(&self, outcome: u32, took_ns: u64, yields: u64) {
        self.took_ns.store(took_ns, Ordering::Relaxed);
        self.yields.store(yields, Ordering::Relaxed);
        timers().computed(outcome);
    }

    /// The cell as it was understood.
    pub(crate) fn cell(&self) -> HogCell {
        self.cell
    }

    /// What it did, once all is done. Null of form none.
    pub(crate) fn to_json(&self) -> Value {
        if self.cell.form == Form::None {
            return Value::Null;
        }
        json!({"took_ns": self.took_ns.load(Ordering::Relaxed),
            "yields": self.yields.load(Ordering::Relaxed)})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_the_same_in_one_slice_and_in_many_the_last_of_which_may_be_short() {
        let of = |form, yield_every| {
            let cell =
                HogCell { tasks: 1, form, window_ns: 0, work: Some(2500), yield_every, seed: 7 };
            Hog::new(cell).computation()
        };
        let mut sliced = of(Form::Yielding, Some(1000));
        let yields = std::iter::from_fn(|| sliced.take_slice().then_some(())).count();
        assert_eq!((yields, sliced.take_all()), (2, of(Form::Blocking, None).take_all()));
        assert!(!of(Form::Yielding, Some(2500)).take_slice());
    }
}
