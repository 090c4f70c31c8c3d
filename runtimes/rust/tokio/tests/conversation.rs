//! The conversation from outside, with a worker of Tokio: what every row of the workspace shares. What
//! the runtimes do, the contract of all workers tests.

#[path = "../../skein_worker/tests/support/mod.rs"]
mod support;

use serde_json::{Value, json};
use support::{
    Worker, a_ring_ends_by_itself, come_to_their_checksums, is_limit, now_ns, run_of,
    stop_before_the_epoch, talking, value, with_room, worked,
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
