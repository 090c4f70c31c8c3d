//! fanout: a task for each node. A parent awaits the handles of its children, which carry what they
//! give.

use std::cell::RefCell;
use std::convert::identity;
use std::rc::{Rc, Weak};

use skein_worker::{Leaves, Task, divide, talk};

use super::spawn_at_epoch;
use crate::Executor;

thread_local! {
    /// Tasks spawn on it, and must not own it.
    static EXECUTOR: RefCell<Weak<Executor>> = const { RefCell::new(Weak::new()) };
}

pub(super) fn set_up(executor: &Rc<Executor>) {
    EXECUTOR.set(Rc::downgrade(executor));
}

pub(super) fn spawn_root(executor: &Executor, tasks: u32) {
    spawn_at_epoch(executor, async move {
        talk().finish(divide(Leaves { first: 0, count: tasks }, spawn_child, identity).await);
    });
}

/// A plain function, since an async one cannot spawn itself: its type would contain itself.
fn spawn_child(its: Leaves) -> smol::Task<u64> {
    let executor = EXECUTOR.with_borrow(Weak::upgrade).expect("it runs a task");
    let alive = Task::new();
    if its.count == 1 {
        return executor.spawn(async move {
            let given = talk().leaf(its.first);
            drop(alive);
            given
        });
    }
    executor.spawn(async move {
        let sum = divide(its, spawn_child, identity).await;
        drop(alive);
        sum
    })
}
