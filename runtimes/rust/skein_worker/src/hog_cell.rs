//! Cells of the workload hog.

use serde_json::{Value, json};

use crate::about::Failure;
use crate::cell::{count, number, word, words};

/// Deadlines are whole multiples of this.
pub(crate) const GRID_NS: u64 = 1_000_000;
/// From one wake of a timer to its next, in grids.
pub(crate) const PERIOD: u64 = 50;

words! {
    /// How the task computes that does not wait.
    Form {
        /// There is no such task.
        None = "none",
        /// In one go.
        Blocking = "blocking",
        /// With yields.
        Yielding = "yielding",
        /// On a thread of the runtime's pool.
        Offloaded = "offloaded",
    }
}

/// What decides the work of hog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HogCell {
    pub tasks: u32,
    pub form: Form,
    pub window_ns: u64,
    /// Steps; None where the form has none.
    pub work: Option<u64>,
    pub yield_every: Option<u64>,
    pub seed: u64,
}

impl HogCell {
    pub fn from_json(cell: &Value) -> Result<Self, Failure> {
        let form = word(cell, "form", Form::from_word)?;
        let steps = |name, is_there: bool| is_there.then(|| count(cell, name, 1)).transpose();
        Ok(Self {
            tasks: count(cell, "tasks", 1)?,
            form,
            window_ns: count(cell, "window_ns", PERIOD * GRID_NS)?,
            work: steps("work", form != Form::None)?,
            yield_every: steps("yield_every", form == Form::Yielding)?,
            seed: number(cell, "seed")?,
        })
    }

    /// What was understood.
    pub fn to_json(self) -> Value {
        json!({"tasks": self.tasks, "form": self.form.word(), "window_ns": self.window_ns,
            "work": self.work, "yield_every": self.yield_every, "seed": self.seed})
    }

    /// How many tasks compute.
    pub fn hogs(self) -> u64 {
        u64::from(self.form != Form::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(form: &str, work: Option<u64>, yield_every: Option<u64>) -> Value {
        json!({"tasks": 5, "form": form, "window_ns": 50_000_000, "work": work,
            "yield_every": yield_every, "seed": u64::MAX})
    }

    #[test]
    fn a_cell_is_echoed_as_it_was_understood() {
        for cell in [
            of("none", None, None),
            of("blocking", Some(7), None),
            of("yielding", Some(7), Some(2)),
            of("offloaded", Some(7), None),
        ] {
            let understood = HogCell::from_json(&cell).expect("it is one");
            assert_eq!(understood.to_json(), cell);
            assert_eq!(understood.hogs(), u64::from(cell["form"] != "none"));
        }
    }

    #[test]
    fn a_field_that_is_missing_or_unknown_is_an_error() {
        let mut short = of("none", None, None);
        short["window_ns"] = json!(49_999_999);
        for cell in [
            short,
            of("greedy", Some(7), None),
            of("blocking", None, None),
            of("offloaded", Some(0), None),
            of("yielding", Some(7), None),
        ] {
            assert!(HogCell::from_json(&cell).is_err(), "{cell}");
        }
    }
}
