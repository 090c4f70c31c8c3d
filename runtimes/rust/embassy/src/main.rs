//! Embassy (embassy-executor 0.10.0 on its std platform, embassy-time 0.5.1): row `embassy`, timers only.
//! It is made for microcontrollers, where its tasks are statics; here they show how small a task can be.
//!
//! Why this form
//! - A task captures its index and finds everything else in statics.
//! - Tasks lie in storage that is allocated once and leaked, as `raw::TaskStorage` is documented for.
//!   The macro's pool is the same in a static, but looks through all of it for a free place at every
//!   spawn. Each place is written when its task is spawned, so it counts as that task's memory.
//! - Timers: `Timer::at`; `with_deadline` around the reply for a task that waits with a timeout. The
//!   timer queue is the one that lies in the tasks themselves, which is the default.
//! - There is nothing in it that waits for a descriptor. A thread blocks in poll and wakes the
//!   conversation, which is a task.
//!
//! Faster, and at what price
//! - Nothing that is known: its other timer queues hold at most 128 timers, and its std platform has one
//!   tick.
//!
//! Unequal
//! - The timer queue is a list without order: every expiry walks all of it, so 100,000 sleepers are far
//!   from what it is made for. A wait that was cancelled stays in the list until it is due.
//! - A second thread, the platform's, waits for the next deadline and wakes the executor's.
//! - Its clock ticks in microseconds; a deadline is rounded up to a tick. None is early.
//! - Tasks cannot be dropped. Once the executor has stopped, none of them runs again, and they count as
//!   ended.

#![allow(clippy::manual_async_fn)] // an async fn keeps its arguments twice (rust-lang/rust#62958)

use std::cell::RefCell;
use std::future::Future;
use std::mem::MaybeUninit;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use embassy_executor::raw::TaskStorage;
use embassy_executor::{Executor, Spawner};
use embassy_time::{Instant, Timer, with_deadline};
use skein_worker::{
    About, CommandsByThread, Conversation, Failure, Group, Pattern, Reply, Task, Threads, Work,
    abandon_tasks, frame_bytes, now_ns, timers, worker,
};

static ABOUT: About = About {
    runtime: "embassy",
    waits_on: "condition variable; a thread that polls descriptor 0",
    needs_io_uring: false,
    timer_source: "unordered list, a thread on a condition variable",
    library: "embassy-executor",
    allocator: None,
    threads: Threads::One,
    events_per_wait: None,
    tick_ns: None,
    timer_resolution_ns: TICK_NS,
    early_by_at_most_ns: 0,
    hogs: false,
    takes_nesting: false,
    takes_handler: false,
    takes_read_timeout: false,
    talks: false,
    room_by_sender: false,
    no_sockets: Some("embassy has no sockets of an operating system"),
    no_timers: None,
};

const TICK_NS: u64 = 1000;

type Served = Result<Conversation, Failure>;

fn main() -> ExitCode {
    worker(&ABOUT, |talk| {
        let executor = Box::leak(Box::new(Executor::new()));
        let served = Rc::new(RefCell::new(None));
        let ending = served.clone();
        executor.run_until(
            |spawner| {
                let storage = Box::leak(Box::new(TaskStorage::new()));
                let task = storage.spawn(|| async move {
                    let result = converse(spawner, talk).await;
                    *ending.borrow_mut() = Some(result);
                });
                spawner.spawn(task.expect("the storage is new"));
            },
            || served.borrow().is_some(),
        );
        abandon_tasks();
        served.take().expect("it has ended")
    })
}

async fn converse(spawner: Spawner, mut talk: Conversation) -> Served {
    let commands = CommandsByThread::start()?;
    let mut spawn = match talk.work() {
        Work::Timers(_) => spawn_by_pattern(spawner),
        _ => unreachable!("it is refused"),
    };
    talk.started();
    while talk.goes_on() {
        commands.readable().await;
        talk.obey(&mut spawn)?;
    }
    Ok(talk)
}

/// What spawns task number so and so.
fn spawn_by_pattern(spawner: Spawner) -> Box<dyn FnMut(u32)> {
    let tasks = timers().tasks() as usize;
    match timers().pattern() {
        Pattern::Spread | Pattern::Storm | Pattern::Periodic => {
            Box::new(spawn_from_room(spawner, tasks, |index| wake_again(index, Task::new())))
        }
        Pattern::Churn => {
            let mut canceller = spawn_from_room(spawner, tasks, |index| {
                cancel_in_time(index, timers().group_of(index), Task::new())
            });
            let mut waiter = spawn_from_room(spawner, tasks, |index| {
                wait_with_timeout(index, timers().reply(index), Task::new())
            });
            Box::new(move |index| match timers().is_canceller(index) {
                true => canceller(index),
                false => waiter(index),
            })
        }
    }
}

/// Spawns into storage for so many tasks. What is not used of it is never touched.
fn spawn_from_room<Body: Future<Output = ()> + 'static>(
    spawner: Spawner,
    tasks: usize,
    make: fn(u32) -> Body,
) -> impl FnMut(u32) {
    let room: &'static mut [MaybeUninit<TaskStorage<Body>>] =
        Box::leak(Box::new_uninit_slice(tasks));
    let mut places = room.iter_mut();
    move |index| {
        let place = places.next().expect("there are no more tasks than were asked for");
        let storage: &'static TaskStorage<Body> = place.write(TaskStorage::new());
        frame_bytes(size_of::<Body>());
        spawner.spawn(storage.spawn(|| make(index)).expect("the storage is new"));
    }
}

/// The instant at which CLOCK_MONOTONIC shows `due_ns`, rounded up to a tick.
fn at(due_ns: u64) -> Instant {
    static ZERO_NS: OnceLock<u64> = OnceLock::new();
    let zero_ns = ZERO_NS.get_or_init(zero_ns);
    Instant::from_ticks((due_ns - zero_ns).div_ceil(TICK_NS))
}

/// When Embassy's clock was at zero, or a little before: no reading contradicts it.
fn zero_ns() -> u64 {
    let reading = || {
        let before_ns = now_ns();
        before_ns + 1 - (Instant::now().as_ticks() + 1) * TICK_NS
    };
    (0..1000).map(|_| reading()).max().expect("there were some")
}

fn wake_again(index: u32, alive: Task) -> impl Future<Output = ()> {
    async move {
        for turn in 0..timers().turns(index) {
            Timer::at(at(timers().due_ns(index, turn))).await;
            timers().fired(index, turn);
        }
        drop(alive);
    }
}

fn wait_with_timeout(index: u32, reply: Reply, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            let timeout = at(timers().timeout_at_ns(index, round));
            let replied = with_deadline(timeout, reply.of_round(round)).await.is_ok();
            timers().waited(index, round, replied);
        }
        drop(alive);
    }
}

fn cancel_in_time(index: u32, group: Arc<Group>, alive: Task) -> impl Future<Output = ()> {
    async move {
        for round in 0..timers().rounds() {
            Timer::at(at(timers().end_ns(index, round))).await;
            timers().cancel_round(&group, index, round);
        }
        drop(alive);
    }
}
