"""What work is called in the titles of tables and figures: its settings in words."""

import pytest

from skein_scripts.records.groups import describe_work

LOAD = {"workload": "c10k", "mode": "fixed", "connections": 10_000}
TIMERS = {"workload": "timers", "pattern": "spread", "tasks": 20_000, "window_ns": 5 * 10**9}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (LOAD, "c10k, fixed: 10,000 connections"),
        (LOAD | {"active": 1_500, "payload_bytes": 1_024, "buffer": "own"},
         "c10k, fixed: 10,000 connections, 1,500 active, 1,024 B, own buffers"),
        # A closed loop sends that many in a row; at a rate it is a bound.
        (LOAD | {"pipeline": 1_024}, "c10k, fixed: 10,000 connections, 1,024 in a row on each"),
        (LOAD | {"mode": "open", "rate_per_s": 20_011, "pipeline": 4},
         "c10k, open: 10,000 connections, 20,011/s, 4 at most in flight on each"),
        (LOAD | {"mode": "idle", "payload_bytes": 64, "loops": 3},
         "c10k, idle: 10,000 connections, 3 loops"),
        (LOAD | {"stack_bytes": 65_536},
         "c10k, fixed: 10,000 connections, stacks of 65,536 B"),
        (TIMERS, "timers, spread: 20,000 tasks, over 5 s"),
        (TIMERS | {"pattern": "storm"}, "timers, storm: 20,000 tasks, on one deadline"),
        (TIMERS | {"grid_ns": 1_000_000, "timers": "wheel"},
         "timers, spread: 20,000 tasks, over 5 s"),
        (TIMERS | {"grid_ns": 100_000, "timers": "heap"},
         "timers, spread: 20,000 tasks, over 5 s, on a grid of 100 µs, kept in a heap"),
    ],
)  # fmt: skip
def test_each_setting_is_said_in_its_words(cell, words):
    assert describe_work(cell) == words
