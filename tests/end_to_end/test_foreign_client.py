"""Clients that are not our load generator: they send, half-close and read, as `nc -N` does, some of
them slowly. The real worker sends back every byte and then the end, and keeps no port."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import skein_binary as skein

from skein_scripts.records.workloads import workloads

SIZES = (1, 1023, 1024, 1025, 16_384, 16_385, 65_536, 262_144)
LARGE = (3 << 20) + 7
LITTLE_ROOM = 4096
PEERS = 120
AT_ONCE = 8

WORKERS = [pytest.param([str(skein.SKEIN), "worker", "--runtime", each], id=each)
           for each in skein.RUNTIMES] + [
    pytest.param([sys.executable, str(skein.PLAIN_WORKER)], id="plain_worker")
]  # fmt: skip


class Worker:
    """A worker in conversation, as harness/PROTOCOL.md has it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def ask(self, **message: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return self.hear()


@contextlib.contextmanager
def echo_worker(command: list[str]) -> Iterator[tuple[Worker, int]]:
    """A worker that serves c10k, and its port. It ends in good order, with nothing left alive."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        worker = Worker(process)
        hello = worker.hear()
        declared = workloads()["c10k"].fields
        cell = dict.fromkeys(each.name for each in declared if not each.measuring) | {
            "workload": "c10k", "runtime": hello["runtime"], "style": hello["style"],
            "connections": PEERS, "active": PEERS, "mode": "fixed", "payload_bytes": 64,
            "buffer": "lent", "buffer_bytes": 1024, "workers": 1, "seed": 1,
        }  # fmt: skip
        ready = worker.ask(type="prepare", workload="c10k", cell=cell)
        if ready["type"] == "limit":
            pytest.skip(ready["message"])
        port = ready["port"]
        assert worker.ask(type="start")["type"] == "started"
        yield worker, port
        stopped = worker.ask(type="stop")
        assert (stopped["live_connections"], stopped["errors"]) == (0, 0), stopped
        assert process.wait(timeout=30) == 0


def connect(port: int, room: int | None) -> socket.socket:
    client = socket.socket()
    client.settimeout(30)
    if room:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    client.connect(("127.0.0.1", port))
    return client


def send_and_finish(client: socket.socket, data: bytes) -> None:
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def read_to_end(client: socket.socket) -> bytes:
    """All there is; a reset in place of an end is an error."""
    with client:
        return b"".join(iter(lambda: client.recv(65_536), b""))


@pytest.mark.parametrize("command", WORKERS)
def test_a_client_that_half_closes_gets_every_byte_and_then_the_end(command: list[str]) -> None:
    pattern = os.urandom(LARGE)
    with echo_worker(command) as (worker, port):
        sizes = [SIZES[i % len(SIZES)] for i in range(PEERS)]
        for first in range(0, PEERS, AT_ONCE):
            batch = sizes[first : first + AT_ONCE]
            rooms = [LITTLE_ROOM if (first // AT_ONCE + i) % 2 else None for i in range(AT_ONCE)]
            clients = [connect(port, room) for room in rooms]
            for client, size in zip(clients, batch, strict=True):
                send_and_finish(client, pattern[:size])  # our own kernel takes it
            for client, size in zip(clients, batch, strict=True):
                assert read_to_end(client) == pattern[:size], f"of {size} bytes"
        # More than all buffers on the way hold: read while it is being sent, and slowly.
        large = connect(port, LITTLE_ROOM)
        sending = threading.Thread(target=send_and_finish, args=(large, pattern))
        sending.start()
        assert read_to_end(large) == pattern
        sending.join()
        assert worker.ask(type="stats")["bytes"] == sum(sizes) + LARGE


def test_a_worker_that_hangs_up_on_its_peers_leaves_them_what_it_had_written() -> None:
    """Stopped with connections open, it closes first, and what it had sent still arrives."""
    pattern = os.urandom(SIZES[-1])
    command = [str(skein.SKEIN), "worker", "--runtime", "epoll_floor"]
    with echo_worker(command) as (worker, port):
        client = connect(port, LITTLE_ROOM)
        client.sendall(pattern)
        skein.wait_for(lambda: worker.ask(type="stats")["bytes"] == len(pattern))
    assert read_to_end(client) == pattern
