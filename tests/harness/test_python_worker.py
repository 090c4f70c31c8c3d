"""What workers in Python share (runtimes/shared/python), against harness/PROTOCOL.md and against an
implementation of HdrHistogram that is not ours."""

from __future__ import annotations

import math
import random
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "runtimes" / "shared" / "python"))

from skein_worker import listener, schedule  # noqa: E402
from skein_worker.conversation import Worker  # noqa: E402
from skein_worker.histogram import HIGHEST_NS, Histogram, histogram  # noqa: E402
from skein_worker.tasks import TaskWorker  # noqa: E402

EXAMPLE: dict[str, Any] = {
    "tasks": 1000, "pattern": "spread", "window_ns": 200_000_000, "grid_ns": 1_000_000, "seed": 1,
}  # fmt: skip
VALUES = [0, 1, 2047, 2048, 4096, 123_456, 123_456, 2**31, 2**32 + 12_345, HIGHEST_NS]


def test_the_example_of_the_protocol_has_its_checksum() -> None:
    prints = [
        schedule.fingerprint(index, schedule.turn_offset_ns(EXAMPLE, index, 0))
        for index in range(EXAMPLE["tasks"])
    ]
    assert f"{sum(prints) & schedule.MASK:016x}" == "3ec375c1869beff9"


def test_the_payload_is_what_the_other_implementation_writes() -> None:
    theirs = HdrHistogram(1, HIGHEST_NS, 3)
    for value in VALUES:
        theirs.record_value(value)
    decoded = HdrHistogram.decode(str(histogram(VALUES)["histogram"]))
    assert decoded.get_total_count() == len(VALUES)
    for percent in (0, 25, 50, 75, 90, 100):
        wanted = theirs.get_value_at_percentile(percent)
        assert decoded.get_value_at_percentile(percent) == wanted, percent


@pytest.mark.parametrize("count", [1, 7, 20_000])
def test_figures_are_those_of_the_values_to_the_width_of_a_bucket(count: int) -> None:
    source = random.Random(count)
    values = sorted(int(10 ** source.uniform(3, 9)) for _ in range(count))
    told = histogram(values)
    mean = sum(values) / count
    assert (told["count"], told["min"], told["max"]) == (count, values[0], values[-1])
    assert told["mean"] == pytest.approx(mean, rel=1e-3)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / count)
    assert told["stddev"] == pytest.approx(deviation, rel=1e-2)
    for name, percent in (("p50", 50), ("p90", 90)):
        exact = values[math.ceil(count * percent / 100) - 1]
        assert exact <= told[name] <= exact * (1 + 1 / 1024), name


def test_a_percentile_needs_enough_values() -> None:
    values = [index % 1000 for index in range(20_000)]
    told = histogram(values)
    assert (told["p99"], told["p999"], told["p9999"]) == (989, None, None)
    assert histogram(values[1:])["p99"] is None


def test_early_and_late_beyond_the_range_are_counted_apart() -> None:
    told = histogram([-5, -900, 10, HIGHEST_NS + 1])
    assert (told["count"], told["early_count"], told["early_max_ns"]) == (1, 2, 900)
    assert (told["overflow"], told["max"]) == (1, 10)


def test_of_nothing_there_is_a_payload_and_no_figure() -> None:
    told = histogram([])
    named = ("min", "mean", "stddev", "p50", "p90", "max", "early_max_ns")
    assert [told[name] for name in named] == [None] * 7
    assert HdrHistogram.decode(str(told["histogram"])).get_total_count() == 0


class Sleepers(TaskWorker):
    """It keeps what it would say, and the tasks of a test are its own."""

    def __init__(self, cell: dict[str, Any]) -> None:
        super().__init__("some")
        self.cell = cell | {"workload": "timers"}
        self.make_room()
        self.said: list[dict[str, Any]] = []

    def say(self, **message: Any) -> None:
        self.said.append(message)


def test_a_task_that_wakes_early_is_counted_and_its_unit_is_done() -> None:
    worker = Sleepers(EXAMPLE)
    worker.epoch_ns = time.monotonic_ns() + 10**9
    due_ns = schedule.turn_offset_ns(EXAMPLE, 7, 0)
    worker.woke(worker.epoch_ns + due_ns - 3, 7, due_ns)
    worker.sum_up()
    said = worker.late.message()
    assert (said["count"], said["early_count"], said["early_max_ns"]) == (0, 1, 3)
    assert (worker.units, worker.checksum) == (1, schedule.fingerprint(7, due_ns))


def test_a_timer_that_should_have_been_cancelled_is_an_error_and_still_a_unit() -> None:
    worker = Sleepers(EXAMPLE | {"pattern": "churn"})
    turns = [(task, turn) for task in range(8) for turn in range(schedule.ROUNDS)]
    task, turn = next(each for each in turns if not schedule.left_to_fire(worker.cell, *each))
    worker.timed_out(time.monotonic_ns(), task, turn)
    worker.sum_up()
    assert (worker.errors, worker.units, worker.late.count) == (1, 1, 0)
    assert "cancelled" in worker.first_error


def wake(worker: TaskWorker, tasks: range) -> None:
    """Each 5 ns late."""
    for index in tasks:
        due_ns = schedule.turn_offset_ns(worker.cell, index, 0)
        worker.woke(worker.epoch_ns + due_ns + 5, index, due_ns)


def test_there_is_no_lateness_before_all_have_woken_and_it_is_made_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Sleepers(EXAMPLE)
    made: list[Histogram] = []
    message = Histogram.message

    def noted(late: Histogram) -> dict[str, Any]:
        made.append(late)
        return message(late)

    monkeypatch.setattr(Histogram, "message", noted)
    assert worker.counts()["lateness"] is None
    wake(worker, range(999))
    assert (worker.counts()["lateness"], made, worker.said) == (None, [], [])
    wake(worker, range(999, 1000))
    assert worker.said[0]["name"] == "finished"
    said = [worker.counts() for _ in range(2)]
    assert said[0] == said[1]
    assert (said[0]["lateness"]["count"], said[0]["lateness"]["max"]) == (1000, 5)
    assert said[0]["checksum"] == "3ec375c1869beff9"
    assert len(made) == 1


class Callbacks(Worker):
    """A worker of callbacks, as far as its counts go."""

    def say(self, **message: Any) -> None:
        pass

    def live_tasks(self) -> int:
        return 0

    def live_connections(self) -> int:
        return 0


def test_a_worker_of_callbacks_has_no_lateness_either_before_all_have_woken() -> None:
    worker = Callbacks("some")
    worker.cell = EXAMPLE | {"workload": "timers"}
    worker.make_room()
    due_ns = [schedule.turn_offset_ns(EXAMPLE, index, 0) for index in range(1000)]
    for index in range(999):
        worker.fired(due_ns[index] + 5, due_ns[index], index, 0)
    assert worker.counts()["lateness"] is None
    worker.fired(due_ns[999] + 5, due_ns[999], 999, 0)
    said = worker.counts()["lateness"]
    assert said["count"] == 1000
    assert worker.counts()["lateness"] is said


def test_who_wakes_is_noted_down_and_nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Sleepers(EXAMPLE)
    due_ns = schedule.turn_offset_ns(EXAMPLE, 0, 0)
    monkeypatch.setattr(schedule, "scatter", lambda value: pytest.fail("it computes"))
    monkeypatch.setattr(Histogram, "record", lambda late, value: pytest.fail("it records"))
    worker.woke(due_ns, 0, due_ns)
    assert worker.units == 1


def test_how_late_a_wait_of_churn_fired_is_told_by_the_time_at_which_it_woke() -> None:
    worker = Sleepers(EXAMPLE | {"pattern": "churn"})
    turns = [(task, turn) for task in range(8) for turn in range(schedule.ROUNDS)]
    task, turn = next(each for each in turns if schedule.left_to_fire(worker.cell, *each))
    worker.timed_out(schedule.turn_offset_ns(worker.cell, task, turn) + 5, task, turn)
    worker.sum_up()
    assert (worker.late.count, worker.late.highest) == (1, 5)


def test_what_is_noted_down_has_its_room_before_anybody_wakes() -> None:
    worker = Sleepers(EXAMPLE)
    assert {len(each) for each in (worker.indices, worker.values, worker.late_ns)} == {1000}


def test_a_listener_says_what_is_in_force() -> None:
    with listener.listening_socket() as server:
        said = listener.in_force(server)
        assert (said["tcp_nodelay"], said["linger"], said["linger_s"]) == (True, False, None)
        assert said["backlog"] == listener.backlog() > 0
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        said = listener.in_force(server)
        assert (said["tcp_nodelay"], said["linger"], said["linger_s"]) == (False, True, 3)


def test_a_buffer_that_it_does_not_have_is_a_limit_without_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[dict[str, object]] = []
    worker = TaskWorker("some")
    monkeypatch.setattr(worker, "say", lambda **message: said.append(message))
    worker.refuse_buffer("own")
    assert (said[0]["type"], said[0]["limit"], worker.stopped) == ("limit", "buffer", True)
    assert (said[0]["value"], said[0]["needed"]) == (None, None)


def test_too_few_descriptors_are_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, object]] = []
    worker = TaskWorker("some")
    monkeypatch.setattr(worker, "say", lambda **message: said.append(message))
    monkeypatch.setattr(listener.resource, "getrlimit", lambda _: (100, 1000))
    monkeypatch.setattr(listener.resource, "setrlimit", lambda *_: None)
    listener.require_descriptors(worker, 900)
    assert said == []
    with pytest.raises(SystemExit) as end:
        listener.require_descriptors(worker, 1000)
    assert end.value.code == 0
    assert (said[0]["type"], said[0]["limit"], said[0]["value"]) == ("limit", "RLIMIT_NOFILE", 1000)
