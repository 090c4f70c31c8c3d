//! How far down a task waits and what it holds meanwhile: the cell's `depth` and `held_bytes`. How a
//! row nests its waits is its own.

use std::hint::black_box;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::about::{About, Failure};
use crate::cell::{not_served, number};

static NESTING: OnceLock<Nesting> = OnceLock::new();

/// The nesting of this process' tasks.
#[inline]
pub fn nesting() -> Nesting {
    *NESTING.get().expect("the cell is known")
}

/// How far down a task waits, and how many bytes it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nesting {
    /// The levels, the task's own among them.
    pub depth: u32,
    /// What lives across the wait on the outermost level.
    pub held_bytes: usize,
}

impl Nesting {
    /// What goes without saying: the ordinary tasks.
    pub const PLAIN: Self = Self { depth: 1, held_bytes: 0 };

    pub(crate) fn set_up(about: &About, cell: &Value) -> Result<(), Failure> {
        let asked = Self::from_json(cell)?;
        if asked != Self::PLAIN && !about.takes_nesting {
            let limit = if asked.depth == 1 { "held_bytes" } else { "depth" };
            return Err(not_served(limit, "its tasks wait where they are, and hold nothing"));
        }
        NESTING.get_or_init(|| asked);
        Ok(())
    }

    fn from_json(cell: &Value) -> Result<Self, Failure> {
        let mut asked = Self::PLAIN;
        if !cell["depth"].is_null() {
            asked.depth = number(cell, "depth")?;
        }
        if !cell["held_bytes"].is_null() {
            asked.held_bytes = number(cell, "held_bytes")?;
        }
        let known = matches!(asked.depth, 1 | 2 | 4 | 8 | 16 | 32 | 64)
            && matches!(asked.held_bytes, 0 | 64 | 256 | 1024 | 4096 | 16384);
        if known { Ok(asked) } else { Err(format!("{asked:?} is not known here").into()) }
    }

    /// What was understood; usual values are null in a cell.
    pub(crate) fn to_json(self) -> Value {
        json!({"depth": (self.depth != 1).then_some(self.depth),
            "held_bytes": (self.held_bytes != 0).then_some(self.held_bytes)})
    }
}

/// Words that live across a wait: written before it, read after it.
pub struct Held<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Default for Held<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl<const WORDS: usize> Held<WORDS> {
    const SUM: u64 = (WORDS * (WORDS + 1) / 2) as u64;

    /// Before the wait.
    pub fn write(&mut self) {
        for (word, value) in self.0.iter_mut().zip(1..) {
            *word = value;
        }
        black_box(&mut self.0);
    }

    /// After it: whether all is as it was.
    pub fn is_kept(&self) -> bool {
        black_box(&self.0).iter().sum::<u64>() == Self::SUM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_noticed_when_it_changes() {
        let mut held = Held::<8>::default();
        held.write();
        assert!(held.is_kept());
        held.0[5] ^= 1;
        assert!(!held.is_kept());
    }

    #[test]
    fn a_cell_that_says_nothing_is_plain_and_one_that_is_unknown_an_error() {
        let read = |cell: Value| Nesting::from_json(&cell);
        assert_eq!(read(json!({})).ok(), Some(Nesting::PLAIN));
        let asked = json!({"depth": 4, "held_bytes": 256});
        assert_eq!(read(asked.clone()).map(Nesting::to_json).ok(), Some(asked));
        assert!(read(json!({"depth": 3})).is_err());
    }
}
