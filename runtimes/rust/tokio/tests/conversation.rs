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
    for tasks in [250, 1000] {
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
