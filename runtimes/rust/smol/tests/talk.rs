//! Tasks that wait for each other, as smol does them.

#[path = "../../skein_worker/tests/support/mod.rs"]
mod support;

use support::{
    a_ring_ends_by_itself, come_to_their_checksums, is_limit, run_of, stop_before_the_epoch,
    with_room,
};

const ROW: (&str, &str) = ("smol", env!("CARGO_BIN_EXE_row_smol"));

#[test]
fn tasks_that_wait_for_each_other_come_to_their_checksum() {
    come_to_their_checksums(&["sleep", "receive", "lock"]);
}

#[test]
fn nothing_is_done_before_the_epoch_and_a_stop_ends_it() {
    stop_before_the_epoch("sleep");
}

#[test]
fn a_ring_ends_when_its_window_is_over() {
    a_ring_ends_by_itself();
}

#[test]
fn one_value_of_room_is_enough_for_a_channel_and_none_is_a_limit() {
    assert_eq!(run_of(&with_room(1))["units"], 200);
    is_limit(with_room(0), "capacity");
}
