//! fanout: a task for each node. A parent awaits the handles of its children, which carry what they
//! give.

use skein_worker::{Leaves, Task, divide, talk};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::sleep_until;

use crate::at;

pub(super) fn spawn_root(tasks: u32) {
    let alive = Task::new();
    tokio::spawn(async move {
        sleep_until(at(talk().epoch_ns())).await;
        let sum = divide(Leaves { first: 0, count: tasks }, spawn_child, given).await;
        talk().finish(sum);
        drop(alive);
    });
}

/// A plain function, since an async one cannot spawn itself: its type would contain itself.
fn spawn_child(its: Leaves) -> JoinHandle<u64> {
    let alive = Task::new();
    if its.count == 1 {
        return tokio::spawn(async move {
            let given = talk().leaf(its.first);
            drop(alive);
            given
        });
    }
    tokio::spawn(async move {
        let sum = divide(its, spawn_child, given).await;
        drop(alive);
        sum
    })
}

fn given(by_child: Result<u64, JoinError>) -> u64 {
    by_child.expect("no task panics")
}
