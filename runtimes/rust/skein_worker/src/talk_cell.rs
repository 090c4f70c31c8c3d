//! Cells of the workloads whose tasks wait for each other.

use serde_json::{Value, json};

use crate::about::Failure;
use crate::cell::{count, not_served, number, word, words};

words! {
    /// To whom a task of relay hands the token.
    Order {
        /// The one that was spawned next.
        Near = "near",
        /// About 0.6 of the ring further.
        Far = "far",
    }
}

words! {
    /// What the tasks of cancel wait for.
    Wait {
        /// Long sleeps.
        Sleep = "sleep",
        /// A channel that nobody sends on.
        Receive = "receive",
        /// A mutex that is never unlocked.
        Lock = "lock",
    }
}

/// What decides the work, by workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TalkCell {
    /// A token in a ring of tasks.
    Relay {
        /// Of the ring.
        tasks: u32,
        /// Where the token goes.
        order: Order,
        /// How often it is handed on.
        hops: u64,
    },
    /// A tree of tasks.
    Fanout {
        /// Its leaves.
        tasks: u32,
        /// Steps that each leaf takes.
        work: u64,
    },
    /// Many senders and many receivers on one channel.
    Channel {
        /// Tasks that receive.
        receivers: u32,
        /// Tasks that send.
        senders: u32,
        /// Values that the channel has room for.
        capacity: usize,
        /// Of all senders together.
        messages: u32,
    },
    /// Tasks that want one mutex.
    Contention {
        /// How many.
        tasks: u32,
        /// How often each has it.
        locks: u32,
    },
    /// Waits that are cancelled.
    Cancel {
        /// How many.
        tasks: u32,
        /// What for.
        wait: Wait,
    },
}

impl TalkCell {
    /// None of another workload.
    pub(crate) fn from_json(cell: &Value) -> Result<Option<Self>, Failure> {
        Ok(Some(match cell["workload"].as_str() {
            Some("relay") => Self::Relay {
                tasks: count(cell, "tasks", 2)?,
                order: word(cell, "order", Order::from_word)?,
                hops: count(cell, "hops", 1)?,
            },
            Some("fanout") => {
                must_be(cell, "order", "wide")?;
                let work = if cell["work"].is_null() { 0 } else { number(cell, "work")? };
                Self::Fanout { tasks: count(cell, "tasks", 1)?, work }
            }
            Some("channel") => {
                must_be(cell, "topology", "shared")?;
                Self::Channel {
                    receivers: count(cell, "receivers", 1)?,
                    senders: count(cell, "senders", 1)?,
                    capacity: number(cell, "capacity")?,
                    messages: count(cell, "messages", 1)?,
                }
            }
            Some("contention") => {
                if cell["across"] == "blocking" {
                    return Err(not_served("runtime", "its row has no blocking mutex yet"));
                }
                must_be(cell, "across", "yield")?;
                Self::Contention {
                    tasks: count(cell, "tasks", 2)?,
                    locks: count(cell, "locks", 1)?,
                }
            }
            Some("cancel") => Self::Cancel {
                tasks: count(cell, "tasks", 1)?,
                wait: word(cell, "wait", Wait::from_word)?,
            },
            _ => return Ok(None),
        }))
    }

    /// What was understood.
    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Relay { tasks, order, hops } => {
                json!({"tasks": tasks, "order": order.word(), "hops": hops})
            }
            Self::Fanout { tasks, work } => {
                json!({"tasks": tasks, "order": "wide", "work": (work != 0).then_some(work)})
            }
            Self::Channel { receivers, senders, capacity, messages } => {
                json!({"receivers": receivers, "topology": "shared", "senders": senders,
                    "capacity": capacity, "messages": messages})
            }
            Self::Contention { tasks, locks } => {
                json!({"tasks": tasks, "across": "yield", "locks": locks})
            }
            Self::Cancel { tasks, wait } => json!({"tasks": tasks, "wait": wait.word()}),
        }
    }

    /// How many tasks `phase spawn` asks for.
    pub(crate) fn tasks(self) -> u32 {
        match self {
            Self::Relay { tasks, .. }
            | Self::Fanout { tasks, .. }
            | Self::Contention { tasks, .. }
            | Self::Cancel { tasks, .. } => tasks,
            Self::Channel { receivers, .. } => receivers,
        }
    }

    /// How many units of work there are.
    pub(crate) fn units(self) -> u64 {
        match self {
            Self::Relay { hops, .. } => hops,
            Self::Fanout { tasks, .. } | Self::Cancel { tasks, .. } => tasks.into(),
            Self::Channel { messages, .. } => messages.into(),
            Self::Contention { tasks, locks } => u64::from(tasks) * u64::from(locks),
        }
    }
}

fn must_be(cell: &Value, name: &str, known: &str) -> Result<(), Failure> {
    if cell[name] == known { Ok(()) } else { Err(format!("no {name} {}", cell[name]).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_echoed_as_it_was_understood() {
        for (workload, cell, units) in [
            ("relay", json!({"tasks": 5, "order": "far", "hops": 1_u64 << 40}), 1 << 40),
            ("fanout", json!({"tasks": 5, "order": "wide", "work": null}), 5),
            (
                "channel",
                json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": 0,
                    "messages": 7}),
                7,
            ),
            ("contention", json!({"tasks": 5, "across": "yield", "locks": 3}), 15),
            ("cancel", json!({"tasks": 5, "wait": "lock"}), 5),
        ] {
            let mut asked = cell.clone();
            asked["workload"] = json!(workload);
            let understood = TalkCell::from_json(&asked).ok().flatten().expect("it is one");
            assert_eq!((understood.to_json(), understood.units()), (cell, units));
        }
    }

    #[test]
    fn a_field_that_is_missing_or_unknown_is_an_error() {
        for cell in [
            json!({"workload": "relay", "tasks": 1, "order": "near", "hops": 5}),
            json!({"workload": "relay", "tasks": 2, "order": "back", "hops": 5}),
            json!({"workload": "relay", "tasks": 2, "order": "near", "hops": 0}),
            json!({"workload": "fanout", "tasks": 2, "order": "deep"}),
            json!({"workload": "channel", "receivers": 2, "topology": "shared", "senders": 2}),
            json!({"workload": "contention", "tasks": 2, "across": "sleep", "locks": 2}),
            json!({"workload": "cancel", "tasks": 2, "wait": "read"}),
        ] {
            assert!(matches!(TalkCell::from_json(&cell), Err(Failure::Error(_))), "{cell}");
        }
        assert!(matches!(TalkCell::from_json(&json!({"workload": "waltz"})), Ok(None)));
    }

    #[test]
    fn a_mutex_that_blocks_threads_is_a_limit() {
        let cell = json!({"workload": "contention", "tasks": 2, "across": "blocking", "locks": 2});
        let Err(Failure::Limit { limit, .. }) = TalkCell::from_json(&cell) else { panic!() };
        assert_eq!(limit, "runtime");
    }
}
