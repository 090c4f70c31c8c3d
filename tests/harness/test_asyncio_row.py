"""The tasks and the echo server of the rows `asyncio` and `uvloop` inside this process, on
asyncio's loop, for what the contract of workers does not show."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "runtimes" / "shared" / "python"))
sys.path.insert(0, str(ROOT / "runtimes" / "asyncio"))

from echo import Echo, LentPeer  # noqa: E402
from skein_worker import schedule  # noqa: E402
from skein_worker.tasks import TaskWorker  # noqa: E402
from tasks import Tasks  # noqa: E402

CHURN: dict[str, Any] = {
    "tasks": 200, "pattern": "churn", "window_ns": 200_000_000, "grid_ns": 1_000_000, "seed": 1,
}  # fmt: skip
BOUND_S = 60.0  # what takes this long hangs: 64 MiB are echoed in 3 s, on a busy machine in 10


class Quiet(TaskWorker):
    """It keeps what it would say."""

    def __init__(self, cell: dict[str, Any]) -> None:
        super().__init__("asyncio")
        self.cell = cell
        self.said: list[dict[str, Any]] = []
        if "tasks" in cell:
            self.make_room()

    def say(self, **message: Any) -> None:
        self.said.append(message)


def checksum_of(cell: dict[str, Any]) -> int:
    """What all of pattern churn comes to."""
    total = 0
    for index in range(cell["tasks"]):
        for turn in range(schedule.turns_of(cell, index)):
            fires = schedule.left_to_fire(cell, index, turn)
            value = schedule.turn_offset_ns(cell, index, turn) if fires else -1 - turn
            total += schedule.fingerprint(index, value)
    return total & schedule.MASK


async def hold_up() -> None:
    """The loop is busy most of the time, and for several rounds on end."""
    for _ in range(3):
        await asyncio.sleep(0.015)
        time.sleep(0.08)


@pytest.mark.parametrize("is_held_up", [False, True])
def test_no_round_of_churn_is_missed_even_where_the_loop_is_held_up(is_held_up: bool) -> None:
    worker = Quiet(CHURN)
    worker.epoch_ns = time.monotonic_ns() + 10_000_000
    tasks = Tasks(worker)

    async def run() -> None:
        bodies = [tasks.task(index) for index in range(CHURN["tasks"])]
        async with asyncio.timeout(BOUND_S):
            await asyncio.gather(*bodies, *([hold_up()] if is_held_up else []))

    asyncio.run(run())
    worker.sum_up()
    assert (worker.errors, worker.over) == (0, CHURN["tasks"])
    assert worker.checksum == checksum_of(CHURN)


def test_nothing_of_asyncios_fires_early() -> None:
    worker = Quiet(CHURN | {"pattern": "spread"})
    worker.epoch_ns = time.monotonic_ns() + 10_000_000
    tasks = Tasks(worker)

    async def run() -> None:
        await asyncio.gather(*(tasks.task(index) for index in range(200)))

    asyncio.run(run())
    worker.sum_up()
    assert (worker.late.count, worker.late.early) == (200, 0)


class Expired:
    """In place of asyncio.timeout: its time has come as soon as it begins."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def __call__(self, seconds: float) -> Expired:
        return self

    async def __aenter__(self) -> None:
        self.calls.append("woke")
        raise TimeoutError

    async def __aexit__(self, *error: object) -> None:
        raise AssertionError("it was never entered")


@pytest.mark.parametrize("pattern", schedule.PATTERNS)
def test_a_task_that_wakes_reads_the_clock_first(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def noted(name: str, call: Callable[..., int]) -> Callable[..., int]:
        def note(*words: int) -> int:
            calls.append(name)
            return call(*words)

        return note

    async def sleep(seconds: float) -> None:
        calls.append("woke")

    monkeypatch.setattr(time, "monotonic_ns", noted("clock", time.monotonic_ns))
    monkeypatch.setattr(schedule, "scatter", noted("schedule", schedule.scatter))
    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(asyncio, "timeout", Expired(calls))
    asyncio.run(Tasks(Quiet(CHURN | {"pattern": pattern})).task(0))
    assert {after for before, after in pairwise(calls) if before == "woke"} == {"clock"}


def with_echo(buffer: str, test: Callable[[Quiet, Echo, socket.socket], Awaitable[None]]) -> None:
    """Calls the test with a server and a client of it."""

    async def run() -> None:
        worker = Quiet({"workload": "c10k", "buffer": buffer, "buffer_bytes": 1024})
        echo = Echo(worker)
        await echo.serve()
        with socket.create_connection(echo.socket.getsockname()) as client:
            client.setblocking(False)
            async with asyncio.timeout(BOUND_S):
                await test(worker, echo, client)
        await echo.hang_up()

    asyncio.run(run())


@pytest.mark.parametrize("buffer", ["lent", "own", "runtime"])
def test_what_the_kernel_has_not_taken_is_no_echo_and_nothing_more_is_read(buffer: str) -> None:
    data = bytes(range(256)) * (64 << 12)

    async def test(worker: Quiet, echo: Echo, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        sending = loop.create_task(loop.sock_sendall(client, data))
        while worker.connections == 0 or echo.peers()[0].transport.is_reading():
            await asyncio.sleep(0.01)
        taken = worker.bytes
        assert 0 < echo.unsent_bytes() < taken
        await asyncio.sleep(0.05)
        assert (worker.bytes, sending.done()) == (taken, False)
        came_back = bytearray()
        while len(came_back) < len(data):
            came_back += await loop.sock_recv(client, 1 << 20)
        assert came_back == data
        assert (worker.bytes, echo.unsent_bytes()) == (len(data), 0)

    with_echo(buffer, test)


def test_a_peer_that_is_not_connected_yet_is_none() -> None:
    async def test(worker: Quiet, echo: Echo, client: socket.socket) -> None:
        made = LentPeer()
        while worker.connections == 0:
            await asyncio.sleep(0.01)
        assert made not in echo.peers()
        assert len(echo.peers()) == 1

    with_echo("lent", test)


def test_connections_have_tcp_nodelay_and_no_linger() -> None:
    async def test(worker: Quiet, echo: Echo, client: socket.socket) -> None:
        while worker.connections == 0:
            await asyncio.sleep(0.01)
        server_side = echo.peers()[0].transport.get_extra_info("socket")
        assert server_side.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert server_side.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == bytes(8)

    with_echo("lent", test)
