//! The conversation with a row's worker, from outside. A test of a row takes this file in by its path
//! and says in `ROW` who is tested: the row's id, and its program.

#![allow(dead_code)] // not every row's tests use all of it

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

use crate::ROW;

pub struct Worker {
    process: Child,
    commands: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    /// Said unasked, and heard where another answer was due.
    finished: Option<Value>,
}

impl Worker {
    /// A worker that has said hello.
    pub fn start() -> Self {
        let (row, program) = ROW;
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let commands = process.stdin.take();
        let replies = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut worker = Self { process, commands, replies, finished: None };
        let hello = worker.hear();
        assert_eq!((&hello["type"], &hello["runtime"]), (&json!("hello"), &json!(row)));
        assert_eq!(hello["pid"], worker.process.id());
        worker
    }

    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.replies.read_line(&mut line).expect("it is readable");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    pub fn tell(&mut self, text: &str) {
        let commands = self.commands.as_mut().expect("input has not ended");
        commands.write_all(text.as_bytes()).expect("it listens");
    }

    /// The answer, which may come behind `finished`.
    pub fn ask(&mut self, command: Value) -> Value {
        self.tell(&format!("{command}\n"));
        let heard = self.hear();
        if heard["name"] != "finished" {
            return heard;
        }
        self.finished = Some(heard);
        self.hear()
    }

    /// When the work was done; waits for it.
    pub fn finished_ns(&mut self) -> u64 {
        let finished = self.finished.take().unwrap_or_else(|| self.hear());
        assert_eq!(finished["name"], "finished");
        finished["t_ns"].as_u64().expect("a number")
    }

    /// Ends the input; the status of the process, and that it says no more.
    pub fn end(mut self) -> ExitStatus {
        self.commands = None;
        let status = self.process.wait().expect("it ends");
        let mut rest = String::new();
        self.replies.read_line(&mut rest).expect("it is readable");
        assert_eq!(rest, "");
        status
    }
}

pub fn now_ns() -> u64 {
    skein_worker::now_ns()
}

/// A whole run; its last message.
pub fn run_of(prepare: &Value) -> Value {
    let mut worker = Worker::start();
    let ready = worker.ask(prepare.clone());
    assert_eq!(ready["echoed"], prepare["cell"], "{ready}");
    assert_eq!(worker.ask(json!({"type": "start"}))["type"], "started");
    let epoch_ns = (now_ns() / 1_000_000 + 50) * 1_000_000;
    let cell = &prepare["cell"];
    let tasks = cell["tasks"].as_u64().or(cell["receivers"].as_u64()).expect("it has some");
    for tasks in [tasks / 4, tasks] {
        let spawned = worker.ask(json!({"type": "phase", "name": "spawn", "tasks": tasks,
            "epoch_ns": epoch_ns}));
        assert_eq!((&spawned["name"], &spawned["tasks"]), (&json!("spawn"), &json!(tasks)));
    }
    let stats = worker.ask(json!({"type": "stats"}));
    if now_ns() < epoch_ns {
        assert_eq!(stats["lateness"], Value::Null);
    }
    let finished_ns = worker.finished_ns();
    assert!((epoch_ns..now_ns()).contains(&finished_ns));
    let stopped = worker.ask(json!({"type": "stop"}));
    assert!(worker.end().success());
    stopped
}

/// That the cell is a limit of this name, which is a result.
pub fn is_limit(prepare: Value, name: &str) {
    let mut worker = Worker::start();
    let limit = worker.ask(prepare);
    assert_eq!((&limit["type"], &limit["limit"]), (&json!("limit"), &json!(name)));
    assert!(worker.end().success());
}

// --- tasks that wait for each other

const SEED: u64 = 7;

/// The command `prepare` of a cell.
pub fn talking(workload: &str, fields: &Value) -> Value {
    let mut cell = json!({"workload": workload, "runtime": ROW.0, "style": "coroutine",
        "workers": 1, "seed": SEED, "stack_bytes": null, "depth": null, "held_bytes": null});
    for (name, value) in fields.as_object().expect("it is one") {
        cell[name] = value.clone();
    }
    json!({"type": "prepare", "workload": workload, "cell": cell})
}

pub fn waits(wait: &str) -> Value {
    json!({"tasks": 100, "wait": wait})
}

/// The command `prepare` of a channel with so much room, for 200 messages of 3 senders.
pub fn with_room(capacity: u32) -> Value {
    talking(
        "channel",
        &json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": capacity,
            "messages": 200}),
    )
}

/// Cells of all workloads but cancel, with their units and checksums.
fn cells() -> Vec<(&'static str, Value, u64, String)> {
    let ring = json!({"tasks": 100, "order": "far", "hops": 2000});
    let pair = json!({"tasks": 2, "order": "near", "hops": 1});
    let tree = json!({"tasks": 1234, "order": "wide", "work": null});
    let leaf = json!({"tasks": 1, "order": "wide", "work": null});
    let work = json!({"tasks": 1234, "order": "wide", "work": 1000});
    let full = json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": 3,
        "messages": 2000});
    let few = json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": 5,
        "messages": 2});
    let mutex = json!({"tasks": 100, "across": "yield", "locks": 20});
    vec![
        ("relay", ring, 2000, token_after(2000, 100, 61)),
        ("relay", pair, 1, token_after(1, 2, 1)),
        ("fanout", tree, 1234, sum_of(1234, 1, 0)),
        ("fanout", leaf, 1, sum_of(1, 1, 0)),
        ("fanout", work, 1234, sum_of(1234, 1, worked(1000))),
        ("channel", full, 2000, sum_of(2000, 1, 0)),
        ("channel", few, 2, sum_of(2, 1, 0)),
        ("contention", mutex, 2000, sum_of(100, 20, 0)),
    ]
}

/// That every workload, with these waits of cancel, comes to its checksum.
pub fn come_to_their_checksums(of_cancel: &[&str]) {
    let cancels = of_cancel.iter().map(|wait| ("cancel", waits(wait), 100, sum_of(100, 1, 0)));
    for (workload, fields, units, checksum) in cells().into_iter().chain(cancels) {
        let stopped = run_of(&talking(workload, &fields));
        let done = (&stopped["units"], &stopped["checksum"]);
        assert_eq!(done, (&json!(units), &json!(checksum)), "{workload} {fields}");
        assert_eq!((&stopped["live_tasks"], &stopped["errors"]), (&json!(0), &json!(0)));
        assert_eq!(stopped["shares"].is_object(), ["channel", "contention"].contains(&workload));
    }
}

/// That each workload does nothing before the epoch, and ends by a stop. `wait` is that of cancel.
pub fn stop_before_the_epoch(wait: &str) {
    for (workload, fields, live) in [
        ("relay", json!({"tasks": 9, "order": "far", "hops": 20}), 10),
        ("fanout", json!({"tasks": 9, "order": "wide", "work": null}), 1),
        (
            "channel",
            json!({"receivers": 9, "topology": "shared", "senders": 3, "capacity": 5,
                "messages": 20}),
            12,
        ),
        ("contention", json!({"tasks": 9, "across": "yield", "locks": 20}), 10),
        ("cancel", json!({"tasks": 9, "wait": wait}), 10),
    ] {
        let mut worker = Worker::start();
        worker.ask(talking(workload, &fields));
        worker.ask(json!({"type": "start"}));
        worker.ask(json!({"type": "phase", "name": "spawn", "tasks": 9,
            "epoch_ns": now_ns() + 60_000_000_000}));
        for (command, live) in [("stats", live), ("stop", 0)] {
            let said = worker.ask(json!({"type": command}));
            assert_eq!((&said["live_tasks"], &said["units"]), (&json!(live), &json!(0)), "{said}");
        }
        assert!(worker.end().success());
    }
}

/// That the tasks of relay end by themselves, and in nobody's window.
pub fn a_ring_ends_by_itself() {
    let mut worker = Worker::start();
    worker.ask(talking("relay", &json!({"tasks": 100, "order": "near", "hops": 250})));
    worker.ask(json!({"type": "start"}));
    let epoch_ns = now_ns() + 50_000_000;
    worker.ask(json!({"type": "phase", "name": "spawn", "tasks": 100, "epoch_ns": epoch_ns}));
    let finished_ns = worker.finished_ns();
    while worker.ask(json!({"type": "stats"}))["live_tasks"] != 0 {}
    assert!(now_ns() - finished_ns >= 50_000_000, "they end in nobody's window");
}

/// What a unit gives.
pub fn value(index: u64) -> u64 {
    let mixed = (SEED + index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}

/// The checksum of units, each of which is done so many times, and gives its value with `more`.
fn sum_of(units: u64, times: u64, more: u64) -> String {
    let sum = (0..units).fold(0_u64, |sum, index| sum.wrapping_add(value(index) ^ more));
    format!("{:016x}", sum.wrapping_mul(times))
}

/// The way of the token without any task.
fn token_after(hops: u64, tasks: u64, stride: u64) -> String {
    let (mut token, mut index) = (SEED, 0);
    for _ in 0..hops {
        token = token.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(index + 1);
        index = (index + stride) % tasks;
    }
    format!("{token:016x}")
}

/// What comes out after so many steps from the first value.
pub fn worked(steps: u64) -> u64 {
    let word = (0..steps).fold(value(0) as u32 | 1, |word, _| {
        let word = word ^ (word << 13);
        let word = word ^ (word >> 17);
        word ^ (word << 5)
    });
    word.into()
}
