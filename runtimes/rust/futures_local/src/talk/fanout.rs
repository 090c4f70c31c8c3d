//! fanout: a task for each node. A parent awaits the handles of its children, which carry what they
//! give.

use std::convert::identity;

use futures::future::RemoteHandle;
use skein_worker::{Leaves, Task, divide, talk};

use super::spawn_at_epoch;
use crate::spawn_with_handle;

pub(super) fn spawn_root(tasks: u32) {
    spawn_at_epoch(async move {
        talk().finish(divide(Leaves { first: 0, count: tasks }, spawn_child, identity).await);
    });
}

/// A plain function, since an async one cannot spawn itself: its type would contain itself.
fn spawn_child(its: Leaves) -> RemoteHandle<u64> {
    let alive = Task::new();
    if its.count == 1 {
        return spawn_with_handle(async move {
            let given = talk().leaf(its.first);
            drop(alive);
            given
        });
    }
    spawn_with_handle(async move {
        let sum = divide(its, spawn_child, identity).await;
        drop(alive);
        sum
    })
}
