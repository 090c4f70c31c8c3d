//! fanout: a task for each node. A parent awaits the handles of its children, which carry what they
//! give.

use skein_worker::{FAN, Leaves, Task, talk};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

use crate::at;

pub(super) fn spawn_root(tasks: u32) {
    let alive = Task::new();
    tokio::spawn(async move {
        sleep_until(at(talk().epoch_ns())).await;
        let sum = divide(Leaves { first: 0, count: tasks }).await;
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
        let sum = divide(its).await;
        drop(alive);
        sum
    })
}

async fn divide(own: Leaves) -> u64 {
    let mut children: [Option<JoinHandle<u64>>; FAN] = Default::default();
    for (child, place) in (0..own.children()).zip(&mut children) {
        *place = Some(spawn_child(own.of_child(child)));
    }
    let mut sum = 0_u64;
    for child in children.iter_mut().flatten() {
        sum = sum.wrapping_add(child.await.expect("no task panics"));
    }
    sum
}
