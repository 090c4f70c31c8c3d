//! Pattern churn: what a task waits for with a timeout. A reply is a bit for each round and the
//! waker of whoever waits; the canceller of a group sets the bit. Tasks of a group share one
//! allocation, as tasks of a program share a channel.
//!
//! It is the same in every row, because the timeout is the runtime's and the reply is the workload's.
//! It is the smallest thing that does it: a oneshot channel is an allocation for every round, a
//! `Notify` keeps a list of waiters and a permit that may end another round than its own, and aborting
//! a task would end more than its wait.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use atomic_waker::AtomicWaker;

use crate::schedule::GROUP;

const WAITING: usize = GROUP as usize - 1;

/// The replies that the tasks of a group wait for.
#[derive(Default)]
pub struct Group([Slot; WAITING]);

/// Rounds that have their reply, by bit. A late reply is kept for its round, and ends no other.
#[derive(Default)]
struct Slot {
    rounds: AtomicU8,
    waiter: AtomicWaker,
}

/// A task's place in its group.
pub struct Reply {
    group: Arc<Group>,
    member: u8,
}

impl Reply {
    pub(crate) fn new(group: Arc<Group>, index: u32) -> Self {
        Self { group, member: (index % GROUP) as u8 }
    }

    fn slot(&self) -> &Slot {
        &self.group.0[usize::from(self.member)]
    }

    /// Waits for the reply of a round.
    pub async fn of_round(&self, round: u32) {
        let slot = self.slot();
        let has_come = || slot.rounds.load(Ordering::Acquire) >> round & 1 != 0;
        poll_fn(|context| {
            // The waker first: a reply that comes in between wakes the task again.
            slot.waiter.register(context.waker());
            if has_come() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Group {
    /// The reply of a round has come for a member.
    pub(crate) fn reply(&self, member: u32, round: u32) {
        let slot = &self.0[member as usize];
        slot.rounds.fetch_or(1 << round, Ordering::Release);
        slot.waiter.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    #[test]
    fn a_reply_ends_the_wait_of_its_round_and_of_no_other() {
        let group = Arc::new(Group::default());
        let own = Reply::new(group.clone(), 16 + 3);
        let mut context = Context::from_waker(Waker::noop());
        let mut first = pin!(own.of_round(0));
        assert!(first.as_mut().poll(&mut context).is_pending());
        group.reply(3, 1);
        group.reply(4, 0);
        assert!(first.as_mut().poll(&mut context).is_pending());
        group.reply(3, 0);
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert!(pin!(own.of_round(1)).poll(&mut context).is_ready(), "it had come before");
    }
}
