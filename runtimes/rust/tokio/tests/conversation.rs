//! The conversation from outside, with a worker of Tokio: what every row of the workspace shares. What
//! the runtimes do, the contract of all workers tests.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

struct Worker {
    process: Child,
    commands: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Worker {
    /// A worker that has said hello.
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_row_tokio"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let commands = process.stdin.take();
        let replies = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut worker = Self { process, commands, replies };
        let hello = worker.hear();
        assert_eq!((&hello["type"], &hello["runtime"]), (&json!("hello"), &json!("tokio")));
        assert_eq!(hello["pid"], worker.process.id());
        worker
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.replies.read_line(&mut line).expect("it is readable");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    fn tell(&mut self, text: &str) {
        let commands = self.commands.as_mut().expect("input has not ended");
        commands.write_all(text.as_bytes()).expect("it listens");
    }

    fn ask(&mut self, command: Value) -> Value {
        self.tell(&format!("{command}\n"));
        self.hear()
    }

    /// Ends the input; the status of the process, and that it says no more.
    fn end(mut self) -> ExitStatus {
        self.commands = None;
        let status = self.process.wait().expect("it ends");
        let mut rest = String::new();
        self.replies.read_line(&mut rest).expect("it is readable");
        assert_eq!(rest, "");
        status
    }
}

fn prepare(pattern: &str, grid_ns: u64) -> Value {
    json!({"type": "prepare", "workload": "timers", "cell": {
        "workload": "timers", "runtime": "tokio", "style": "coroutine", "workers": 1, "seed": 1,
        "stack_bytes": null, "tasks": 1000, "pattern": pattern, "window_ns": 200_000_000,
        "grid_ns": grid_ns, "timers": null, "depth": null, "held_bytes": null}})
}

fn now_ns() -> u64 {
    skein_worker::now_ns()
}

/// A whole run; its last message.
fn run(pattern: &str) -> Value {
    run_of(&prepare(pattern, 1_000_000))
}

fn run_of(prepare: &Value) -> Value {
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
    assert_eq!(worker.ask(json!({"type": "stats"}))["lateness"], Value::Null);
    let finished = worker.hear();
    assert_eq!(finished["name"], "finished");
    assert!((epoch_ns..now_ns()).contains(&finished["t_ns"].as_u64().expect("a number")));
    let stopped = worker.ask(json!({"type": "stop"}));
    assert!(worker.end().success());
    stopped
}

#[test]
fn every_pattern_ends_with_its_checksum_and_a_lateness_for_each_timer_that_fires() {
    for (pattern, units, checksum, fires) in [
        ("spread", 1000, "3ec375c1869beff9", 1000),
        ("storm", 1000, "c27d2f60f9f4fe98", 1000),
        ("periodic", 7549, "26c5ccfc742f0244", 7549),
        ("churn", 7496, "73b7af144b51ab24", 507),
    ] {
        let stopped = run(pattern);
        assert_eq!(stopped["type"], "stopped");
        assert_eq!((&stopped["units"], &stopped["checksum"]), (&json!(units), &json!(checksum)));
        assert_eq!((&stopped["live_tasks"], &stopped["errors"]), (&json!(0), &json!(0)));
        let lateness = &stopped["lateness"];
        assert_eq!((&lateness["count"], &lateness["early_count"]), (&json!(fires), &json!(0)));
    }
}

#[test]
fn tasks_that_wait_some_calls_down_do_the_same_work() {
    for (depth, held_bytes) in [(1, 64), (2, 0), (4, 256), (64, 16384)] {
        let mut asked = prepare("spread", 1_000_000);
        asked["cell"]["depth"] = if depth == 1 { Value::Null } else { json!(depth) };
        asked["cell"]["held_bytes"] = if held_bytes == 0 { Value::Null } else { json!(held_bytes) };
        let stopped = run_of(&asked);
        assert_eq!(stopped["checksum"], "3ec375c1869beff9");
        assert_eq!((&stopped["live_tasks"], &stopped["errors"]), (&json!(0), &json!(0)));
        assert!(stopped["frame_bytes"].as_u64().expect("a number") > held_bytes);
    }
}

// --- tasks that wait for each other

const SEED: u64 = 7;

fn talking(workload: &str, fields: &Value) -> Value {
    let mut cell = json!({"workload": workload, "runtime": "tokio", "style": "coroutine",
        "workers": 1, "seed": SEED, "stack_bytes": null, "depth": null, "held_bytes": null});
    for (name, value) in fields.as_object().expect("it is one") {
        cell[name] = value.clone();
    }
    json!({"type": "prepare", "workload": workload, "cell": cell})
}

fn value(index: u64) -> u64 {
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

fn worked(steps: u64) -> u64 {
    let word = (0..steps).fold(value(0) as u32 | 1, |word, _| {
        let word = word ^ (word << 13);
        let word = word ^ (word >> 17);
        word ^ (word << 5)
    });
    word.into()
}

#[test]
fn tasks_that_wait_for_each_other_come_to_their_checksum() {
    let ring = json!({"tasks": 100, "order": "far", "hops": 2000});
    let pair = json!({"tasks": 2, "order": "near", "hops": 1});
    let tree = json!({"tasks": 1234, "order": "wide", "work": null});
    let leaf = json!({"tasks": 1, "order": "wide", "work": null});
    let work = json!({"tasks": 1234, "order": "wide", "work": 1000});
    let full = json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": 1,
        "messages": 2000});
    let few = json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": 5,
        "messages": 2});
    let mutex = json!({"tasks": 100, "across": "yield", "locks": 20});
    let waits = |wait: &str| json!({"tasks": 100, "wait": wait});
    for (workload, fields, units, checksum) in [
        ("relay", ring, 2000, token_after(2000, 100, 61)),
        ("relay", pair, 1, token_after(1, 2, 1)),
        ("fanout", tree, 1234, sum_of(1234, 1, 0)),
        ("fanout", leaf, 1, sum_of(1, 1, 0)),
        ("fanout", work, 1234, sum_of(1234, 1, worked(1000))),
        ("channel", full, 2000, sum_of(2000, 1, 0)),
        ("channel", few, 2, sum_of(2, 1, 0)),
        ("contention", mutex, 2000, sum_of(100, 20, 0)),
        ("cancel", waits("sleep"), 100, sum_of(100, 1, 0)),
        ("cancel", waits("receive"), 100, sum_of(100, 1, 0)),
        ("cancel", waits("lock"), 100, sum_of(100, 1, 0)),
    ] {
        let stopped = run_of(&talking(workload, &fields));
        let done = (&stopped["units"], &stopped["checksum"]);
        assert_eq!(done, (&json!(units), &json!(checksum)), "{workload} {fields}");
        assert_eq!((&stopped["live_tasks"], &stopped["errors"]), (&json!(0), &json!(0)));
        assert_eq!(stopped["shares"].is_object(), ["channel", "contention"].contains(&workload));
    }
}

#[test]
fn a_mutex_of_tokio_goes_round_and_a_ring_ends_by_itself() {
    let mutex = json!({"tasks": 100, "across": "yield", "locks": 20});
    let stopped = run_of(&talking("contention", &mutex));
    assert_eq!(stopped["shares"], json!({"least": 99, "most": 99}));

    let mut worker = Worker::start();
    worker.ask(talking("relay", &json!({"tasks": 100, "order": "near", "hops": 250})));
    worker.ask(json!({"type": "start"}));
    let epoch_ns = now_ns() + 50_000_000;
    worker.ask(json!({"type": "phase", "name": "spawn", "tasks": 100, "epoch_ns": epoch_ns}));
    assert_eq!(worker.hear()["name"], "finished");
    let finished_ns = now_ns();
    while worker.ask(json!({"type": "stats"}))["live_tasks"] != 0 {}
    assert!(now_ns() - finished_ns > 40_000_000, "they end in nobody's window");
}

#[test]
fn nothing_is_done_before_the_epoch_and_a_stop_ends_it() {
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
        ("cancel", json!({"tasks": 9, "wait": "sleep"}), 10),
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

#[test]
fn a_channel_without_room_is_a_limit_and_a_cell_that_lacks_something_an_error() {
    let room = json!({"receivers": 4, "topology": "shared", "senders": 3, "capacity": 0,
        "messages": 20});
    let mut worker = Worker::start();
    let limit = worker.ask(talking("channel", &room));
    assert_eq!((&limit["type"], &limit["limit"]), (&json!("limit"), &json!("capacity")));
    assert!(worker.end().success());
    let (ring, mut hog) = (json!({"tasks": 9, "order": "far"}), hog_of("yielding", 9, 5));
    hog["yield_every"] = Value::Null;
    for lacking in [talking("relay", &ring), talking("hog", &hog)] {
        let mut worker = Worker::start();
        assert_eq!(worker.ask(lacking)["type"], "error");
        assert_eq!(worker.end().code(), Some(1));
    }
}

// --- a task that computes among timers

/// The fields of a cell, null where the form does not have them.
fn hog_of(form: &str, tasks: u64, work: u64) -> Value {
    json!({"tasks": tasks, "form": form, "window_ns": 100_000_000,
        "work": (form != "none").then_some(work),
        "yield_every": (form == "yielding").then_some(1000)})
}

fn scatter(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// How many timers fire within 100 ms, and the sum of their fingerprints.
fn fired(tasks: u64) -> (u64, u64) {
    let mut all = (0, 0_u64);
    for index in 0..tasks {
        let phase_ns = (value(index) % 50 + 1) * 1_000_000;
        for due_ns in (phase_ns..=100_000_000).step_by(50_000_000) {
            all = (all.0 + 1, all.1.wrapping_add(scatter(scatter(index) ^ due_ns)));
        }
    }
    all
}

#[test]
fn every_timer_fires_beside_a_hog_of_every_form() {
    let (fires, sum) = fired(20);
    for (form, yields) in [("none", 0), ("blocking", 0), ("yielding", 49), ("offloaded", 0)] {
        let stopped = run_of(&talking("hog", &hog_of(form, 20, 50_000)));
        let (units, outcome) = if form == "none" { (0, 0) } else { (1, worked(50_000)) };
        let checksum = format!("{:016x}", sum.wrapping_add(outcome));
        let done = (&stopped["units"], &stopped["checksum"]);
        assert_eq!(done, (&json!(fires + units), &json!(checksum)), "{form}");
        assert_eq!((&stopped["live_tasks"], &stopped["errors"]), (&json!(0), &json!(0)));
        let lateness = &stopped["lateness"];
        assert_eq!((&lateness["count"], &lateness["early_count"]), (&json!(fires), &json!(0)));
        let did = &stopped["hog"];
        assert_eq!(did.is_null(), form == "none");
        if !did.is_null() {
            assert!(did["took_ns"].as_u64() > Some(0), "{did}");
            assert_eq!(did["yields"], yields, "{form}");
        }
    }
}

#[test]
fn a_hog_that_never_yields_holds_up_the_timers_for_its_time() {
    let stopped = run_of(&talking("hog", &hog_of("blocking", 300, 10_000_000)));
    let took_ns = stopped["hog"]["took_ns"].as_u64().expect("a number");
    assert!(stopped["lateness"]["max"].as_u64() >= Some(took_ns / 2), "{stopped}");
}

#[test]
fn a_hog_that_is_stopped_before_its_epoch_counts_nothing() {
    for form in ["none", "blocking", "yielding", "offloaded"] {
        let mut worker = Worker::start();
        worker.ask(talking("hog", &hog_of(form, 20, 50_000)));
        worker.ask(json!({"type": "start"}));
        worker.ask(json!({"type": "phase", "name": "spawn", "tasks": 20,
            "epoch_ns": now_ns() + 60_000_000_000}));
        let alive = 20 + u64::from(form != "none");
        for (command, live) in [("stats", alive), ("stop", 0)] {
            let said = worker.ask(json!({"type": command}));
            assert_eq!((&said["live_tasks"], &said["units"]), (&json!(live), &json!(0)), "{said}");
            assert_eq!((&said["hog"], &said["lateness"]), (&Value::Null, &Value::Null));
        }
        assert!(worker.end().success());
    }
}

#[test]
fn the_end_of_input_ends_the_worker_whatever_it_was_doing() {
    assert!(Worker::start().end().success());
    let mut prepared = Worker::start();
    prepared.ask(prepare("storm", 1_000_000));
    assert!(prepared.end().success());
    let mut asleep = Worker::start();
    asleep.ask(prepare("storm", 1_000_000));
    asleep.ask(json!({"type": "start"}));
    asleep.ask(json!({"type": "phase", "name": "spawn", "tasks": 9,
        "epoch_ns": now_ns() + 60_000_000_000}));
    assert!(asleep.end().success());
}

#[test]
fn a_command_in_parts_and_two_at_once_are_understood() {
    let mut worker = Worker::start();
    let line = prepare("spread", 1_000_000).to_string();
    worker.tell(&line[..100]);
    worker.tell(&format!("{}\n{{\"type\":\"start\"}}\n", &line[100..]));
    assert_eq!(worker.hear()["type"], "ready");
    assert_eq!(worker.hear()["type"], "started");
    worker.tell("{\"type\":\"stats\"}\n{\"type\":\"stop\"}\n");
    assert_eq!(worker.hear()["type"], "stats");
    assert_eq!(worker.hear()["type"], "stopped");
    assert!(worker.end().success());
}

#[test]
fn what_is_no_message_is_an_error_with_a_status() {
    for nonsense in ["hello\n", "{\"type\":\"dance\"}\n", "[]\n"] {
        let mut worker = Worker::start();
        worker.tell(nonsense);
        assert_eq!(worker.hear()["type"], "error");
        assert_eq!(worker.end().code(), Some(1), "{nonsense}");
    }
}

#[test]
fn a_grid_that_the_timers_cannot_keep_is_a_limit() {
    let mut worker = Worker::start();
    let limit = worker.ask(prepare("spread", 100_000));
    assert_eq!((&limit["type"], &limit["limit"]), (&json!("limit"), &json!("timer resolution")));
    assert_eq!((&limit["value"], &limit["needed"]), (&json!(1_000_000), &json!(100_000)));
    assert!(worker.end().success());
}

#[test]
fn a_cell_of_another_runtime_is_refused() {
    let mut worker = Worker::start();
    let mut other = prepare("spread", 1_000_000);
    other["cell"]["runtime"] = json!("smol");
    assert_eq!(worker.ask(other)["type"], "error");
    assert_eq!(worker.end().code(), Some(1));
}
