#!/usr/bin/env python3
"""A worker in another language: speaks harness/PROTOCOL.md with nothing but the standard library.

Serves both workloads on one `selectors` loop. With `--fault NAME` it breaks one promise, so that
the tests can see that the conductor notices. Slow, and not a runtime anybody should quote.
"""

from __future__ import annotations

import argparse
import base64
import heapq
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
import zlib
from typing import Any

FAULTS = (
    "crash",  # ends by SIGSEGV in the middle of the work
    "exit",  # leaves with status 3 and a word on stderr
    "hang",  # stops answering once it has started
    "hang_at_hello",  # never says a word
    "nonsense",  # answers with something that is no message
    "unasked",  # sends a message nobody asked for
    "wrong_echo",  # understood another number than it was asked for
    "wrong_runtime",  # is another runtime than its label says
    "wrong_byte",  # changes one byte in what it sends back
    "lost_bytes",  # counts fewer bytes than it echoed
    "lost_timer",  # forgets one task
    "wrong_checksum",  # all tasks woke, but not at their deadlines
    "missing_sample",  # one lateness fewer than tasks
    "error",  # reports an error of its own
    "limit",  # reports a limit
    "limit_at_accept",  # reports a limit once it has hung up on the peers it had
    "crash_at_accept",  # ends by SIGSEGV while connections are being opened
    "tasks_left",  # says that a task is alive after stop
    "bad_exit",  # stops in good order and exits with status 7
)
MASK = (1 << 64) - 1
SUB_BUCKET_HALF_BITS = 10


def scatter(value: int) -> int:
    """splitmix64's finaliser."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def offset_ns(cell: dict[str, Any], index: int) -> int:
    """When task `index` is due, counted from the epoch."""
    steps = cell["window_ns"] // cell["grid_ns"]
    if cell["pattern"] == "storm":
        return int(steps * cell["grid_ns"])
    return int((scatter(cell["seed"] ^ scatter(index)) % steps + 1) * cell["grid_ns"])


def bucket_of(value: int) -> int:
    """The HdrHistogram bucket of a value: 3 significant digits, lowest value 1."""
    shift = (value | 0x7FF).bit_length() - (SUB_BUCKET_HALF_BITS + 1)
    return (shift << SUB_BUCKET_HALF_BITS) + (value >> shift)


def zigzag(value: int) -> bytes:
    """ZigZag LEB128, as HdrHistogram's V2 encoding writes counts."""
    number = (value << 1) ^ (value >> 63)
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def hdr_payload(values: list[int]) -> str:
    """HdrHistogram V2, compressed, base64."""
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    body, at = bytearray(), 0
    for index in sorted(counts):
        if index > at:
            body += zigzag(at - index)
        body += zigzag(counts[index])
        at = index + 1
    head = struct.pack(">iiiiqqd", 0x1C849303 | 0x10, len(body), 0, 3, 1, 60_000_000_000, 1.0)
    packed = zlib.compress(head + bytes(body))
    return base64.b64encode(struct.pack(">ii", 0x1C849304 | 0x10, len(packed)) + packed).decode()


def histogram(values: list[int]) -> dict[str, Any]:
    """A histogram object of the protocol."""
    late = sorted(value for value in values if value >= 0)
    early = [-value for value in values if value < 0]

    def percentile(percent: float, least: int) -> int | None:
        enough = len(late) >= least
        return late[min(len(late) - 1, int(len(late) * percent / 100))] if enough else None

    mean = sum(late) / len(late) if late else None
    return {
        "count": len(late),
        "min": late[0] if late else None,
        "mean": mean,
        "stddev": (sum((v - mean) ** 2 for v in late) / len(late)) ** 0.5 if mean else None,
        "p50": percentile(50, 1),
        "p90": percentile(90, 1),
        "p99": percentile(99, 20_000),
        "p999": percentile(99.9, 200_000),
        "p9999": percentile(99.99, 2_000_000),
        "max": late[-1] if late else None,
        "overflow": 0,
        "early_count": len(early),
        "early_max_ns": max(early) if early else None,
        "histogram": hdr_payload(late),
    }


class Worker:
    """One run: the control channel, the sockets and the timers on one selector."""

    def __init__(self, runtime: str, fault: str | None) -> None:
        self.runtime = runtime
        self.fault = fault
        self.selector = selectors.DefaultSelector()
        self.commands = b""
        self.cell: dict[str, Any] = {}
        self.listener: socket.socket | None = None
        self.connections = 0
        self.units = self.bytes = self.checksum = 0
        self.sleepers: list[tuple[int, int]] = []
        self.spawned = self.epoch_ns = self.spawn_ns = 0
        self.lateness: list[int] = []
        self.fire_ns: int | None = None
        self.stopped = False

    def say(self, **message: Any) -> None:
        """One message, one line, at once."""
        os.write(1, json.dumps(message).encode() + b"\n")

    def run(self) -> int:
        """The whole conversation; the exit status."""
        if self.fault == "hang_at_hello":
            time.sleep(600)
        label = "somebody_else" if self.fault == "wrong_runtime" else self.runtime
        self.say(
            type="hello",
            protocol=1,
            runtime=label,
            pid=os.getpid(),
            style="callback",
            loop="selectors",
            timer_source="select timeout",
            library="python",
        )
        self.selector.register(0, selectors.EVENT_READ, self.read_commands)
        while not self.stopped:
            timeout = None
            if self.sleepers:
                timeout = max(0.0, (self.sleepers[0][0] - time.monotonic_ns()) / 1e9)
            for key, _ in self.selector.select(timeout):
                key.data()
            self.fire_due()
        return 7 if self.fault == "bad_exit" else 0

    def read_commands(self) -> None:
        chunk = os.read(0, 65536)
        if not chunk:
            self.stopped = True  # the conductor is gone
        self.commands += chunk
        *lines, self.commands = self.commands.split(b"\n")
        for line in lines:
            message = json.loads(line)
            getattr(self, "on_" + message["type"])(message)

    def on_prepare(self, message: dict[str, Any]) -> None:
        self.cell = message["cell"]
        if self.fault == "limit":
            self.say(type="limit", limit="planted limit", value=1, needed=2, message="planted")
            self.stopped = True
            return
        if self.fault == "error":
            self.say(type="error", message="planted trouble")
            raise SystemExit(1)
        echoed = dict(self.cell)
        if self.fault == "wrong_echo":
            count = "tasks" if echoed["tasks"] else "connections"
            echoed[count] -= 1
        reply = {"type": "ready", "echoed": echoed}
        if message["workload"] == "c10k":
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
            self.listener.setblocking(False)
            reply["port"] = self.listener.getsockname()[1]
        self.say(**reply)

    def on_start(self, _message: dict[str, Any]) -> None:
        if self.listener:
            self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.say(type="started")
        if self.fault == "hang":
            time.sleep(600)
        if self.fault == "nonsense":
            os.write(1, b"Segmentation fault (not really)\n")
        if self.fault == "unasked":
            self.say(type="applause")
        if self.fault == "exit":
            print("planted: I am leaving", file=sys.stderr, flush=True)
            raise SystemExit(3)

    def on_phase(self, message: dict[str, Any]) -> None:
        begin_ns = time.monotonic_ns()
        self.epoch_ns = message["epoch_ns"]
        while self.spawned < message["tasks"]:
            due_ns = self.epoch_ns + offset_ns(self.cell, self.spawned)
            if self.fault != "lost_timer" or self.spawned != 0:
                heapq.heappush(self.sleepers, (due_ns, self.spawned))
            self.spawned += 1
        self.spawn_ns += time.monotonic_ns() - begin_ns
        self.say(type="phase", name="spawn", tasks=self.spawned, spawn_ns=self.spawn_ns)

    def on_stats(self, _message: dict[str, Any]) -> None:
        self.say(type="stats", **self.counts())

    def on_stop(self, _message: dict[str, Any]) -> None:
        self.stopped = True
        self.sleepers.clear()
        self.say(type="stopped", **self.counts())

    def counts(self) -> dict[str, Any]:
        samples = self.lateness[1:] if self.fault == "missing_sample" else self.lateness
        left = 1 if self.fault == "tasks_left" and self.stopped else 0
        return {
            "units": self.units,
            "bytes": self.bytes - (1 if self.fault == "lost_bytes" and self.bytes else 0),
            "checksum": f"{self.checksum:016x}",
            "live_tasks": len(self.sleepers) + self.connections + left,
            "live_connections": self.connections,
            "errors": 0,
            "lateness": histogram(samples) if self.cell["workload"] == "timers" else None,
            "spawn_ns": self.spawn_ns,
            "fire_ns": self.fire_ns,
            "frame_bytes": None,
        }

    def accept(self) -> None:
        assert self.listener is not None
        while True:
            try:
                peer, _ = self.listener.accept()
            except BlockingIOError:
                return
            peer.setblocking(False)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connections += 1
            if self.fault == "crash_at_accept" and self.connections == 10:
                self.crash()
            if self.fault == "limit_at_accept" and self.connections == 10:
                self.hang_up_and_name_a_limit(peer)
                return
            self.selector.register(peer, selectors.EVENT_READ, lambda peer=peer: self.echo(peer))

    def hang_up_and_name_a_limit(self, newest: socket.socket) -> None:
        newest.close()
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        time.sleep(0.2)  # as a worker with many tasks to end
        self.say(type="limit", limit="planted limit", value=10, needed=11, message="planted")
        self.stopped = True

    def echo(self, peer: socket.socket) -> None:
        try:
            chunk = peer.recv(self.cell["buffer_bytes"])
        except (BlockingIOError, ConnectionResetError):
            chunk = b""
        if not chunk:
            self.selector.unregister(peer)
            peer.close()
            self.connections -= 1
            return
        self.units += 1
        self.bytes += len(chunk)
        if self.fault == "crash" and self.units == 50:
            self.crash()
        if self.fault == "wrong_byte" and self.units == 50:
            chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
        peer.sendall(chunk)  # small chunks: the socket's buffer takes them

    def fire_due(self) -> None:
        while self.sleepers and self.sleepers[0][0] <= (now_ns := time.monotonic_ns()):
            due_ns, index = heapq.heappop(self.sleepers)
            self.fired(now_ns - due_ns, index)

    def fired(self, late_ns: int, index: int) -> None:
        offset = offset_ns(self.cell, index) + (1 if self.fault == "wrong_checksum" else 0)
        self.units += 1
        self.checksum = (self.checksum + scatter(scatter(index) ^ offset)) & MASK
        self.lateness.append(late_ns)
        if self.fault == "crash" and self.units == 50:
            self.crash()
        if self.units == self.cell["tasks"]:
            self.fire_ns = time.monotonic_ns() - self.epoch_ns
            self.say(type="phase", name="finished")

    def crash(self) -> None:
        print("planted: about to crash", file=sys.stderr, flush=True)
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", default="plain_python")
    parser.add_argument("--fault", choices=FAULTS)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Worker(arguments.runtime, arguments.fault).run()


if __name__ == "__main__":
    sys.exit(main())
