//! The workload timers without its tasks: when each is due, what is counted when it wakes, and who
//! cancels whom. One for the process, in a static.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;

use crate::cell::{Pattern, TimersCell};
use crate::clock::now_ns;
use crate::histogram::Histogram;
use crate::messages;
use crate::reply::{Group, Reply};
use crate::schedule::{GROUP, ROUNDS, Schedule, cancelled_print, fired_print};
use crate::tally::{Tally, Threads};

static TIMERS: OnceLock<Timers> = OnceLock::new();

/// The workload timers of this process, or the timers of hog. Panics where the cell is another
/// workload's.
#[inline]
pub fn timers() -> &'static Timers {
    TIMERS.get().expect("the workload is timers")
}

/// What all tasks of the workload timers share.
pub struct Timers {
    schedule: Schedule,
    threads: Threads,
    wanted: u64,
    epoch_ns: AtomicU64,
    units: Tally,
    checksum: Tally,
    errors: Tally,
    finished_ns: AtomicU64,
    lateness: Histogram,
    /// Churn: the group that is being spawned.
    group: Mutex<Arc<Group>>,
}

impl Timers {
    /// `beside`: how many units there are that are no timers'.
    pub(crate) fn set_up(schedule: Schedule, beside: u64, threads: Threads) -> &'static Self {
        TIMERS.get_or_init(|| Self {
            threads,
            wanted: schedule.units() + beside,
            epoch_ns: AtomicU64::new(0),
            units: Tally::new(),
            checksum: Tally::new(),
            errors: Tally::new(),
            finished_ns: AtomicU64::new(0),
            lateness: Histogram::new(threads),
            group: Mutex::default(),
            schedule,
        })
    }

    /// The cell's pattern.
    #[inline]
    pub fn pattern(&self) -> Pattern {
        self.schedule.pattern()
    }

    /// How many tasks there are.
    pub fn tasks(&self) -> u32 {
        self.schedule.cell().tasks
    }

    /// When a task's turn is due, on CLOCK_MONOTONIC.
    #[inline]
    pub fn due_ns(&self, index: u32, turn: u32) -> u64 {
        self.epoch_ns() + self.schedule.offset_ns(index, turn)
    }

    /// How often a task wakes.
    #[inline]
    pub fn turns(&self, index: u32) -> u32 {
        self.schedule.turns(index)
    }

    /// The timer of a task's turn fired just now.
    #[inline]
    pub fn fired(&self, index: u32, turn: u32) {
        self.fired_at(now_ns(), index, turn);
    }

    /// A task woke, and what it held across its wait was not as it had been. The turn still counts.
    pub fn damaged(&self) {
        self.errors.add(self.threads, 1);
        self.unit(0);
    }

    /// The same at a time that was read before.
    #[inline]
    pub fn fired_at(&self, now_ns: u64, index: u32, turn: u32) {
        let offset_ns = self.schedule.offset_ns(index, turn);
        self.lateness.record(self.epoch_ns() + offset_ns, now_ns);
        self.unit(fired_print(index, offset_ns));
    }

    /// Work that is no timer was done, with this outcome.
    pub(crate) fn computed(&self, outcome: u32) {
        self.unit(outcome.into());
    }

    // --- churn

    /// Whether the task cancels for its group.
    pub fn is_canceller(&self, index: u32) -> bool {
        self.schedule.is_canceller(index)
    }

    /// The rounds of churn.
    pub fn rounds(&self) -> u32 {
        ROUNDS
    }

    /// Where the task that is spawned next gets its replies from. Asked once for each, in order.
    pub fn reply(&self, index: u32) -> Reply {
        Reply::new(self.group_of(index), index)
    }

    /// The group of the task that is spawned next.
    pub fn group_of(&self, index: u32) -> Arc<Group> {
        let mut group = self.group.lock().expect("nobody panics with it");
        if index.is_multiple_of(GROUP) {
            *group = Arc::default();
        }
        group.clone()
    }

    /// When the wait of a round times out.
    pub fn timeout_at_ns(&self, index: u32, round: u32) -> u64 {
        if self.schedule.left_to_fire(index, round) {
            return self.due_ns(index, round);
        }
        now_ns().max(self.epoch_ns()) + self.schedule.timeout_ns()
    }

    /// The wait of a round ended: by its reply, or by its timeout.
    pub fn waited(&self, index: u32, round: u32, replied: bool) {
        let fired_ns = (!replied).then(now_ns); // the clock first: the schedule takes time
        match (fired_ns, self.schedule.left_to_fire(index, round)) {
            (None, false) => self.unit(cancelled_print(index, round)),
            (Some(fired_ns), true) => self.fired_at(fired_ns, index, round),
            _ => {
                self.errors.add(self.threads, 1);
                self.unit(0); // the run has to end
            }
        }
    }

    /// When the canceller ends a round.
    pub fn end_ns(&self, canceller: u32, round: u32) -> u64 {
        self.epoch_ns() + self.schedule.beat_ns(canceller, round + 1)
    }

    /// Sends the replies of a round to those of the group that are to have one.
    pub fn cancel_round(&self, group: &Group, canceller: u32, round: u32) {
        let first = canceller - canceller % GROUP;
        for index in first..canceller {
            if !self.schedule.left_to_fire(index, round) {
                group.reply(index - first, round);
            }
        }
    }

    // --- for the conversation

    pub(crate) fn begin_at(&self, epoch_ns: u64) {
        self.epoch_ns.store(epoch_ns, Ordering::Relaxed);
    }

    /// The cell as it was understood.
    pub(crate) fn cell(&self) -> TimersCell {
        self.schedule.cell()
    }

    /// Units, checksum and errors.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        (self.units.get(), self.checksum.get(), self.errors.get())
    }

    /// Null until all have woken.
    pub(crate) fn lateness(&self) -> Value {
        if self.is_finished() { self.lateness.to_json() } else { Value::Null }
    }

    /// From the first deadline to the last unit.
    pub(crate) fn fire_ns(&self) -> Option<u64> {
        let first_due_ns = self.epoch_ns() + self.schedule.first_due_ns();
        let finished_ns = self.finished_ns.load(Ordering::Acquire);
        (finished_ns != 0).then(|| finished_ns.saturating_sub(first_due_ns))
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finished_ns.load(Ordering::Acquire) != 0
    }

    #[inline]
    pub(crate) fn epoch_ns(&self) -> u64 {
        self.epoch_ns.load(Ordering::Relaxed)
    }

    /// One unit is done. The last says so at once.
    #[inline]
    fn unit(&self, print: u64) {
        self.checksum.add(self.threads, print);
        if self.units.add(self.threads, 1) == self.wanted {
            let now_ns = now_ns();
            self.finished_ns.store(now_ns, Ordering::Release); // who sees it sees what a hog did, too
            messages::finished(now_ns);
        }
    }
}
