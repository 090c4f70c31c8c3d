//! What workers in Rust share: the conversation with the conductor (harness/PROTOCOL.md), the
//! schedule of timers, the histogram, the sockets' conditions and the counters.
//!
//! A row is a `main` that calls [`worker`] with what it says of itself and a function that
//! 1. builds its runtime,
//! 2. spawns a task that accepts on [`C10k::listener`], where the workload is c10k,
//! 3. waits on its loop for commands and hands them to [`Conversation::obey`], which asks for tasks
//!    by their index, where the workload is another,
//! 4. drops the runtime, and with it every task, once [`Conversation::goes_on`] is false.
//!
//! Tasks find what they share in statics ([`c10k`], [`timers`], [`talk`], [`hog`]), so a task's own state is
//! an index.
//! Leaves out waiting: how a task sleeps, reads, waits for another and is woken is the row's. Tasks
//! that differ in nothing else are here, and the row gives them their waits ([`contend`] and others).

mod about;
mod c10k;
mod cell;
mod clock;
mod commands;
mod conditions;
mod conversation;
mod echo;
mod handler;
mod histogram;
mod hog;
mod hog_cell;
mod live;
mod messages;
mod nesting;
mod per_task;
mod reader_thread;
mod reply;
mod schedule;
mod talk;
mod talk_cell;
mod talk_tasks;
mod tally;
mod timers;
mod uring;
mod values;

pub use about::{About, Failure};
pub use c10k::{C10k, c10k, hang_up};
pub use cell::{Buffer, Pattern};
pub use clock::{instant, now_ns, time_until};
pub use conversation::{Conversation, Work, worker};
pub use echo::{Echo, Lent, Own, PollStream, ReadBuffer};
pub use handler::{Handler, work_on};
pub use hog::{Computation, Hog, hog};
pub use hog_cell::Form;
pub use live::{Connection, Task, abandon_tasks, frame_bytes, live_connections};
pub use nesting::{Held, Nesting, nesting};
pub use per_task::PerTask;
pub use reader_thread::CommandsByThread;
pub use reply::{Group, Reply};
pub use talk::{FAN, Leaves, Message, Talk, talk};
pub use talk_cell::{Order, TalkCell, Wait};
pub use talk_tasks::{contend, divide, receive_all, receive_nothing, send_all, wait_in_vain};
pub use tally::Threads;
pub use timers::{Timers, timers};
