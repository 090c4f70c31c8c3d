//! The workloads whose tasks wait for each other (relay, fanout, channel, contention, cancel)
//! without their tasks: what is counted, and the arithmetic of "In other languages" in their
//! READMEs. One for the process, in a static. How tasks wait for each other is the row's.

use std::future::poll_fn;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::Poll;

use atomic_waker::AtomicWaker;
use serde_json::{Value, json};

use crate::clock::now_ns;
use crate::handler::worked;
use crate::messages;
use crate::talk_cell::{Order, TalkCell};
use crate::tally::{Tally, Threads};
use crate::values::value_of;

/// The most children of a task of fanout.
pub const FAN: usize = 10;
const LEAST_SLEEP_NS: u64 = 600_000_000_000;
/// Keeps the end of relay's tasks out of the window.
const REST_NS: u64 = 50_000_000;

static TALK: OnceLock<Talk> = OnceLock::new();

/// The workload of this process. Panics where its tasks do not wait for each other.
#[inline]
pub fn talk() -> &'static Talk {
    TALK.get().expect("its tasks wait for each other")
}

/// What all tasks share.
pub struct Talk {
    cell: TalkCell,
    seed: u64,
    threads: Threads,
    wanted: u64,
    /// How far the token of relay goes at each hop.
    stride: u32,
    epoch_ns: AtomicU64,
    units: Tally,
    sum: Tally,
    errors: Tally,
    first_error: OnceLock<&'static str>,
    checksum: AtomicU64,
    finished_ns: AtomicU64,
    /// Who waits for that.
    waits_for_end: AtomicWaker,
    mail: Mail,
    turns: Turns,
    cancelling: AtomicBool,
}

/// A message of channel: number so and so of a sender.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// Who sent it.
    pub sender: u32,
    /// From 0 on.
    pub number: u32,
}

/// Leaves of fanout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// The number of the first.
    pub first: u32,
    /// How many there are.
    pub count: u32,
}

impl Leaves {
    /// How many tasks divide them.
    pub fn children(self) -> u32 {
        self.count.min(FAN as u32)
    }

    /// Those of one child.
    pub fn of_child(self, child: u32) -> Self {
        let until = |child: u32| {
            (u64::from(self.count) * u64::from(child) / u64::from(self.children())) as u32
        };
        let begin = until(child);
        Self { first: self.first + begin, count: until(child + 1) - begin }
    }
}

/// What channel's receivers have had.
struct Mail {
    received: Box<[Tally]>,
    /// By receiver and sender: the least number that may come. Of each only one task's.
    next: Box<[AtomicU32]>,
}

impl Mail {
    fn new(receivers: u32, senders: u32) -> Self {
        let pairs = u64::from(receivers) * u64::from(senders);
        Self {
            received: (0..receivers).map(|_| Tally::new()).collect(),
            next: (0..pairs).map(|_| AtomicU32::new(0)).collect(),
        }
    }
}

/// Contention: written by whoever has the mutex, and read by who begins to wait.
struct Turns {
    handed_over: AtomicU64,
    shortest: AtomicU64,
    longest: AtomicU64,
    owner: AtomicU32,
}

impl Talk {
    pub(crate) fn set_up(cell: TalkCell, seed: u64, threads: Threads) -> &'static Self {
        TALK.get_or_init(|| Self::new(cell, seed, threads))
    }

    fn new(cell: TalkCell, seed: u64, threads: Threads) -> Self {
        Self {
            cell,
            seed,
            threads,
            wanted: cell.units(),
            stride: match cell {
                TalkCell::Relay { tasks, order, .. } => stride(tasks, order),
                _ => 0,
            },
            epoch_ns: AtomicU64::new(0),
            units: Tally::new(),
            sum: Tally::new(),
            errors: Tally::new(),
            first_error: OnceLock::new(),
            checksum: AtomicU64::new(0),
            finished_ns: AtomicU64::new(0),
            waits_for_end: AtomicWaker::new(),
            mail: match cell {
                TalkCell::Channel { receivers, senders, .. } => Mail::new(receivers, senders),
                _ => Mail::new(0, 0),
            },
            turns: Turns {
                handed_over: AtomicU64::new(0),
                shortest: AtomicU64::new(u64::MAX),
                longest: AtomicU64::new(0),
                owner: AtomicU32::new(0),
            },
            cancelling: AtomicBool::new(false),
        }
    }

    /// The cell.
    #[inline]
    pub fn cell(&self) -> TalkCell {
        self.cell
    }

    /// Whether a task is the last that is asked for.
    pub fn is_last(&self, index: u32) -> bool {
        index + 1 == self.cell.tasks()
    }

    /// When all work begins.
    pub fn epoch_ns(&self) -> u64 {
        self.epoch_ns.load(Ordering::Relaxed)
    }

    /// All work is done, and this is what came out.
    pub fn finish(&self, checksum: u64) {
        let now_ns = now_ns();
        self.checksum.store(checksum, Ordering::Relaxed);
        self.finished_ns.store(now_ns, Ordering::Release); // who sees it sees the checksum, too
        messages::finished(now_ns);
        self.waits_for_end.wake();
    }

    /// What must not happen has happened.
    pub fn wrong(&self, what: &'static str) {
        self.first_error.get_or_init(|| what);
        self.errors.add(self.threads, 1);
    }

    // --- relay

    /// The token as it comes to the first task.
    pub fn first_token(&self) -> u64 {
        self.seed
    }

    /// Who gets the token from a task.
    pub fn after(&self, index: u32) -> usize {
        let next = index + self.stride;
        (if next < self.cell.tasks() { next } else { next - self.cell.tasks() }) as usize
    }

    /// A task has got the token. What it hands on; None after the last hop, when all is finished.
    #[inline]
    pub fn hop(&self, index: u32, token: u64) -> Option<u64> {
        let token =
            token.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(index) + 1);
        if !self.unit() {
            return Some(token);
        }
        self.finish(token);
        None
    }

    /// Waits until all work is done, as one task may.
    pub async fn over(&self) {
        poll_fn(|context| {
            self.waits_for_end.register(context.waker());
            match self.finished_ns.load(Ordering::Acquire) {
                0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Once that is so: from when on the tasks may end.
    pub fn ends_at_ns(&self) -> u64 {
        self.finished_ns.load(Ordering::Acquire) + REST_NS
    }

    // --- fanout

    /// A leaf has its turn: what it gives.
    #[inline]
    pub fn leaf(&self, index: u32) -> u64 {
        let TalkCell::Fanout { work, .. } = self.cell else { panic!("it is no tree") };
        let worked = match work {
            0 => 0,
            steps => worked(self.value(0) as u32 | 1, steps),
        };
        self.unit();
        self.value(index.into()) ^ u64::from(worked)
    }

    // --- channel

    /// The senders that are spawned with a receiver.
    pub fn senders_with(&self, receiver: u32) -> Range<u32> {
        let TalkCell::Channel { receivers, senders, .. } = self.cell else { return 0..0 };
        let until = |receiver: u32| {
            (u64::from(senders) * u64::from(receiver) / u64::from(receivers)) as u32
        };
        until(receiver)..until(receiver + 1)
    }

    /// How many messages a sender has.
    pub fn messages_of(&self, sender: u32) -> u32 {
        let TalkCell::Channel { senders, messages, .. } = self.cell else { return 0 };
        messages / senders + u32::from(sender < messages % senders)
    }

    /// A receiver has a message. True for the last of all. Others may have had some in between, but
    /// those that one gets of a sender are in order.
    pub fn received(&self, receiver: u32, message: Message) -> bool {
        let TalkCell::Channel { senders, .. } = self.cell else { return false };
        let next = &self.mail.next[receiver as usize * senders as usize + message.sender as usize];
        if message.number < next.load(Ordering::Relaxed) {
            self.wrong("a message came after a later one of its sender");
        }
        next.store(message.number + 1, Ordering::Relaxed);
        self.mail.received[receiver as usize].add(Threads::One, 1);
        let index = u64::from(message.sender) + u64::from(message.number) * u64::from(senders);
        self.unit_of(self.value(index))
    }

    // --- contention

    /// How often each task takes the mutex.
    pub fn locks(&self) -> u32 {
        let TalkCell::Contention { locks, .. } = self.cell else { return 0 };
        locks
    }

    /// How often the mutex was handed over so far: when a task begins to wait.
    #[inline]
    pub fn handed_over(&self) -> u64 {
        self.turns.handed_over.load(Ordering::Relaxed)
    }

    /// A task has the mutex, and began to wait for it after `since` hand-overs: none before the
    /// epoch, and such a wait does not count.
    pub fn taken(&self, index: u32, since: u64) {
        let before = self.handed_over();
        self.turns.handed_over.store(before + 1, Ordering::Relaxed);
        if since > 0 {
            let waited = before - since;
            self.turns.shortest.fetch_min(waited, Ordering::Relaxed);
            self.turns.longest.fetch_max(waited, Ordering::Relaxed);
        }
        self.turns.owner.store(index, Ordering::Relaxed);
    }

    /// It had it, and is about to unlock it.
    pub fn release(&self, index: u32) {
        if self.turns.owner.load(Ordering::Relaxed) != index {
            self.wrong("two tasks had the mutex at once");
        }
        self.unit_of(self.value(index.into()));
    }

    // --- cancel

    /// When the sleep of a task would end by itself.
    pub fn sleeps_until_ns(&self, index: u32) -> u64 {
        self.epoch_ns() + LEAST_SLEEP_NS + self.value(index.into()) % LEAST_SLEEP_NS
    }

    /// From now on waits are cancelled. Those that end before are ended by the end of the run.
    pub fn cancel(&self) {
        self.cancelling.store(true, Ordering::Relaxed);
    }

    /// The wait of a task was cancelled.
    pub fn cancelled(&self, index: u32) {
        if self.cancelling.load(Ordering::Relaxed) {
            self.unit_of(self.value(index.into()));
        }
    }

    // --- for the conversation

    pub(crate) fn begin_at(&self, epoch_ns: u64) {
        self.epoch_ns.store(epoch_ns, Ordering::Relaxed);
    }

    /// Units, checksum and errors.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        (self.units.get(), self.checksum.load(Ordering::Relaxed), self.errors.get())
    }

    pub(crate) fn first_error(&self) -> &'static str {
        self.first_error.get().copied().unwrap_or("")
    }

    /// From the epoch to the last unit.
    pub(crate) fn fire_ns(&self) -> Option<u64> {
        let finished_ns = self.finished_ns.load(Ordering::Acquire);
        (finished_ns != 0).then(|| finished_ns.saturating_sub(self.epoch_ns()))
    }

    /// How evenly something was shared out, once all is done.
    pub(crate) fn shares(&self) -> Value {
        let received = || self.mail.received.iter().map(Tally::get);
        let (least, most) = match self.cell {
            TalkCell::Channel { .. } => (received().min(), received().max()),
            TalkCell::Contention { .. } => {
                let shortest = self.turns.shortest.load(Ordering::Relaxed);
                let longest = self.turns.longest.load(Ordering::Relaxed);
                let counted = shortest <= longest; // not where all began before the epoch
                (counted.then_some(shortest), counted.then_some(longest))
            }
            _ => (None, None),
        };
        match (self.fire_ns(), least, most) {
            (Some(_), Some(least), Some(most)) => json!({"least": least, "most": most}),
            _ => Value::Null,
        }
    }

    /// What unit `index` gives to a sum.
    fn value(&self, index: u64) -> u64 {
        value_of(self.seed, index)
    }

    /// One unit is done. True for the last.
    #[inline]
    fn unit(&self) -> bool {
        self.units.add(self.threads, 1) == self.wanted
    }

    /// The same of a unit that gives a value; with the last one all is finished.
    #[inline]
    fn unit_of(&self, value: u64) -> bool {
        self.sum.add(self.threads, value);
        let is_last = self.unit();
        if is_last {
            self.finish(self.sum.get());
        }
        is_last
    }
}

fn stride(tasks: u32, order: Order) -> u32 {
    if order == Order::Near {
        return 1;
    }
    let mut stride = (u64::from(tasks) * 618 / 1000).max(1) as u32;
    while divisor(stride, tasks) != 1 {
        stride += 1;
    }
    stride
}

/// The largest that two numbers have in common.
fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(cell: TalkCell) -> Talk {
        Talk::new(cell, 7, Threads::One)
    }

    #[test]
    fn a_token_comes_to_all_tasks_before_it_comes_to_one_again() {
        for (tasks, order) in [(2, Order::Far), (100, Order::Far), (9973, Order::Near)] {
            let talk = made(TalkCell::Relay { tasks, order, hops: 1 });
            let mut index = 0;
            for hop in 1..=tasks {
                index = talk.after(index) as u32;
                assert_eq!(index == 0, hop == tasks);
            }
        }
    }

    #[test]
    fn a_tree_divides_its_leaves_as_evenly_as_it_can() {
        for count in [1, 9, 10, 11, 1234, 10_000_000] {
            let all = Leaves { first: 0, count };
            let children: Vec<_> = (0..all.children()).map(|child| all.of_child(child)).collect();
            let mut next = 0;
            for each in &children {
                assert_eq!(each.first, next);
                next += each.count;
            }
            assert_eq!(next, count);
            let counts = || children.iter().map(|each| each.count);
            assert!(counts().min() > Some(0) && counts().max() <= counts().min().map(|n| n + 1));
        }
    }

    #[test]
    fn a_message_behind_a_later_one_is_an_error_unless_another_has_that() {
        let cell = TalkCell::Channel { receivers: 2, senders: 3, capacity: 1, messages: 9 };
        let talk = made(cell);
        talk.received(1, Message { sender: 2, number: 0 });
        talk.received(0, Message { sender: 2, number: 1 });
        talk.received(1, Message { sender: 2, number: 2 });
        assert_eq!(talk.counts().2, 0);
        talk.received(0, Message { sender: 2, number: 0 });
        assert_eq!((talk.counts().2, talk.first_error().contains("later")), (1, true));
        let sum: u32 = (0..3).map(|sender| talk.messages_of(sender)).sum();
        let senders: Vec<u32> = (0..2).flat_map(|receiver| talk.senders_with(receiver)).collect();
        assert_eq!((sum, senders), (9, vec![0, 1, 2]));
    }

    #[test]
    fn two_that_have_the_mutex_at_once_are_an_error() {
        let talk = made(TalkCell::Contention { tasks: 5, locks: 3 });
        talk.taken(3, 0);
        talk.release(3);
        assert_eq!(talk.counts().2, 0);
        talk.taken(3, 1);
        talk.taken(4, 1);
        talk.release(3);
        assert_eq!((talk.counts().2, talk.first_error().contains("at once")), (1, true));
    }

    #[test]
    fn who_takes_the_mutex_again_at_once_has_waited_for_no_hand_over() {
        let talk = made(TalkCell::Contention { tasks: 2, locks: 2 });
        for index in [0, 1] {
            talk.taken(index, 0);
            talk.release(index);
            talk.taken(index, talk.handed_over());
            talk.release(index);
        }
        assert_eq!(talk.shares(), json!({"least": 0, "most": 0}));
        let once = made(TalkCell::Contention { tasks: 2, locks: 1 });
        for index in [0, 1] {
            once.taken(index, 0);
            once.release(index);
        }
        assert_eq!(once.shares(), Value::Null, "all waits began before the epoch");
    }

    #[test]
    fn a_wait_that_the_end_of_the_run_ends_is_no_unit() {
        let talk = made(TalkCell::Cancel { tasks: 5, wait: crate::talk_cell::Wait::Sleep });
        talk.cancelled(0);
        assert_eq!(talk.counts().0, 0);
        talk.cancel();
        talk.cancelled(0);
        assert_eq!(talk.counts().0, 1);
        assert_eq!(talk.shares(), Value::Null);
    }
}
