//! Tasks that wait for each other, as the futures crate does them.

#[path = "../../skein_worker/tests/support/mod.rs"]
mod support;

use serde_json::json;
use support::{
    Worker, a_ring_ends_by_itself, come_to_their_checksums, is_limit, run_of,
    stop_before_the_epoch, talking, waits, with_room,
};

const ROW: (&str, &str) = ("futures_local", env!("CARGO_BIN_EXE_row_futures_local"));

#[test]
fn tasks_that_wait_for_each_other_come_to_their_checksum() {
    come_to_their_checksums(&["receive", "lock"]);
}

#[test]
fn nothing_is_done_before_the_epoch_and_a_stop_ends_it() {
    for wait in ["receive", "lock"] {
        stop_before_the_epoch(wait);
    }
}

#[test]
fn a_ring_ends_when_its_window_is_over() {
    a_ring_ends_by_itself();
}

#[test]
fn a_channel_has_room_for_a_value_of_each_sender_and_less_is_a_limit() {
    assert_eq!(run_of(&with_room(3))["units"], 200);
    is_limit(with_room(2), "capacity");
}

#[test]
fn what_needs_a_timer_is_a_limit() {
    is_limit(talking("cancel", &waits("sleep")), "runtime");
}

#[test]
fn whoever_has_the_mutex_takes_it_again_before_those_who_wait() {
    let mutex = json!({"tasks": 100, "across": "yield", "locks": 20});
    let stopped = run_of(&talking("contention", &mutex));
    assert_eq!(stopped["shares"], json!({"least": 0, "most": 0}));
}

#[test]
fn the_end_of_input_ends_the_worker_whose_tasks_wait() {
    let mut worker = Worker::start();
    worker.ask(talking("relay", &json!({"tasks": 9, "order": "far", "hops": 20})));
    worker.ask(json!({"type": "start"}));
    worker.ask(json!({"type": "phase", "name": "spawn", "tasks": 9,
        "epoch_ns": support::now_ns() + 60_000_000_000}));
    assert!(worker.end().success());
}
