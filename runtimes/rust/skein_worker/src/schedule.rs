//! When each task of timers is due, and what each unit adds to the checksum: the formulas of
//! harness/PROTOCOL.md. Nothing is stored per task. All numbers are unsigned, 64 bits wide.

use crate::cell::{Pattern, TimersCell};
use crate::hog_cell::{GRID_NS, HogCell, PERIOD};
use crate::values::value_of;

/// Churn: tasks of a group, of which the last cancels for the others.
pub const GROUP: u32 = 16;
/// Churn: how often each of the others waits.
pub const ROUNDS: u32 = 8;
const FIRES_ONE_IN: u64 = 16;
/// Churn: how far beyond the window a timer is due that will be cancelled.
const TIMEOUT_NS: u64 = 30_000_000_000;

/// The schedule of a cell.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    cell: TimersCell,
    steps: u64,
    /// Periodic: of all tasks, as the timers of hog have it; None: each has its own.
    period: Option<u64>,
}

/// Pattern periodic, in steps of the grid.
struct Rhythm {
    phase: u64,
    period: u64,
    turns: u64,
}

fn scatter(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// What a timer of task `index` adds to the checksum that fired `offset_ns` after the epoch.
pub(crate) fn fired_print(index: u32, offset_ns: u64) -> u64 {
    scatter(scatter(index.into()) ^ offset_ns)
}

/// What a wait adds that was cancelled.
pub(crate) fn cancelled_print(index: u32, round: u32) -> u64 {
    fired_print(index, !u64::from(round)) // -1 - round
}

impl Schedule {
    /// The schedule of a cell. Says what makes the cell impossible.
    pub fn new(cell: &TimersCell) -> Result<Self, String> {
        let steps = cell.window_ns.checked_div(cell.grid_ns).unwrap_or(0);
        let churn = cell.pattern == Pattern::Churn;
        if steps == 0 {
            return Err("the window is shorter than the grid".into());
        }
        if churn && (cell.tasks < 2 || steps < u64::from(2 * (ROUNDS + 1))) {
            return Err("churn needs 2 tasks and a window of 18 grids".into());
        }
        Ok(Self { cell: cell.clone(), steps, period: None })
    }

    /// The schedule of the timers of hog.
    pub fn of_hog(cell: &HogCell) -> Self {
        let steps = cell.window_ns / GRID_NS;
        let cell = TimersCell {
            tasks: cell.tasks,
            pattern: Pattern::Periodic,
            window_ns: cell.window_ns,
            grid_ns: GRID_NS,
            seed: cell.seed,
        };
        Self { cell, steps, period: Some(PERIOD) }
    }

    /// The cell.
    pub(crate) fn cell(&self) -> TimersCell {
        self.cell.clone()
    }

    /// The cell's pattern.
    pub fn pattern(&self) -> Pattern {
        self.cell.pattern
    }

    /// No task does its work before, counted from the epoch.
    pub(crate) fn first_due_ns(&self) -> u64 {
        if self.cell.pattern == Pattern::Storm { self.cell.window_ns } else { 0 }
    }

    /// Random number `which` of a task.
    fn draw(&self, index: u32, which: u64) -> u64 {
        scatter(scatter(self.cell.seed ^ scatter(index.into())).wrapping_add(which))
    }

    fn rhythm(&self, index: u32) -> Rhythm {
        let (drawn, period) = match self.period {
            Some(period) => (value_of(self.cell.seed, index.into()), period),
            None => (self.draw(index, 2), self.period_of(index)),
        };
        let phase = 1 + drawn % period;
        Rhythm { phase, period, turns: (self.steps - phase) / period + 1 }
    }

    fn period_of(&self, index: u32) -> u64 {
        let least = (self.steps / 16).max(1);
        let most = (self.steps / 4).max(least);
        least + self.draw(index, 1) % (most - least + 1)
    }

    /// How many units a task comes to.
    pub fn turns(&self, index: u32) -> u32 {
        match self.cell.pattern {
            Pattern::Spread | Pattern::Storm => 1,
            Pattern::Periodic => self.rhythm(index).turns as u32, // 16, or in hog one for 50 ms
            Pattern::Churn if self.is_canceller(index) => 0,
            Pattern::Churn => ROUNDS,
        }
    }

    /// How many units all tasks come to.
    pub fn units(&self) -> u64 {
        (0..self.cell.tasks).map(|index| u64::from(self.turns(index))).sum()
    }

    /// When the timer of a task's turn fires, after the epoch; in churn, of a turn that is left to.
    pub fn offset_ns(&self, index: u32, turn: u32) -> u64 {
        let steps = match self.cell.pattern {
            Pattern::Storm => self.steps,
            Pattern::Spread => scatter(self.cell.seed ^ scatter(index.into())) % self.steps + 1,
            Pattern::Periodic => {
                let own = self.rhythm(index);
                own.phase + u64::from(turn) * own.period
            }
            Pattern::Churn => {
                let inside = self.draw(index, turn.into()) / FIRES_ONE_IN;
                return self.beat_ns(index, turn)
                    + (1 + inside % (self.round() - 1)) * self.cell.grid_ns;
            }
        };
        steps * self.cell.grid_ns
    }

    /// Churn: steps of a round.
    fn round(&self) -> u64 {
        self.steps / u64::from(ROUNDS + 1)
    }

    /// Churn: whether the task cancels for its group.
    pub fn is_canceller(&self, index: u32) -> bool {
        index % GROUP == GROUP - 1 || index + 1 == self.cell.tasks
    }

    /// Churn: when a round of the task's group begins, after the epoch.
    pub fn beat_ns(&self, index: u32, round: u32) -> u64 {
        let phase = self.draw(index - index % GROUP, ROUNDS.into()) % self.round();
        (phase + u64::from(round) * self.round()) * self.cell.grid_ns
    }

    /// Churn: whether the timer of this round is not cancelled.
    pub fn left_to_fire(&self, index: u32, round: u32) -> bool {
        self.draw(index, round.into()).is_multiple_of(FIRES_ONE_IN)
    }

    /// Churn: how long a timer is armed for that will be cancelled.
    pub fn timeout_ns(&self) -> u64 {
        self.cell.window_ns + TIMEOUT_NS
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::hog_cell::Form;

    /// 1,000 tasks over 200 ms with the usual grid and seed: the example of PROTOCOL.md.
    fn example(pattern: Pattern) -> Schedule {
        let cell = TimersCell {
            tasks: 1000,
            pattern,
            window_ns: 200_000_000,
            grid_ns: 1_000_000,
            seed: 1,
        };
        Schedule::new(&cell).expect("it is possible")
    }

    fn print_of(schedule: &Schedule, index: u32, turn: u32) -> u64 {
        if schedule.cell.pattern == Pattern::Churn && !schedule.left_to_fire(index, turn) {
            cancelled_print(index, turn)
        } else {
            fired_print(index, schedule.offset_ns(index, turn))
        }
    }

    fn checksum(schedule: &Schedule) -> u64 {
        (0..schedule.cell.tasks)
            .flat_map(|index| (0..schedule.turns(index)).map(move |turn| (index, turn)))
            .fold(0, |sum: u64, (index, turn)| sum.wrapping_add(print_of(schedule, index, turn)))
    }

    #[test]
    fn the_checksum_of_the_protocols_example_is_the_one_that_is_written_there() {
        assert_eq!(checksum(&example(Pattern::Spread)), 0x3ec3_75c1_869b_eff9);
    }

    #[test]
    fn the_other_patterns_come_to_the_units_and_checksums_of_the_worker_in_python() {
        for (pattern, units, sum) in [
            (Pattern::Storm, 1000, 0xc27d_2f60_f9f4_fe98),
            (Pattern::Periodic, 7549, 0x26c5_ccfc_742f_0244),
            (Pattern::Churn, 7496, 0x73b7_af14_4b51_ab24),
        ] {
            let schedule = example(pattern);
            assert_eq!((schedule.units(), checksum(&schedule)), (units, sum), "{pattern:?}");
        }
    }

    #[test]
    fn a_timer_of_hog_is_due_every_50_ms_of_its_window() {
        for window_ns in [50_000_000, 101_000_000, 1_234_567_891] {
            let (form, work, yield_every) = (Form::None, None, None);
            let cell = HogCell { tasks: 1000, form, window_ns, work, yield_every, seed: 7 };
            let schedule = Schedule::of_hog(&cell);
            let mut phases = BTreeSet::new();
            for index in 0..cell.tasks {
                let turns = schedule.turns(index);
                let last_ns = schedule.offset_ns(index, turns - 1);
                assert!(last_ns <= window_ns && window_ns < last_ns + 50_000_000);
                assert_eq!(schedule.offset_ns(index, turns), last_ns + 50_000_000);
                phases.insert(schedule.offset_ns(index, 0));
            }
            let all: BTreeSet<u64> = (1..=50).map(|phase| phase * 1_000_000).collect();
            assert_eq!(phases, all);
        }
    }

    #[test]
    fn a_cell_that_cannot_be_is_refused() {
        let possible = TimersCell {
            tasks: 2,
            pattern: Pattern::Churn,
            window_ns: 18_000_000,
            grid_ns: 1_000_000,
            seed: 0,
        };
        assert!(Schedule::new(&possible).is_ok());
        let refused = |change: fn(&mut TimersCell)| {
            let mut cell = possible.clone();
            change(&mut cell);
            Schedule::new(&cell).is_err()
        };
        assert!(refused(|cell| cell.tasks = 1));
        assert!(refused(|cell| cell.window_ns -= 1));
        assert!(refused(|cell| cell.grid_ns = 0));
        assert!(refused(|cell| cell.grid_ns = 18_000_001));
    }
}
