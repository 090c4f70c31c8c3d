//! The conversation from outside, with a worker of Tokio: what every row of the workspace shares. What
//! the runtimes do, the contract of all workers tests.

#[path = "../../skein_worker/tests/support/mod.rs"]
mod support;

use serde_json::{Value, json};
use support::{
    Worker, a_ring_ends_by_itself, come_to_their_checksums, is_limit, now_ns, run_of,
    stop_before_the_epoch, talking, with_room,
};

const ROW: (&str, &str) = ("tokio", env!("CARGO_BIN_EXE_row_tokio"));

fn prepare(pattern: &str, grid_ns: u64) -> Value {
    json!({"type": "prepare", "workload": "timers", "cell": {
        "workload": "timers", "runtime": "tokio", "style": "coroutine", "workers": 1, "seed": 1,
        "stack_bytes": null, "tasks": 1000, "pattern": pattern, "window_ns": 200_000_000,
        "grid_ns": grid_ns, "timers": null, "depth": null, "held_bytes": null}})
}

/// A whole run; its last message.
fn run(pattern: &str) -> Value {
    run_of(&prepare(pattern, 1_000_000))
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

#[test]
fn tasks_that_wait_for_each_other_come_to_their_checksum() {
    come_to_their_checksums(&["sleep", "receive", "lock"]);
}

#[test]
fn a_mutex_of_tokio_goes_round_and_a_ring_ends_by_itself() {
    let mutex = json!({"tasks": 100, "across": "yield", "locks": 20});
    let stopped = run_of(&talking("contention", &mutex));
    assert_eq!(stopped["shares"], json!({"least": 99, "most": 99}));
    a_ring_ends_by_itself();
}

#[test]
fn nothing_is_done_before_the_epoch_and_a_stop_ends_it() {
    stop_before_the_epoch("sleep");
}

#[test]
fn a_channel_without_room_is_a_limit_and_a_cell_that_lacks_something_an_error() {
    assert_eq!(run_of(&with_room(1))["units"], 200);
    is_limit(with_room(0), "capacity");
    let mut worker = Worker::start();
    let said = worker.ask(talking("relay", &json!({"tasks": 9, "order": "far"})));
    assert_eq!(said["type"], "error");
    assert_eq!(worker.end().code(), Some(1));
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
