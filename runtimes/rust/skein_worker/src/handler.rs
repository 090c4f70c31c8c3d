//! What a request does between its read and its write: the cell's `handler_wait_ns` and
//! `handler_work`. How it waits is the row's.

use serde_json::{Value, json};

use crate::about::{About, Failure};
use crate::cell::{not_served, number};

/// How long a request waits, and how many steps it computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handler {
    /// By a timer, from when it was read.
    pub wait_ns: u64,
    /// On its first word.
    pub steps: u64,
}

impl Handler {
    /// Whether a request does anything.
    pub fn is_there(self) -> bool {
        self != Self::default()
    }

    pub(crate) fn from_json(cell: &Value) -> Result<Self, Failure> {
        let mut asked = Self::default();
        if !cell["handler_wait_ns"].is_null() {
            asked.wait_ns = number(cell, "handler_wait_ns")?;
        }
        if !cell["handler_work"].is_null() {
            asked.steps = number(cell, "handler_work")?;
        }
        Ok(asked)
    }

    pub(crate) fn refuse_unless_taken(self, about: &About) -> Result<(), Failure> {
        if about.takes_handler || !self.is_there() {
            return Ok(());
        }
        let limit = if self.wait_ns == 0 { "handler_work" } else { "handler_wait_ns" };
        Err(not_served(limit, "its requests are echoed at once"))
    }

    /// What was understood; nothing is null in a cell.
    pub(crate) fn to_json(self) -> Value {
        json!({"handler_wait_ns": (self.wait_ns != 0).then_some(self.wait_ns),
            "handler_work": (self.steps != 0).then_some(self.steps)})
    }
}

/// So many steps of xorshift32 on the first word of a request, little-endian.
pub fn work_on(request: &mut [u8], steps: u64) {
    let Some(first) = request.first_chunk_mut() else { return };
    *first = worked(u32::from_le_bytes(*first), steps).to_le_bytes();
}

/// What comes out after so many steps.
pub(crate) fn worked(mut word: u32, steps: u64) -> u32 {
    for _ in 0..steps {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_steps_come_out_as_everywhere() {
        let mut request = *b"\x01\0\0\0rest";
        work_on(&mut request, 1000);
        assert_eq!(request, THOUSAND_STEPS);
    }

    const THOUSAND_STEPS: [u8; 8] = *b"\x27\x3c\x17\x10rest";

    #[test]
    fn a_cell_is_echoed_as_it_was_understood() {
        let asked = json!({"handler_wait_ns": 5_000_000, "handler_work": null});
        let understood = Handler::from_json(&asked).expect("it is one");
        assert_eq!(understood, Handler { wait_ns: 5_000_000, steps: 0 });
        assert_eq!(understood.to_json(), asked);
    }
}
