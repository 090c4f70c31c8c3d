//! hog: the timers of pattern periodic, and beside them a task that computes.

use std::future::Future;

use skein_worker::{Form, Task, hog, now_ns};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::sleep_until;

use crate::{at, spawn_timer};

/// The task that computes comes before all others, and says nothing of its future's size.
pub(crate) fn spawn_task(index: u32) {
    if index == 0 && hog().form() != Form::None {
        tokio::spawn(compute(Task::new()));
    }
    spawn_timer(index);
}

fn compute(alive: Task) -> impl Future<Output = ()> + Send {
    async move {
        sleep_until(at(hog().begin_ns())).await;
        let begun_ns = now_ns();
        let mut work = hog().computation();
        let mut yields = 0;
        let outcome = match hog().form() {
            Form::Yielding => {
                while work.take_slice() {
                    yield_now().await;
                    yields += 1;
                }
                work.outcome()
            }
            Form::Offloaded => {
                spawn_blocking(move || work.take_all()).await.expect("it never panics")
            }
            _ => work.take_all(),
        };
        hog().computed(outcome, now_ns() - begun_ns, yields);
        drop(alive);
    }
}
